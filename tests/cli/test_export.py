"""`incidents export`: who sees what in the file, where it stands, and what is left when it cannot be written."""

from __future__ import annotations

import csv
import io
import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from app.domain.inputs import IncidentForm, SourceForm
from app.domain.reading import read_form
from app.errors import Unavailable
from app.storage.export import Export
from app.writing import incidents, partners, sources
from app.writing.partners import PartnerForm
from app.writing.work import working
from tests.support.command import COMMAND, Console, Done, environment
from tests.support.tables import opened

Exporting = Callable[..., Done]


@pytest.fixture
def exporting(console: Console, migrated_url: str) -> Exporting:
    """The command on a database with a published incident, a draft, an organisation and a protected source."""
    with opened(migrated_url) as database:
        local = partners.ensure_local(database)
        working(database, local, lambda w: partners.add(w, PartnerForm(slug="newsroom", name="A newsroom")))

        def incident(**values: Any) -> None:
            sent = {"date_start": "2016-12-06", "country": "SYR", **values}
            working(database, local, lambda w: incidents.record(w, read_form(IncidentForm, sent), sent))

        incident(title="=one", workflow="published", killed_best=0, assessment_reason="a test", country="IRQ")
        incident(title="two", workflow="published", sharing="partners")
        incident(title="three")
        source = {"name": "A witness", "source_type": "eyewitness", "protected": True, "pseudonym": "W1"}
        working(database, local, lambda w: sources.record(w, read_form(SourceForm, source), source))
    return lambda *arguments: console("export", *arguments, settings={"INCIDENTS_DATABASE_URL": migrated_url})


def titles(done: Done) -> set[str]:
    assert (done.code, done.err) == (0, ""), done
    return {row["title"] for row in csv.DictReader(io.StringIO(done.out, newline=""))}


def test_a_file_holds_what_was_so_at_a_change(
    exporting: Exporting, migrated_url: str, tmp_path: Path
) -> None:
    with opened(migrated_url) as database:
        then = database.read(lambda reader: reader.revision())
        local = partners.ensure_local(database)
        (uid,) = database.read(lambda r: r.rows("SELECT uid FROM incidents WHERE title = '=one'"))[0]
        working(database, local, lambda w: incidents.amend(w, uid, {"title": "one amended"}, None))
        at = database.read(lambda r: r.rows(f"SELECT at FROM changes WHERE seq = {then}"))[0][0]
    assert titles(exporting()) == {"one amended"}
    assert titles(exporting("--as-of", str(then))) == {"'=one"}
    assert titles(exporting("--as-of", str(then), "--filter", "killed_best = 0")) == {"'=one"}
    assert titles(exporting("--as-of", str(then), "--everything")) == {"'=one", "two", "three"}
    assert titles(exporting("--as-of", "2016-12-06", "--everything")) == set()
    file = tmp_path / "then.ndjson"
    told = exporting("--as-of", at, "--output", str(file))
    assert told.out.rstrip().endswith(f": what the public sees, as of change {then} ({at})")
    assert [json.loads(line)["title"] for line in file.read_text().splitlines()] == ["=one"]


def test_a_file_of_then_holds_nothing_that_was_taken_out_of_sight(
    exporting: Exporting, migrated_url: str
) -> None:
    with opened(migrated_url) as database:
        then = database.read(lambda reader: reader.revision())
        local = partners.ensure_local(database)
        (uid,) = database.read(lambda r: r.rows("SELECT uid FROM incidents WHERE title = '=one'"))[0]
        working(database, local, lambda w: incidents.amend(w, uid, {"sharing": "partners"}, None))
    assert titles(exporting("--as-of", str(then))) == set()
    assert titles(exporting("--as-of", str(then), "--as", "newsroom")) == {"'=one", "two"}


@pytest.mark.parametrize("moment", ["999999999", "2999-01-01", "yesterday", "", "2026-02-30"])
def test_what_is_no_moment_of_the_past_is_wrong_usage(exporting: Exporting, moment: str) -> None:
    done = exporting("--as-of", moment)
    assert (done.code, done.out) == (2, "")
    assert "--as-of" in done.err


def test_what_stands_in_a_file_is_what_the_public_sees_unless_asked_otherwise(exporting: Exporting) -> None:
    assert titles(exporting()) == {"'=one"}
    assert titles(exporting("--as", "newsroom")) == {"'=one", "two"}
    assert titles(exporting("--as", "local")) == {"'=one", "two", "three"}
    everything = exporting("--everything")
    assert titles(everything) == {"'=one", "two", "three"}
    assert "lon_exact" in everything.out
    assert "lon_exact" not in exporting().out
    assert "witness" not in exporting("--kind", "sources").out
    assert "A witness" in exporting("--kind", "sources", "--everything").out
    assert exporting("--kind", "reports").out.startswith("id,")


def test_null_and_zero_and_every_format(exporting: Exporting, console: Console) -> None:
    (row,) = csv.DictReader(io.StringIO(exporting().out, newline=""))
    assert (row["killed_best"], row["wounded_best"]) == ("0", "")
    (line,) = exporting("--format", "ndjson").out.splitlines()
    record = json.loads(line)
    assert (record["title"], record["killed_best"], record["wounded_best"]) == ("=one", 0, None)
    (text,) = exporting("--format", "geojsonseq").out.split("\x1e")[1:]
    assert json.loads(text)["properties"] == record
    for name in ("a.parquet", "a.xlsx", "a.jsonl", "a.csv", "a.txt"):
        done = exporting("--output", name)
        assert (done.code, done.err) == (0, "")
        assert done.out == f"1 incidents in {name}: what the public sees\n"
    assert pq.read_table(console.folder / "a.parquet")["killed_best"].to_pylist() == [0]
    book = openpyxl.load_workbook(console.folder / "a.xlsx")
    assert book.active.max_row == 2
    assert json.loads((console.folder / "a.jsonl").read_text("utf-8")) == record
    assert (console.folder / "a.csv").read_bytes() == (console.folder / "a.txt").read_bytes()


def test_a_filter_and_fields_choose(exporting: Exporting) -> None:
    done = exporting("--filter", "country = 'SYR'", "--fields", "title,killed_best", "--as", "newsroom")
    assert done.out.splitlines()[0] == "id,title,killed_best"
    assert titles(done) == {"two"}
    as_json = json.dumps({"op": "=", "args": [{"property": "country"}, "IRQ"]})
    assert titles(exporting("--filter", as_json)) == {"'=one"}


WRONG = (
    ["--filter", "nonsense = 1"],
    ["--filter", "lon_exact > 1"],
    ["--filter", "{"],
    ["--fields", "lon_exact"],
    ["--format", "json"],
    ["--kind", "keys"],
    ["--as", "nobody"],
    ["--as", "newsroom", "--everything"],
)


def test_wrong_usage_ends_with_2_and_writes_nothing(exporting: Exporting, console: Console) -> None:
    for wrong in WRONG:
        done = exporting(*wrong, "--output", "out.csv")
        assert (done.code, done.out) == (2, ""), done
        assert "Usage: incidents export" in done.err
        assert not list(console.folder.glob("*out*"))


def test_a_broken_export_leaves_what_was_there(
    exporting: Exporting, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = console.folder / "out.csv"
    file.write_text("before")

    def faulty(self: Export, *args: Any, **kwargs: Any) -> Any:
        yield [("inc_1", "half")]
        raise Unavailable("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(Export, "batches", faulty)
        done = exporting("--output", "out.csv", "--fields", "title")
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert file.read_text() == "before"
    assert [path.name for path in console.folder.glob("*out*")] == ["out.csv"]
    assert exporting("--output", "out.csv").code == 0
    assert file.read_text("utf-8").startswith("id,")
    assert [path.name for path in console.folder.glob("*out*")] == ["out.csv"]


def test_a_link_and_a_device_stay_what_they_are(exporting: Exporting, console: Console) -> None:
    real, link = console.folder / "real.csv", console.folder / "link.csv"
    real.write_text("before")
    link.symlink_to(real)
    assert exporting("--output", "link.csv").code == 0
    assert link.is_symlink()
    assert real.read_text("utf-8").startswith("id,")
    assert exporting("--output", "/dev/null").code == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_what_cannot_be_written_or_read_is_told_in_a_line(exporting: Exporting, console: Console) -> None:
    done = exporting("--output", "nowhere/out.csv")
    assert (done.code, done.out) == (1, "")
    assert "nowhere/out.csv" in done.err
    assert len(done.err.splitlines()) == 1
    missing = console("export", settings={"INCIDENTS_DATABASE_URL": "sqlite:///not-there.db"})
    assert (missing.code, missing.out) == (1, "")
    assert "not-there.db" in missing.err
    assert not (console.folder / "not-there.db").exists()


def test_who_reads_no_further_hears_no_complaint(exporting: Exporting, migrated_url: str) -> None:
    assert exporting().code == 0
    process = subprocess.Popen(
        [*COMMAND, "export"], env=environment(migrated_url), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert told == b""


def test_help_says_what_is_in_the_file(console: Console) -> None:
    told = " ".join(console("export", "--help").out.split())
    for words in ("WHAT THE PUBLIC SEES", "WHAT EDITORS SEE", "exact positions", "--everything"):
        assert words in told

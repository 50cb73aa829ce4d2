"""Files and commands that cannot be taken at all: the message says why, the exit code that it did not work."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Console, Done, incidents
from tests.support.files import write_events
from tests.support.tables import head, one

LATIN = '[file]\nencoding = "iso-8859-1"\n[incident]\nexternal_id = "Ref"\nplace = "Place"\nlon = "Lon"\nlat = "Lat"\n'


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["none.csv", "--profile", "ucdp-ged"], "does not exist"),
        ([".", "--profile", "ucdp-ged"], "is a directory"),
        (["events.csv"], "--profile"),
        (["events.csv", "--profile", "ucdp"], "must be one of ucdp-ged, ucdp-ged-sources, stanford-msa"),
        (["events.csv", "--profile", "none.toml"], "cannot read none.toml"),
        (["events.csv", "--profile", "ucdp-ged", "--partner", "nobody"], "incidents partners add nobody"),
        (["events.csv", "--profile", "ucdp-ged", "--refused", "./events.csv"], "choose another name"),
        (["events.csv", "--profile", "ucdp-ged", "--publicly"], "No such option"),
    ],
)
def test_wrong_usage_ends_with_2(console: Console, arguments: list[str], told: str) -> None:
    write_events(console.folder / "events.csv", 3)
    done = console("import", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in " ".join(done.err.replace("│", " ").split())


@pytest.mark.parametrize(
    "mapping, told",
    [
        ("[incident", "is not TOML"),
        ('[incident]\ntitle = "What"', "incident.external_id"),
        ('[incident]\nexternal_id = "Ref"\ntitel = "What"', "incident.titel"),
        ('[incident]\nexternal_id = "Ref"\nkilled_best = "Killed"', "incident.killed_best"),
        ('[incident]\nexternal_id = {column = "Ref", value = "1"}', "either column or value"),
        ('[incident]\nexternal_id = {colum = "Ref"}', "incident.external_id.colum"),
        ('[incident]\nexternal_id = 3', "incident.external_id"),
        ('[incident]\nexternal_id = {column = 3}', "incident.external_id.column"),
        ('[incident]\nexternal_id = "Ref"\ntitle = {column = "What", format = "%d"}', "for dates only"),
        ('[incident]\nexternal_id = "Ref"\ntitle = {column = "What", map = "x"}', "incident.title.map"),
        ('[incident]\nexternal_id = "Ref"\ntags = {column = "What", split = ""}', "incident.tags.split"),
        ('[incident]\nexternal_id = "Ref"\ndate_start = {column = "What", format = 1}', "incident.date_start.format"),
        ('[incident]\nexternal_id = "Ref"\n[[claims]]\nwording = "Killed"', "claims[0].metric"),
        ('[incident]\nexternal_id = "Ref"\n[file]\ndelimiter = ";;"', "file.delimiter"),
        ('[incident]\nexternal_id = "Ref"\n[file]\nencoding = "klingon"', "file.encoding"),
        ('claims = "x"\n[incident]\nexternal_id = "Ref"', "claims"),
        ('incident = "Ref"', "incident"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_before_the_first_row(console: Console, mapping: str, told: str) -> None:
    (console.folder / "own.toml").write_text(mapping)
    (console.folder / "log.csv").write_text("Ref,What,Killed\n1,x,2\n")
    done = console("import", "log.csv", "--profile", "own.toml")
    assert (done.code, done.out) == (2, "")
    assert told in done.err


@pytest.mark.parametrize(
    "content, told",
    [
        (b"", "the file is empty"),
        (b"id,what\n1,x\n", "the file has no column year, month"),
        (b"id,id,year\n1,1,2\n", "names id more than once"),
        (b"\x1f\x8b\x08\x00 this is no gzip", "cannot be read"),
    ],
    ids=["empty", "other columns", "twice", "not gzip"],
)
def test_a_file_that_is_not_of_the_profile_is_refused_whole(
    console: Console, content: bytes, told: str
) -> None:
    (console.folder / "events.csv").write_bytes(content)
    done = console("import", "events.csv", "--profile", "ucdp-ged")
    assert (done.code, done.out) == (1, "")
    assert told in done.err
    assert not (console.folder / "events.refused.csv").exists()


def test_a_header_that_is_no_text_is_told_as_far_as_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_bytes(b"PK\x03\x04 a spreadsheet \x00\xff\xfe\n1,2\n")
    url = f"sqlite:///{tmp_path / 'incidents.db'}"
    done = incidents(url, "import", "events.csv", "--profile", "ucdp-ged", cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "the file has no column" in done.err


def test_a_header_alone_is_a_file_of_no_rows(console: Console) -> None:
    done = console("import", write_events(console.folder / "events.csv", 0), "--profile", "ucdp-ged")
    assert (done.code, done.counts["created"], done.counts["refused"]) == (0, 0, 0)


@pytest.mark.parametrize("how", ["cut", "broken"])
def test_a_damaged_gzip_leaves_whole_rows_and_says_that_there_was_more(
    importing: Callable[..., Done], migrated_url: str, tmp_path: Path, how: str
) -> None:
    rows = 3_000
    packed = bytearray(gzip.compress(write_events(tmp_path / "events.csv", rows).read_bytes()))
    if how == "cut":
        del packed[len(packed) // 2 :]
    else:
        packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64
    (tmp_path / "damaged.csv.gz").write_bytes(packed)
    done = importing("damaged.csv.gz", "--profile", "ucdp-ged", "--publish")
    assert (done.code, done.counts["refused"]) == (1, 1)
    assert "the file ends in the middle" in done.err
    created = done.counts["created"]
    assert 0 < created < rows
    assert one(migrated_url, "SELECT count(*) FROM incidents") == (created,)
    whole = importing("events.csv", "--profile", "ucdp-ged", "--publish")
    assert (whole.code, whole.counts["unchanged"], whole.counts["created"]) == (0, created, rows - created)


def test_a_trial_says_what_the_import_will_do_and_leaves_nothing(
    console: Console, importing: Callable[..., Done], migrated_url: str, tmp_path: Path
) -> None:
    """More than one batch: a report that the first would make is not made anew by the next."""
    file = write_events(tmp_path / "events.csv", 5_500)
    # From here on there is the local partner.
    assert console("partners", "list", settings={"INCIDENTS_DATABASE_URL": migrated_url}).code == 0
    before = head(migrated_url)
    trial = importing(file, "--profile", "ucdp-ged", "--dry-run")
    assert head(migrated_url) == before
    for table in ("incidents", "incidents_versions", "reports", "sources", "links", "claims"):
        assert one(migrated_url, f"SELECT count(*) FROM {table}") == (0,), table
    done = importing(file, "--profile", "ucdp-ged")
    assert (trial.code, done.code) == (0, 0)
    assert trial.out.startswith("Would have done: 5,500 rows")
    assert trial.out.splitlines()[1:] == done.out.splitlines()[1:]
    assert "1 new reports of 1 new sources" in done.out


def test_refused_rows_keep_the_encoding_of_their_file(console: Console) -> None:
    (console.folder / "own.toml").write_text(LATIN)
    (console.folder / "log.csv").write_text("Ref,Place,Lon,Lat\n1,Dîner à Alép,200,36\n", "iso-8859-1")
    assert console("import", "log.csv", "--profile", "own.toml").counts["refused"] == 1
    refused = console.folder / "log.refused.csv"
    refused.write_bytes(refused.read_bytes().replace(b"200", b"37"))
    done = console("import", refused, "--profile", "own.toml")
    assert (done.code, done.counts["created"]) == (0, 1)
    assert one(console.url, "SELECT place FROM incidents") == ("Dîner à Alép",)


def test_a_quote_that_is_never_closed_swallows_no_rows_in_silence(console: Console) -> None:
    """The last column's open quote would take the rest of the file into one cell."""
    (console.folder / "own.toml").write_text('[incident]\nexternal_id = "Ref"\ntitle = "What"\n')
    rows = "".join(f"{n},incident {n},x\n" for n in range(2, 50))
    (console.folder / "log.csv").write_text(f'Ref,What,Note\n1,one,"never closed\n{rows}')
    done = console("import", "log.csv", "--profile", "own.toml")
    assert done.code == 1
    assert "row 1: the row cannot be read" in done.err


def test_a_partner_owns_what_it_imports_and_others_use_the_same_ids(
    console: Console, importing: Callable[..., Done], migrated_url: str, tmp_path: Path
) -> None:
    file = write_events(tmp_path / "events.csv", 3)
    for slug in ("alpha", "beta"):
        named = ("partners", "add", slug, "--name", slug.title())
        assert console(*named, settings={"INCIDENTS_DATABASE_URL": migrated_url}).code == 0
        done = importing(file, "--profile", "ucdp-ged", "--partner", slug)
        assert (done.code, done.counts["created"]) == (0, 3)
    owners = "SELECT count(*), count(DISTINCT partner_ref), count(DISTINCT external_id) FROM incidents"
    assert one(migrated_url, owners) == (6, 2, 3)

"""``incidents redact`` as whoever answers a lawful request meets it, and the file that is imported again the night after."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_import_again import uid_of
from tests.cli.test_import_changed import MAPPING, ROW
from tests.support.command import Console, Done
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.secrets import new_word, places_of
from tests.support.tables import one, opened

Asking = Callable[..., Done]


@pytest.fixture
def asked(console: Console, migrated_url: str) -> Asking:
    return lambda *arguments: console(*arguments, settings={"INCIDENTS_DATABASE_URL": migrated_url})


def imported(asked: Asking, folder: Path, **said: str) -> dict[str, int]:
    mapping, file = folder / "list.toml", folder / "list.csv"
    mapping.write_text(MAPPING, "utf-8")
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, ROW)
        table.writeheader()
        table.writerow({**ROW, **said})
    done = asked("import", str(file), "--profile", str(mapping))
    assert done.code == 0, done.err
    return done.counts


def places(word: str, url: str) -> list[str]:
    with opened(url) as database:
        check_history(database)
        check_indexes(database)
        database.forgotten()
        return places_of(word, database)


def test_what_was_redacted_stays_so_when_the_file_is_imported_again(
    asked: Asking, migrated_url: str, tmp_path: Path
) -> None:
    word = new_word()
    said = {"What": f"Strike on {word}", "Killed": f"61 of {word}"}
    imported(asked, tmp_path, **said)
    uid = uid_of(migrated_url, "incidents", "A1")
    head = asked("verify").out.splitlines()[-1]
    done = asked("redact", uid, "--field", "title", "--field", "claims.wording", "--reason", "file 7")
    assert done.code == 0, done.err
    assert re.fullmatch(r"([0-9]+ [0-9a-f]{32}\n)+", done.out)
    assert places(word, migrated_url) == []
    versions = "SELECT count(*) FROM incidents_versions"
    before = one(migrated_url, versions)
    for _ in range(2):
        assert imported(asked, tmp_path, **said)["unchanged"] == 1
        assert places(word, migrated_url) == []
    assert one(migrated_url, versions) == before
    assert imported(asked, tmp_path, **said, Day="2016-12-08")["updated"] == 1
    assert places(word, migrated_url) == []
    title, killed, day = one(migrated_url, "SELECT title, killed_best, date_start FROM incidents")
    assert (title, killed, str(day)) == (None, 61, "2016-12-08")
    assert one(migrated_url, "SELECT submitted_digest FROM incidents") == (None,)
    assert asked("verify", "--against", head).code == 0


def test_a_file_written_anew_holds_nothing_of_former_texts(
    asked: Asking, migrated_url: str, tmp_path: Path
) -> None:
    word = new_word()
    for number in range(30):
        imported(asked, tmp_path, What=f"{word} {number} " + "and what else was said of it " * 15)
    imported(asked, tmp_path, What="Another title")
    uid = uid_of(migrated_url, "incidents", "A1")
    done = asked("redact", uid, "--field", "title", "--reason", "file 7", "--vacuum")
    if migrated_url.startswith("postgresql"):
        assert done.code == 2
        assert "VACUUM FULL" in done.err
        return
    assert done.code == 0, done.err
    assert places(word, migrated_url) == []


def test_what_cannot_be_done_is_said(asked: Asking, migrated_url: str, tmp_path: Path) -> None:
    imported(asked, tmp_path)
    uid = uid_of(migrated_url, "incidents", "A1")
    for arguments, code, says in (
        ((uid, "--field", "killed_best", "--reason", "x"), 1, "title"),
        ((uid, "--field", "reason", "--reason", "x"), 1, "changes"),
        ((uid, "--field", "reason", "--change", "1", "--reason", "x"), 1, "changes[0]"),
        ((uid, "--field", "title"), 2, "--reason"),
        (("inc_1", "--field", "title", "--reason", "x"), 1, "inc_1"),
        (("par_1", "--field", "title", "--reason", "x"), 2, "ID"),
        ((uid, "--field", "summary", "--reason", "x"), 0, "nothing of it stands anywhere"),
    ):
        done = asked("redact", *arguments)
        assert (done.code, says in done.err, done.out) == (code, True, ""), (arguments, done)

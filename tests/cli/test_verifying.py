"""``incidents verify`` as whoever runs the service meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.command import Console, Done, here, incidents
from tests.support.files import write_events
from tests.support.tables import opened

ROWS = 700


@pytest.fixture
def filled(importing: Callable[..., Done], migrated_url: str, tmp_path: Path) -> str:
    assert importing(write_events(tmp_path / "events.csv", ROWS), "--profile", "ucdp-ged").code == 0
    return migrated_url


def done_to(url: str, statement: str) -> None:
    with opened(url) as database, database.writing.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0


def test_what_holds_is_said_and_the_head_can_be_kept(filled: str, tmp_path: Path) -> None:
    done = incidents(filled, "verify", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    told, head = done.out.splitlines()
    changes, _, digest = head.partition(":")
    assert told == f"{int(changes):,} changes, and every record is what they say."
    assert int(changes) >= ROWS
    assert len(digest) == 64
    revised = write_events(tmp_path / "revised.csv", ROWS, revision=1)
    assert here(filled, "import", revised, "--profile", "ucdp-ged", cwd=tmp_path).code == 0
    later = here(filled, "verify", "--against", head, cwd=tmp_path)
    assert (later.code, later.err) == (0, "")
    assert later.out.splitlines()[1] != head


def test_what_was_changed_in_quiet_is_told(filled: str, tmp_path: Path) -> None:
    head = here(filled, "verify", cwd=tmp_path).out.splitlines()[1]
    done_to(filled, "UPDATE claims SET best = 0 WHERE id = 7")
    done_to(filled, "UPDATE changes SET reason = 'another' WHERE seq = 300")
    done = here(filled, "verify", "--against", head, cwd=tmp_path)
    assert (done.code, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[0] == "change 300 is not what was sealed"
    assert lines[1].endswith("has a link or a claim that is not what the history says")
    assert lines[2:] == ["2 found"]


def test_of_very_much_that_is_wrong_a_hundred_are_told(filled: str, tmp_path: Path) -> None:
    done_to(filled, "UPDATE incidents SET cause = 'chemical'")
    done = here(filled, "verify", cwd=tmp_path)
    assert done.code == 1
    lines = done.out.splitlines()
    assert len(lines) == 101
    assert lines[-1] == "and more"


@pytest.mark.parametrize("head", ["", "3", "3:ab", "x:" + "0" * 64, "-1:" + "0" * 64, "3:" + "z" * 64])
def test_what_is_no_head_is_wrong_usage(console: Console, head: str) -> None:
    done = console("verify", "--against", head)
    assert done.code == 2
    assert "a head is a number, a colon and 64 hexadecimal digits" in done.err


def test_a_database_that_is_not_there_is_not_made(console: Console) -> None:
    done = console("verify")
    assert done.code == 1
    assert "there is no database at" in done.err
    assert not (console.folder / "incidents.db").exists()

"""``incidents verify`` as whoever runs the service meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.domain.inputs import SourceForm
from app.storage import verifying
from app.storage.database import Database
from app.storage.verifying import Head
from app.storage.verifying.processes import Processes
from app.writing import partners, sources
from app.writing.work import working
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


def write_source(database: Database) -> None:
    form = SourceForm.model_validate({"name": "A desk", "source_type": "ngo"})
    working(database, partners.ensure_local(database), lambda work: sources.record(work, form, {}))


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


def test_several_processes_say_what_one_says(filled: str, tmp_path: Path) -> None:
    done_to(filled, "UPDATE claims SET best = 0 WHERE id IN (7, 650)")
    done_to(filled, "UPDATE sources_versions SET name = 'another' WHERE id = 1")
    done_to(filled, "UPDATE changes SET reason = 'another' WHERE seq = 300")
    one, three = (incidents(filled, "verify", "--jobs", jobs, cwd=tmp_path) for jobs in ("1", "3"))
    assert (one.code, three.code, three.err) == (1, 1, "")
    assert one.out == three.out
    assert one.out.endswith("\n4 found\n")


def test_a_database_that_is_written_to_meanwhile_is_seen_in_one_state(filled: str) -> None:
    """What was recorded after the others began to look is seen by none of them, or they leave it to one."""
    with opened(filled) as database:
        with verifying.whole(database, 2) as before:
            write_source(database)
            assert list(before.breaks()) == []
            assert before.processes is not None
        with verifying.whole(database, 2) as after:
            assert after.head.seq == before.head.seq + 1
            assert list(after.breaks()) == []


def test_where_somebody_writes_all_the_time_one_process_looks(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(filled) as database:
        seen = Processes.see

        def too_late(processes: Processes, head: Head) -> bool:
            write_source(database)
            return seen(processes, head)

        monkeypatch.setattr(Processes, "see", too_late)
        with verifying.whole(database, 2) as whole:
            assert whole.processes is None
            assert list(whole.breaks()) == []


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

"""`kill -9` in the middle of an import: batches are there whole or not at all, and the same command completes it."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import psycopg
import pytest

from app.writing.importing.ready import BATCH, GROWING
from tests.support.command import COMMAND, environment, incidents
from tests.support.files import write_events
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.tables import one, opened

BATCHES = (*GROWING, BATCH)
ROWS = sum(BATCHES) + 1_000
WHOLE = (*accumulate(BATCHES, initial=0), ROWS)
"""How many rows are stored when all batches are that are begun."""
MANY_ROWS = ROWS + 2 * BATCH
"""So many that an import of them does not end before it is interrupted."""
WHOLE_OF_MANY = (*accumulate((*BATCHES, BATCH, BATCH), initial=0), MANY_ROWS)
RANDOM = random.Random(20161206)


def importing(url: str, file: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "import", file, "--profile", "ucdp-ged", "--publish"],
        cwd=folder,
        env=environment(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def killed(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Killed at the end of the block, and nothing of it is left behind."""
    try:
        yield
    finally:
        process.kill()
        process.wait(30)
    deadline = time.monotonic() + 20
    while _alive(process.pid):
        assert time.monotonic() < deadline, "a process of the killed import lives on"
        time.sleep(0.05)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def count(url: str, table: str = "incidents") -> int:
    return int(one(url, f"SELECT count(*) FROM {table}")[0])


def wait_for(url: str, at_least: int) -> None:
    """Until so many rows are committed, and a moment more: somewhere in the next batch."""
    deadline = time.monotonic() + 60
    with opened(url) as database, database.reading.connect() as connection:
        while True:
            found = connection.exec_driver_sql("SELECT count(*) FROM incidents").scalar_one()
            connection.rollback()  # the next question is of what is committed by then
            if found >= at_least:
                break
            assert time.monotonic() < deadline, "the import does not get on"
            time.sleep(0.02)
    time.sleep(RANDOM.uniform(0, 0.6))


def check(url: str, whole: Sequence[int] = WHOLE) -> None:
    """Whole in every respect: history, versions, links and claims, indexes, figures."""
    with opened(url) as database:
        check_history(database)
        check_indexes(database)
    events = count(url)
    assert events in whole, "part of a batch was left"
    assert one(url, "SELECT count(*), count(DISTINCT incident_ref) FROM links WHERE seq_to IS NULL") == (
        events,
        events,
    )
    assert one(url, "SELECT count(*), count(DISTINCT incident_ref) FROM claims WHERE seq_to IS NULL") == (
        events,
        events,
    )
    wrong = "killed_low <> c.low OR killed_best <> c.best OR killed_high <> c.high"
    assert one(
        url,
        "SELECT count(*) FROM incidents i JOIN claims c ON c.incident_ref = i.id AND c.seq_to IS NULL"
        f" WHERE {wrong}",
    ) == (0,)
    assert count(url, "reports") == count(url, "sources") == (1 if events else 0)


def test_killed_while_it_creates(url: str, tmp_path: Path) -> None:
    file = write_events(tmp_path / "events.csv", ROWS)
    for _ in range(2):
        stored = count(url)
        process = importing(url, file, tmp_path)
        with killed(process):
            wait_for(url, stored + 1)
        check(url)
    done = incidents(url, "import", file, "--profile", "ucdp-ged", "--publish", cwd=tmp_path)
    assert (done.code, done.counts["created"] + done.counts["unchanged"]) == (0, ROWS)
    assert done.counts["unchanged"] >= WHOLE[2]
    assert count(url) == ROWS
    check(url)


def test_killed_while_it_amends(url: str, tmp_path: Path) -> None:
    """Every event revised, in a single batch: the kill leaves the former revision, or all of the new one."""
    rows = 600
    file = write_events(tmp_path / "events.csv", rows)
    assert incidents(url, "import", file, "--profile", "ucdp-ged", "--publish", cwd=tmp_path).code == 0
    revised = write_events(tmp_path / "revised.csv", rows, revision=1)
    before = one(url, "SELECT seq FROM history_head")
    process = importing(url, revised, tmp_path)
    with killed(process):
        wait_for_a_writer(url)
    changed = one(url, "SELECT count(*) FROM incidents WHERE version = 2")[0]
    assert changed in (0, rows)
    assert one(url, "SELECT seq FROM history_head") == (before[0] + changed,)
    with opened(url) as database:
        check_history(database)
        check_indexes(database)
    done = incidents(url, "import", revised, "--profile", "ucdp-ged", "--publish", cwd=tmp_path)
    assert (done.code, done.counts["updated"] + done.counts["unchanged"]) == (0, rows)
    assert one(url, "SELECT count(*) FROM incidents WHERE version = 2") == (rows,)
    assert one(url, "SELECT count(*) FROM incidents WHERE title LIKE '%revised 1'") == (rows,)
    with opened(url) as database:
        check_history(database)
        check_indexes(database)


def wait_for_a_writer(url: str) -> None:
    """Until the import is within its transaction, and a moment more."""
    deadline = time.monotonic() + 60
    while not _is_written(url):
        assert time.monotonic() < deadline, "the import never began to write"
        time.sleep(0.01)
    time.sleep(RANDOM.uniform(0.05, 0.5))


def _is_written(url: str) -> bool:
    """Whether somebody changes rows of incidents now."""
    if url.startswith("sqlite"):
        log = Path(url.removeprefix("sqlite:///") + "-wal")
        return log.exists() and log.stat().st_size > 300_000
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation = 'incidents'::regclass"
        ).fetchone()
    return found is not None


def test_the_database_ends_the_connection_of_an_import(postgresql_alone: str, tmp_path: Path) -> None:
    url = postgresql_alone
    file = write_events(tmp_path / "events.csv", ROWS)
    process = importing_told(url, file, tmp_path)
    wait_for(url, 1)
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'incident-records' AND datname = current_database()"
            " AND xact_start IS NOT NULL"
        ).fetchone()
    out, err = process.communicate(timeout=60)
    assert ended is not None
    if ended[0]:
        assert process.returncode == 1
        assert "Traceback" not in err
        assert err.splitlines()[-1] == "incidents: the database cannot be reached; try again"
        assert count(url) - said(out) in (0, *BATCHES)
    check(url)
    done = incidents(url, "import", file, "--profile", "ucdp-ged", "--publish", cwd=tmp_path)
    assert (done.code, done.counts["created"] + done.counts["unchanged"]) == (0, ROWS)
    check(url)


def said(out: str) -> int:
    """The rows that an import has counted; between a commit and its counting lies a moment."""
    told = re.search(r"^Stopped after: ([0-9,]+) rows", out, re.MULTILINE)
    return int(told[1].replace(",", "")) if told else 0


def importing_told(url: str, file: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "import", file, "--profile", "ucdp-ged", "--publish"],
        cwd=folder,
        env=environment(url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_interrupted_says_what_it_has_done(
    sqlite_alone: str, tmp_path: Path, asked: signal.Signals
) -> None:
    """Ctrl-C on a terminal reaches all processes of the import; `kill` reaches one. The batch under way is finished."""
    file = write_events(tmp_path / "events.csv", MANY_ROWS)
    process = importing_told(sqlite_alone, file, tmp_path)
    wait_for(sqlite_alone, 1)
    if asked is signal.SIGINT:
        os.killpg(process.pid, asked)
    else:
        process.send_signal(asked)
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Stopping once what is being written is written" in err
    assert err.splitlines()[-1] == "Aborted!"
    assert process.returncode == 1
    assert 0 < count(sqlite_alone) == said(out) < MANY_ROWS
    check(sqlite_alone, WHOLE_OF_MANY)


def interrupted_twice(process: subprocess.Popen[str]) -> tuple[str, str, int]:
    """What it says after the second time, and how it ends."""
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "Stopping" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return out, err, process.returncode


def test_an_import_that_is_interrupted_twice_ends_at_once(postgresql_alone: str, tmp_path: Path) -> None:
    """What it writes is held up, so that it could not end by itself."""
    url = postgresql_alone
    process = importing_told(url, write_events(tmp_path / "events.csv", MANY_ROWS), tmp_path)
    with killed(process):
        wait_for(url, 1)
        with psycopg.connect(url) as holding:
            holding.execute("LOCK TABLE claims IN EXCLUSIVE MODE")
            wait_until_held_up(url)
            assert interrupted_twice(process) == ("", "", -signal.SIGINT)
    check(url, WHOLE_OF_MANY)


def wait_until_held_up(url: str) -> None:
    """Until a transaction waits for another one's lock."""
    deadline = time.monotonic() + 60
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while one(url, waits) == (0,):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)


def test_an_import_that_is_interrupted_twice_leaves_no_part_of_a_batch(url: str, tmp_path: Path) -> None:
    """The second time may come when it has told what it did, or ended."""
    process = importing_told(url, write_events(tmp_path / "events.csv", MANY_ROWS), tmp_path)
    with killed(process):
        wait_for(url, 1)
        out, err, code = interrupted_twice(process)
    assert (err, code) in (("", -signal.SIGINT), ("Aborted!\n", 1))
    assert said(out) in (0, count(url))
    check(url, WHOLE_OF_MANY)

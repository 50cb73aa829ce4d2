"""Several that migrate one database, as the replicas of a service do that start together."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory

import migrations
from app.storage import migrate
from app.storage.database import Database
from app.storage.history import BEFORE_THE_FIRST
from tests.support.command import COMMAND, environment
from tests.support.indexes import check_indexes
from tests.support.tables import head, opened

NEWEST = migrate.newest()


def migrating(url: str, folder: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "migrate"],
        cwd=folder,
        env=environment(url) | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def another_that_migrates(url: str) -> Iterator[None]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(url) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (migrate.LOCK,))
            yield


def the_one_before_the_newest() -> str:
    revision = ScriptDirectory(str(Path(migrations.__file__).parent)).get_revision("head")
    assert isinstance(revision.down_revision, str)
    return revision.down_revision


def test_one_waits_for_another_longer_than_for_a_lock(url: str, database: Database, tmp_path: Path) -> None:
    before = the_one_before_the_newest()
    migrate.upgrade(database, before)
    with another_that_migrates(url):
        waiting = migrating(url, tmp_path, INCIDENTS_DATABASE_LOCK_TIMEOUT_SECONDS="0.5")
        assert waiting.stdout is not None
        for _ in range(2):
            assert "another process holds the database; the migration waits" in waiting.stdout.readline()
        assert migrate.current(database) == before
    told, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, told
    assert told.endswith(f" was at {before}: schema {NEWEST}\n")
    assert migrate.current(database) == NEWEST


def test_where_there_is_nothing_to_do_nobody_is_waited_for(
    url: str, database: Database, tmp_path: Path
) -> None:
    migrate.upgrade(database)
    with another_that_migrates(url):
        process = migrating(url, tmp_path, INCIDENTS_DATABASE_LOCK_TIMEOUT_SECONDS="60")
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 0, told
    assert told.endswith(f" is up to date: schema {NEWEST}\n")


def test_several_may_migrate_at_once(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        started = [migrating(url, tmp_path) for _ in range(3)]
        told = [process.communicate(timeout=60)[0] for process in started]
        assert [process.returncode for process in started] == [0, 0, 0], told
    assert head(url) == (0, BEFORE_THE_FIRST)
    with opened(url) as database:
        check_indexes(database)

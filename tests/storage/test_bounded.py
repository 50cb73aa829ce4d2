"""A question may take so long and no longer: nobody keeps a connection busy for minutes with one request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from app.errors import Unavailable
from app.settings import DatabaseSettings
from app.storage.database import Database, Reader

COUNTING = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})
SELECT count(*) FROM numbers
"""
ENDLESS, LONG = COUNTING.format(2_000_000_000), COUNTING.format(100_000)
"""The second is long enough for SQLite to look at the clock, and answered in a fraction of the time."""
SECONDS = 0.5


@pytest.fixture
def hurried(database_url: str) -> Iterator[Database]:
    """With one connection to read from, so that the one that was interrupted is asked again."""
    settings = DatabaseSettings(
        url=database_url, read_threads=1, export_threads=1, statement_timeout_seconds=SECONDS
    )
    with closing(Database(settings)) as database:
        yield database


def endless(reader: Reader) -> None:
    reader.rows(ENDLESS)


def test_a_question_that_takes_too_long_is_ended_and_the_next_is_answered(hurried: Database) -> None:
    start = time.monotonic()
    with pytest.raises(Unavailable, match="takes longer than the service allows; ask for less") as told:
        hurried.read(endless)
    assert told.value.retry_after == 5
    assert time.monotonic() - start > SECONDS
    assert hurried.read(lambda reader: reader.rows("SELECT 1")) == [(1,)]


def test_within_a_snapshot_too(hurried: Database) -> None:
    def still(reader: Reader) -> None:
        with reader.snapshot():
            endless(reader)

    with pytest.raises(Unavailable):
        hurried.read(still)
    assert hurried.read(lambda reader: reader.rows("SELECT 1")) == [(1,)]


def test_each_question_has_the_time_for_itself(hurried: Database) -> None:
    for _ in range(2):
        assert hurried.read(lambda reader: reader.rows(LONG)) == [(100_000,)]
        time.sleep(SECONDS)
    assert hurried.read(lambda reader: reader.rows(LONG)) == [(100_000,)]

"""SQLite's log, carried over while many transactions follow each other."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.settings import DatabaseSettings
from app.storage.database import Database
from app.storage.dialects import checkpoints
from tests.support.migrated import migrated_sqlite

WORDS = 4_000
TRANSACTIONS = 60


def fill(database: Database, *, telling: bool = True) -> int:
    """Writes some 25 MB; gives the greatest size of the log."""
    assert database.file is not None
    log, longest = database.file.with_name(database.file.name + "-wal"), 0
    with database.filling() as written:
        for number in range(TRANSACTIONS):
            rows = [(f"{number} {word} {'x' * 80}", "x") for word in range(WORDS)]
            database.write(
                lambda connection, rows=rows: connection.connection.cursor().executemany(
                    "INSERT INTO spellings VALUES (?, ?)", rows
                )
            )
            if telling:
                written()
            longest = max(longest, log.stat().st_size)
    return longest


@pytest.fixture
def own(tmp_path: Path) -> Database:
    return Database(DatabaseSettings(url=migrated_sqlite(tmp_path / "own.db")))


def test_the_log_stays_short(own: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_PAGES", 1_000)
    with closing(own):
        longest = fill(own)
        assert longest < 8_000_000, "it began anew again and again"
        with own.writing.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == 1_000
            assert (
                connection.exec_driver_sql("SELECT count(*) FROM spellings").scalar() == WORDS * TRANSACTIONS
            )


def test_at_the_end_all_of_it_was_carried_over(own: Database) -> None:
    with closing(own):
        assert own.file is not None
        fill(own, telling=False)  # as if each had come while the one before was carried over
        alone = own.file.with_name("alone.db")
        alone.write_bytes(own.file.read_bytes())
        with closing(Database(DatabaseSettings(url=f"sqlite:///{alone}"))) as without_log:
            told = without_log.read(lambda reader: reader.rows("SELECT count(*) FROM spellings"))
            assert told[0][0] == WORDS * TRANSACTIONS

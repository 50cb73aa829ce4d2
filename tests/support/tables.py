"""What a database holds, asked without the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from app.settings import DatabaseSettings
from app.storage.database import Database


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(url=url, lock_timeout_seconds=30, statement_timeout_seconds=120))
    try:
        yield database
    finally:
        database.close()


def one(url: str, sql: str) -> tuple[Any, ...]:
    """The only row of a question."""
    with opened(url) as database, database.reading.connect() as connection:
        return tuple(connection.execute(text(sql)).one())


def head(url: str) -> tuple[int, bytes]:
    """Where the history stands: the same before and after, nothing was changed."""
    seq, digest = one(url, "SELECT seq, hash FROM history_head")
    return int(seq), bytes(digest)

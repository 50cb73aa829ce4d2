"""Changing what is stored behind the history's back, and what `verify` says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, text, update

from app.storage import tables, verifying
from app.storage.history import BEFORE_THE_FIRST, sealed
from app.storage.verifying import Head
from tests.support.api import Api


@contextmanager
def tampering(api: Api) -> Iterator[Connection]:
    """What is done within is undone."""
    with api.database.writing.begin() as connection:
        yield connection
        connection.rollback()


def found(api: Api, connection: Connection, against: Head | None = None) -> list[str]:
    return [str(each) for each in verifying.breaks(api.database, connection, against)]


def check_found(api: Api, done: str, says: str) -> None:
    """That a statement changes something, and that this is told in these words."""
    with tampering(api) as connection:
        assert connection.execute(text(done)).rowcount > 0
        told = found(api, connection)
        assert any(says in each for each in told), told


def resealed(connection: Connection) -> None:
    """What somebody who can write everything would do."""
    previous = BEFORE_THE_FIRST
    for row in connection.execute(select(tables.changes).order_by(tables.changes.c.seq)).all():
        previous = sealed(previous, row[:-1])
        connection.execute(
            update(tables.changes).where(tables.changes.c.seq == row.seq).values(hash=previous)
        )
    connection.execute(update(tables.history_head).values(hash=previous))

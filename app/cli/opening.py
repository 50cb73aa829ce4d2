"""Opening the database for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings
from app.storage import migrate
from app.storage.database import Database, without_password


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database at the schema that this version needs: the embedded one is brought there, PostgreSQL must be."""
    database = Database(settings.database)
    try:
        if database.is_embedded:
            migrate.upgrade(database)
        else:
            migrate.require_newest(database)
        yield database
    finally:
        database.close()


def shown(url: str) -> str:
    """A database's address without its password."""
    return without_password(url)

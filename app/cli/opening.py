"""Opening the database for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

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


@contextmanager
def existing(settings: Settings) -> Iterator[Database]:
    """The database; one that is not there is a mistake in the settings, not one that holds nothing."""
    database = Database(settings.database)
    missing = database.file is not None and not database.file.exists()
    database.close()
    if missing:
        raise click.ClickException(f"there is no database at {shown(settings.database.url)}")
    with opened(settings) as database:
        yield database

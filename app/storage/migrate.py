"""Bringing a database to the schema that this version of the service needs.

Every command looks whether its database is there already; Alembic is loaded only where it is not.
"""

from __future__ import annotations

import logging
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, inspect

import migrations
from app.errors import Unavailable
from app.storage.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

LOCK = 0x1C1DE276
"""Of those that migrate a PostgreSQL. Any number, as long as nothing else in the database takes it."""
WAIT_SECONDS = 3600
PAUSE_SECONDS = 0.1
"""SQLite may say at once that it is busy, where waiting would be for ever: no reason to ask it thousands of times a second."""
FOLDER = Path(migrations.__file__).parent
HEAD = "head"
BASE = "base"


@cache
def newest() -> str:
    """The newest revision: the files of the revisions are numbered."""
    return max(file.name.partition("_")[0] for file in (FOLDER / "versions").glob("[0-9]*_*.py"))


def current(database: Database) -> str | None:
    """The revision that the database stands at; None where it is empty, or a file that is not there yet."""
    if database.file is not None and not database.file.exists():
        return None
    with database.telling(), database.reading.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return found


def upgrade(database: Database, revision: str = HEAD) -> None:
    """To `revision`, in one transaction. On SQLite foreign keys rest meanwhile and are checked after.

    Where there is nothing to do it waits for nobody.
    """
    if revision == HEAD and current(database) == newest():
        return
    _migrate(database, "upgrade", revision)


def downgrade(database: Database, revision: str) -> None:
    _migrate(database, "downgrade", revision)


def _migrate(database: Database, which: Literal["upgrade", "downgrade"], revision: str) -> None:
    """Waits for another process that migrates, or writes: up to an hour, as that may take of a large database."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return _in_one_transaction(database, which, revision)
        except Exception as fault:
            if not database.dialect.is_held_up(fault) or time.monotonic() > until:
                raise database.in_words(fault) from fault
        log.warning("another process holds the database; the migration waits for it")
        time.sleep(PAUSE_SECONDS)


def _in_one_transaction(database: Database, which: Literal["upgrade", "downgrade"], revision: str) -> None:
    from alembic import command

    def guarded(connection: Connection) -> None:
        run = command.upgrade if which == "upgrade" else command.downgrade
        run(config_on(connection), revision)
        if database.is_embedded:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration would leave broken references: {broken[:5]}")

    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
    with database.writing.connect() as connection:
        raw = connection.connection
        if database.is_embedded:
            # Outside a transaction, or the pragma does nothing and recreating a parent table empties its children.
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                guarded(connection)
        finally:
            if database.is_embedded:
                raw.cursor().execute("PRAGMA foreign_keys=ON")


def config_on(connection: Connection) -> Config:
    """Alembic's settings for the migrations, on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def require_newest(database: Database) -> None:
    """Refuses a database whose schema is not the one that this code knows."""
    found, wanted = current(database), newest()
    if found != wanted:
        raise Unavailable(
            f"the database is at schema {found or 'nothing'}, this service needs {wanted}: run `incidents migrate`"
        )

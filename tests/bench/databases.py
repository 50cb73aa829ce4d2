"""Databases of a run: new ones, and the server that holds them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import DatabaseSettings
from app.storage import migrate
from app.storage.database import Database
from tests.support.postgres import Server, find_or_start


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


@contextmanager
def empty_database(kind: str, server: Server | None, folder: Path) -> Iterator[Database]:
    """A new one at the newest schema, gone afterwards."""
    if kind == "sqlite":
        yield from _migrated(f"sqlite:///{folder / 'bench.db'}")
    else:
        assert server is not None
        with server.temporary_database("bench") as url:
            yield from _migrated(url)


def _migrated(url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(url=url))
    try:
        migrate.upgrade(database)
        yield database
    finally:
        database.close()


@contextmanager
def servers(kinds: list[str]) -> Iterator[Server | None]:
    server = find_or_start() if "postgresql" in kinds else None
    try:
        yield server
    finally:
        if server is not None:
            server.stop()

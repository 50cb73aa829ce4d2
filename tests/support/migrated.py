"""Databases at the newest schema. Each test process migrates one of each kind; all others are copies of it.

What is about migrating itself (tests/migrations, `incidents migrate`) begins with an empty database instead.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from app.storage import migrate
from tests.support.server import Server
from tests.support.tables import opened


def _migrate(url: str) -> None:
    with opened(url) as database:
        migrate.upgrade(database)


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        _migrate(f"sqlite:///{file}")
        assert [path.name for path in Path(folder).iterdir()] == [file.name], "nothing is left in the log"
        return file.read_bytes()


def migrated_sqlite(file: Path) -> str:
    """The address of a new database in `file`."""
    file.write_bytes(_file())
    return f"sqlite:///{file}"


@contextmanager
def migrated_postgresql(server: Server, stem: str = "incidents") -> Iterator[str]:
    """The address of a new database, dropped at the end."""
    with server.temporary_database(stem, template=server.template(_migrate)) as url:
        yield url

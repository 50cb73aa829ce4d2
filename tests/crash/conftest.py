"""A database of each kind for a test alone, and what must hold of it whatever was killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import KINDS
from tests.support.editor import editor_of
from tests.support.migrated import migrated_postgresql, migrated_sqlite
from tests.support.tables import opened


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database."""
    found: str = request.getfixturevalue(f"{request.param}_alone")
    return found


@pytest.fixture
def sqlite_alone(tmp_path: Path) -> str:
    return migrated_sqlite(tmp_path / "incidents.db")


@pytest.fixture
def postgresql_alone(request: pytest.FixtureRequest) -> Iterator[str]:
    with migrated_postgresql(request.getfixturevalue("postgres_server"), "crash") as url:
        yield url


@pytest.fixture
def key(url: str) -> str:
    """An editor's key for the service on `url`."""
    with opened(url) as database:
        return editor_of(database)

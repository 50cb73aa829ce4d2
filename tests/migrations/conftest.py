"""Databases that nothing has migrated yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.database import Database
from tests.conftest import KINDS
from tests.support.tables import opened


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'incidents.db'}"
    else:
        with request.getfixturevalue("postgres_server").temporary_database("migrations") as url:
            yield url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with opened(url) as database:
        yield database

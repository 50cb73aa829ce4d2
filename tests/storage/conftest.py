"""Records that several files ask about and none changes: made once by each test process. And databases for random histories.

A file opens them anew: what one file asked is no reason for a statement of another to be known already.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from app.settings import DatabaseSettings
from app.storage.database import Database
from tests.conftest import KINDS
from tests.support.dividing import divided_families
from tests.support.generated import Filled, on_both, specifications
from tests.support.migrated import migrated_postgresql, migrated_sqlite
from tests.support.postgres import Server
from tests.support.prepared import prepare_at_once


@pytest.fixture(scope="session")
def generated(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Server
) -> Iterator[dict[str, Filled]]:
    yield from _filled(tmp_path_factory, postgres_server, specifications())


@pytest.fixture(scope="session")
def divided(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[dict[str, Filled]]:
    yield from _filled(tmp_path_factory, postgres_server, divided_families())


@pytest.fixture(scope="module", params=KINDS)
def own_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that a file of tests has for itself."""
    if request.param == "sqlite":
        yield migrated_sqlite(tmp_path_factory.mktemp("own") / "own.db")
    else:
        with migrated_postgresql(request.getfixturevalue("postgres_server"), "own") as url:
            yield url


@pytest.fixture(scope="module")
def held(own_url: str) -> Iterator[Database]:
    """For histories of random writers."""
    with closing(Database(DatabaseSettings(url=own_url))) as database:
        prepare_at_once(database)
        yield database


def _filled(
    factory: pytest.TempPathFactory, server: Server, specs: list[dict[str, Any]]
) -> Iterator[dict[str, Filled]]:
    with on_both(factory.mktemp("filled"), server) as databases:
        yield {name: Filled(database, specs) for name, database in databases.items()}

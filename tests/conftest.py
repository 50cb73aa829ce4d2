"""What tests share: an empty, migrated database of each kind, and the service running on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import DatabaseSettings, KeySettings, Settings
from app.storage.database import Database
from tests.support.api import Api, Running, serving
from tests.support.emptying import empty
from tests.support.memory import folder_in_memory
from tests.support.migrated import migrated_postgresql, migrated_sqlite
from tests.support.postgres import Server

pytest_plugins = ["tests.support.plugin", "tests.support.seeding"]

KINDS = ("sqlite", "postgresql")
SECRET = "a-secret-of-the-tests-that-nobody-else-has"


@pytest.fixture(scope="session")
def sqlite_url() -> Iterator[str]:
    with folder_in_memory() as folder:
        yield migrated_sqlite(folder / "test.db")


@pytest.fixture(scope="session")
def postgresql_url(postgres_server: Server) -> Iterator[str]:
    with migrated_postgresql(postgres_server) as url:
        yield url


@pytest.fixture(scope="session", params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database of one kind, then of the other: whatever uses it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def settings_of(url: str) -> Settings:
    database = DatabaseSettings(url=url, lock_timeout_seconds=5)
    return Settings(database=database, keys=KeySettings(secret=SECRET))


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return settings_of(database_url)


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    yield database
    database.close()


@pytest.fixture
def database(migrated: Database) -> Database:
    """An empty database at the newest schema."""
    empty(migrated)
    return migrated


@pytest.fixture(scope="session")
def running(settings: Settings, migrated: Database) -> Iterator[Running]:
    with serving(settings) as running:
        yield running


@pytest.fixture
def api(running: Running, database: Database) -> Iterator[Api]:
    """The running service on an empty database; `api.public`, `api.editor`, `api.client(role, partner)` are HTTP clients."""
    with Api(running, database, SECRET) as api:
        yield api

"""Whatever a test did over HTTP, the history and the kept versions are sound after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from app.storage.database import Database
from tests.conftest import KINDS, SECRET, settings_of
from tests.support.api import Api, serving
from tests.support.history import check_history
from tests.support.memory import folder_in_memory
from tests.support.migrated import migrated_postgresql, migrated_sqlite


@pytest.fixture(autouse=True)
def sound_history(request: pytest.FixtureRequest) -> Iterator[None]:
    database = request.getfixturevalue("database") if "api" in request.fixturenames else None
    yield
    if database is not None:
        check_history(database)


@pytest.fixture(scope="module", params=KINDS)
def lasting(request: pytest.FixtureRequest) -> Iterator[Api]:
    """The service on a database that a module has to itself and nothing empties: for what is dear to make, and only read.

    The plugin's list of WORLDS keeps the tests of such a module in one process.
    """
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = migrated_sqlite(stack.enter_context(folder_in_memory()) / "lasting.db")
        else:
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(migrated_postgresql(server, "lasting"))
        settings = settings_of(url)
        database = stack.enter_context(closing(Database(settings.database)))
        running = stack.enter_context(serving(settings))
        yield stack.enter_context(Api(running, database, SECRET))
        check_history(database)

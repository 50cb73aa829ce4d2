"""The service on a database that nothing empties: for what is dear to make, and only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from app.storage.database import Database
from tests.conftest import SECRET, settings_of
from tests.support.api import Api, serving
from tests.support.history import check_history
from tests.support.memory import folder_in_memory
from tests.support.migrated import migrated_postgresql, migrated_sqlite


@contextmanager
def lasting_api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """For a fixture with `params=KINDS`. The history is sound at the end."""
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

"""Whatever a test did over HTTP, the history and the kept versions are sound after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import KINDS
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.lasting import lasting_api


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
    with lasting_api(request) as api:
        yield api

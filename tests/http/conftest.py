"""Whatever a test did over HTTP, the history and the kept versions are sound after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.history import check_history


@pytest.fixture(autouse=True)
def sound_history(request: pytest.FixtureRequest) -> Iterator[None]:
    database = request.getfixturevalue("database") if "api" in request.fixturenames else None
    yield
    if database is not None:
        check_history(database)

"""A service whose streams end: whoever tries every operation waits for that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import LimitSettings, Settings
from app.storage.database import Database
from tests.support.api import Running, serving


@pytest.fixture(scope="session")
def running(settings: Settings, migrated: Database) -> Iterator[Running]:
    with serving(settings.model_copy(update={"limits": LimitSettings(stream_seconds=1)})) as running:
        yield running

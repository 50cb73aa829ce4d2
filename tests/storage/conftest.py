"""Records that several files ask about and none changes: made once by each test process.

A file opens them anew: what one file asked is no reason for a statement of another to be known already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.dividing import divided_families
from tests.support.generated import Filled, on_both, specifications
from tests.support.postgres import Server


@pytest.fixture(scope="session")
def generated(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: Server
) -> Iterator[dict[str, Filled]]:
    yield from _filled(tmp_path_factory, postgres_server, specifications())


@pytest.fixture(scope="session")
def divided(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[dict[str, Filled]]:
    yield from _filled(tmp_path_factory, postgres_server, divided_families())


def _filled(
    factory: pytest.TempPathFactory, server: Server, specs: list[dict[str, Any]]
) -> Iterator[dict[str, Filled]]:
    with on_both(factory.mktemp("filled"), server) as databases:
        yield {name: Filled(database, specs) for name, database in databases.items()}

"""A database of a module's own, of each kind: what is dear to import is imported once, by one test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import KINDS
from tests.support.command import Console, Done
from tests.support.migrated import migrated_postgresql, migrated_sqlite


@pytest.fixture(scope="module", params=KINDS)
def url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """An empty database at the newest schema."""
    if request.param == "sqlite":
        yield migrated_sqlite(folder / "incidents.db")
    else:
        with migrated_postgresql(request.getfixturevalue("postgres_server"), "cli") as url:
            yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


@pytest.fixture(params=KINDS)
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database for a test alone, at the newest schema."""
    if request.param == "sqlite":
        yield migrated_sqlite(tmp_path / "incidents.db")
    else:
        with migrated_postgresql(request.getfixturevalue("postgres_server"), "cli") as url:
            yield url


@pytest.fixture
def importing(console: Console, migrated_url: str) -> Callable[..., Done]:
    """The import into `migrated_url`, in this process."""
    return lambda *arguments: console("import", *arguments, settings={"INCIDENTS_DATABASE_URL": migrated_url})

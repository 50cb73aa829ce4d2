"""What benchmarks are asked of is such as the service would have made it, and the textbook twin beside it says the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.settings import DatabaseSettings
from app.storage.database import Database
from tests.bench.bulk import Filled, fill
from tests.bench.generate import SEED
from tests.bench.questions import asked_of
from tests.bench.reads import compare
from tests.bench.services import Service
from tests.support.indexes import check_indexes
from tests.support.tables import one

COUNT = 10_000
"""So many that there are full pages of what is asked for."""


@pytest.fixture(scope="module")
def database(own_url: str) -> Iterator[Database]:
    with closing(Database(DatabaseSettings(url=own_url))) as database:
        yield database


@pytest.fixture(scope="module")
def filled(database: Database) -> Filled:
    return fill(database, COUNT)


def test_it_is_filled_whole(own_url: str, database: Database, filled: Filled) -> None:
    counts = {"incidents": COUNT, "reports": filled.reports, "links": filled.links}
    assert filled.incidents == COUNT
    for table, count in counts.items():
        assert one(own_url, f"SELECT count(*) FROM {table}") == (count,)
    check_indexes(database)


@pytest.mark.usefixtures("filled")
def test_the_textbook_twin_gives_the_same_values(own_url: str, database: Database) -> None:
    """Or there is nothing to compare: each field that the service tells has to be told by both."""
    with Service("ours", url=own_url) as ours, Service("textbook", url=own_url) as textbook:
        asked = asked_of(database, ours.port, SEED)
        compare(ours, textbook, asked, ("record", "page", "features", "text", "totals"))

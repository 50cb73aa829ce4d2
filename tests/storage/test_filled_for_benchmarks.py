"""What benchmarks are asked of is filled past the service, and is such as the service would have made it."""

from __future__ import annotations

from contextlib import closing

from app.access.viewer import PUBLIC
from app.query.fields import Kind
from app.query.filter import EVERYTHING
from app.query.spec import Query
from app.settings import DatabaseSettings
from app.storage.database import Database
from app.storage.read import page
from tests.bench.bulk import fill
from tests.support.indexes import check_indexes
from tests.support.tables import one

COUNT = 400


def test_a_database_is_filled_whole(own_url: str) -> None:
    with closing(Database(DatabaseSettings(url=own_url))) as database:
        filled = fill(database, COUNT)
        assert filled.incidents == COUNT
        for table, count in (
            ("incidents", COUNT),
            ("reports", filled.reports),
            ("links", filled.links),
        ):
            assert one(own_url, f"SELECT count(*) FROM {table}") == (count,)
        check_indexes(database)
        query = Query(Kind.incident, EVERYTHING, "date_start", True, limit=20, count=True)
        assert len(database.read(lambda reader: page(reader, PUBLIC, query)).documents) == 20

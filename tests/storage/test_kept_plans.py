"""PostgreSQL plans the pages that are asked for all the time once, not each time; and none that looks at all for a few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from app.access.viewer import PUBLIC
from app.query.fields import Kind
from app.query.filter import EVERYTHING, Compare, Filter, Operator, Words, equals
from app.query.spec import Query
from app.settings import DatabaseSettings
from app.storage.database import Database, Reader
from app.storage.read import page
from app.writing import partners
from tests.support.many import many_incidents
from tests.support.migrated import migrated_postgresql
from tests.support.postgres import Server

TIMES = 15
"""The first five times it is not prepared, five times more it is planned for what is bound."""


@pytest.fixture(scope="module")
def many(postgres_server: Server) -> Iterator[Database]:
    with (
        migrated_postgresql(postgres_server, "kept_plans") as url,
        closing(Database(DatabaseSettings(url=url, read_threads=1))) as database,
    ):
        many_incidents(
            database, partners.ensure_local(database), 3_000, country="SYR", date_start="2016-12-06"
        )
        with database.writing.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        yield database


def planned_once(database: Database, where: Filter, limit: int) -> bool:
    query = Query(Kind.incident, where, "date_start", True, limit=limit)

    def asked() -> list[tuple[int]]:
        for _ in range(TIMES):
            database.read(lambda reader: page(reader, PUBLIC, query))
        plans = (
            "SELECT generic_plans FROM pg_prepared_statements WHERE statement NOT LIKE '%%pg_prepared%%'"
            " ORDER BY prepare_time DESC LIMIT 1"
        )
        return database.read(lambda reader: reader.rows(plans))

    ((generic,),) = asked()
    return generic > 0


def test_a_usual_page_is_planned_once(many: Database) -> None:
    assert planned_once(many, EVERYTHING, 10)
    assert planned_once(many, equals("country", "SYR"), 50)


def test_so_is_a_search_for_what_many_hold(many: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    many.occurring.forget()
    monkeypatch.setattr("app.storage.widespread.WIDESPREAD", 1)
    assert planned_once(many, Words((("17",),)), 10)


def test_a_search_for_what_few_hold_is_kept(many: Database) -> None:
    """The database may plan it once; it does where it thinks that the word alone, unknown, costs as little to look for."""
    many.occurring.forget()
    planned_once(many, Words((("1700",),)), 10)
    kept = (
        "SELECT count(*) FROM pg_prepared_statements"
        " WHERE statement LIKE 'SELECT concat(%%' AND statement LIKE '%%search_words @@ CAST%%date_start IS NOT NULL%%'"
    )
    assert many.read(lambda reader: reader.rows(kept)) == [(1,)]


def test_others_are_planned_for_what_is_bound(many: Database) -> None:
    """How often a value occurs tells which index serves, and how many records are wanted, whether an index does."""
    assert not planned_once(many, EVERYTHING, 12)
    assert not planned_once(many, Compare("date_start", Operator.at_least, date(2016, 12, 6)), 50)


def test_a_page_of_then_looks_at_no_whole_table(many: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the source of a record may be known today is asked of that record alone."""
    asked: list[tuple[str, Any]] = []
    rows = Reader.rows

    def noted(reader: Reader, sql: str, parameters: Any = (), **how: Any) -> Any:
        asked.append((sql, parameters))
        return rows(reader, sql, parameters, **how)

    query = Query(Kind.incident, EVERYTHING, "date_start", True, limit=50, as_of=3_000)
    with monkeypatch.context() as patched:
        patched.setattr(Reader, "rows", noted)
        assert len(many.read(lambda reader: page(reader, PUBLIC, query)).documents) == 50
    ((sql, parameters),) = [each for each in asked if "incidents_versions" in each[0]]
    plan = many.read(lambda reader: reader.rows(f"EXPLAIN (VERBOSE) {sql}", parameters))
    text = "\n".join(line for (line,) in plan)
    assert "SubPlan" in text
    assert "hashed SubPlan" not in text

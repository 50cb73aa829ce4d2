"""Records without a link are read from the few that are, and in the order of the list where they are many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from app.access.viewer import PUBLIC, Viewer
from app.domain.vocabulary import Role
from app.query.fields import Kind
from app.query.filter import And, Compare, Filter, Linked, Not, Operator, equals
from app.query.spec import Query
from app.settings import DatabaseSettings
from app.storage import unlinked
from app.storage.database import Database, Reader
from app.storage.read import page
from app.storage.totals import totals
from app.writing import partners
from tests.support.many import many_incidents

COUNT, FEW = 4_000, 5
UNLINKED = Not(Linked())
QUESTIONS: tuple[Filter, ...] = (
    UNLINKED,
    And((equals("country", "SYR"), UNLINKED)),
    And((Compare("killed_best", Operator.at_least, 1), equals("country", "SYR"), UNLINKED)),
)
VIEWERS = (PUBLIC, Viewer(Role.reader, "alpha", 2), Viewer(Role.editor, "local", 1))


@pytest.fixture(scope="module")
def many(own_url: str) -> Iterator[Database]:
    """Four thousand incidents, of which five are without a report, as far as the table says."""
    with closing(Database(DatabaseSettings(url=own_url, read_threads=1))) as database:
        many_incidents(
            database, partners.ensure_local(database), COUNT, country="SYR", date_start="2016-12-06"
        )
        with database.writing.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM loosely_linked WHERE record_ref > {FEW}")
            if not database.is_embedded:
                connection.exec_driver_sql("ANALYZE")
        yield database


def plans(database: Database, monkeypatch: pytest.MonkeyPatch, ask: Any) -> list[str]:
    """How the database goes about each statement over incidents."""
    asked: list[tuple[str, Any]] = []
    rows = Reader.rows

    def noted(reader: Reader, sql: str, parameters: Any = (), **more: Any) -> Any:
        if "FROM incidents AS t" in sql:
            asked.append((sql, parameters))
        return rows(reader, sql, parameters, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Reader, "rows", noted)
        database.read(ask)
    explain = "EXPLAIN QUERY PLAN" if database.is_embedded else "EXPLAIN"
    found = [
        database.read(lambda reader, each=each: reader.rows(f"{explain} {each[0]}", each[1]))
        for each in asked
    ]
    return ["\n".join(str(line[-1]) for line in plan) for plan in found]


def listed(viewer: Viewer, where: Filter, found: int) -> Any:
    def ask(reader: Reader) -> None:
        query = Query(Kind.incident, where, "date_start", True, limit=20, count=True)
        assert len(page(reader, viewer, query).documents) == found

    return ask


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.rank)
@pytest.mark.parametrize("where", QUESTIONS, ids=("alone", "of a country", "and of a figure"))
def test_the_few_are_read_and_no_other(
    many: Database, monkeypatch: pytest.MonkeyPatch, viewer: Viewer, where: Filter
) -> None:
    asked = plans(many, monkeypatch, listed(viewer, where, 0 if where == QUESTIONS[2] else FEW))
    asked += plans(many, monkeypatch, lambda reader: totals(reader, viewer, where))
    assert len(asked) >= 3
    for plan in asked:
        if many.is_embedded:
            assert "SEARCH t USING INTEGER PRIMARY KEY" in plan, plan
            assert "SEARCH t_loose USING PRIMARY KEY (kind=? AND linked_to=?)" in plan, plan
        else:
            # It knows how many have no date, or that figure: none. But not the whole list, nor all of a country.
            assert "loosely_linked t_loose" in plan, plan
            assert "Seq Scan on incidents t " not in plan, plan
            assert not re.search(
                "Index Cond: .*(date_start IS NOT NULL|country = 'SYR'::text)[)]+$", plan, re.M
            ), plan


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.rank)
def test_many_are_read_in_order(many: Database, monkeypatch: pytest.MonkeyPatch, viewer: Viewer) -> None:
    monkeypatch.setattr(unlinked, "MANY", FEW)
    monkeypatch.setattr(unlinked, "MANY_IN_DOUBT", FEW)
    first, *_ = plans(many, monkeypatch, listed(viewer, UNLINKED, FEW))
    if many.is_embedded:
        assert "SEARCH t USING INDEX ix_incidents_date_start_id" in first, first
        assert "SEARCH t_loose USING PRIMARY KEY (kind=? AND linked_to=? AND record_ref=?)" in first, first
    else:
        # It is told nothing: it knows of itself how many they are.
        assert "loosely_linked t_loose" in first, first


def test_how_many_there_are_is_counted_for_the_viewer(
    many: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is linked out of sight is none of an editor's; of what has to be looked at more may be."""
    marked = Not(Linked(many_without=True))
    monkeypatch.setattr(unlinked, "MANY", FEW + 1)
    assert all(told(many, viewer) == UNLINKED for viewer in VIEWERS)
    monkeypatch.setattr(unlinked, "MANY", FEW)
    assert [told(many, viewer) for viewer in VIEWERS] == [marked, UNLINKED, marked]
    with many.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE loosely_linked SET linked_to = 'hidden' WHERE record_ref = 1")
    try:
        assert [told(many, viewer) for viewer in VIEWERS] == [marked, UNLINKED, UNLINKED]
    finally:
        with many.writing.begin() as connection:
            connection.exec_driver_sql("UPDATE loosely_linked SET linked_to = 'nothing' WHERE record_ref = 1")


def told(database: Database, viewer: Viewer) -> Filter:
    where = And((equals("country", "SYR"), UNLINKED))
    marked = database.read(lambda reader: unlinked.many_told(reader, viewer, Kind.incident, where))
    assert isinstance(marked, And)
    return marked.parts[1]

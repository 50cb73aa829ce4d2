"""Records of a source are sought by the source, and in the order of the list where they are very many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.access.viewer import PUBLIC
from app.domain.inputs import SourceForm
from app.domain.reading import read_form
from app.query.fields import BY_NAME, Kind
from app.query.filter import Related
from app.query.spec import Query
from app.settings import DatabaseSettings
from app.storage import prolific
from app.storage.database import Database, Reader
from app.storage.read import page, part_asked
from app.writing import partners, sources
from app.writing.work import working
from tests.support.many import many_incidents

COUNT, FEW = 4_000, 5


@pytest.fixture(scope="module")
def many(own_url: str) -> Iterator[Database]:
    with closing(Database(DatabaseSettings(url=own_url, read_threads=1))) as database:
        many_incidents(database, partners.ensure_local(database), COUNT, date_start="2016-12-06")
        yield database


@pytest.fixture(scope="module")
def source(many: Database) -> str:
    """Named by five incidents."""
    sent = {"name": "A source", "sharing": "public"}
    form, local = read_form(SourceForm, sent), partners.ensure_local(many)
    done = working(many, local, lambda work: sources.record(work, form, sent))
    with many.writing.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE incidents SET source_ref = (SELECT max(id) FROM sources)"
            f" WHERE id <= (SELECT min(id) FROM incidents) + {FEW - 1}"
        )
        if not many.is_embedded:
            connection.exec_driver_sql("ANALYZE")
    return str(done.uid)


def plan(database: Database, where: Related) -> str:
    query = Query(Kind.incident, where, "date_start", True, limit=20)

    def explained(reader: Reader) -> str:
        field = BY_NAME[Kind.incident]["date_start"]
        statement, values, bound = part_asked(reader, PUBLIC, query, field, 21, nulls=False, at_once=True)
        explain = "EXPLAIN QUERY PLAN" if database.is_embedded else "EXPLAIN"
        parameters = statement.parameters(values, bound, reader.dialect)
        return "\n".join(str(line[-1]) for line in reader.rows(f"{explain} {statement.sql}", parameters))

    return database.read(explained)


def test_the_few_of_a_source_are_read_and_no_other(many: Database, source: str) -> None:
    for uid, found in ((source, FEW), ("src_never", 0)):
        query = Query(Kind.incident, Related("source", uid), "date_start", True, limit=20)
        told = many.read(lambda reader, query=query: page(reader, PUBLIC, query))
        assert len(told.documents) == found
    told_by = plan(many, Related("source", source))
    if many.is_embedded:
        assert "SEARCH t USING INTEGER PRIMARY KEY" in told_by, told_by
        assert "SEARCH t_own USING COVERING INDEX ix_incidents_source_ref_id" in told_by, told_by
    else:
        assert "Seq Scan on incidents t " not in told_by, told_by
        assert "Index Cond: (date_start IS NOT NULL)" not in told_by, told_by


def test_the_many_of_a_source_are_read_in_order(many: Database, source: str) -> None:
    told_by = plan(many, Related("source", source, many=True))
    assert "ix_incidents_date_start_id" in told_by, told_by
    assert "hashed SubPlan" not in told_by, told_by


def test_a_source_is_counted_no_further_than_need_be(
    many: Database, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Related("source", source)
    for most, is_many in ((FEW + 1, False), (FEW, True)):
        monkeypatch.setattr(prolific, "PROLIFIC", most)
        told = many.read(lambda reader: prolific.prolific_told(reader, PUBLIC, Kind.incident, where))
        assert told == Related("source", source, many=is_many)
        # The incidents' own source says nothing of reports.
        told = many.read(lambda reader: prolific.prolific_told(reader, PUBLIC, Kind.report, where))
        assert told == where


def test_whoever_may_not_know_of_a_source_is_not_led_past_all_records(
    many: Database, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Related("source", source)
    monkeypatch.setattr(prolific, "PROLIFIC", FEW)
    editor = partners.ensure_local(many)
    with many.writing.begin() as connection:
        connection.exec_driver_sql("UPDATE sources SET effective_sharing = 'restricted'")
    try:
        for viewer, is_many in ((PUBLIC, False), (editor, True)):
            told = many.read(
                lambda reader, viewer=viewer: prolific.prolific_told(reader, viewer, Kind.incident, where)
            )
            assert told == Related("source", source, many=is_many)
    finally:
        with many.writing.begin() as connection:
            connection.exec_driver_sql("UPDATE sources SET effective_sharing = 'public'")

"""One stored value after the other is made into something that looks alike, and `verify` says of which record it is.

So that the quick way past records that hold lets none of them through: no database and no driver may take the one for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Date, Table, Text, select, text, true

from app.query.fields import Kind
from app.storage import tables
from app.storage.tables import NOT_KEPT
from app.storage.types import Json, Timestamp
from app.storage.verifying.reading import GREATEST, LEAST
from app.storage.verifying.records import Records, Seen, left_over
from tests.http.test_verifying import lived
from tests.support.api import Api
from tests.support.tampering import tampering

__all__ = ["lived"]
RECORDS = {"incidents": tables.incidents, "reports": tables.reports, "sources": tables.sources}
OF_RECORDS = [
    *RECORDS.values(),
    tables.incident_versions,
    tables.report_versions,
    tables.source_versions,
    tables.links,
    tables.claims,
]
NOT_TOLD = {"id", *NOT_KEPT}


@pytest.fixture
def amended(lived: Api) -> Api:
    """Each record has a former version: of the current one it is seen, too, that it is not what the record is."""
    source = lived.source(
        name="Rich", url="https://example.org", notes="n", language="ar", country="SYR", owner="O"
    )
    lived.report(
        title="Rich", url="https://example.org/1", archive_url="https://example.org/2", language="ar", notes="n",
        date_published="2016-12-06", date_retrieved="2016-12-07", excerpt="e", source_id=source["id"],
    )  # fmt: skip
    lived.incident(
        title="Rich", summary="s", country="SYR", admin1="a", admin2="b", place="c", lon=37.15, lat=36.2,
        date_start="2016-12-05", date_end="2016-12-06", place_names={"ar": "حلب", "en": "Aleppo"}, tags=["x", "y"],
        attributions=[{"actor": "A", "actor_type": "unknown", "role": "alleged_perpetrator", "status": "contested"}],
        source_id=source["id"],
    )  # fmt: skip
    one, other = [
        each["id"] for each in lived.editor.get("/v1/incidents", params={"limit": 2}).json()["items"]
    ]
    said = {"other": other, "reason": "an hour apart"}
    answer = lived.editor.post(f"/v1/incidents/{one}/distinguish", json=said, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    for kind, change in (
        ("sources", {"scale": "local"}),
        ("reports", {"title": "New"}),
        ("incidents", {"code": "c"}),
    ):
        for each in lived.editor.get(f"/v1/{kind}", params={"limit": 100}).json()["items"]:
            lived.patched(f"/v1/{kind}/{each['id']}", **change)
    return lived


def alike(table: Table, name: str, value: Any, embedded: bool) -> Iterator[str]:
    """Expressions for what may be taken for the value that stands there."""
    column = table.c[name]
    if value is not None:
        yield "NULL"
    if isinstance(column.type, Timestamp):
        yield from moments(name, value, embedded)
    elif isinstance(column.type, Json):
        yield from documents(name, value, embedded)
    elif isinstance(column.type, Boolean):
        yield f"NOT {name}"
        if embedded:
            yield from ("2", "'true'", f"CAST({name} AS TEXT) || ' '")
    elif isinstance(column.type, Date):
        yield "'2016-12-05'" if value is None else "'1916-12-05'"
        if embedded and value is not None:
            yield from (f"{name} || ' '", f"{name} || 'T00:00:00'", f"CAST({name} AS BLOB)")
        elif value is not None:
            yield f"({name}::text || ' BC')::date"
    elif isinstance(column.type, Text):
        yield from texts(name, value, embedded)
    else:
        yield from numbers(name, value, embedded)


def texts(name: str, value: str | None, embedded: bool) -> Iterator[str]:
    yield from ("''", "'0'", "'null'", "' '")
    if value is None:
        return
    yield from (f"{name} || ' '", f"' ' || {name}", f"upper({name})", f"lower({name})")
    yield from (f"{name} || '\u0301'", f"{name} || '\u200b'", f"replace({name}, 'e', '\u0435')")
    if embedded:
        yield from (f"CAST({name} AS BLOB)", f"{name} || char(0)")


def numbers(name: str, value: float | None, embedded: bool) -> Iterator[str]:
    yield "0"
    if value is None:
        return
    yield from (f"{name} + 1", f"-{name}")
    if embedded:
        yield from (f"CAST({name} AS BLOB)", f"CAST({name} AS TEXT) || ' x'", f"{name} + 0.5", "''")


def moments(name: str, value: Any, embedded: bool) -> Iterator[str]:
    if value is None:
        yield "'2016-12-06T09:30:00.000Z'"
    elif embedded:
        yield f"substr({name}, 1, 23) || '+00:00'"
        yield f"replace({name}, 'T', ' ')"
        yield f"strftime('%Y-%m-%dT%H:%M:%f', {name}, '+2 hours') || '+02:00'"
        yield f"substr({name}, 1, 23) || '001Z'"
    else:
        yield from (f"{name} + interval '1 microsecond'", f"{name} + interval '100 years'", "'infinity'")


def documents(name: str, value: Any, embedded: bool) -> Iterator[str]:
    yield from ("'null'", "'\"\"'", "'{\"redacted\": {}}'", "'[]'" if isinstance(value, dict) else "'{}'")
    yield '\'{"redacted": {"hmac-sha256": "00"}}\''
    if embedded:
        yield from (f"{name} || ' '", f"CAST({name} AS BLOB)")
        if value and isinstance(value, dict):
            yield f'\'{{"ar":"x",\' || substr({name}, 2)'  # of two members of one name each reader takes another


def rows_to_change(connection: Connection, table: Table, name: str) -> list[Any]:
    """One in which the column says something, and one in which it says nothing. Of versions a former one."""
    column = table.c[name]
    former = table.c.seq_to.is_not(None) if table.name.endswith("_versions") else true()
    chosen = []
    for where in (column.is_not(None), column.is_(None)):
        some = select(table).where(former, where).order_by(table.c.id.desc()).limit(1)
        row = connection.execute(some).first()
        chosen += [row] if row is not None else []
    return chosen


def record_of(connection: Connection, table: Table, row: Any) -> str:
    if table in (tables.links, tables.claims):
        one = select(tables.incidents.c.uid).where(tables.incidents.c.id == row.incident_ref)
    else:
        live = RECORDS[table.name.removesuffix("_versions")]
        one = select(live.c.uid).where(live.c.id == row.id)
    return str(connection.execute(one).scalar_one())


@pytest.mark.parametrize("table", OF_RECORDS, ids=lambda table: str(table.name))
def test_nothing_is_taken_for_what_it_looks_like(amended: Api, table: Table) -> None:
    tried = 0
    with tampering(amended) as connection:
        embedded = connection.dialect.name == "sqlite"
        for name in [str(c.name) for c in table.c if c.name not in NOT_TOLD]:
            for row in rows_to_change(connection, table, name):
                uid = record_of(connection, table, row)
                for expression in alike(table, name, getattr(row, name), embedded):
                    told = changed(amended, connection, table, row, name, expression)
                    if told is None:
                        continue
                    tried += 1
                    of_rows = ("uid", "incident_ref", "report_ref")
                    assert told, (name, expression)
                    assert name in of_rows or any(each.startswith(uid) for each in told), (
                        name,
                        expression,
                        told,
                    )
    assert tried > 25


def changed(
    api: Api, connection: Connection, table: Table, row: Any, name: str, expression: str
) -> list[str] | None:
    """What is told of it; None where the database does not let it be, or nothing is changed by it."""
    where = " AND ".join(f"{key.name} = {getattr(row, key.name)}" for key in table.primary_key)
    as_stored = f"quote({name})" if connection.dialect.name == "sqlite" else f"{name}::text"
    read = text(f"SELECT {as_stored} FROM {table.name} WHERE {where}")
    before = connection.execute(read).scalar_one()
    point = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"UPDATE {table.name} SET {name} = {expression} WHERE {where}")
    except Exception:  # noqa: BLE001 - a constraint, or a type
        point.rollback()
        return None
    try:
        # Read again by its key, which may be what was changed.
        after = connection.execute(read).scalar_one_or_none()
        return None if after == before else told_of(api, connection, table)
    finally:
        point.rollback()


def told_of(api: Api, connection: Connection, table: Table) -> list[str]:
    """What is found wrong with records of the table's kind; to look at all else each time would take long."""
    kind = next(
        (kind for kind in (Kind.report, Kind.source) if table.name.startswith(kind.value)), Kind.incident
    )
    seen = Seen()
    records = Records(connection, api.database.dialect, kind)
    wrong = [*records.breaks(LEAST, GREATEST, seen, lambda _: None), *left_over(connection, kind, seen)]
    return [str(each) for each in wrong]

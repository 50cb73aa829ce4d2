"""From the name of a dimension to what the database groups by, and from what it found to values that people read.

Each dimension is one expression. Its raw values become keys, one for each group that the incident belongs to: a key
is None where nothing is stated, and keys sort as their names do. What a viewer may not see is None already.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Text,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)

from app.access.viewer import Viewer
from app.domain import cells, periods
from app.domain.periods import Period
from app.query.fields import Kind
from app.query.grouping import CELL, FIELDS, PERIODS
from app.storage import tables
from app.storage.columns import Scope, constant
from app.storage.compile import Binder, extras, prepare, visible
from app.storage.database import Reader
from app.storage.dialects.base import DatabaseDialect
from app.storage.rollup import Rollup
from app.storage.then import scope_of

Key = str | int | None


def column(scope: Scope, name: str, dialect: DatabaseDialect, cell: int) -> ColumnElement[Any]:
    """What the database groups by. `cell` is a width in hundredths of a degree."""
    if name in FIELDS:
        return dialect.by_code_point(scope.column(name))
    if name in PERIODS:
        period = Period(name)
        return scope.period(period) if isinstance(scope, Rollup) else _period(scope, period, dialect)
    if name == CELL:
        return _cell(scope, cell)
    if name == "actor":
        # Grouped as it is stored: there are few sets of actors beside the incidents, and `keys` takes them apart.
        return type_coerce(cast(scope.column("attributions"), Text), Text)
    if name == "source":
        return _sources(scope)
    raise NotImplementedError(f"no SQL for the dimension {name!r}")


def _period(scope: Scope, period: Period, dialect: DatabaseDialect) -> ColumnElement[Any]:
    """Null where the dates span several: nobody is put into a month for want of a better one."""
    start, end = scope.column("date_start"), scope.column("date_end")
    first, last = dialect.period(start, period), dialect.period(end, period)
    # Most incidents are of one day: the cheap comparison comes first.
    return case((start == end, first), (first == last, first))


def _cell(scope: Scope, width: int) -> ColumnElement[Any]:
    def whole(number: int) -> ColumnElement[Any]:
        return literal_column(str(number), BigInteger)

    def along(degrees: ColumnElement[Any], limit: int) -> ColumnElement[Any]:
        units = cast(func.round(degrees * literal_column(f"{cells.UNITS}.0", Double)), BigInteger)
        number = (units + whole(limit * cells.UNITS)) // whole(width * (cells.UNITS // 100))
        last = whole(cells.size(2 * limit, width) - 1)
        return case((number > last, last), else_=number)

    precise = scope.column("location_precision").in_([constant(p.value) for p in cells.told_to(width)])
    number = along(scope.column("lon"), 180) * whole(cells.ROWS) + along(scope.column("lat"), 90)
    return case((precise & scope.column("lon").is_not(None), number))


def _sources(scope: Scope) -> ColumnElement[Any]:
    """The ids of the incident's own source and of those of its reports that the viewer may know of, with commas."""
    report = scope.beside(Kind.report, f"{scope.table.name}_grouped")
    links = tables.aliased(tables.links, f"{scope.table.name}_grouping")
    uid = report.column("source_id")
    listed = (
        select(func.aggregate_strings(uid, ","))
        .select_from(report.joined().join(links, report.key == links.c.report_ref))
        .where(links.c.incident_ref == scope.key, scope.linking(links), visible(report))
        .correlate(scope.table)
        .scalar_subquery()
    )
    nothing = literal_column("''", Text)
    own = func.coalesce(scope.column("source_id"), nothing)
    return own + literal_column("','", Text) + func.coalesce(listed, nothing)


def keys(name: str, raw: Any, roles: tuple[str, ...] = ()) -> tuple[Key, ...]:
    """The groups to which incidents with this raw value belong: each once, one at least. `roles` bound the actors."""
    if name == "actor":
        return _actors(raw, roles)
    if name == "source":
        return tuple(sorted(set(filter(None, raw.split(","))))) or (None,)
    return (raw,)


@lru_cache(maxsize=4096)
def _actors(attributions: str, roles: tuple[str, ...]) -> tuple[Key, ...]:
    listed = orjson.loads(attributions)
    return tuple(sorted({each["actor"] for each in listed if not roles or each["role"] in roles})) or (None,)


def name_of(dimension: str, key: Key, cell: int) -> str | None:
    """The value as it is told."""
    if key is None or isinstance(key, str):
        return key
    return cells.name_of(key, cell) if dimension == CELL else periods.name_of(key, Period(dimension))


def source_names(
    reader: Reader, viewer: Viewer, uids: Iterable[Key], as_of: int | None = None
) -> dict[Key, str]:
    """What the viewer calls the sources, whose ids it may see: an editor by their name, others by the published one."""
    wanted = sorted({uid for uid in uids if isinstance(uid, str)})
    if not wanted:
        return {}
    scope = scope_of(Kind.source, viewer, as_of)
    among = scope.named(lambda uid: reader.dialect.among(uid, wanted))
    columns = scope.column("id"), scope.column("name")
    named = select(*columns).select_from(scope.joined()).where(among, scope.current)
    statement = prepare(named, Binder(), reader.dialect)
    return dict(reader.answer(statement, [], extras(viewer, as_of)))

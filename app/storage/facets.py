"""How many incidents of a list have which value: what a front end shows beside its filters."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from sqlalchemy import literal_column

from app.access.viewer import Viewer
from app.query.filter import Filter
from app.query.grouping import MOST_GROUPS, MOST_VALUES, MULTIPLE
from app.storage import dimensions, rollup
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.dimensions import Key
from app.storage.grouping import too_many
from app.storage.moments import past
from app.storage.totals import numbers_of

WIDTH = 100
"""Of a cell, were one asked for."""


class Facets(NamedTuple):
    """`values` by facet, the most frequent first; `more` names the facets that have further values."""

    values: dict[str, list[dict[str, Any]]]
    more: list[str]


def facets(
    reader: Reader,
    viewer: Viewer,
    where: Filter,
    names: tuple[str, ...],
    roles: tuple[str, ...] = (),
    as_of: int | None = None,
) -> Facets:
    """The incidents that the list would show, discounted ones included, counted under each of their values. `roles` bound the actors."""
    told, more = {}, []
    with reader.snapshot():
        as_of = past(reader, as_of)
        for name in names:
            found = _counted(reader, viewer, where, name, roles, as_of)
            if len(found) > MOST_VALUES:
                more.append(name)
            told[name] = _values(reader, viewer, name, found[:MOST_VALUES], as_of)
    return Facets(told, more)


def _counted(
    reader: Reader, viewer: Viewer, where: Filter, name: str, roles: tuple[str, ...], as_of: int | None
) -> list[tuple[Key, int]]:
    """(key, incidents), the most frequent first, ties by value, null last; one more than is told where there are more."""
    multiple = name in MULTIPLE
    basis = rollup.basis(where, (name,), as_of)

    def build() -> Statement:
        scope, binder = basis.scope(viewer), Binder()
        value = dimensions.column(scope, name, reader.dialect, WIDTH).label("value")
        number = numbers_of(scope)[0].label("incidents")
        found = matching(scope, basis.where, reader.dialect, binder, value, number).group_by(
            literal_column("1")
        )
        if not multiple:
            found = found.order_by(number.desc(), value.asc().nulls_last())
        return prepare(found.limit(binder(0)), binder, reader.dialect)

    statement = reader.prepared(("facet", viewer.rank, basis.shape(), name), build)
    most = MOST_GROUPS if multiple else MOST_VALUES
    values = [*basis.where.values(), most + 1]
    rows = reader.answer(statement, values, extras(viewer, as_of))
    if not multiple:
        return [(raw, number) for raw, number in rows]
    if len(rows) > most:
        raise too_many("facets")
    summed: Counter[Key] = Counter()
    for raw, number in rows:
        for key in dimensions.keys(name, raw, roles):
            summed[key] += number
    return sorted(summed.items(), key=lambda pair: (-pair[1], pair[0] is None, str(pair[0] or "")))


def _values(
    reader: Reader, viewer: Viewer, name: str, found: list[tuple[Key, int]], as_of: int | None
) -> list[dict[str, Any]]:
    sources = (key for key, _ in found if name == "source")
    names = dimensions.source_names(reader, viewer, sources, as_of)
    told = []
    for key, number in found:
        value: dict[str, Any] = {"value": dimensions.name_of(name, key, WIDTH)}
        if name == "source":
            value["source_name"] = names.get(key)
        told.append(value | {"incidents": number})
    return told

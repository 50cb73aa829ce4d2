"""Totals by groups, of which the items add up to the ungrouped total.

Each incident first counts what its parts do not account for, over the whole set that is asked for, exactly as the
ungrouped total has it; what is left of it then goes to its own groups. A whole whose dates span two months stands
under no month, and counts there only what the parts of it that have a month do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select

from app.access.viewer import Viewer
from app.domain import periods
from app.domain.figures import METRICS
from app.domain.periods import Period
from app.errors import InvalidParameter, Problem
from app.query.fields import Kind
from app.query.filter import Filter
from app.query.grouping import CELL, MOST_GROUPS, PERIODS, STATUS, Grouping
from app.storage import dimensions, rollup, victims
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.dimensions import Key
from app.storage.moments import past
from app.storage.tables import aliased
from app.storage.then import scope_of, table_of
from app.storage.totals import (
    COUNTING,
    Overlap,
    Sum,
    counted,
    families,
    item,
    numbers_of,
    overlaps,
    read_sums,
)
from app.storage.victims import CIVILIAN, OTHERS

Keys = tuple[Key, ...]
ALWAYS_TOLD = {
    "grouped": "each incident in its own group; of a containing incident, what its parts in the whole list leave of it, "
    "end by end, so that a rest may have a low above its best or high",
    "null": "not stated, or not known closely enough for one group",
}
TOLD_OF = {
    **dict.fromkeys(PERIODS, ("time", "an incident whose dates span several {}s is counted under null")),
    STATUS: (
        "victim_status",
        "people are divided, not incidents: `civilian` is what incidents state of civilians, null all others killed, and "
        "all wounded, of whom nothing is kept apart; the others are no fewer than the fewest killed less the most civilians, and "
        "no more than the most killed less the fewest civilians, so that only best figures add up; an incident is counted "
        "under both",
    ),
    CELL: (
        "cell",
        "an incident whose position is known less closely than the cell, or only to a province or a country, is counted under null",
    ),
    "actor": ("actor", "an incident is counted under each actor it is attributed to, in any role"),
    "source": ("source", "an incident is counted under its own source and each one of its reports"),
}
"""What is said of a dimension: under which name, in which words."""


@dataclass(slots=True)
class Group:
    incidents: int = 0
    sums: dict[str, Sum] = field(default_factory=lambda: {metric: Sum() for metric in METRICS})

    def add(self, incidents: int, sums: dict[str, Sum]) -> None:
        self.incidents += incidents
        for metric, number in sums.items():
            self.sums.setdefault(metric, Sum()).add(number)


Groups = dict[Keys, Group]


@dataclass(frozen=True, slots=True)
class Grouped:
    items: list[dict[str, Any]]
    more: bool


def counting(grouping: Grouping) -> dict[str, Any]:
    """Told with grouped totals: how they were counted."""
    told = {
        **COUNTING,
        "group_by": list(grouping.dimensions),
        "items_add_up": grouping.is_partition,
        **ALWAYS_TOLD,
    }
    for name in grouping.dimensions:
        if name in TOLD_OF:
            of, words = TOLD_OF[name]
            told[of] = words.format(name)
    if grouping.roles:
        told["actor"] = under_actors(grouping.roles)
    return told


def under_actors(roles: tuple[str, ...]) -> str:
    """How incidents are counted under actors in these roles alone."""
    return f"an incident is counted under each actor it is attributed to as {' or '.join(roles)}, else under null"


def grouped_totals(
    reader: Reader, viewer: Viewer, where: Filter, grouping: Grouping, as_of: int | None = None
) -> Grouped:
    """A total for each group of the visible incidents that match; `incidents` and the figures follow the dimensions."""
    where = counted(where)
    with reader.snapshot():
        as_of = past(reader, as_of)
        groups = _plain(reader, viewer, where, grouping.of_incidents, as_of, by_status=grouping.by_status)
        found = families(reader, viewer, where, as_of)
        twice = {metric: overlaps(found, metric) for metric in METRICS}
        if grouping.by_status:
            twice[OTHERS] = victims.overlaps(found)
        if any(twice.values()):
            _take_away(groups, twice, _standing(reader, viewer, where, grouping.of_incidents, as_of))
        if grouping.by_status:
            groups = _by_status(groups, grouping.dimensions.index(STATUS))
        ordered = _in_order(groups, grouping)
        items = _items(reader, viewer, ordered[: grouping.limit], grouping, as_of)
        return Grouped(items, len(ordered) > grouping.limit)


def _columns(scope: Scope, reader: Reader, grouping: Grouping) -> list[ColumnElement[Any]]:
    return [
        dimensions.column(scope, name, reader.dialect, grouping.cell).label(f"d{number}")
        for number, name in enumerate(grouping.dimensions)
    ]


def _shape(grouping: Grouping) -> tuple[object, ...]:
    return (*grouping.dimensions, grouping.cell if CELL in grouping.dimensions else None)


def _plain(
    reader: Reader, viewer: Viewer, where: Filter, grouping: Grouping, as_of: int | None, *, by_status: bool
) -> Groups:
    """Every incident at its own figure, in its groups. Where the database can put the groups in order, no more than are told."""
    in_order = grouping.in_order_of_dimensions
    basis = rollup.basis(where, (*grouping.dimensions, *([STATUS] if by_status else [])), as_of)

    def build() -> Statement:
        scope, binder = basis.scope(viewer), Binder()
        columns, numbers = _columns(scope, reader, grouping), numbers_of(scope)
        if by_status:
            numbers += victims.sums_of(scope)
        by: list[ColumnElement[Any]] = [literal_column(str(n + 1)) for n in range(len(columns))]
        found = matching(scope, basis.where, reader.dialect, binder, *columns, *numbers).group_by(*by)
        if in_order:
            found = _ordered_by(found, columns, grouping)
        return prepare(found.limit(binder(0)), binder, reader.dialect)

    order = (grouping.sort, grouping.descending) if in_order else None
    shape = ("grouped", viewer.rank, basis.shape(), _shape(grouping), order, by_status)
    statement = reader.prepared(shape, build)
    most = grouping.limit if in_order else MOST_GROUPS
    values = [*basis.where.values(), most + 1]
    rows = reader.answer(statement, values, extras(viewer, as_of))
    if not in_order and len(rows) > most:
        raise too_many("group_by")
    width = len(grouping.dimensions)
    groups: Groups = {}
    for row in rows:
        incidents, sums = read_sums(row[width:])
        if by_status:
            sums[OTHERS] = Sum(*row[-3:])
        if not grouping.multiple:
            groups[row[:width]] = Group(incidents, sums)
            continue
        for keys in _keys(row[:width], grouping):
            groups.setdefault(keys, Group()).add(incidents, sums)
    return groups


def _ordered_by(found: Select[Any], columns: list[ColumnElement[Any]], grouping: Grouping) -> Select[Any]:
    first = columns[grouping.dimensions.index(grouping.sort)]
    chosen = first.desc() if grouping.descending else first.asc()
    return found.order_by(
        chosen.nulls_last(), *[column.asc().nulls_last() for column in columns if column is not first]
    )


def too_many(parameter: str) -> InvalidParameter:
    detail = f"makes more than {MOST_GROUPS:,} groups; ask for fewer incidents, or for coarser groups"
    return InvalidParameter([Problem(parameter, "too_many", detail)])


def _keys(raw: Iterable[Any], grouping: Grouping) -> Iterator[Keys]:
    """The groups of incidents with these raw values: more than one where a dimension is multiple."""
    return product(
        *[
            dimensions.keys(name, value, grouping.roles)
            for name, value in zip(grouping.dimensions, raw, strict=True)
        ]
    )


def _standing(
    reader: Reader, viewer: Viewer, where: Filter, grouping: Grouping, as_of: int | None
) -> dict[int, list[Keys]]:
    """The groups of the matching incidents that contain others, by internal key."""

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        part = aliased(table_of(Kind.incident, as_of), "part")
        containing = select(part.c.part_of_ref).where(part.c.part_of_ref.is_not(None))
        columns = _columns(scope, reader, grouping)
        found = matching(scope, where, reader.dialect, binder, scope.key, *columns).where(
            scope.key.in_(containing)
        )
        return prepare(found, binder, reader.dialect)

    shape = ("standing", viewer.rank, where.shape(), _shape(grouping), as_of is not None)
    statement = reader.prepared(shape, build)
    values = list(where.values())
    rows = reader.answer(statement, values, extras(viewer, as_of))
    return {row[0]: list(_keys(row[1:], grouping)) for row in rows}


def _take_away(groups: Groups, twice: dict[str, dict[int, Overlap]], standing: dict[int, list[Keys]]) -> None:
    for metric, incidents in twice.items():
        for key, ends in incidents.items():
            for keys in standing[key]:
                group = groups.get(keys)  # none where the database told only the first groups
                if group is not None:
                    group.sums[metric].less(ends)


def _by_status(groups: Groups, at: int) -> Groups:
    """Each group once more, by the status of the victims as dimension number `at`."""
    divided: Groups = {}
    for keys, group in groups.items():
        number, civilians = group.incidents, group.sums["killed_civilians"]
        stating = number - civilians.unknown
        stated = replace(civilians, unknown=0)
        for status, incidents, killed, wounded, of_civilians in (
            (CIVILIAN, stating, stated, Sum(unknown=stating), stated),
            (
                None,
                number,
                victims.told(group.sums[OTHERS], group.sums["killed"]),
                group.sums["wounded"],
                Sum(unknown=number),
            ),
        ):
            if incidents:
                divided[(*keys[:at], status, *keys[at:])] = Group(
                    incidents, {"killed": killed, "wounded": wounded, "killed_civilians": of_civilians}
                )
    return divided


def _by_dimensions(keys: Keys) -> tuple[tuple[bool, Key], ...]:
    return tuple((key is None, 0 if key is None else key) for key in keys)


def _in_order(groups: Groups, grouping: Grouping) -> list[tuple[Keys, Group | None]]:
    """Without the value that they are sorted by: last. Ties by the dimensions. None stands for a period that is filled in."""
    found: list[tuple[Keys, Group | None]] = [(keys, groups[keys]) for keys in groups]
    if grouping.fill:
        found += [(keys, None) for keys in _missing(groups, grouping)]
    found.sort(key=lambda entry: _by_dimensions(entry[0]))

    def value(entry: tuple[Keys, Group | None]) -> Any:
        keys, group = entry
        if grouping.sort in grouping.dimensions:
            return keys[grouping.dimensions.index(grouping.sort)]
        return _numbers(group)[grouping.sort]

    valued = [(value(entry), entry) for entry in found]
    stated = [pair for pair in valued if pair[0] is not None]
    stated.sort(key=lambda pair: pair[0], reverse=grouping.descending)
    return [entry for _, entry in stated] + [entry for number, entry in valued if number is None]


def _missing(groups: Groups, grouping: Grouping) -> Iterator[Keys]:
    """The periods in which nothing was found, for each combination of the other dimensions that was found somewhere."""
    period = Period(grouping.dimensions[0])
    stated = [keys[0] for keys in groups if isinstance(keys[0], int)]
    if grouping.start is not None:
        stated.append(periods.number_of(grouping.start, period))
    if grouping.end is not None:
        stated.append(periods.number_of(grouping.end, period))
    if not stated:
        return
    others = {keys[1:] for keys in groups} or ({()} if len(grouping.dimensions) == 1 else set())
    span = range(min(stated), max(stated) + 1)
    if len(span) * len(others) > MOST_GROUPS:
        raise InvalidParameter(
            [
                Problem(
                    "fill",
                    "too_many",
                    f"would make more than {MOST_GROUPS:,} items; bound `date`, or ask for longer periods",
                )
            ]
        )
    for number, other in product(span, others):
        if (number, *other) not in groups:
            yield (number, *other)


def _numbers(group: Group | None) -> dict[str, Any]:
    """What is told of a group. Of a period in which nothing was found no figure is stated: null, which is not zero."""
    told = group or Group()
    return item(told.incidents, told.sums)


def _items(
    reader: Reader,
    viewer: Viewer,
    ordered: list[tuple[Keys, Group | None]],
    grouping: Grouping,
    as_of: int | None,
) -> list[dict[str, Any]]:
    names: dict[Key, str] = {}
    if "source" in grouping.dimensions:
        at = grouping.dimensions.index("source")
        names = dimensions.source_names(reader, viewer, (keys[at] for keys, _ in ordered), as_of)
    items = []
    for keys, group in ordered:
        told: dict[str, Any] = {}
        for name, key in zip(grouping.dimensions, keys, strict=True):
            told[name] = dimensions.name_of(name, key, grouping.cell)
            if name == "source":
                told["source_name"] = names.get(key)
        told |= _numbers(group)
        if grouping.fill:
            told["filled"] = group is None
        items.append(told)
    return items


__all__ = ["Grouped", "counting", "grouped_totals", "too_many"]

"""Totals that count nobody twice.

An incident may be `part_of` a containing one. Within the set that is asked for, a containing incident counts its own
figure less what its parts account for, never below zero: the sum over a family is the larger of the whole and its
parts, end by end. Parts outside the set, or that the viewer may not see, take nothing away; but a part of a part
counts as part of the whole also where the one between them is outside the set. Not where the viewer may not see
the one between: the total would tell of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, or_, select, union

from app.access.viewer import Viewer
from app.domain.vocabulary import VerificationStatus
from app.query.fields import Kind
from app.query.filter import EVERYTHING, And, Compare, Filter, Not, OneOf, all_of
from app.storage import tables
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, prepare
from app.storage.database import Reader
from app.storage.read import extras, matching

METRICS = ("killed", "wounded", "killed_civilians")
NOT_COUNTED = (VerificationStatus.discounted.value, VerificationStatus.retracted.value)
COUNTING = {
    "rule": "each_family_once",
    "of_a_family": "the larger of the containing incident and the sum of its parts, end by end",
    "low": "the sum of lows; an incident without a low adds nothing to it",
    "best": "the sum of best figures; where only a low is stated, the low stands in",
    "high": "the sum of highs; null where any incident leaves the upper end open",
    "not_counted": list(NOT_COUNTED),
}
"""Told with every total: how it was counted."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What one incident adds: `high` None is open, all None states nothing."""

    low: int | None
    best: int | None
    high: int | None

    @property
    def stated(self) -> bool:
        return not (self.low is None and self.best is None and self.high is None)


@dataclass(slots=True)
class Sum:
    """Of one metric. `low`, `best`, `high` are null where nothing was stated."""

    low: int | None = None
    best: int | None = None
    high: int | None = None
    unknown: int = 0
    open: int = 0
    no_best: int = 0

    def document(self, metric: str) -> dict[str, int | None]:
        return {
            f"{metric}_low": self.low,
            f"{metric}_best": self.best,
            f"{metric}_high": None if self.open else self.high,
            f"{metric}_unknown": self.unknown,
            f"{metric}_open": self.open,
            f"{metric}_no_best": self.no_best,
        }


def counted(where: Filter) -> Filter:
    """Leaves out what was discounted or retracted, unless the question names a verification status itself."""
    if _asks_for(where, "verification_status"):
        return where
    return all_of(where, Not(OneOf("verification_status", NOT_COUNTED)))


def _asks_for(where: Filter, field: str) -> bool:
    parts = where.parts if isinstance(where, And) else (where,)
    return any(isinstance(part, Compare | OneOf) and part.field == field for part in parts)


def totals(reader: Reader, viewer: Viewer, where: Filter) -> dict[str, Any]:
    """The total of the visible incidents that match, as DESIGN shapes it: one item, ungrouped."""
    where = counted(where)
    with reader.snapshot():
        incidents, sums = _plain(reader, viewer, where)
        families = _families(reader, viewer, where)
    for metric, number in sums.items():
        _less_overlap(number, families, metric)
    item: dict[str, Any] = {"incidents": incidents}
    for metric, number in sums.items():
        item |= number.document(metric)
    return item


def _plain(reader: Reader, viewer: Viewer, where: Filter) -> tuple[int, dict[str, Sum]]:
    """Every incident at its own figure."""

    def build() -> Statement:
        scope, binder = Scope(Kind.incident, viewer), Binder()
        columns: list[ColumnElement[Any]] = [func.count()]
        for metric in METRICS:
            columns.extend(_sums(scope, metric))
        return prepare(matching(scope, where, reader, binder, *columns), binder, reader.dialect)

    statement = reader.prepared(("totals", viewer.rank, where.shape()), build)
    row = reader.rows(
        statement.sql, statement.parameters(list(where.values()), extras(viewer), reader.dialect)
    )[0]
    width = len(Sum.__slots__)
    values = [None if v is None else int(v) for v in row]
    sums = {}
    for i, metric in enumerate(METRICS):
        low, best, high, unknown, open_, no_best = values[1 + i * width : 1 + (i + 1) * width]
        sums[metric] = Sum(low, best, high, unknown or 0, open_ or 0, no_best or 0)
    return values[0] or 0, sums


def _sums(scope: Scope, metric: str) -> list[ColumnElement[Any]]:
    low, best, high = (scope.table.c[f"{metric}_{end}"] for end in ("low", "best", "high"))
    none = and_(low.is_(None), best.is_(None), high.is_(None))
    stated = or_(low.is_not(None), best.is_not(None), high.is_not(None))

    def number(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.sum(cast(case((condition, 1), else_=0), Integer))

    return [
        func.sum(low),
        func.sum(func.coalesce(best, low)),
        func.sum(high),
        number(none),
        number(and_(stated, high.is_(None))),
        number(and_(stated, best.is_(None))),
    ]


def _families(reader: Reader, viewer: Viewer, where: Filter) -> dict[int, tuple[int | None, tuple[Any, ...]]]:
    """The matching incidents that contain others or are contained: key -> (containing key, figures)."""

    def build() -> Statement:
        scope, binder = Scope(Kind.incident, viewer), Binder()
        t = scope.table
        part = tables.incidents.alias("part")
        # Families are few: from the index of parts to the incidents, not the other way round.
        contained = part.c.part_of_ref.is_not(None)
        related = t.c.id.in_(
            union(select(part.c.id).where(contained), select(part.c.part_of_ref).where(contained))
        )
        figures = [t.c[f"{metric}_{end}"] for metric in METRICS for end in ("low", "best", "high")]
        found = matching(scope, where, reader, binder, t.c.id, t.c.part_of_ref, *figures).where(related)
        return prepare(found, binder, reader.dialect)

    statement = reader.prepared(("families", viewer.rank, where.shape()), build)
    rows = reader.rows(
        statement.sql, statement.parameters(list(where.values()), extras(viewer), reader.dialect)
    )
    found = {row[0]: (row[1], tuple(row[2:])) for row in rows}
    if all(container is None or container in found for container, _ in found.values()):
        return found
    between = _between(reader, viewer)

    def nearest(container: int | None) -> int | None:
        while container is not None and container not in found:
            container = between.get(container)
        return container

    return {key: (nearest(container), figures) for key, (container, figures) in found.items()}


def _between(reader: Reader, viewer: Viewer) -> dict[int, int]:
    """The visible incidents that are part of another: key -> containing key."""

    def build() -> Statement:
        scope, binder = Scope(Kind.incident, viewer), Binder()
        t = scope.table
        contained = matching(scope, EVERYTHING, reader, binder, t.c.id, t.c.part_of_ref)
        return prepare(contained.where(t.c.part_of_ref.is_not(None)), binder, reader.dialect)

    statement = reader.prepared(("between", viewer.rank), build)
    rows = reader.rows(statement.sql, statement.parameters([], extras(viewer), reader.dialect))
    return {row[0]: row[1] for row in rows}


def _less_overlap(number: Sum, families: dict[int, tuple[int | None, tuple[Any, ...]]], metric: str) -> None:
    """Takes from the plain sum what families were counted too often."""
    at = METRICS.index(metric) * 3
    own = {key: Ends(*figures[at : at + 3]) for key, (_, figures) in families.items()}
    children: dict[int, list[int]] = {}
    for key, (container, _) in families.items():
        if container in families and container is not None:
            children.setdefault(container, []).append(key)
    for key in children:
        if not own[key].stated:
            continue
        below = _below(key, own, children)
        ends = own[key]
        number.low = _less(number.low, ends.low, below[0])
        number.best = _less(number.best, ends.low if ends.best is None else ends.best, below[1])
        number.high = _less(number.high, ends.high, below[2])


def _less(total: int | None, own: int | None, below: int) -> int | None:
    return total if total is None or own is None else total - min(own, below)


def _below(key: int, own: dict[int, Ends], children: dict[int, list[int]]) -> tuple[int, int, int]:
    """What the parts of an incident account for, theirs included. An open end is the total's to tell, not ours."""
    low = best = high = 0
    for child in children.get(key, ()):
        under = _below(child, own, children)
        ends = own[child]
        low += max(ends.low or 0, under[0])
        best += max((ends.low if ends.best is None else ends.best) or 0, under[1])
        high += max(ends.high or 0, under[2])
    return low, best, high

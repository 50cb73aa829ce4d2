"""Totals that count nobody twice.

An incident may be `part_of` a containing one. Within the set that is asked for, a containing incident counts its own
figure less what its parts account for, never below zero: the sum over a family is the larger of the whole and its
parts, end by end. Parts outside the set, or that the viewer may not see, take nothing away; but a part of a part
counts as part of the whole also where the one between them is outside the set. Not where the viewer may not see
the one between: the total would tell of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, or_, select, union

from app.access.viewer import Viewer
from app.domain.figures import METRICS
from app.domain.vocabulary import VerificationStatus
from app.query.fields import Kind
from app.query.filter import EVERYTHING, Filter, Not, OneOf, Shape, all_of
from app.storage import rollup
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.moments import past
from app.storage.rollup import Rollup
from app.storage.tables import aliased
from app.storage.then import scope_of, table_of

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


_PARTS = ("low", "best", "high", "unknown", "open", "no_best")
MEMBERS = {metric: tuple(f"{metric}_{part}" for part in _PARTS) for metric in METRICS}
_PLACES = tuple((metric, 1 + number * len(_PARTS)) for number, metric in enumerate(METRICS))
"""Where each metric begins in a row."""

Overlap = tuple[int, int, int]
"""How much of an incident's low, best and high its parts account for."""
Families = dict[int, tuple[int | None, tuple[Any, ...]]]
"""Incidents that contain others or are contained: key -> (containing key, figures)."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What one incident adds: `high` None is open, all None states nothing."""

    low: int | None
    best: int | None
    high: int | None

    @property
    def stated(self) -> bool:
        return not (self.low is None and self.best is None and self.high is None)

    @property
    def counted(self) -> Overlap:
        """As sums count them: a low stands in for a best, and what is not stated adds nothing."""
        best = self.low if self.best is None else self.best
        return self.low or 0, best or 0, self.high or 0


@dataclass(slots=True)
class Sum:
    """Of one metric. `low`, `best`, `high` are null where nothing was stated."""

    low: int | None = None
    best: int | None = None
    high: int | None = None
    unknown: int = 0
    open: int = 0
    no_best: int = 0

    def add(self, other: Sum) -> None:
        self.low = _added(self.low, other.low)
        self.best = _added(self.best, other.best)
        self.high = _added(self.high, other.high)
        self.unknown += other.unknown
        self.open += other.open
        self.no_best += other.no_best

    def less(self, ends: Overlap) -> None:
        """Takes away what was counted too often."""
        low, best, high = ends
        self.low = None if self.low is None else self.low - low
        self.best = None if self.best is None else self.best - best
        self.high = None if self.high is None else self.high - high

    def values(self) -> tuple[int | None, ...]:
        """As they are told, in the order of MEMBERS."""
        high = None if self.open else self.high
        return self.low, self.best, high, self.unknown, self.open, self.no_best


def _added(one: int | None, other: int | None) -> int | None:
    """Nothing stated and nothing stated is nothing stated."""
    if one is None or other is None:
        return one if other is None else other
    return one + other


def counted(where: Filter) -> Filter:
    """Leaves out what was discounted or retracted, unless the question names a verification status itself."""
    if _names(where.shape(), "verification_status"):
        return where
    return all_of(where, Not(OneOf("verification_status", NOT_COUNTED)))


def _names(shape: Shape, field: str) -> bool:
    """Whether the question names the field anywhere: a shape holds all of it but the values."""
    return any(part == field or (isinstance(part, tuple) and _names(part, field)) for part in shape)


def totals(reader: Reader, viewer: Viewer, where: Filter, as_of: int | None = None) -> dict[str, Any]:
    """The total of the visible incidents that match, as DESIGN shapes it: one item, ungrouped."""
    with reader.snapshot():
        as_of = past(reader, as_of)
        incidents, sums, _ = summed(reader, viewer, counted(where), as_of)
    return item(incidents, sums)


def summed(
    reader: Reader, viewer: Viewer, where: Filter, as_of: int | None = None
) -> tuple[int, dict[str, Sum], Families]:
    """How many incidents, their sums, and the families among them, within a snapshot; `where` says what is counted."""
    incidents, sums = _plain(reader, viewer, where, as_of)
    found = families(reader, viewer, where, as_of)
    for metric, number in sums.items():
        for ends in overlaps(found, metric).values():
            number.less(ends)
    return incidents, sums, found


def item(incidents: int, sums: dict[str, Sum]) -> dict[str, Any]:
    told: dict[str, Any] = {"incidents": incidents}
    for metric, number in sums.items():
        told.update(zip(MEMBERS[metric], number.values(), strict=True))
    return told


def _plain(reader: Reader, viewer: Viewer, where: Filter, as_of: int | None) -> tuple[int, dict[str, Sum]]:
    """Every incident at its own figure."""

    basis = rollup.basis(where, as_of=as_of)

    def build() -> Statement:
        scope, binder = basis.scope(viewer), Binder()
        return prepare(
            matching(scope, basis.where, reader.dialect, binder, *numbers_of(scope)), binder, reader.dialect
        )

    statement = reader.prepared(("totals", viewer.rank, basis.shape()), build)
    values = list(basis.where.values())
    row = reader.answer(statement, values, extras(viewer, as_of))[0]
    return read_sums(row)


def read_sums(row: Sequence[Any]) -> tuple[int, dict[str, Sum]]:
    """From a row of `numbers_of`."""
    sums = {}
    for metric, at in _PLACES:
        low, best, high, unknown, open_, no_best = row[at : at + len(_PARTS)]
        sums[metric] = Sum(low, best, high, unknown or 0, open_ or 0, no_best or 0)
    return row[0] or 0, sums


def numbers_of(scope: Scope) -> list[ColumnElement[Any]]:
    """The count of incidents, and of each metric the columns that make a `Sum`, in its order."""
    if isinstance(scope, Rollup):
        return scope.numbers()
    return [func.count(), *(column for metric in METRICS for column in _sums_of(scope, metric))]


def _sums_of(scope: Scope, metric: str) -> list[ColumnElement[Any]]:
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


def families(reader: Reader, viewer: Viewer, where: Filter, as_of: int | None = None) -> Families:
    """The matching incidents that contain others or are contained."""

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        t = scope.table
        part = aliased(table_of(Kind.incident, as_of), "part")
        # Families are few: from the index of parts to the incidents, not the other way round.
        contained = part.c.part_of_ref.is_not(None)
        related = t.c.id.in_(
            union(select(part.c.id).where(contained), select(part.c.part_of_ref).where(contained))
        )
        figures = [t.c[f"{metric}_{end}"] for metric in METRICS for end in ("low", "best", "high")]
        found = matching(scope, where, reader.dialect, binder, t.c.id, t.c.part_of_ref, *figures).where(
            related
        )
        return prepare(found, binder, reader.dialect)

    statement = reader.prepared(("families", viewer.rank, where.shape(), as_of is not None), build)
    rows = reader.answer(statement, list(where.values()), extras(viewer, as_of))
    found = {row[0]: (row[1], tuple(row[2:])) for row in rows}
    if all(container is None or container in found for container, _ in found.values()):
        return found
    between = _between(reader, viewer, as_of)

    def nearest(container: int | None) -> int | None:
        while container is not None and container not in found:
            container = between.get(container)
        return container

    return {key: (nearest(container), figures) for key, (container, figures) in found.items()}


def _between(reader: Reader, viewer: Viewer, as_of: int | None) -> dict[int, int]:
    """The visible incidents that are part of another: key -> containing key."""

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        t = scope.table
        contained = matching(scope, EVERYTHING, reader.dialect, binder, t.c.id, t.c.part_of_ref)
        return prepare(contained.where(t.c.part_of_ref.is_not(None)), binder, reader.dialect)

    statement = reader.prepared(("between", viewer.rank, as_of is not None), build)
    rows = reader.answer(statement, [], extras(viewer, as_of))
    return {row[0]: row[1] for row in rows}


def overlaps(found: Families, metric: str) -> dict[int, Overlap]:
    """What the plain sum counts twice of each incident that contains others: what its parts account for, at most its own."""
    own = {key: ends_of(figures, metric) for key, (_, figures) in found.items()}
    below: dict[int, Overlap] = {}
    twice = {}
    for key in parts_first({key: container for key, (container, _) in found.items()}):
        parts, ends = below.get(key, (0, 0, 0)), own[key].counted
        if key in below and own[key].stated:
            twice[key] = (min(ends[0], parts[0]), min(ends[1], parts[1]), min(ends[2], parts[2]))
        container = found[key][0]
        if container is not None:
            sums = below.get(container, (0, 0, 0))
            # An open end is the total's to tell, not ours.
            below[container] = (
                sums[0] + max(ends[0], parts[0]),
                sums[1] + max(ends[1], parts[1]),
                sums[2] + max(ends[2], parts[2]),
            )
    return twice


def ends_of(figures: Sequence[Any], metric: str) -> Ends:
    """One metric among the figures of `families`."""
    at = METRICS.index(metric) * 3
    return Ends(*figures[at : at + 3])


def parts_first(containers: dict[int, int | None]) -> Iterator[int]:
    """Each incident after all that it contains, however deep: `containers` says what contains it."""
    parts = Counter(container for container in containers.values() if container is not None)
    ready = [key for key in containers if key not in parts]
    while ready:
        key = ready.pop()
        yield key
        container = containers[key]
        if container is not None:
            parts[container] -= 1
            if not parts[container]:
                ready.append(container)

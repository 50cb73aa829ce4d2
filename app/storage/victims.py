"""Totals by the status of the victims: people are divided, not incidents.

An incident states how many were killed, and may state how many of them were civilians. The others are what is left:
no fewer than the fewest killed less the most civilians, no more than the most killed less the fewest civilians. So
each item is true by itself, and only the best figures add up to those of all.

Of a family the others are what its civilians leave of its killed, each counted as the total counts them: a part may
tell of civilians of whom the whole says nothing, and the other way round.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal_column

from app.domain.vocabulary import VictimStatus
from app.storage.columns import Scope
from app.storage.totals import Ends, Families, Overlap, Sum, ends_of, parts_first

CIVILIAN = VictimStatus.civilian.value
OTHERS = "killed_others"
"""The figure of those killed who are not stated to have been civilians."""
_NOBODY: ColumnElement[Any] = literal_column("0")


def sums_of(scope: Scope) -> list[ColumnElement[Any]]:
    """Low, best and high of the others, summed over incidents; null where nothing is stated of anybody killed."""
    low, best, high = (scope.table.c[f"killed_{end}"] for end in ("low", "best", "high"))
    least, likely, most = (scope.table.c[f"killed_civilians_{end}"] for end in ("low", "best", "high"))
    nothing = and_(least.is_(None), likely.is_(None), most.is_(None))

    def left(of: ColumnElement[Any], civilians: ColumnElement[Any]) -> ColumnElement[Any]:
        # Where nobody knows how many civilians there were at most, all may have been.
        return func.sum(case((nothing, of), (of > civilians, of - civilians), (of.is_not(None), _NOBODY)))

    return [
        left(low, most),
        left(func.coalesce(best, low), func.coalesce(likely, least, _NOBODY)),
        left(high, func.coalesce(least, _NOBODY)),
    ]


def told(others: Sum, killed: Sum) -> Sum:
    """As an item tells them: open and unknown as the killed are. What a containing incident knows better is not below zero."""

    def people(number: int | None) -> int | None:
        return None if number is None else max(number, 0)

    return Sum(
        people(others.low), people(others.best), people(others.high), killed.unknown, killed.open, killed.no_best
    )  # fmt: skip


class _Family(NamedTuple):
    """A figure of an incident and all that it contains."""

    ends: Overlap = (0, 0, 0)
    stated: bool = False
    open: bool = False

    def beside(self, other: _Family) -> _Family:
        low, best, high = (one + more for one, more in zip(self.ends, other.ends, strict=True))
        return _Family((low, best, high), self.stated or other.stated, self.open or other.open)

    def within(self, own: Ends) -> _Family:
        """The larger of what an incident states and these, its parts."""
        low, best, high = (max(one, more) for one, more in zip(own.counted, self.ends, strict=True))
        return _Family(
            (low, best, high),
            own.stated or self.stated,
            (own.stated and own.high is None) or self.open,
        )


def _left(killed: _Family, civilians: _Family) -> Overlap:
    if not civilians.stated:
        return killed.ends
    (low, best, high), (least, likely, most) = killed.ends, civilians.ends
    return 0 if civilians.open else max(low - most, 0), max(best - likely, 0), max(high - least, 0)


def overlaps(found: Families) -> dict[int, Overlap]:
    """What the plain sum counts too much (or, below zero, too little) of each incident that contains others."""
    nothing = _Family()
    parts: dict[int, tuple[_Family, _Family]] = {}
    parts_left: dict[int, Overlap] = {}
    twice = {}
    for key in parts_first({key: container for key, (container, _) in found.items()}):
        container, figures = found[key]
        own = ends_of(figures, "killed"), ends_of(figures, "killed_civilians")
        below = parts.get(key, (nothing, nothing))
        killed, civilians = below[0].within(own[0]), below[1].within(own[1])
        left = _left(killed, civilians)
        if key in parts:
            alone = _left(nothing.within(own[0]), nothing.within(own[1]))
            of_parts = parts_left[key]
            twice[key] = (
                alone[0] - left[0] + of_parts[0],
                alone[1] - left[1] + of_parts[1],
                alone[2] - left[2] + of_parts[2],
            )
        if container is not None:
            beside = parts.get(container, (nothing, nothing))
            parts[container] = beside[0].beside(killed), beside[1].beside(civilians)
            so_far = parts_left.get(container, (0, 0, 0))
            parts_left[container] = so_far[0] + left[0], so_far[1] + left[1], so_far[2] + left[2]
    return twice

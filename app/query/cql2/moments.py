"""Dates, moments and intervals of CQL2, and how two of them may lie to each other (21-065r2, table 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.domain.dates import parse_date
from app.errors import InvalidInput
from app.query.cql2.text import fault
from app.query.filter import (
    NOTHING,
    And,
    Comparison,
    Filter,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    all_of,
)

OPEN = ".."


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`, both included; None is open. `is_instant`: one day or moment, not spelled as an interval."""

    start: Operand | None
    end: Operand | None
    is_instant: bool = False


def date_of(text: str) -> date:
    try:
        return parse_date(text, "filter")
    except InvalidInput as found:
        raise fault(f"{text!r} {found.problems[0].detail}", "not_a_date") from None


def moment_of(text: str) -> datetime:
    """RFC 3339 with a time zone, to the millisecond that is kept."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or "T" not in text or found.tzinfo is None:
        raise fault(f"{text!r} must be a moment such as 2016-12-06T09:30:00Z", "not_a_moment")
    if found.microsecond % 1000:
        raise fault(f"{text!r}: moments are kept to the millisecond", "not_a_moment")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise fault(f"{text!r} is outside of the years 0001 to 9999", "not_a_moment") from None


def day_as_moments(day: date) -> tuple[datetime, datetime | None]:
    """When a day begins and when the next one does, UTC; None after the last day of all."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, None if day == date.max else start + timedelta(days=1)


def moment_against_day(moment: Operand, operator: Operator, day: date) -> Filter:
    """A moment beside a whole day: before it, in it, or after it."""
    start, following = day_as_moments(day)
    before = Comparison(moment, Operator.less, Literal(start))
    after = (
        _certain(moment, False)
        if following is None
        else Comparison(moment, Operator.at_least, Literal(following))
    )
    match operator:
        case Operator.less:
            return before
        case Operator.at_least:
            return Not(before)
        case Operator.greater:
            return after
        case Operator.at_most:
            return Not(after)
        case Operator.equal:
            return And((Not(before), Not(after)))
        case Operator.different:
            return Or((before, after))


def _certain(operand: Operand | None, holds: bool) -> Filter:
    """What is so of every date that is stated: of one that is not, neither it nor its contrary."""
    if operand is None or isinstance(operand, Literal):
        return all_of() if holds else NOTHING
    return Comparison(operand, Operator.equal if holds else Operator.different, operand)


def _compared(a: Operand | None, operator: Operator, b: Operand | None, *, ends: str) -> Filter:
    """`a` and `b`, each the start or the end of its span as `ends` says ("se": start with end); open is endless."""
    if a is not None and b is not None:
        return Comparison(a, operator, b)
    far = {"s": -1, "e": 1}
    left = far[ends[0]] if a is None else 0
    right = far[ends[1]] if b is None else 0
    holds = {
        Operator.less: left < right,
        Operator.greater: left > right,
        Operator.at_most: left <= right,
        Operator.at_least: left >= right,
        Operator.equal: left == right,
        Operator.different: left != right,
    }[operator]
    return _certain(a if a is not None else b, holds)


def _rule(*terms: tuple[str, Operator]) -> Callable[[Span, Span], Filter]:
    """All of the terms; each names an end of the first span, an end of the second, and how they compare."""

    def apply(a: Span, b: Span) -> Filter:
        def end(span: Span, letter: str) -> Operand | None:
            return span.start if letter == "s" else span.end

        return all_of(
            *[_compared(end(a, ends[0]), operator, end(b, ends[1]), ends=ends) for ends, operator in terms]
        )

    return apply


_EQ, _LT, _GT, _LE, _GE = Operator.equal, Operator.less, Operator.greater, Operator.at_most, Operator.at_least
_intersects = _rule(("se", _LE), ("es", _GE))
OF_ANY: dict[str, Callable[[Span, Span], Filter]] = {
    "t_after": _rule(("se", _GT)),
    "t_before": _rule(("es", _LT)),
    "t_disjoint": lambda a, b: Not(_intersects(a, b)),
    "t_equals": _rule(("ss", _EQ), ("ee", _EQ)),
    "t_intersects": _intersects,
}
OF_INTERVALS: dict[str, Callable[[Span, Span], Filter]] = {
    "t_contains": _rule(("ss", _LT), ("ee", _GT)),
    "t_during": _rule(("ss", _GT), ("ee", _LT)),
    "t_finishedby": _rule(("ss", _LT), ("ee", _EQ)),
    "t_finishes": _rule(("ss", _GT), ("ee", _EQ)),
    "t_meets": _rule(("es", _EQ)),
    "t_metby": _rule(("se", _EQ)),
    "t_overlappedby": _rule(("ss", _GT), ("se", _LT), ("ee", _GT)),
    "t_overlaps": _rule(("ss", _LT), ("es", _GT), ("ee", _LT)),
    "t_startedby": _rule(("ss", _EQ), ("ee", _GT)),
    "t_starts": _rule(("ss", _EQ), ("ee", _LT)),
}

"""How likely it is that two incidents are one, recorded twice: a score, and what it is made of.

A guess that a person decides on: nothing follows from it by itself. It rests on what is published of both and on nothing
else, so that whoever may read both may read the guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from app.domain.assessment.spread import meet
from app.domain.figures import UNSTATED, Figure
from app.domain.names import in_common
from app.domain.nearness import Nearness, Where, metres_apart, nearness
from app.domain.telling import figure_told
from app.domain.vocabulary import EventType

LIKELY = 45
"""Pairs of a lower score are not told."""
LONGEST_DAYS = 31
"""A date that is known no closer than this says too little to find anything by."""
ADJACENT = 1
"""Around midnight, and where a paper says "yesterday", records of one event bear two dates."""


class Because(StrEnum):
    """What speaks for two incidents being one, or against it."""

    dates = "dates"
    place = "place"
    killed = "killed"
    wounded = "wounded"
    titles = "titles"
    event_type = "event_type"
    partner = "partner"
    report = "report"


class Reason(NamedTuple):
    """`one` and `other`: what each of the two says, where that can be told in a word."""

    reason: Because
    points: int
    in_words: str
    one: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it is compared."""

    start: date
    end: date
    where: Where
    country: str | None = None
    killed: Figure = UNSTATED
    wounded: Figure = UNSTATED
    title: str | None = None
    event_type: str = EventType.unknown
    partner: str | None = None

    @property
    def is_dated(self) -> bool:
        """Closely enough to be compared."""
        return (self.end - self.start).days < LONGEST_DAYS

    @property
    def window(self) -> tuple[date, date, date]:
        """Those that may be the same start from the first to the second date, and end no earlier than the third."""
        earliest = _before(self.start, ADJACENT)
        return _before(earliest, LONGEST_DAYS), _after(self.end, ADJACENT), earliest


@dataclass(frozen=True, slots=True)
class Guess:
    """That two incidents are one."""

    days_apart: int
    metres_apart: int | None
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> int:
        """Out of 100."""
        return max(sum(reason.points for reason in self.reasons), 0)

    def told_apart(self) -> Guess:
        """Of two that one report tells of: it tells them apart."""
        words = "One report tells of both, as of two incidents."
        return replace(self, reasons=(*self.reasons, Reason(Because.report, -30, words)))


def _before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, (day - date.min).days))


def _after(day: date, days: int) -> date:
    return day + timedelta(days=min(days, (date.max - day).days))


def guess(one: Incident, other: Incident) -> Guess | None:
    """What speaks for it that both are one; None where something says that they are not."""
    if one.country and other.country and one.country != other.country:
        return None
    apart = _gap(one, other)
    if apart > ADJACENT or not (one.is_dated and other.is_dated):
        return None
    if not (_may_meet(one.killed, other.killed) and _may_meet(one.wounded, other.wounded)):
        return None
    metres = metres_apart(one.where, other.where)
    near = nearness(one.where, other.where, metres)
    dates = None if near is None else _dates(one, other)
    if near is None or dates is None:
        return None
    reasons = (dates, _place(near), *_figures(one, other), *_beside(one, other))
    return Guess(apart, None if metres is None else round(metres), reasons)


def _gap(one: Incident, other: Incident) -> int:
    """Days from one's end to the other's start; 0 where they overlap."""
    return max((max(one.start, other.start) - min(one.end, other.end)).days, 0)


def _dates(one: Incident, other: Incident) -> Reason | None:
    """Of dates that overlap or adjoin."""
    told = _days_told(one), _days_told(other)
    if (one.start, one.end) == (other.start, other.end) and one.start == one.end:
        return Reason(Because.dates, 30, f"Both were on {told[0]}.", *told)
    span = (max(one.end, other.end) - min(one.start, other.start)).days + 1
    if _gap(one, other) == 0:
        points = 26 if span <= 3 else 20 if span <= 7 else 12
        return Reason(Because.dates, points, f"The dates overlap: {told[0]} and {told[1]}.", *told)
    # Two months that follow each other say nothing.
    return Reason(Because.dates, 18, f"A day apart: {told[0]} and {told[1]}.", *told) if span <= 7 else None


def _days_told(incident: Incident) -> str:
    if incident.start == incident.end:
        return incident.start.isoformat()
    return f"{incident.start.isoformat()} to {incident.end.isoformat()}"


def _place(near: Nearness) -> Reason:
    return Reason(Because.place, near.points, near.in_words, near.one, near.other)


def _may_meet(one: Figure, other: Figure) -> bool:
    return not (one.is_stated and other.is_stated) or meet(one, other)


def _figures(one: Incident, other: Incident) -> Iterator[Reason]:
    for name, a, b, most in (
        (Because.killed, one.killed, other.killed, 15),
        (Because.wounded, one.wounded, other.wounded, 5),
    ):
        told = (figure_told(a.low, a.best, a.high), figure_told(b.low, b.best, b.high))
        if a.is_stated and a == b:
            yield Reason(name, most, f"Both say of the {name}: {told[0]}.", *told)
        elif a.is_stated and b.is_stated:
            words = f"Of the {name} both can be true: {told[0]}, and {told[1]}."
            yield Reason(name, most * 2 // 3, words, *told)


def _beside(one: Incident, other: Incident) -> Iterator[Reason]:
    """What says little by itself."""
    if one.title and other.title and in_common(one.title, other.title) >= 0.5:
        yield Reason(Because.titles, 5, "The titles are much the same.", one.title, other.title)
    if EventType.unknown not in (one.event_type, other.event_type):
        types = one.event_type, other.event_type
        alike = one.event_type == other.event_type
        words = "Both are of one type of event." if alike else "They are told as two types of events."
        yield Reason(Because.event_type, 5 if alike else -3, words, *types)
    if one.partner and other.partner and one.partner != other.partner:
        words = "Two organisations recorded them."
        yield Reason(Because.partner, 5, words, one.partner, other.partner)

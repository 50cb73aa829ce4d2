"""Questions about what a record knows in part only: dates that span days, points that stand for a province, figures with ends.

`certain` leaves in what surely is so, `possible` what may be so, `best` asks what is recorded: the day ranges overlap,
the point lies there, the best figure is as many. What states nothing at all of what is asked (no date, no point, no
figure) is found by none of them: it is asked for by name, with IS NULL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from app.domain.places import Box, Point, boxes_around
from app.domain.reach import HALFWAY_ROUND_M, REACHES, WORLD, narrowed, widened
from app.domain.vocabulary import LocationPrecision
from app.query.filter import (
    And,
    Compare,
    Filter,
    InBox,
    Missing,
    Near,
    Not,
    OneOf,
    Operator,
    Or,
    all_of,
)


class Certainty(StrEnum):
    best = "best"
    certain = "certain"
    possible = "possible"


class Match(StrEnum):
    """How a record's earliest and latest possible day meet an interval."""

    overlap = "overlap"
    within = "within"
    start = "start"


MATCHES = {Certainty.certain: Match.within, Certainty.possible: Match.overlap}
"""What each certainty asks of dates: all possible days lie within, or one of them does."""

LEVELS = {
    "country": LocationPrecision.country,
    "admin1": LocationPrecision.admin1,
    "admin1_code": LocationPrecision.admin1,
    "admin2": LocationPrecision.admin2,
    "admin2_code": LocationPrecision.admin2,
}
"""Names of areas, each with the precision that a record needs to be told to one."""

_COARSEST_FIRST = tuple(reversed(LocationPrecision))


def days(fields: tuple[str, str], start: date | None, end: date | None, match: Match) -> Iterator[Filter]:
    """The record's `fields`, earliest and latest day, meet the interval; None is an open end."""
    first, last = fields
    if start is not None:
        yield Compare(last if match is Match.overlap else first, Operator.at_least, start)
    if end is not None:
        yield Compare(last if match is Match.within else first, Operator.at_most, end)


def figure(metric: str, side: str, number: int, certainty: Certainty) -> Filter:
    """At least n is sure where low >= n, possible where high >= n or the upper end is open; at most n likewise."""
    operator = Operator.at_least if side == "at_least" else Operator.at_most
    if certainty is Certainty.best:
        return Compare(f"{metric}_best", operator, number)
    sure, other = ("low", "high") if side == "at_least" else ("high", "low")
    if certainty is Certainty.certain:
        return Compare(f"{metric}_{sure}", operator, number)
    stated = Not(And(tuple(Missing(f"{metric}_{end}") for end in ("low", "best", "high"))))
    return Or((Compare(f"{metric}_{other}", operator, number), And((Missing(f"{metric}_{other}"), stated))))


def named(field: str, asked: Filter, certainty: Certainty) -> Filter:
    """In an area by its name: `asked` is the plain question. `unknown` says nothing against a name that is stated."""
    level = LEVELS[field]
    coarser = tuple(p.value for p in _coarser_than(level))
    if certainty is Certainty.certain:
        stated = tuple(name for name in coarser if name != LocationPrecision.unknown)
        return all_of(asked, Not(OneOf("location_precision", stated)))
    if certainty is Certainty.best or level is LocationPrecision.country:
        return asked
    name = field.removesuffix("_code")
    # The country is stated, and not known more closely: any of its provinces may be the one.
    unnamed = (Missing(name), Missing(f"{name}_code"), Not(Missing("country")))
    return Or((asked, And((*unnamed, OneOf("location_precision", coarser)))))


def _coarser_than(level: LocationPrecision) -> Iterator[LocationPrecision]:
    for precision in _COARSEST_FIRST:
        if precision is level:
            return
        yield precision


def inside(boxes: tuple[Box, ...], certainty: Certainty) -> Filter:
    """In an area as `Box.parse` gives it: the point, or all or some of what the point stands for."""
    if certainty is Certainty.possible:
        return _by_reach((reach, _placed(widened(boxes, reach))) for reach, _ in REACHES)
    proposed = _any_of(InBox(box) for box in boxes)
    if certainty is Certainty.best:
        return proposed
    # The boxes that were asked for go through the index; their narrower ones are only compared.
    return all_of(proposed, _by_reach((reach, _placed(narrowed(boxes, reach))) for reach, _ in REACHES))


def around(point: Point, radius: float, certainty: Certainty) -> Filter:
    """Within `radius` metres of the point: the record's point, or all or some of what that stands for."""
    if certainty is Certainty.possible:
        return _by_reach((reach, _within(point, radius + reach, indexed=False)) for reach, _ in REACHES)
    proposed = _within(point, radius, indexed=True)
    if certainty is Certainty.best or radius >= HALFWAY_ROUND_M:
        return proposed
    closer = ((reach, radius - reach) for reach, _ in REACHES if reach <= radius)
    return all_of(
        proposed, _by_reach((reach, Near(point.lon, point.lat, metres)) for reach, metres in closer)
    )


def _within(point: Point, radius: float, *, indexed: bool) -> Filter:
    if not indexed and radius >= HALFWAY_ROUND_M:
        return Not(Missing("lon"))
    boxes = boxes_around(point, radius)
    near = Near(point.lon, point.lat, radius)
    if indexed:
        return And((Or(tuple(InBox(box) for box in boxes)), near))
    return And((_placed(boxes), near))


def _by_reach(asked: Iterable[tuple[float, Filter]]) -> Filter:
    """Of each reach its own question."""
    precisions = dict(REACHES)
    return Or(
        tuple(
            And((OneOf("location_precision", tuple(p.value for p in precisions[reach])), question))
            for reach, question in asked
            if question != _NOWHERE
        )
    )


_NOWHERE: Filter = Or(())


def _placed(boxes: tuple[Box, ...]) -> Filter:
    """The point lies in one of the boxes, compared row by row: ten questions of the map index cost more than one walk."""
    return Not(Missing("lon")) if boxes == (WORLD,) else _any_of(map(_compared, boxes))


def _compared(box: Box) -> Filter:
    return And(
        (
            Compare("lon", Operator.at_least, float(box.minlon)),
            Compare("lon", Operator.at_most, float(box.maxlon)),
            Compare("lat", Operator.at_least, float(box.minlat)),
            Compare("lat", Operator.at_most, float(box.maxlat)),
        )
    )


def _any_of(parts: Iterable[Filter]) -> Filter:
    listed = tuple(parts)
    return listed[0] if len(listed) == 1 else Or(listed)

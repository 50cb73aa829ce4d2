"""The parameters about what records know in part only: dates, places and figures, under one `certainty`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date

from app.domain.dates import parse_interval
from app.domain.figures import MAX_PEOPLE
from app.domain.places import Box, Point
from app.errors import InvalidInput, InvalidParameter, Problem
from app.http.values import Parameter, fault, whole, word
from app.query import certainty as ask
from app.query.certainty import LEVELS, MATCHES, Certainty, Match
from app.query.filter import Filter

LONGEST_RADIUS_M = 20_100_000
LONGEST_NUMBER = 100
_DECIMAL = re.compile(r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? *")
_FIGURES = tuple((metric, side) for metric in ("killed", "wounded") for side in ("at_least", "at_most"))
DECIDED = ("date", "bbox", "near", *LEVELS, *(f"{metric}_{side}" for metric, side in _FIGURES))
"""What `certainty` decides."""

DATE = Parameter(
    "date",
    {"type": "string", "example": "2016-12-01/2016-12-31"},
    "START/END, each YYYY, YYYY-MM or YYYY-MM-DD; an end may be open (`..`); one date stands for its whole span.",
)


def _bound(metric: str, side: str) -> Parameter:
    return Parameter(
        f"{metric}_{side}",
        {"type": "integer", "minimum": 0, "maximum": MAX_PEOPLE},
        f"Incidents with {side.replace('_', ' ')} this many {metric}; `certainty` says which end of the figure decides.",
    )


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "date_match",
        {"type": "string", "enum": list(Match), "default": Match.overlap.value},
        "How a record's own dates meet `date`: they overlap it, lie within it, or begin in it. Beside `certainty`, "
        "`certain` is `within` and `possible` is `overlap`.",
    ),
    Parameter(
        "bbox",
        {"type": "string", "example": "36.9,36.0,37.4,36.4"},
        "minlon,minlat,maxlon,maxlat in degrees, WGS 84; minlon > maxlon crosses the antimeridian. The published "
        "point decides, unless `certainty` is asked for.",
    ),
    Parameter("near", {"type": "string", "example": "37.16,36.2"}, "lon,lat in degrees, WGS 84; needs `radius`."),
    Parameter(
        "radius",
        {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_RADIUS_M},
        "Metres around `near`.",
    ),
    *(_bound(metric, side) for metric, side in _FIGURES),
    Parameter(
        "certainty",
        {"type": "string", "enum": list(Certainty), "default": Certainty.best.value},
        "For `date`, `bbox`, `near`, `country`, `admin1`, `admin2` and figure bounds, all at once. `certain`: only what "
        "surely satisfies them, by the latest and earliest possible day, by what the point may stand for at its "
        "`location_precision`, by the end of the figure that makes it sure. `possible`: also what only may. `best`: as "
        "recorded.",
    ),
)  # fmt: skip


def certainty_asked(given: dict[str, str]) -> Certainty:
    """Takes it out of `given`; an error where it has nothing to decide."""
    text = given.pop("certainty", None)
    if text is None:
        return Certainty.best
    word("certainty", text, list(Certainty))
    if not any(name in given for name in DECIDED):
        raise fault("certainty", "needs date, bbox, near, country, admin1, admin2 or a figure bound")
    return Certainty(text)


def ranges_asked(given: dict[str, str], dated: tuple[str, str], certainty: Certainty) -> Iterable[Filter]:
    """What the parameters here ask for of incidents, but for names; takes them out of `given`."""
    yield from _dates(given, dated, certainty)
    if "bbox" in given:
        yield ask.inside(_boxes(given.pop("bbox")), certainty)
    yield from _near(given, certainty)
    for metric, side in _FIGURES:
        name = f"{metric}_{side}"
        if name in given:
            yield ask.figure(metric, side, whole(name, given.pop(name), 0, MAX_PEOPLE), certainty)


def interval(text: str) -> tuple[date | None, date | None]:
    """First and last day of `date`."""
    try:
        return parse_interval(text, "date")
    except InvalidInput as problem:
        raise InvalidParameter(problem.problems) from None


def _dates(given: dict[str, str], dated: tuple[str, str], certainty: Certainty) -> Iterable[Filter]:
    text, match = given.pop("date", None), given.pop("date_match", None)
    if match is not None:
        word("date_match", match, list(Match))
    if text is None:
        if match is not None:
            raise fault("date_match", "needs date")
        return
    meant = MATCHES.get(certainty)
    if match is not None and meant not in (None, match):
        raise fault(
            "date_match",
            f"cannot be {match} beside certainty={certainty}, which asks for {meant}; leave one of them out",
            "contradiction",
        )
    yield from ask.days(dated, *interval(text), meant or Match(match or Match.overlap))


def _boxes(text: str) -> tuple[Box, ...]:
    try:
        return Box.parse(text, "bbox")
    except InvalidInput as problem:
        raise InvalidParameter(problem.problems) from None


def _number(name: str, text: str) -> float:
    # float() alone would also read 1_000, inf and the digits of other scripts.
    number = float(text) if len(text) <= LONGEST_NUMBER and _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise fault(name, "must be a number")
    return number


def _near(given: dict[str, str], certainty: Certainty) -> Iterable[Filter]:
    text, reach = given.pop("near", None), given.pop("radius", None)
    if text is None and reach is None:
        return
    if text is None or reach is None:
        raise fault("radius" if reach is None else "near", "near and radius go together", "missing")
    parts = text.split(",")
    if len(parts) != 2:
        raise fault("near", "must be lon,lat")
    lonlat = _number("near", parts[0]), _number("near", parts[1])
    try:
        point = Point.checked(*lonlat)
    except InvalidInput as problem:
        raise InvalidParameter(
            [Problem("near", p.code, f"{p.field} {p.detail}") for p in problem.problems]
        ) from None
    radius = _number("radius", reach)
    if not 0 < radius <= LONGEST_RADIUS_M:
        raise fault("radius", f"must be more than 0 and at most {LONGEST_RADIUS_M} metres")
    assert point is not None
    yield ask.around(point, radius, certainty)


__all__ = ["DATE", "PARAMETERS", "certainty_asked", "interval", "ranges_asked"]

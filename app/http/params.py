"""From the query string to a `Query`. An unknown or repeated parameter, and a value that makes no sense, is an error.

The parameters of a list are derived from the catalogue, so that parsing and the OpenAPI document cannot differ.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.domain.dates import parse_interval
from app.domain.figures import MAX_PEOPLE
from app.domain.folding import words_of
from app.domain.places import Box, Point, boxes_around, check_country
from app.errors import InvalidInput, InvalidParameter, Problem
from app.query import cursor as cursors
from app.query.fields import CATALOGUE, DEFAULT_SORT, INCLUDES, RELATIONS, Field, Kind, Type
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
    Related,
    Words,
    all_of,
    equals,
)
from app.query.spec import Query
from app.settings import Settings

Schema = dict[str, Any]
LONGEST_VALUE = 4_000
MOST_ALTERNATIVES = 100
MOST_WORDS = 20
LONGEST_RADIUS_M = 20_100_000
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")
_WHOLE = re.compile(r"[0-9]{1,10}")
_DECIMAL = re.compile(r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? *")
LONGEST_NUMBER = 100
DATED = {Kind.incident: ("date_start", "date_end"), Kind.report: ("date_published", "date_published")}
SEARCHED = (Kind.incident, Kind.report, Kind.source)


def fault(name: str, detail: str, code: str = "invalid_value") -> InvalidParameter:
    return InvalidParameter([Problem(name, code, detail)])


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` makes a filter of the value; None where several parameters are read together."""

    name: str
    schema: Schema
    description: str
    read: Callable[[str], Filter] | None = None


def pairs(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The parameters by name, each given once, text sound."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise fault(name, "is given more than once; separate alternatives by commas", "repeated")
        if len(value) > LONGEST_VALUE:
            raise fault(name, f"is longer than {LONGEST_VALUE} characters", "too_long")
        if _FORBIDDEN.search(value) or _FORBIDDEN.search(name):
            raise fault(
                _FORBIDDEN.sub("?", name), "holds a character that text may not hold", "forbidden_character"
            )
        found[name] = value
    return found


def whole(name: str, text: str, least: int, greatest: int) -> int:
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= greatest:
        raise fault(name, f"must be a whole number from {least} to {greatest}")
    return int(text)


def flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise fault(name, "must be true or false")
    return text == "true"


def word(name: str, text: str, options: Iterable[str]) -> str:
    options = list(options)
    if text not in options:
        raise fault(name, f"must be one of {', '.join(options)}; {text!r} is not", "unknown_value")
    return text


def _alternatives(name: str, text: str) -> list[str]:
    values = [part.strip() for part in text.split(",")]
    if not all(values):
        raise fault(name, "is empty, or has an empty alternative")
    if len(values) > MOST_ALTERNATIVES:
        raise fault(name, f"has more than {MOST_ALTERNATIVES} alternatives")
    return values


def _equality(field: Field) -> Callable[[str], Filter]:
    name = field.name

    def one(value: str) -> str:
        if field.values is not None:
            return word(name, value, field.values)
        if name == "country":
            try:
                return check_country(value, name)
            except InvalidInput as problem:
                raise InvalidParameter(problem.problems) from None
        return value

    def read(text: str) -> Filter:
        if field.type is Type.boolean:
            return equals(name, flag(name, text))
        # Free text may hold commas of its own.
        listed = field.values is not None or name in ("country", "partner") or field.type is Type.id
        values = tuple(one(v) for v in _alternatives(name, text)) if listed else (text,)
        if not text.strip():
            raise fault(name, "is empty")
        asked = OneOf(name, values) if len(values) > 1 else equals(name, values[0])
        if name in ("admin1", "admin2"):
            return Or((asked, equals(f"{name}_code", values[0])))
        return asked

    return read


def _schema(field: Field) -> Schema:
    if field.type is Type.boolean:
        return {"type": "boolean"}
    if field.values is not None:
        return {"type": "string", "example": next(iter(field.values)).value}
    return {"type": "string", "minLength": 1}


def _words(text: str) -> Filter:
    words = words_of(text)
    if not words:
        raise fault("q", "holds no word to search for")
    return Words(" ".join(words[:MOST_WORDS]))


def _boxes(text: str) -> Filter:
    try:
        boxes = Box.parse(text, "bbox")
    except InvalidInput as problem:
        raise InvalidParameter(problem.problems) from None
    return Or(tuple(InBox(box) for box in boxes)) if len(boxes) > 1 else InBox(boxes[0])


def _at_most_description(metric: str, end: str) -> str:
    return f"Incidents with {end} this many {metric}; `certainty` says which end of the figure decides."


@lru_cache(maxsize=8)
def filters_of(kind: Kind) -> dict[str, Parameter]:
    """The parameters that choose records of a kind, by name, in the order of the document."""
    found: list[Parameter] = []
    for field in CATALOGUE[kind]:
        if field.parameter:
            options = (
                "" if field.values is None else f" One or more, by commas, of: {', '.join(field.values)}."
            )
            found.append(Parameter(field.name, _schema(field), field.description + options, _equality(field)))
    if kind in DATED:
        found.append(
            Parameter(
                "date",
                {"type": "string", "example": "2016-12-01/2016-12-31"},
                "START/END, each YYYY, YYYY-MM or YYYY-MM-DD; an end may be open (`..`); one date stands for its whole span.",
            )
        )
    if kind is Kind.incident:
        found += [
            Parameter("date_match", {"type": "string", "enum": ["overlap", "within", "start"], "default": "overlap"}, "How a record's own dates meet `date`: they overlap it, lie within it, or begin in it."),
            Parameter("bbox", {"type": "string", "example": "36.9,36.0,37.4,36.4"}, "minlon,minlat,maxlon,maxlat in degrees, WGS 84; minlon > maxlon crosses the antimeridian.", _boxes),
            Parameter("near", {"type": "string", "example": "37.16,36.2"}, "lon,lat in degrees, WGS 84; needs `radius`."),
            Parameter("radius", {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_RADIUS_M}, "Metres around `near`."),
            *(
                Parameter(f"{metric}_{end}", {"type": "integer", "minimum": 0, "maximum": MAX_PEOPLE}, _at_most_description(metric, end.replace("_", " ")))
                for metric in ("killed", "wounded")
                for end in ("at_least", "at_most")
            ),
            Parameter("certainty", {"type": "string", "enum": ["best", "certain", "possible"], "default": "best"}, "For `killed_at_least` and its like: `best` asks the best figure, `certain` the end that makes it sure, `possible` the other."),
        ]  # fmt: skip
    for name, description in RELATIONS[kind].items():
        found.append(Parameter(name, {"type": "string"}, description, partial(Related, name)))
    if kind in SEARCHED:
        found.append(
            Parameter(
                "q",
                {"type": "string", "minLength": 1},
                "Words, the last may be a beginning; accents and case do not matter.",
                _words,
            )
        )
    return {parameter.name: parameter for parameter in found}


def where(kind: Kind, given: dict[str, str]) -> Filter:
    """The filter that the parameters ask for; takes them out of `given`."""
    asked: list[Filter] = []
    known = filters_of(kind)
    for name in [name for name in given if name in known]:
        read = known[name].read
        if read is not None:
            asked.append(read(given.pop(name)))
    if kind in DATED:
        asked.extend(_dates(kind, given))
    if kind is Kind.incident:
        asked.extend(_near(given))
        asked.extend(_figures(given))
    return all_of(*asked)


def _dates(kind: Kind, given: dict[str, str]) -> Iterable[Filter]:
    text = given.pop("date", None)
    match = given.pop("date_match", None) if "date_match" in filters_of(kind) else None
    if match is not None:
        word("date_match", match, ("overlap", "within", "start"))
    if text is None:
        if match is not None:
            raise fault("date_match", "needs date")
        return
    try:
        start, end = parse_interval(text, "date")
    except InvalidInput as problem:
        raise InvalidParameter(problem.problems) from None
    first, last = DATED[kind]
    earliest = last if match in (None, "overlap") else first
    latest = last if match == "within" else first
    yield from _bounds(earliest, latest, start, end)


def _bounds(earliest: str, latest: str, start: date | None, end: date | None) -> Iterable[Filter]:
    if start is not None:
        yield Compare(earliest, Operator.at_least, start)
    if end is not None:
        yield Compare(latest, Operator.at_most, end)


def _number(name: str, text: str) -> float:
    # float() alone would also read 1_000, inf and the digits of other scripts.
    number = float(text) if len(text) <= LONGEST_NUMBER and _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise fault(name, "must be a number")
    return number


def _near(given: dict[str, str]) -> Iterable[Filter]:
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
    boxes = boxes_around(point, radius)
    yield Or(tuple(InBox(box) for box in boxes))
    yield Near(point.lon, point.lat, radius)


def _figures(given: dict[str, str]) -> Iterable[Filter]:
    certainty = given.pop("certainty", None)
    if certainty is not None:
        word("certainty", certainty, ("best", "certain", "possible"))
    used = False
    for metric in ("killed", "wounded"):
        for side in ("at_least", "at_most"):
            name = f"{metric}_{side}"
            if name in given:
                used = True
                yield _figure(metric, side, whole(name, given.pop(name), 0, MAX_PEOPLE), certainty or "best")
    if certainty is not None and not used:
        raise fault("certainty", "needs killed_at_least, killed_at_most, wounded_at_least or wounded_at_most")


def _figure(metric: str, side: str, number: int, certainty: str) -> Filter:
    """At least n is sure where low >= n, possible where high >= n or the upper end is open; at most n likewise."""
    operator = Operator.at_least if side == "at_least" else Operator.at_most
    if certainty == "best":
        return Compare(f"{metric}_best", operator, number)
    sure, other = ("low", "high") if side == "at_least" else ("high", "low")
    if certainty == "certain":
        return Compare(f"{metric}_{sure}", operator, number)
    stated = Not(And(tuple(Missing(f"{metric}_{end}") for end in ("low", "best", "high"))))
    return Or((Compare(f"{metric}_{other}", operator, number), And((Missing(f"{metric}_{other}"), stated))))


PAGING: tuple[Parameter, ...] = (
    Parameter("sort", {"type": "string"}, ""),
    Parameter("fields", {"type": "string"}, "Only these fields, by commas; `id` always comes."),
    Parameter("include", {"type": "string"}, ""),
    Parameter("limit", {"type": "integer", "minimum": 1}, "Records in a page."),
    Parameter("cursor", {"type": "string"}, "Where to go on: follow `next`."),
    Parameter(
        "count", {"type": "boolean", "default": False}, "Whether to count all that match, up to a maximum."
    ),
)


def sortable(kind: Kind) -> list[str]:
    return [field.name for field in CATALOGUE[kind] if field.sortable]


def paging_of(kind: Kind, settings: Settings) -> list[Parameter]:
    """The parameters of a list's page, with what they may be for this kind."""
    found = []
    for parameter in PAGING:
        schema, description = dict(parameter.schema), parameter.description
        if parameter.name == "sort":
            orders = sortable(kind)
            schema |= {"enum": [*orders, *(f"-{name}" for name in orders)], "default": DEFAULT_SORT[kind]}
            description = "The order; `-` for descending. Records without the value come last; ties go by id."
        elif parameter.name == "include":
            if not INCLUDES.get(kind):
                continue
            description = f"Lists that ride along, by commas: {', '.join(INCLUDES[kind])}."
        elif parameter.name == "limit":
            schema |= {"maximum": settings.limits.page_maximum, "default": settings.limits.page_default}
        found.append(Parameter(parameter.name, schema, description))
    return found


def fields_asked(kind: Kind, given: dict[str, str], viewer: Viewer) -> tuple[str, ...] | None:
    text = given.pop("fields", None)
    if text is None:
        return None
    names = _alternatives("fields", text)
    seen = fields_for(viewer, kind)
    for name in names:
        if name not in seen:
            raise fault("fields", f"there is no field {name!r}; /v1/fields lists them", "unknown_field")
    return tuple(name for name in seen if name in names)


def include_asked(kind: Kind, given: dict[str, str]) -> tuple[str, ...]:
    text = given.pop("include", None)
    if text is None:
        return ()
    possible = INCLUDES.get(kind, ())
    names = [word("include", name, possible) for name in _alternatives("include", text)]
    return tuple(name for name in possible if name in names)


def nothing_left(given: dict[str, str], known: Iterable[str]) -> None:
    """Refuses parameters that nobody took."""
    if given:
        known = sorted(known)
        problems = [
            Problem(
                name,
                "unknown_parameter",
                f"there is no such parameter; there are {', '.join(known) or 'none here'}",
            )
            for name in given
        ]
        raise InvalidParameter(problems)


def query_of(kind: Kind, given: dict[str, str], viewer: Viewer, settings: Settings) -> Query:
    """A list's whole question."""
    known = [*filters_of(kind), *(p.name for p in paging_of(kind, settings))]
    asked = where(kind, given)
    order = given.pop("sort", DEFAULT_SORT[kind])
    sort = order.removeprefix("-")
    word("sort", sort, sortable(kind))
    limits = settings.limits
    limit = (
        whole("limit", given.pop("limit"), 1, limits.page_maximum)
        if "limit" in given
        else limits.page_default
    )
    query = Query(
        kind,
        asked,
        sort,
        order.startswith("-"),
        limit=limit,
        fields=fields_asked(kind, given, viewer),
        include=include_asked(kind, given),
        count=flag("count", given.pop("count")) if "count" in given else False,
    )
    token = given.pop("cursor", None)
    nothing_left(given, known)
    if token is None:
        return query
    start = cursors.decode(token, order=query.order, secret=settings.keys.secret)
    return Query(kind, asked, sort, query.descending, start, limit, query.fields, query.include, query.count)

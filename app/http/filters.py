"""The parameters that choose records, derived from the catalogue, so that parsing and the OpenAPI document cannot differ."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache, partial

import orjson

from app.access.rules import fields_of
from app.access.viewer import PUBLIC, Viewer
from app.domain.dates import parse_interval
from app.domain.figures import MAX_PEOPLE
from app.domain.folding import words_of
from app.domain.places import Box, Point, boxes_around, check_country
from app.errors import InvalidInput, InvalidParameter, Problem
from app.http.values import (
    LONGEST_VALUE,
    Parameter,
    Schema,
    alternatives,
    fault,
    flag,
    whole,
    word,
)
from app.query import cql2
from app.query.cql2 import Language
from app.query.fields import CATALOGUE, RELATIONS, Field, Kind, Type
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

MOST_WORDS = 20
LONGEST_RADIUS_M = 20_100_000
_DECIMAL = re.compile(r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? *")
LONGEST_NUMBER = 100
DATED = {Kind.incident: ("date_start", "date_end"), Kind.report: ("date_published", "date_published")}
SEARCHED = (Kind.incident, Kind.report, Kind.source)
FILTER_EXAMPLES = {
    Kind.incident: "killed_best >= 50 AND country = 'SYR'",
    Kind.report: "date_published >= DATE('2016-12-06') AND language IS NULL",
    Kind.source: "CASEI(name) LIKE 'agency%'",
}


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
        values = tuple(one(v) for v in alternatives(name, text)) if listed else (text,)
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
        found += [
            Parameter(
                "filter",
                {"type": "string", "example": FILTER_EXAMPLES[kind]},
                "A question in CQL2 (OGC 21-065r2) over any field that is not a list: comparisons, BETWEEN, IN, LIKE, IS NULL, CASEI, ACCENTI, AND, OR, NOT, + - * /, S_INTERSECTS, S_WITHIN, S_DISJOINT with `geometry`, and T_… functions.",
            ),
            Parameter(
                "filter-lang",
                {"type": "string", "enum": [lang.value for lang in Language]},
                "How `filter` is spelled; without it, JSON begins with `{`.",
            ),
        ]
        found.append(
            Parameter(
                "q",
                {"type": "string", "minLength": 1},
                "Words, the last may be a beginning; accents and case do not matter.",
                _words,
            )
        )
    return {parameter.name: parameter for parameter in found}


def where(kind: Kind, given: dict[str, str], viewer: Viewer = PUBLIC) -> Filter:
    """The filter that the parameters ask for; takes them out of `given`. CQL2 finds the fields that the viewer may see."""
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
    if kind in SEARCHED:
        asked.extend(_cql2(kind, given, viewer))
    return all_of(*asked)


def _cql2(kind: Kind, given: dict[str, str], viewer: Viewer) -> Iterable[Filter]:
    text, language = given.pop("filter", None), given.pop("filter-lang", None)
    if language is not None:
        word("filter-lang", language, [lang.value for lang in Language])
    if text is None:
        if language is not None:
            raise fault("filter-lang", "needs filter")
        return
    if language is None:
        language = Language.json if text.lstrip().startswith("{") else Language.text
    ask = _asked_before if len(text) <= LONGEST_VALUE else _asked_in_cql2
    yield ask(kind, viewer.is_editor, text, language)


def _asked_in_cql2(kind: Kind, editor: bool, text: str, language: str) -> Filter:
    fields = fields_of(kind, editor=editor)
    if language == Language.text:
        return cql2.read(text, kind, fields)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise fault("filter", f"is not JSON: {problem}"[:300], "malformed_filter") from None
    if not isinstance(document, dict | bool):
        raise fault("filter", "must be a JSON object", "malformed_filter")
    return cql2.read(document, kind, fields)


_asked_before = lru_cache(maxsize=1024)(_asked_in_cql2)
"""Pages and charts ask the same question again and again."""


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

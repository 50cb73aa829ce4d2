"""The parameters that choose records, derived from the catalogue, so that parsing and the OpenAPI document cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

import orjson

from app.access.rules import fields_of
from app.access.viewer import PUBLIC, Viewer
from app.domain.places import check_country
from app.domain.spelling import wanted_of
from app.errors import InvalidInput, InvalidParameter
from app.http.groupings import ROLES, roles_asked
from app.http.ranges import DATE, certainty_asked, interval, ranges_asked
from app.http.ranges import PARAMETERS as RANGES
from app.http.values import (
    LONGEST_VALUE,
    Parameter,
    Schema,
    alternatives,
    fault,
    flag,
    word,
)
from app.query import cql2
from app.query.certainty import LEVELS, Certainty, Match, days, named
from app.query.cql2 import Language
from app.query.fields import RELATIONS, Field, Kind, Type
from app.query.filter import (
    Attributed,
    Filter,
    Linked,
    Missing,
    Not,
    OneOf,
    Or,
    Related,
    Words,
    all_of,
    equals,
)

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
    wanted = wanted_of(text)
    if not wanted:
        raise fault("q", "holds no word to search for")
    return Words(wanted)


CONFLICTED = Parameter(
    "conflicted",
    {"type": "boolean"},
    "For editors: incidents of which independent reports cannot all be right, the widest `spread` first; `false`: the others.",
    lambda text: Not(Missing("spread")) if flag("conflicted", text) else Missing("spread"),
)


LINKS = {Kind.incident: "a report", Kind.report: "an incident"}


def _linked(kind: Kind) -> Parameter:
    return Parameter(
        "linked",
        {"type": "boolean"},
        f"`false`: those without {LINKS[kind]} that you may see; `true`: the others.",
        lambda text: Linked() if flag("linked", text) else Not(Linked()),
    )


@lru_cache(maxsize=8)
def filters_of(kind: Kind, *, editor: bool = True) -> dict[str, Parameter]:
    """The parameters that choose records of a kind, by name, in the order of the document: those that exist for editors, or
    for everybody else."""
    found: list[Parameter] = []
    for field in fields_of(kind, editor=editor).values():
        if field.parameter:
            options = (
                "" if field.values is None else f" One or more, by commas, of: {', '.join(field.values)}."
            )
            found.append(Parameter(field.name, _schema(field), field.description + options, _equality(field)))
    if kind in DATED:
        found.append(DATE)
    if kind is Kind.incident:
        found += [CONFLICTED, *RANGES] if editor else RANGES
        found += [
            Parameter(
                "actor",
                {"type": "string", "minLength": 1},
                "Incidents that are attributed to the actor of this very name, in any role or in those of `actor_role`.",
            ),
            ROLES,
        ]
    if kind in LINKS:
        found.append(_linked(kind))
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
                "Words, the last may be a beginning; accents, case and the article (Al-, As-, ال) do not matter. A word that nothing holds is read as those that sound like it or are a slip away, and the answer says so in `read_as`.",
                _words,
            )
        )
    return {parameter.name: parameter for parameter in found}


def where(kind: Kind, given: dict[str, str], viewer: Viewer = PUBLIC) -> Filter:
    """The filter that the parameters ask for; takes them out of `given`. CQL2 finds the fields that the viewer may see."""
    asked: list[Filter] = []
    known = filters_of(kind, editor=viewer.is_editor)
    certainty = certainty_asked(given) if kind is Kind.incident else Certainty.best
    for name in [name for name in given if name in known]:
        read = known[name].read
        if read is not None:
            question = read(given.pop(name))
            if kind is Kind.incident and name in LEVELS:
                question = named(name, question, certainty)
            asked.append(question)
    if kind is Kind.incident:
        asked.extend(ranges_asked(given, DATED[kind], certainty))
        asked.extend(_attributed(given))
    elif kind in DATED and "date" in given:
        asked.extend(days(DATED[kind], *interval(given.pop("date")), Match.overlap))
    if kind in SEARCHED:
        asked.extend(_cql2(kind, given, viewer))
    return all_of(*asked)


def _attributed(given: dict[str, str]) -> Iterable[Filter]:
    actor = given.pop("actor", None)
    if actor is None:
        if ROLES.name in given:
            raise fault(
                ROLES.name, "needs actor; on totals group_by=actor, on facets facets=actor will do, too"
            )
        return
    if not actor.strip():
        raise fault("actor", "is empty")
    yield Attributed(actor, roles_asked(given))


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

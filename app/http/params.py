"""From the query string to a `Query`. An unknown or repeated parameter, and a value that makes no sense, is an error."""

from __future__ import annotations

from functools import lru_cache

from app.access.rules import fields_for, fields_of
from app.access.viewer import Viewer
from app.domain.hits import MOST_HITS
from app.http.citing import moment_parameters
from app.http.filters import SEARCHED, filters_of, where
from app.http.formats import KINDS as FORMATTED
from app.http.formats import MOST_EXPORTED
from app.http.formats import PARAMETERS as FORMATS
from app.http.values import (
    Parameter,
    alternatives,
    fault,
    flag,
    nothing_left,
    whole,
    word,
)
from app.query import cursor as cursors
from app.query.fields import DEFAULT_SORT, INCLUDES, RELEVANCE, Kind
from app.query.filter import words_asked
from app.query.spec import Query, order_of
from app.settings import Settings

HITS = "hits"
WIDEST_FIRST = "-spread"
"""The order of conflicts, where none is asked for."""
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


@lru_cache(maxsize=8)
def sortable(kind: Kind, *, editor: bool = True) -> tuple[str, ...]:
    return tuple(field.name for field in fields_of(kind, editor=editor).values() if field.sortable)


def orders_of(kind: Kind, *, editor: bool = True) -> tuple[str, ...]:
    orders = sortable(kind, editor=editor)
    return (*orders, RELEVANCE.name) if kind in SEARCHED else orders


def paging_of(kind: Kind, settings: Settings) -> list[Parameter]:
    """The parameters of a list's page, with what they may be for this kind."""
    found = []
    for parameter in PAGING:
        schema, description = dict(parameter.schema), parameter.description
        if parameter.name == "sort":
            orders = sortable(kind)
            schema |= {
                "enum": [*orders_of(kind), *(f"-{name}" for name in orders)],
                "default": DEFAULT_SORT[kind],
            }
            description = "The order; `-` for descending. Records without the value come last; ties go by id."
            if kind in SEARCHED:
                description += " `relevance` goes with `q`: words of the title before those of the place, and so on; whole words before beginnings."
        elif parameter.name == "include":
            lists = (*INCLUDES.get(kind, ()), *([HITS] if kind in SEARCHED else []))
            if not lists:
                continue
            description = f"Lists that ride along, by commas: {', '.join(lists)}."
            if kind in SEARCHED:
                description += f" `{HITS}` goes with `q`: where its words stand, at most {MOST_HITS} a record, each with what stands before and after."
        elif parameter.name == "limit":
            most = settings.limits.page_maximum
            schema |= {"maximum": most, "default": settings.limits.page_default}
            if kind in FORMATTED:
                schema["maximum"] = MOST_EXPORTED
                description = f"Records in a page, at most {most:,}; of an export in all, which without it is not bounded."
        found.append(Parameter(parameter.name, schema, description))
    found += moment_parameters(kind)
    return [*found, *FORMATS] if kind in FORMATTED else found


def fields_asked(kind: Kind, given: dict[str, str], viewer: Viewer) -> tuple[str, ...] | None:
    text = given.pop("fields", None)
    if text is None:
        return None
    names = alternatives("fields", text)
    seen = fields_for(viewer, kind)
    for name in names:
        if name not in seen:
            raise fault("fields", f"there is no field {name!r}; /v1/fields lists them", "unknown_field")
    return tuple(name for name in seen if name in names)


def include_asked(kind: Kind, given: dict[str, str], *more: str) -> tuple[str, ...]:
    text = given.pop("include", None)
    if text is None:
        return ()
    possible = (*INCLUDES.get(kind, ()), *more)
    names = [word("include", name, possible) for name in alternatives("include", text)]
    return tuple(name for name in possible if name in names)


def query_of(
    kind: Kind, given: dict[str, str], viewer: Viewer, settings: Settings, as_of: int | None = None
) -> Query:
    """A list's whole question, but for the moment of which it is asked: that was taken out before."""
    usual = WIDEST_FIRST if viewer.is_editor and "conflicted" in given else DEFAULT_SORT[kind]
    asked = where(kind, given, viewer)
    spelled = given.pop("sort", usual)
    sort, descending = spelled.removeprefix("-"), spelled.startswith("-")
    word("sort", sort, orders_of(kind, editor=viewer.is_editor))
    searched = words_asked(asked) is not None
    if sort == RELEVANCE.name and (descending or not searched):
        raise fault(
            "sort", "needs q" if not searched else "relevance begins with the best; it has no other end"
        )
    limits = settings.limits
    limit = (
        whole("limit", given.pop("limit"), 1, limits.page_maximum)
        if "limit" in given
        else limits.page_default
    )
    fields = fields_asked(kind, given, viewer)
    include = include_asked(kind, given, *([HITS] if kind in SEARCHED else []))
    if HITS in include and not searched:
        raise fault("include", f"{HITS} needs q")
    count = flag("count", given.pop("count")) if "count" in given else False
    token, start = given.pop("cursor", None), None
    if given:
        nothing_left(
            given, [*filters_of(kind, editor=viewer.is_editor), *(p.name for p in paging_of(kind, settings))]
        )
    if token is not None:
        order = order_of(kind, sort, descending=descending, as_of=as_of)
        start = cursors.decode(token, order=order, secret=settings.keys.secret)
    lists = tuple(name for name in include if name != HITS)
    return Query(kind, asked, sort, descending, start, limit, fields, lists, count, HITS in include, as_of)

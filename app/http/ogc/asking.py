"""From the parameters of a collection's items to queries: those that ``/v1`` asks, in the words of OGC API - Features."""

from __future__ import annotations

import re

from app.access.viewer import Viewer
from app.domain.places import Box
from app.errors import InvalidInput, InvalidParameter
from app.http.citing import moment_names
from app.http.filters import where
from app.http.ogc.collections import CRS84, Collection
from app.http.ogc.queryables import askable, equal
from app.http.ogc.times import at_time
from app.http.ogc.walking import Asked, Choices, asked_for
from app.http.values import fault, nothing_left, word
from app.query.cql2 import Language
from app.query.filter import Filter, InBox, Missing, Or, all_of
from app.query.spec import Query, default_order
from app.settings import Settings

PARAMETERS = ("bbox", "datetime", "filter", "filter-lang", "filter-crs", "limit", "cursor", "f")
_WHOLE = re.compile(r"[0-9]{1,20}")


def asked_of(
    collection: Collection,
    given: dict[str, str],
    viewer: Viewer,
    settings: Settings,
    as_of: int | None = None,
) -> Asked:
    """The question, but for the moment of which it is asked; takes all parameters out of `given`. InvalidParameter names
    the one that makes no sense or is unknown."""
    kind = collection.kind
    choices: Choices = []
    if "bbox" in given:
        choices.extend(_in_bbox(given.pop("bbox"), collection))
    if "datetime" in given:
        choices.append(at_time(kind, given.pop("datetime")))
    asked = _filter(collection, given, viewer)
    fields = askable(kind, viewer)
    named = [name for name in given if name in fields]
    asked.extend(equal(kind, fields[name], given.pop(name), viewer) for name in named)
    limit = _limit(given.pop("limit", None), settings)
    token = given.pop("cursor", None)
    nothing_left(given, [*PARAMETERS, *moment_names(kind), *fields])
    sort, descending = default_order(kind)
    query = Query(kind, all_of(*asked), sort, descending, limit=limit, as_of=as_of)
    return asked_for(query, choices, token, settings.keys.secret)


def _in_bbox(text: str, collection: Collection) -> Choices:
    """What lies in the box, and what has no geometry: 17-069r4 has it that such a feature matches every box."""
    try:
        boxes = Box.parse(text, "bbox")
    except InvalidInput as problem:
        raise InvalidParameter(problem.problems) from None
    if not collection.located:
        return []
    inside = tuple(InBox(box) for box in boxes)
    return [(inside[0] if len(inside) == 1 else Or(inside), Missing("lon"))]


def _filter(collection: Collection, given: dict[str, str], viewer: Viewer) -> list[Filter]:
    """CQL2, read as ``/v1`` reads it. A language or a system of coordinates without a filter says nothing, and is checked."""
    crs, language = given.pop("filter-crs", None), given.pop("filter-lang", None)
    if crs is not None and crs != CRS84:
        raise fault("filter-crs", f"must be {CRS84}: longitude before latitude, WGS 84", "unknown_value")
    if language is not None:
        word("filter-lang", language, [known.value for known in Language])
    text = given.pop("filter", None)
    if text is None:
        return []
    told = {"filter": text} if language is None else {"filter": text, "filter-lang": language}
    return [where(collection.kind, told, viewer)]


def _limit(text: str | None, settings: Settings) -> int:
    """More than the most is no error (17-069r4, 7.15.2): it is the most."""
    limits = settings.limits
    if text is None:
        return min(limits.page_default, limits.page_maximum)
    if not _WHOLE.fullmatch(text) or int(text) == 0:
        raise fault("limit", "must be a whole number, 1 or more")
    return min(int(text), limits.page_maximum)

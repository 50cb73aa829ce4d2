"""What may be asked of likely duplicates, and how they are described and told."""

from __future__ import annotations

from typing import Any

from app.access.viewer import Viewer
from app.domain.duplicates import LIKELY, Because
from app.domain.vocabulary import Workflow
from app.http.citing import moment_parameters
from app.http.filters import filters_of, where
from app.http.operations import IF_NONE_MATCH, READING, in_path, in_query, operation, responses_of
from app.http.schemas import Schema, ref
from app.http.values import Parameter, nothing_left, whole
from app.query import cursor as cursors
from app.query.fields import Kind
from app.settings import Settings
from app.storage.moments import Moment
from app.storage.pairing import MOST_WALKED, SHOWN, Document, Question, Told

ORDER = "duplicates:-date_start"
"""The one order of the list."""
LEAST = Parameter(
    "score_at_least",
    {"type": "integer", "minimum": LIKELY, "maximum": 100, "default": LIKELY},
    "Pairs of this score or more, of 100.",
)
MOST_OF_ONE, USUAL_OF_ONE = 100, 20
OF_ONE = (
    LEAST,
    Parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_OF_ONE, "default": USUAL_OF_ONE},
        "How many at most, the likeliest first.",
    ),
    *moment_parameters(Kind.incident),
)


def of_list(settings: Settings) -> list[Parameter]:
    """Those beside the ones that choose incidents."""
    limits = settings.limits
    schema = {"type": "integer", "minimum": 1, "maximum": limits.page_maximum, "default": limits.page_default}
    return [
        LEAST,
        Parameter("limit", schema, "Pairs in a page, which may hold fewer, or none, and go on all the same."),
        Parameter("cursor", {"type": "string"}, "Where to go on: follow `next` until it is null."),
        *moment_parameters(Kind.incident),
    ]


def order_of(as_of: int | None) -> str:
    """To which the cursors are bound."""
    return ORDER if as_of is None else f"{ORDER}@{as_of}"


def list_asked(
    given: dict[str, str], viewer: Viewer, settings: Settings, as_of: int | None = None
) -> Question:
    """The question, but for the moment of which it is asked: that was taken out before."""
    limits = settings.limits
    least = _least(given)
    limit = whole("limit", given.pop("limit", str(limits.page_default)), 1, limits.page_maximum)
    token = given.pop("cursor", None)
    asked = where(Kind.incident, given, viewer)
    known = [*filters_of(Kind.incident, editor=viewer.is_editor), *(p.name for p in of_list(settings))]
    nothing_left(given, known)
    order = order_of(as_of)
    start = None if token is None else cursors.decode(token, order=order, secret=settings.keys.secret)
    return Question(asked, least, limit, start, as_of)


def one_asked(given: dict[str, str]) -> tuple[int, int]:
    """The least score, and how many at most."""
    least = _least(given)
    limit = whole("limit", given.pop("limit", str(USUAL_OF_ONE)), 1, MOST_OF_ONE)
    nothing_left(given, [parameter.name for parameter in OF_ONE])
    return least, limit


def _least(given: dict[str, str]) -> int:
    return whole(LEAST.name, given.pop(LEAST.name, str(LIKELY)), LIKELY, 100)


def told(pair: Told, viewer: Viewer, base: str, moment: Moment | None = None) -> Document:
    """Of a moment that is named no merge is offered: it would be one of now."""
    guess = pair.guess
    return {
        "score": guess.score,
        "days_apart": guess.days_apart,
        "metres_apart": guess.metres_apart,
        "incidents": list(pair.incidents),
        "reasons": [reason._asdict() for reason in guess.reasons],
        "merge": _merge(pair, base) if viewer.is_editor and moment is None else None,
    }


def _merge(pair: Told, base: str) -> Document:
    """The call that makes one of the two. What is published stays, then what more reports tell of, then the older."""

    def stays(incident: Document) -> tuple[bool, int]:
        return incident["workflow"] == Workflow.published.value, incident["report_count"]

    older, newer = sorted(pair.incidents, key=lambda incident: str(incident["id"]))
    into, away = (newer, older) if stays(newer) > stays(older) else (older, newer)
    return {
        "method": "POST",
        "href": f"{base}/v1/incidents/{away['id']}/merge",
        "headers": {"If-Match": f'"{away["version"]}"'},
        "body": {"into": into["id"]},
    }


def schemas(others: Schema) -> Schema:
    """Theirs, of which some rest on `others`."""
    own = others["Incident"]["properties"]
    text, number = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
    reason = {
        "reason": {"type": "string", "enum": [each.value for each in Because]},
        "points": {"type": "integer", "description": "What it adds to the score; below zero: takes away."},
        "in_words": {"type": "string"},
        "one": {**text, "description": "What the first of the two says."},
        "other": {**text, "description": "What the second says."},
    }
    merge = {
        "method": {"type": "string"},
        "href": {"type": "string"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body": _object({"into": {"type": "string"}}),
    }
    incident = {**_object({name: own[name] for name in SHOWN}), "required": ["id"]}
    pair = {
        "score": {"type": "integer", "description": "The sum of the points, out of 100."},
        "days_apart": {
            "type": "integer",
            "description": "From the end of one to the start of the other; 0: they overlap.",
        },
        "metres_apart": {**number, "description": "Between the published points; null without two of them."},
        "incidents": {"type": "array", "items": incident, "minItems": 2, "maxItems": 2},
        "reasons": {"type": "array", "items": _object(reason)},
        "merge": {
            **_object(merge),
            "type": ["object", "null"],
            "description": "For editors: the call that makes one of the two, to be sent with a reason. Null with `as_of`, `cite` and `citation`: it would be one of now.",
        },
    }
    items = {"type": "array", "items": ref("DuplicatePair")}
    compared = {"type": "integer", "description": "Incidents that this page looked at."}
    following = {"type": ["string", "null"], "description": "Where the next page is; null on the last one."}
    of_one = {
        "items": items,
        "next": {"type": "null"},
        "compared": {"type": "integer", "description": "Incidents near in time that it was compared with."},
        "whole": {"type": "boolean", "description": "False where more are near in time than were compared."},
    }
    words = others["IncidentList"]["properties"]["read_as"]
    listed = {"items": items, "next": following, "compared": compared, "read_as": words}
    moment = {name: others["IncidentList"]["properties"][name] for name in ("as_of", "citation")}

    def of_moment(told: Schema, *optional: str) -> Schema:
        required = [name for name in told if name not in optional]
        return {**_object({**told, **moment}), "required": required}

    return {
        "DuplicatePair": _object(pair),
        "DuplicateList": of_moment(listed, "read_as"),
        "DuplicatesOfIncident": of_moment(of_one),
    }


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def described_list() -> dict[str, Any]:
    parameters = [*filters_of(Kind.incident).values(), *of_list(Settings())]
    return operation(
        f"Pairs of incidents that may be one, recorded twice; one of them at least is in the list that the parameters choose. A page looks at {MOST_WALKED} incidents of it at most",
        "list_duplicates",
        responses_of(
            {200: ("A page of pairs.", ref("DuplicateList")), 304: ("Nothing has changed.", None)}, READING
        ),
        parameters=[*in_query(parameters), IF_NONE_MATCH],
    )


def described_one() -> dict[str, Any]:
    return operation(
        "Incidents that this one may be a duplicate of, the likeliest first",
        "list_duplicates_of_incident",
        responses_of(
            {
                200: ("The pairs, this incident first in each.", ref("DuplicatesOfIncident")),
                304: ("Nothing has changed.", None),
            },
            (*READING, 404, 410),
        ),
        parameters=[in_path(Kind.incident), *in_query(list(OF_ONE)), IF_NONE_MATCH],
    )

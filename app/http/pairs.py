"""How the OpenAPI document tells of likely duplicates."""

from __future__ import annotations

from typing import Any

from app.domain.duplicates import Because
from app.http.duplicates import OF_ONE, of_list
from app.http.filters import filters_of
from app.http.operations import IF_NONE_MATCH, READING, in_path, in_query, operation, responses_of
from app.http.schemas import Schema, ref
from app.query.fields import Kind
from app.settings import Settings
from app.storage.pairing import MOST_WALKED, SHOWN


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
    said = {
        "incidents": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 2,
            "maxItems": 2,
            "description": "Of which it was said: this pair, or what was merged into either since.",
        },
        "seq": {"type": "integer", "description": "The number of the change in the history."},
        "at": {"type": "string", "format": "date-time"},
        "partner": {"type": "string", "description": "The organisation that said so."},
        "reason": text,
    }
    now = "Null with `as_of`, `cite` and `citation`: it would be done now."
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
        "merge": _offered(
            "into", f"For editors: the call that makes one of the two, to be sent with a reason. {now}"
        ),
        "distinguish": _offered(
            "other", f"For editors: the call that says that they are two, likewise. {now}"
        ),
        "undistinguish": _offered(
            "other", f"With `settled=true`: the call that takes that back, likewise. {now}"
        ),
        "settled": {
            "type": ["array", "null"],
            "items": _object(said),
            "description": "With `settled=true`: who said that they are two, and why; for others than editors always null.",
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


def _offered(names: str, description: str) -> Schema:
    """A call that may be made; its body names one of the two."""
    call = {
        "method": {"type": "string"},
        "href": {"type": "string"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body": _object({names: {"type": "string"}}),
    }
    return {**_object(call), "type": ["object", "null"], "description": description}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def of_the_list() -> dict[str, Any]:
    parameters = [*filters_of(Kind.incident).values(), *of_list(Settings())]
    return operation(
        f"Pairs of incidents that may be one, recorded twice; one of them at least is in the list that the parameters choose. A page looks at {MOST_WALKED} incidents of it at most",
        "list_duplicates",
        responses_of(
            {200: ("A page of pairs.", ref("DuplicateList")), 304: ("Nothing has changed.", None)}, READING
        ),
        parameters=[*in_query(parameters), IF_NONE_MATCH],
    )


def of_one_incident() -> dict[str, Any]:
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

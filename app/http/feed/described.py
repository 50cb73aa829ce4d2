"""The feed, as the OpenAPI document describes it."""

from __future__ import annotations

from typing import Any

from app.http.feed.questions import AFTER, FIELDS, INCLUDE, KIND, KINDS, WAIT, filters, limit_of
from app.http.operations import READING, in_header, in_query, operation, responses_of
from app.http.schemas import Schema, ref
from app.settings import Settings

BECAUSE = ("deleted", "merged", "out_of_sight", "no_match")
NAMES = {kind: kind.value.capitalize() for kind in KINDS}
LAST_EVENT_ID = in_header(
    "Last-Event-ID",
    "The `id` of the last event, as browsers send it when they come back; goes before `after`.",
)


def feed() -> dict[str, Any]:
    limit = limit_of(Settings())
    return operation(
        "What became of records since a place in the history: for whoever keeps a copy",
        "follow_changes",
        responses_of({200: ("What there is, and where to go on.", ref("Changes"))}, READING),
        parameters=in_query([AFTER, KIND, limit, WAIT, FIELDS, INCLUDE, *filters()]),
        public=True,
    )


def stream() -> dict[str, Any]:
    responses = responses_of({200: ("Events, until you leave.", None)}, READING)
    responses[200]["content"] = {"text/event-stream": {"schema": ref("FeedEvent")}}
    return operation(
        "The same as a stream of server-sent events",
        "stream_changes",
        responses,
        parameters=[
            *in_query([AFTER, KIND, limit_of(Settings()), FIELDS, INCLUDE, *filters()]),
            LAST_EVENT_ID,
        ],
        public=True,
    )


def schemas() -> Schema:
    text = {"type": ["string", "null"]}
    entry = {
        "seq": {"type": "integer", "description": "Its number in the history; `as_of` takes it."},
        "at": {"type": "string", "format": "date-time"},
        "partner": {"type": "string", "description": "The organisation that did it."},
        "action": {"type": "string", "description": "create, amend, link, unlink, publish, retract, merge, delete and others."},
        "reason": text,
    }  # fmt: skip
    tombstone = dict.fromkeys(("reason", "replaced_by", "deleted_at", "merged_into"), text)
    items = {
        "event": {
            "type": "string",
            "enum": ["put", "remove"],
            "description": "`put`: hold the record as it is told here; `remove`: do not hold it, if you do.",
        },
        "kind": {"type": "string", "enum": [kind.value for kind in KINDS]},
        "id": {"type": "string"},
        "changes": {
            "type": "array",
            "items": _object(entry),
            "description": "What was done to the record itself in this stretch, as its history tells it; empty where it reads otherwise, or is out of sight, by a change of another record, and where what was done is told to editors alone.",
        },
        "record": {
            "anyOf": [ref(NAMES[kind]) for kind in KINDS],
            "description": "With `put`: as a list tells it, with the fields and the lists asked for.",
        },
        "because": {
            "type": "string",
            "enum": list(BECAUSE),
            "description": "With `remove`. `out_of_sight`: you may no longer know of it; `no_match`: the question no longer finds it.",
        },
        "tombstone": {
            **_object(tombstone, required=("reason", "replaced_by", "deleted_at")),
            "description": "Of what was deleted or merged, as its 410 says it.",
        },
    }
    item = {**_object(items, required=("event", "kind", "id", "changes"))}
    page = {
        "items": {"type": "array", "items": ref("ChangedRecord")},
        "cursor": {"type": "string", "description": "Where you stand once you hold the items: the next `after`."},
        "next": {"type": "string", "description": "The address that asks from there."},
        "more": {"type": "boolean", "description": "Whether there is more already; else ask again later, or with `wait`."},
        "seq": {"type": "integer", "description": "All changes up to this one are told."},
        "head": {"type": "integer", "description": "The last change that there was."},
    }  # fmt: skip
    return {"ChangedRecord": item, "Changes": _object(page), "FeedEvent": _event()}


def _event() -> Schema:
    """A server-sent event, its lines as members."""
    event = {
        "event": {
            "type": "string",
            "enum": ["change", "place", "problem"],
            "description": "`change`: an item as `/v1/changes` tells it; `place`: up to where these lead; `problem`: why the stream ends.",
        },
        "data": {"type": "string", "contentMediaType": "application/json"},
        "id": {"type": "string", "description": "With `place`: the cursor."},
        "retry": {"type": "integer", "description": "With the first: milliseconds after which to come back."},
    }
    return _object(event, required=("event", "data"))


def _object(properties: Schema, required: tuple[str, ...] | None = None) -> Schema:
    names = list(properties if required is None else required)
    return {"type": "object", "required": names, "properties": properties, "additionalProperties": False}

"""The schemas of the OpenAPI document, made of the catalogue and the forms."""

from __future__ import annotations

from typing import Any

from app.domain.figures import METRICS
from app.domain.hits import Hit
from app.domain.inputs import FiledReport, IncidentForm, LinkForm, SourceForm
from app.http.as_of import SCHEMA as AS_OF
from app.http.citing import SCHEMA as CITATION
from app.query.fields import (
    CATALOGUE,
    CLAIM,
    CLAIMED,
    COUNTS,
    INCLUDES,
    LINK,
    SEARCH_TEXTS,
    Field,
    Kind,
    SeenBy,
    Type,
)
from app.query.grouping import DIMENSIONS, FACETS
from app.storage.ranked import MOST_RANKED
from app.writing.partners import KeyForm, PartnerForm

Schema = dict[str, Any]
OF_A_MOMENT: dict[str, Schema] = {"as_of": AS_OF, "citation": CITATION}
NAMES = {kind: kind.value.capitalize() for kind in Kind}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_TYPES: dict[Type, Schema] = {
    Type.text: {"type": "string"},
    Type.word: {"type": "string"},
    Type.id: {"type": "string"},
    Type.integer: {"type": "integer"},
    Type.number: {"type": "number"},
    Type.boolean: {"type": "boolean"},
    Type.date: {"type": "string", "format": "date"},
    Type.timestamp: {"type": "string", "format": "date-time"},
    Type.document: {"type": "object"},
    Type.documents: {"type": "array", "items": {"type": "object"}},
    Type.words: {"type": "array", "items": {"type": "string"}},
}


def field_schema(field: Field) -> Schema:
    schema = dict(_TYPES[field.type])
    if field.values is not None:
        schema["enum"] = [option.value for option in field.values]
    if field.nullable or field.seen_by is not SeenBy.everyone:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return {**schema, "description": field.description}


def _record_schema(fields: tuple[Field, ...], lists: dict[str, Schema]) -> Schema:
    """Only `id` is sure to be there: `fields` may leave out the rest."""
    properties: Schema = {field.name: field_schema(field) for field in fields}
    return {
        "type": "object",
        "required": ["id"],
        "properties": properties | lists,
        "additionalProperties": False,
    }


READ_AS: Schema = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
    "description": "Words of `q` that nothing holds, each with the words that it was read as.",
}
HITS: Schema = {
    "type": "array",
    "items": ref("Hit"),
    "description": "With `include=hits`: where the words of `q` stand.",
}


def _hit_schema() -> Schema:
    return {
        "type": "object",
        "required": list(Hit._fields),
        "properties": {
            "field": {"type": "string", "description": "Of names by language, `place_names.ar`."},
            **{name: {"type": "string"} for name in ("before", "hit", "after")},
        },
        "additionalProperties": False,
    }


def _list_schema(item: str) -> Schema:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": ref(item)},
            "next": {
                "type": ["string", "null"],
                "description": "Where the next page is; null on the last one.",
            },
            "count": {"type": "integer", "description": "How many match, where `count=true` was asked."},
            "count_capped": {"type": "boolean", "description": "More match than were counted."},
            "ranked": {
                "type": "integer",
                "description": f"With `sort=relevance`: how many records were ranked. Of more than {MOST_RANKED:,} that match, those that were recorded last; the list ends with them.",
            },
            "read_as": READ_AS,
            **OF_A_MOMENT,
        },
        "additionalProperties": False,
    }


def _figures() -> Schema:
    ends = {
        "low": ["integer", "null"], "best": ["integer", "null"], "high": ["integer", "null"],
        "unknown": "integer", "open": "integer", "no_best": "integer",
    }  # fmt: skip
    return {f"{metric}_{end}": {"type": kind} for metric in METRICS for end, kind in ends.items()}


def components() -> Schema:
    """The schemas that the operations refer to."""
    schemas: Schema = {}
    for kind in Kind:
        schemas |= _of_kind(kind)
    for kind in (Kind.incident, Kind.report):
        schemas[f"Linked{NAMES[kind]}"] = _linked(kind, schemas[NAMES[kind]])
    schemas["KeyIssued"] = _issued(schemas["KeyWritten"])
    schemas["Claim"] = _record_schema(CLAIM, {})
    schemas["ClaimList"] = _list_schema("Claim")
    schemas["ListedClaim"] = _record_schema((*CLAIM, *CLAIMED), {})
    schemas["ListedClaimList"] = _list_schema("ListedClaim")
    schemas["Removed"] = {
        "type": "object",
        "required": ["id", "outcome"],
        "properties": {"id": {"type": "string"}, "outcome": {"type": "string"}},
    }
    schemas["Hit"] = _hit_schema()
    schemas["Totals"] = _totals()
    schemas["Facets"] = _facets()
    schemas["Problem"] = _problem_schema()
    return schemas | _forms()


def _of_kind(kind: Kind) -> Schema:
    """A record, a page of them, and what a write answers."""
    lists: Schema = {}
    for name in INCLUDES.get(kind, ()):
        item = "Claim" if name == "claims" else f"Linked{name.removesuffix('s').capitalize()}"
        lists[name] = {"type": "array", "items": ref(item), "description": "With `include`."}
    written = _record_schema(CATALOGUE[kind], lists)
    more = {"hits": HITS, "citation": CITATION} if kind in SEARCH_TEXTS else {}
    record = _record_schema(CATALOGUE[kind], lists | more)
    outcome = {
        "outcome": {
            "type": "string",
            "enum": ["created", "updated", "unchanged"],
            "description": "What became of the record.",
        },
        "left_out": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What was sent and not taken: it was redacted, and only an editor states it anew, with PATCH or PUT.",
        },
    }
    return {
        NAMES[kind]: record,
        f"{NAMES[kind]}List": _list_schema(NAMES[kind]),
        f"{NAMES[kind]}Written": {
            **written,
            "required": ["id", "outcome"],
            "properties": written["properties"] | outcome,
        },
    }


def _linked(kind: Kind, record: Schema) -> Schema:
    """A record inside another: how it is linked comes with it, its own links do not."""
    left_out = (*INCLUDES[kind], *COUNTS, "hits", "citation")
    own = {name: value for name, value in record["properties"].items() if name not in left_out}
    return {**record, "properties": own | {field.name: field_schema(field) for field in LINK}}


def _issued(written: Schema) -> Schema:
    secret = {
        "key": {
            "type": ["string", "null"],
            "description": "The whole key, shown once; null where the answer is repeated for an Idempotency-Key.",
        }
    }
    return {
        **written,
        "required": ["id", "outcome", "key"],
        "properties": written["properties"] | secret,
    }


def _totals() -> Schema:
    dimensions = dict.fromkeys((*DIMENSIONS, "source_name"), _DIMENSION)
    filled = {"filled": {"type": "boolean", "description": "With `fill`: nothing was found in this period."}}
    return {
        "type": "object",
        "required": ["items", "counting"],
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {**dimensions, "incidents": {"type": "integer"}, **_figures(), **filled},
                    "additionalProperties": False,
                },
            },
            "more": {"type": "boolean", "description": "With `group_by`: there are further items."},
            "read_as": READ_AS,
            **OF_A_MOMENT,
            "counting": {"type": "object", "description": "How it was counted."},
        },
    }


_DIMENSION: Schema = {"type": ["string", "null"], "description": "With `group_by`."}


def _facets() -> Schema:
    value: Schema = {
        "type": "object",
        "required": ["value", "incidents"],
        "properties": {
            "value": {"type": ["string", "null"], "description": "Null: not stated."},
            "source_name": {
                "type": ["string", "null"],
                "description": "Of the facet `source`, whose value is an id.",
            },
            "incidents": {"type": "integer"},
        },
        "additionalProperties": False,
    }
    values = {"type": "array", "items": value}
    return {
        "type": "object",
        "required": ["facets", "more", "counting"],
        "properties": {
            "facets": {
                "type": "object",
                "properties": dict.fromkeys(FACETS, values),
                "additionalProperties": False,
            },
            "more": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The facets that have further values.",
            },
            "read_as": READ_AS,
            **OF_A_MOMENT,
            "counting": {"type": "object", "description": "How it was counted."},
        },
    }


def _problem_schema() -> Schema:
    fault = {
        "type": "object",
        "required": ["field", "code", "detail"],
        "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
    }
    return {
        "type": "object",
        "description": "RFC 9457. `type` is stable; `errors` names each field at fault.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "request_id": {"type": ["string", "null"]},
            "errors": {"type": "array", "items": fault},
        },
    }


def _forms() -> Schema:
    forms: Schema = {}
    for model in (IncidentForm, FiledReport, SourceForm, LinkForm, PartnerForm, KeyForm):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        forms |= schema.pop("$defs", {})
        forms[model.__name__] = schema
    described = {kind: {field.name: field.description for field in CATALOGUE[kind]} for kind in CATALOGUE}
    for kind, model in (
        (Kind.incident, IncidentForm),
        (Kind.report, FiledReport),
        (Kind.source, SourceForm),
        (Kind.partner, PartnerForm),
    ):
        form = forms[model.__name__]
        for name, schema in form["properties"].items():
            schema.setdefault("description", described[kind].get(name, ""))
        # A merge patch: nothing is required, and null clears.
        own = {n: s for n, s in form["properties"].items() if n not in ("source", "incidents")}
        forms[f"{NAMES[kind]}Patch"] = {
            "type": "object",
            "properties": {n: _nullable(s) for n, s in own.items()},
            "additionalProperties": False,
        }
    return forms


def _nullable(schema: Schema) -> Schema:
    return schema if {"type": "null"} in schema.get("anyOf", ()) else {"anyOf": [schema, {"type": "null"}]}

"""The head of the history and explanations of totals, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from app.domain.contributions import Also, Category
from app.domain.figures import METRICS
from app.domain.vocabulary import ClaimUse, Metric
from app.http.citing import moment_parameters
from app.http.explaining import parameters
from app.http.filters import filters_of
from app.http.operations import IF_NONE_MATCH, READING, in_path, in_query, operation, responses_of
from app.http.pages.forms import Form
from app.http.schemas import OF_A_MOMENT, READ_AS, Schema, ref
from app.http.values import Parameter
from app.query.fields import Kind
from app.settings import Settings
from app.storage.explaining.details import ENDS, SHOWN
from app.storage.explaining.explanation import MOST_PARTS


def schemas(others: Schema) -> Schema:
    """Theirs, of which some rest on `others`."""
    return {
        "HistoryHead": _history_head(),
        "ExplainedTotal": _explained_total(others["Totals"]),
        "Contribution": _contribution(others["Incident"]),
        "History": _history(others["Claim"]),
        "ExplainedIncident": _explained_incident(others["Incident"], others["LinkedReport"], others["Claim"]),
    }


def explained_total() -> dict[str, Any]:
    limits = Settings().limits
    own = parameters(limits.page_default, limits.page_maximum)
    responses = responses_of(
        {
            200: ("The total, and what it is made of.", ref("ExplainedTotal")),
            304: ("Nothing has changed.", None),
        },
        READING,
    )
    responses[200]["content"]["text/html"] = {"schema": {"type": "string"}}
    return operation(
        "What a total is made of: each incident, what it counts for, and why",
        "explain_total",
        responses,
        parameters=[*in_query([*filters_of(Kind.incident).values(), *own]), IF_NONE_MATCH],
        public=True,
    )


def explained_incident() -> dict[str, Any]:
    form = {
        "name": "f",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": [form.value for form in Form]},
        "description": "`html` is a page to be read and printed; without `f`, what Accept likes better, else json.",
    }
    responses = responses_of(
        {
            200: ("The figures, and every claim with what became of it.", ref("ExplainedIncident")),
            304: ("Nothing has changed.", None),
        },
        (*READING, 404, 410),
    )
    responses[200]["content"]["text/html"] = {"schema": {"type": "string"}}
    return operation(
        "Why an incident carries its figures: who says what, and what became of it",
        "explain_incident",
        responses,
        parameters=[
            in_path(Kind.incident),
            *in_query([*moment_parameters(Kind.incident)]),
            form,
            IF_NONE_MATCH,
        ],
        public=True,
    )


def history_of(kind: Kind, usual: int, most: int) -> dict[str, Any]:
    page = [
        Parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": most, "default": usual},
            "Versions in a page, the newest first.",
        ),
        Parameter("cursor", {"type": "string"}, "Where to go on: follow `next`."),
    ]
    return operation(
        f"What was changed of {'an' if kind is Kind.incident else 'a'} {kind}, when, by which organisation, and why",
        f"history_of_{kind}",
        responses_of(
            {200: ("Its versions.", ref("History")), 304: ("Nothing has changed.", None)}, (*READING, 404)
        ),
        parameters=[in_path(kind), *in_query(page), IF_NONE_MATCH],
        public=True,
    )


def history_head() -> dict[str, Any]:
    at = {
        "name": "at",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999, "example": 0},
        "description": "The head as it was after this change, to be compared with one that was noted then; 404 where it lies ahead.",
    }
    verify = {
        "name": "verify",
        "in": "query",
        "required": False,
        "schema": {"type": "boolean", "default": False},
        "description": "Recomputes the whole history, and names the first change that does not hold. For editors; it takes its time.",
    }
    return operation(
        "The end of the history, to be kept where nobody can change it",
        "history_head",
        responses_of(
            {200: ("The head.", ref("HistoryHead")), 304: ("Nothing has changed.", None)},
            (400, 401, 403, 404, 503),
        ),
        parameters=[at, verify, IF_NONE_MATCH],
        public=True,
    )


def _explained_total(totals: Schema) -> Schema:
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    return {
        "type": "object",
        "required": [
            "metric",
            "total",
            "counting",
            "categories",
            "also",
            "items",
            "next",
            "revision",
            "head",
        ],
        "properties": {
            "metric": {"type": "string", "enum": list(METRICS)},
            "total": {
                **totals["properties"]["items"]["items"],
                "description": "As `/v1/totals` tells it, ungrouped.",
            },
            "counting": {
                "type": "object",
                "description": "How it was counted; `in_words` for people.",
                "properties": {"in_words": {"type": "array", "items": {"type": "string"}}},
            },
            "categories": {
                **counts,
                "description": f"How many incidents of the whole list stand how, each in one of: {', '.join(Category)}.",
            },
            "also": {
                **counts,
                "description": f"Of how many that are counted it is so, besides: {', '.join(Also)}.",
            },
            "items": {"type": "array", "items": ref("Contribution")},
            "next": {
                "type": ["string", "null"],
                "description": "Where the next page is; null on the last one.",
            },
            "revision": {"type": "integer", "description": "The change as of which this is so."},
            "head": {"type": "string", "description": "The head of the history then."},
            "read_as": READ_AS,
            **OF_A_MOMENT,
        },
        "additionalProperties": False,
    }


def _contribution(incident: Schema) -> Schema:
    """Of the metric that was asked for, one incident's figure and what it counts for."""
    number = {"type": ["integer", "null"]}
    shown = {name: incident["properties"][name] for name in SHOWN}
    own = {f"{metric}_{end}": number for metric in METRICS for end in ENDS}
    part = {
        "type": "object",
        "required": ["id", "title"],
        "properties": {
            "id": {"type": "string"},
            "title": {"type": ["string", "null"]},
            **{f"accounts_for_{end}": number for end in ENDS},
        },
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "required": ["id", "category", "also", "why", "parts", "parts_count", "contained_in"],
        "properties": {
            **shown,
            **own,
            **{f"counts_{end}": {**number, "description": "What it adds; null: nothing."} for end in ENDS},
            "category": {"type": "string", "enum": [category.value for category in Category]},
            "also": {"type": "array", "items": {"type": "string", "enum": [word.value for word in Also]}},
            "why": {"type": "string"},
            "parts": {
                "type": "array",
                "items": part,
                "description": f"Its parts in the list, those that account for most first, {MOST_PARTS} at most.",
            },
            "parts_count": {"type": "integer"},
            "contained_in": {
                "type": ["string", "null"],
                "description": "The incident of the list that it is part of.",
            },
        },
        "additionalProperties": False,
    }


def _history(claim: Schema) -> Schema:
    text, anything = {"type": ["string", "null"]}, {"description": "As the record has it; null: not stated."}
    step = {"seq": {"type": "integer"}, "action": {"type": "string"}, "reason": text}
    gone = {
        "type": "boolean",
        "description": "True where a value was redacted: null, or the word `redacted`, stands in its place.",
    }
    change = {"field": {"type": "string"}, "before": anything, "after": anything, "redacted": gone}
    names = {**_listed({"type": "string"}), "description": "Of which the words were redacted."}
    claims = {name: schema for name, schema in claim["properties"].items() if not name.endswith("_id")}
    claims["redacted"] = names
    report = {
        "report_id": {"type": "string"},
        "linked": {"type": "boolean", "description": "False: the link was ended, and its claims with it."},
        "link_role": text,
        "date_wording": text,
        "note": text,
        "claims": _listed({**_object(claims), "required": ["id"]}),
        "redacted": names,
    }
    item = {
        "seq": {"type": "integer", "description": "The change that made this version; `as_of` takes it."},
        "at": {"type": "string", "format": "date-time"},
        "version": {"type": "integer"},
        "partner": {"type": "string", "description": "The organisation that did it."},
        "key": {
            "type": ["string", "null"],
            "description": "By which of its keys, for its own editors; null: on the command line.",
        },
        "steps": {
            **_listed(_object(step)),
            "description": "What was done, in order: mostly one thing. Without those of before the record came into your sight.",
        },
        "changes": {
            **_listed(_object(change, ("field", "before", "after"))),
            "description": "Field by field, as you may see it; of the first version that you may see, all of it.",
        },
        "reports": {
            **_listed({**_object(report), "required": ["report_id", "linked"]}),
            "description": "Of incidents: links that were made, replaced or ended, with their claims.",
        },
    }
    required = tuple(name for name in item if name not in ("key", "reports"))
    page = {
        "items": _listed(_object(item, required)),
        "next": {**text, "description": "Where older versions are."},
    }
    return _object(page)


def _explained_incident(incident: Schema, report: Schema, claim: Schema) -> Schema:
    own, text, number = incident["properties"], {"type": ["string", "null"]}, {"type": ["integer", "null"]}
    decided = dict.fromkeys(("at", "partner", "action", "reason", "key"), text) | {"seq": {"type": "integer"}}
    figure = {
        "metric": {"type": "string", "enum": list(METRICS)},
        **dict.fromkeys(ENDS, number),
        "in_words": {"type": "string"},
        "decided": {
            "type": ["object", "null"],
            "properties": decided,
            "additionalProperties": False,
            "description": "The change that last said something of the figure or of its rule; `key` for its organisation's editors.",
        },
    }
    use = {
        "metric": {"type": "string", "enum": [*Metric, *METRICS[2:]]},
        "use": {"type": "string", "enum": [word.value for word in ClaimUse]},
        "by": {**text, "description": "The report that takes its place."},
        "gives": {"type": "array", "items": {"type": "string", "enum": list(ENDS)}},
        "because": {"type": "string"},
    }
    shown = ("id", "title", "date_published", "language", "url", "link_role", "workflow", "source_id", "source_name", "source_type", "derived_from", "same_origin_as")  # fmt: skip
    told_report = {name: report["properties"][name] for name in shown} | {
        "scale": text,
        "reliability": text,
        "origin": {
            **number,
            "description": "Reports of one number are not independent of each other; null: it does not count.",
        },
    }
    told_claim = claim["properties"] | {"in_words": {"type": "string"}, "uses": _listed(_object(use))}
    names = (
        "id",
        "title",
        "version",
        "assessment_rule",
        "assessment_reason",
        "wording_rule",
        "verification_status",
    )
    members = {name: own[name] for name in names} | {
        "rule_in_words": {"type": "string"},
        "figures": _listed(_object(figure)),
        "follows": {
            "type": ["boolean", "null"],
            "description": "Whether the figures follow from what is shown: false where they rest on what you may not read; null where an editor set them.",
        },
        "independent_origins": {"type": "integer"},
        "reports": _listed(_object(told_report)),
        "claims": _listed(_object(told_claim)),
        "whole": {
            "type": "boolean",
            "description": "False where there are more reports or claims than an answer takes.",
        },
        "revision": {"type": "integer", "description": "The change as of which this is so."},
        "head": {"type": "string", "description": "The head of the history then."},
    }
    for_editors = {name: own[name] for name in ("proposed_status", "spread")}
    return _object(members | for_editors | OF_A_MOMENT, tuple(members))


def _object(properties: Schema, required: tuple[str, ...] | None = None) -> Schema:
    names = [name for name in properties if name != "key"] if required is None else list(required)
    return {"type": "object", "required": names, "properties": properties, "additionalProperties": False}


def _listed(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _history_head() -> Schema:
    digest = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return {
        "type": "object",
        "required": ["seq", "at", "hash", "head"],
        "properties": {
            "seq": {
                "type": "integer",
                "description": "How many changes there are, or the one that was asked for.",
            },
            "at": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "When it was made; null before the first.",
            },
            "hash": {
                **digest,
                "description": "SHA-256 of the hash with which that change is sealed: it binds all up to it.",
            },
            "head": {"type": "string", "description": "Both, as `incidents verify --against` takes them."},
            "verified": {"type": "boolean", "description": "With `verify=true`: whether all holds."},
            "changes": {
                "type": "integer",
                "description": "With `verify=true`, where all holds: how many changes were recomputed.",
            },
            "first_break": {
                "type": "object",
                "required": ["seq", "what"],
                "properties": {"seq": {"type": ["integer", "null"]}, "what": {"type": "string"}},
                "description": "The first place at which the history does not hold.",
            },
        },
        "additionalProperties": False,
    }

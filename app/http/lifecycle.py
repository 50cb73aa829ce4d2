"""How the OpenAPI document tells of an incident's transitions."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.domain.transitions import DisputeForm, DistinguishForm, MergeForm, PublishForm, ReasonForm, SplitForm
from app.http.operations import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    PROBLEM,
    WRITING,
    as_json,
    in_path,
    operation,
    responses_of,
)
from app.http.schemas import Schema, ref
from app.query.fields import Kind

FORMS = (ReasonForm, PublishForm, MergeForm, DistinguishForm, DisputeForm, SplitForm)
MERGED: Schema = {
    "type": "object",
    "required": ["id", "version"],
    "properties": {"id": {"type": "string"}, "version": {"type": "integer"}},
    "description": "The incident that leads here from now on; `If-Match` takes its version to undo the merge.",
}
DISPUTE: Schema = {
    "type": "object",
    "required": ["report_id"],
    "properties": {"report_id": {"type": "string"}},
    "description": "The report that says so: amended, published and withdrawn as any other.",
}
SPLIT: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "description": "The new incidents, in the order in which they were told of.",
}
NOT_RESTORED: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["what", "id", "why"],
        "properties": {name: {"type": "string"} for name in ("what", "id", "why")},
    },
    "description": "What is not as it was before the merge, because it was changed since.",
}
_REASON = {"reason": "What the second source says is of another day."}


def transition(
    name: str, summary: str, form: type[BaseModel], example: object = None, answer: str = "IncidentWritten"
) -> dict[str, Any]:
    """`form`: what the body says; without a field that has to be there, no body is needed either."""
    responses = responses_of(
        {200: ("The incident as it is now.", ref(answer))}, (*WRITING, 404, 410, 412, 428)
    )
    responses[409] = {
        "description": "Not in a state for this: `state` is the one that it is in, `possible` what can be done to it.",
        "content": {PROBLEM: {"schema": ref("StateProblem")}},
    }
    told = operation(
        summary,
        f"{name}_incident",
        responses,
        parameters=[in_path(Kind.incident), IF_MATCH, IDEMPOTENCY_KEY],
        body=as_json(ref(form.__name__), example or _REASON),
    )
    if not any(field.is_required() for field in form.model_fields.values()):
        told["openapi_extra"]["requestBody"]["required"] = False
    return told


def schemas(components: Schema) -> Schema:
    problem = components["Problem"]
    of_state = {
        "state": {"type": "string", "description": "The state of the incident, where it does not fit."},
        "possible": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What can be done to an incident in this state, by those who may.",
        },
    }
    found: Schema = {
        "StateProblem": {**problem, "properties": problem["properties"] | of_state},
        "IncidentMerged": _answer(components, "merged", MERGED),
        "IncidentDisputed": _answer(components, "dispute", DISPUTE),
        "IncidentSplit": _answer(components, "split", SPLIT),
        "IncidentUnmerged": _answer(components, "not_restored", NOT_RESTORED),
    }
    for form in FORMS:
        schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, described in schema.pop("$defs", {}).items():
            if name not in components:
                found[name] = described
        found[form.__name__] = schema
    found["SplitPart"]["properties"]["incident"] = ref("IncidentPatch")
    return found


def _answer(components: Schema, name: str, schema: Schema) -> Schema:
    """What a write answers, with one more member."""
    written = components["IncidentWritten"]
    return {
        **written,
        "required": [*written["required"], name],
        "properties": written["properties"] | {name: schema},
    }

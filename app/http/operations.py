"""What operations of the OpenAPI document are made of: parameters, answers, problems."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from app.http.schemas import Schema, ref
from app.http.values import Parameter
from app.query.fields import Kind

PROBLEM = "application/problem+json"
ID_EXAMPLES = {
    Kind.incident: "inc_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.report: "rep_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.source: "src_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.partner: "par_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.key: "key_01je7pysj4ez3v6p9b7q2v5w8x",
}

PROBLEMS = {
    400: "A parameter or the body cannot be read.",
    401: "The key is missing, unknown, expired or revoked.",
    403: "Seen, but not this key's to do.",
    404: "Not there, or not for the caller to know of.",
    409: "Collides with what is stored.",
    410: "Deleted; says when, why and what replaces it.",
    412: "The record has changed since it was read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The body's values are not valid; each field at fault is named.",
    428: "If-Match is required.",
    503: "The database cannot serve now; Retry-After says when to try again.",
}
READING = (400, 401, 503)
WRITING = (400, 401, 403, 409, 413, 415, 422, 503)


def responses_of(good: dict[int, tuple[str, Schema | None]], bad: tuple[int, ...]) -> dict[int | str, Schema]:
    told: dict[int | str, Schema] = {}
    for status, (description, schema) in good.items():
        told[status] = {"description": description}
        if schema is not None:
            told[status]["content"] = {"application/json": {"schema": schema}}
    for status in bad:
        told[status] = {"description": PROBLEMS[status], "content": {PROBLEM: {"schema": ref("Problem")}}}
        if status == 503:
            told[status]["headers"] = {
                "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}
            }
    return told


def in_query(parameters: list[Parameter]) -> list[Schema]:
    return [
        {"name": p.name, "in": "query", "required": False, "description": p.description, "schema": p.schema}
        for p in parameters
    ]


def in_path(kind: Kind, name: str = "id") -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "example": ID_EXAMPLES[kind]},
        "description": f"The {kind}'s id.",
    }


def in_header(name: str, description: str, *, required: bool = False, schema: Schema | None = None) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema or {"type": "string"},
    }


IF_MATCH = in_header(
    "If-Match",
    'The ETag or version that was read, for example "3"; `*` takes any.',
    required=True,
    schema={"type": "string", "example": '"1"'},
)
IF_NONE_MATCH = in_header("If-None-Match", "The ETag that the caller holds: 304 where nothing has changed.")
IDEMPOTENCY_KEY = in_header(
    "Idempotency-Key",
    "1 to 200 visible ASCII characters; the request is done once however often it is sent.",
    schema={"type": "string", "pattern": "^[!-~]{1,200}$"},
)
REASON = {
    "name": "reason",
    "in": "query",
    "required": True,
    "description": "Why; kept for ever, and told to readers.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 500},
}
REPLACED_BY = {
    "name": "replaced_by",
    "in": "query",
    "required": False,
    "description": "The record that takes its place.",
    "schema": {"type": "string"},
}


def operation(
    summary: str,
    name: str,
    responses: dict[int | str, Schema],
    *,
    status: int = 200,
    parameters: list[Schema] | None = None,
    body: Schema | None = None,
    public: bool = False,
) -> dict[str, Any]:
    """Keyword arguments of a FastAPI route."""
    extra: Schema = {"security": [{}, {"key": []}] if public else [{"key": []}]}
    if parameters:
        extra["parameters"] = parameters
    if body is not None:
        extra["requestBody"] = {"required": True, "content": body}
    return {
        "summary": summary,
        "operation_id": name,
        "response_class": Response,
        "response_model": None,
        "status_code": status,
        "responses": responses,
        "openapi_extra": extra,
    }


def as_json(schema: Schema, example: object = None) -> Schema:
    return {"application/json": {"schema": schema, **({"example": example} if example is not None else {})}}

"""The OpenAPI document: operations described from the catalogue and the forms, so that neither can drift from the code."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.domain.example import aleppo_report
from app.domain.inputs import LinkForm
from app.http.filters import filters_of
from app.http.params import paging_of
from app.http.schemas import NAMES, Schema, components, ref
from app.http.values import Parameter
from app.query.fields import INCLUDES, Kind
from app.settings import Settings

PROBLEM = "application/problem+json"
ID_EXAMPLES = {
    Kind.incident: "inc_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.report: "rep_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.source: "src_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.partner: "par_01je7pysj4ez3v6p9b7q2v5w8x",
    Kind.key: "key_01je7pysj4ez3v6p9b7q2v5w8x",
}

_PROBLEMS = {
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


def _responses(good: dict[int, tuple[str, Schema | None]], bad: tuple[int, ...]) -> dict[int | str, Schema]:
    told: dict[int | str, Schema] = {}
    for status, (description, schema) in good.items():
        told[status] = {"description": description}
        if schema is not None:
            told[status]["content"] = {"application/json": {"schema": schema}}
    for status in bad:
        told[status] = {"description": _PROBLEMS[status], "content": {PROBLEM: {"schema": ref("Problem")}}}
        if status == 503:
            told[status]["headers"] = {
                "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}
            }
    return told


def _query(parameters: list[Parameter]) -> list[Schema]:
    return [
        {"name": p.name, "in": "query", "required": False, "description": p.description, "schema": p.schema}
        for p in parameters
    ]


def _path(kind: Kind, name: str = "id") -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "example": ID_EXAMPLES[kind]},
        "description": f"The {kind}'s id.",
    }


def _header(name: str, description: str, *, required: bool = False, schema: Schema | None = None) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema or {"type": "string"},
    }


IF_MATCH = _header(
    "If-Match",
    'The ETag or version that was read, for example "3"; `*` takes any.',
    required=True,
    schema={"type": "string", "example": '"1"'},
)
IF_NONE_MATCH = _header("If-None-Match", "The ETag that the caller holds: 304 where nothing has changed.")
IDEMPOTENCY_KEY = _header(
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


def _operation(
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


def _json(schema: Schema, example: object = None) -> Schema:
    return {"application/json": {"schema": schema, **({"example": example} if example is not None else {})}}


EXAMPLES: dict[Kind, object] = {
    Kind.incident: {
        "title": "Missile near the council buildings",
        "date_start": "2016-12-06",
        "country": "SYR",
        "admin1": "Aleppo",
        "place": "Aghir",
        "event_type": "shelling_artillery_missile",
        "external_id": "example-1",
    },
    Kind.report: aleppo_report(),
    Kind.source: {"name": "An outlet", "source_type": "local_media", "scale": "local", "reliability": "C"},
    Kind.partner: {"slug": "example-org", "name": "An example organisation"},
}
PATCHES: dict[Kind, object] = {
    Kind.incident: {"verification_status": "pending"},
    Kind.report: {"language": "en"},
    Kind.source: {"scale": "national"},
    Kind.partner: {"name": "Another name"},
}


class RecordOperations:
    """The five operations on a kind of record."""

    def __init__(self, kind: Kind, form: type[BaseModel] | None) -> None:
        self.kind = kind
        self.form = form
        self.name = NAMES[kind]

    def list(self) -> dict[str, Any]:
        parameters = [*filters_of(self.kind).values(), *paging_of(self.kind, Settings())]
        return _operation(
            f"List {self.kind}s",
            f"list_{self.kind}s",
            _responses(
                {
                    200: (f"A page of {self.kind}s.", ref(f"{self.name}List")),
                    304: ("Nothing has changed.", None),
                },
                READING,
            ),
            parameters=[*_query(parameters), IF_NONE_MATCH],
            public=True,
        )

    def one(self) -> dict[str, Any]:
        names = ("fields", "include") if INCLUDES.get(self.kind) else ("fields",)
        parameters = [p for p in paging_of(self.kind, Settings()) if p.name in names]
        return _operation(
            f"One {self.kind}",
            f"get_{self.kind}",
            _responses(
                {200: (f"The {self.kind}.", ref(self.name)), 304: ("Nothing has changed.", None)},
                (*READING, 404, 410),
            ),
            parameters=[_path(self.kind), *_query(parameters), IF_NONE_MATCH],
            public=True,
        )

    def post(self) -> dict[str, Any]:
        assert self.form is not None
        return _operation(
            f"Record a {self.kind}"
            if self.kind is not Kind.report
            else "File a report, with its source, incidents and claims",
            f"create_{self.kind}",
            _responses(
                {
                    201: ("Created.", ref(f"{self.name}Written")),
                    200: ("Sent before: updated or unchanged.", ref(f"{self.name}Written")),
                },
                WRITING,
            ),
            status=201,
            parameters=[IDEMPOTENCY_KEY],
            body=_json(ref(self.form.__name__), EXAMPLES[self.kind]),
        )

    def patch(self) -> dict[str, Any]:
        return _operation(
            f"Amend a {self.kind} (RFC 7396 merge patch: absent keeps, null clears)",
            f"amend_{self.kind}",
            _responses(
                {200: ("Amended, or unchanged.", ref(f"{self.name}Written"))}, (*WRITING, 404, 410, 412, 428)
            ),
            parameters=[_path(self.kind), IF_MATCH, IDEMPOTENCY_KEY],
            body={
                kind: {"schema": ref(f"{self.name}Patch"), "example": PATCHES[self.kind]}
                for kind in ("application/merge-patch+json", "application/json")
            },
        )

    def delete(self) -> dict[str, Any]:
        parameters = [_path(self.kind), IF_MATCH, REASON, IDEMPOTENCY_KEY]
        if self.kind not in (Kind.partner, Kind.key):
            parameters.insert(3, REPLACED_BY)
        return _operation(
            f"Revoke a {self.kind}"
            if self.kind is Kind.key
            else f"Delete a {self.kind}: a tombstone with a reason",
            f"delete_{self.kind}",
            _responses({200: ("Done.", ref("Removed"))}, (400, 401, 403, 404, 409, 410, 412, 428, 503, 422)),
            parameters=parameters,
        )


def claims_of_incident() -> dict[str, Any]:
    return _operation(
        "The claims of an incident, each in the words of its report",
        "list_claims",
        _responses(
            {200: ("The claims that you may see.", ref("ClaimList")), 304: ("Nothing has changed.", None)},
            (*READING, 404, 410),
        ),
        parameters=[_path(Kind.incident), IF_NONE_MATCH],
        public=True,
    )


LINK_EXAMPLE = {"role": "describes", "claims": [{"metric": "killed", "wording": "several killed"}]}


def link() -> dict[str, Any]:
    return _operation(
        "Link a report to an incident, with what it claims; a second PUT replaces the link",
        "link_report",
        _responses(
            {200: ("Linked before.", ref("IncidentWritten")), 201: ("Linked.", ref("IncidentWritten"))},
            (*WRITING, 404, 410),
        ),
        status=201,
        parameters=[_path(Kind.incident), _path(Kind.report, "report_id"), IDEMPOTENCY_KEY],
        body=_json(ref(LinkForm.__name__), LINK_EXAMPLE),
    )


def unlink() -> dict[str, Any]:
    return _operation(
        "End a link and its claims; the history keeps them",
        "unlink_report",
        _responses(
            {200: ("The incident as it is now.", ref("IncidentWritten"))}, (400, 401, 403, 404, 410, 503, 422)
        ),
        parameters=[_path(Kind.incident), _path(Kind.report, "report_id"), REASON, IDEMPOTENCY_KEY],
    )


def issue_key(form: type[BaseModel]) -> dict[str, Any]:
    return _operation(
        "Issue a key; the answer shows it once",
        "issue_key",
        _responses({201: ("Issued.", ref("KeyIssued"))}, WRITING),
        status=201,
        parameters=[IDEMPOTENCY_KEY],
        body=_json(
            ref(form.__name__), {"partner": "local", "role": "contributor", "label": "The newsroom's desk"}
        ),
    )


def rotate_key() -> dict[str, Any]:
    return _operation(
        "Replace a key by a new one; the old one stops working at once",
        "rotate_key",
        _responses({201: ("Issued.", ref("KeyIssued"))}, (400, 401, 403, 404, 409, 410, 422, 503)),
        status=201,
        parameters=[_path(Kind.key), IDEMPOTENCY_KEY],
    )


def totals() -> dict[str, Any]:
    return _operation(
        "The total of any list of incidents, nobody counted twice",
        "total",
        _responses(
            {200: ("The total, and how it was counted.", ref("Totals")), 304: ("Nothing has changed.", None)},
            READING,
        ),
        parameters=[*_query(list(filters_of(Kind.incident).values())), IF_NONE_MATCH],
        public=True,
    )


def fields() -> dict[str, Any]:
    kind = {
        "name": "kind",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(Kind)},
        "description": "Only this kind of record.",
    }
    items = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": {"type": "object"}}, "next": {"type": "null"}},
    }
    return _operation(
        "The fields that you may ask for and read",
        "list_fields",
        _responses({200: ("The catalogue.", items)}, READING),
        parameters=[kind],
        public=True,
    )


def health(summary: str) -> dict[str, Any]:
    return _operation(
        summary,
        summary.split()[1].rstrip(",") + "_answers",
        _responses({200: ("Well.", {"type": "object"})}, (400, 401, 503)),
        public=True,
    )


def start() -> dict[str, Any]:
    return _operation(
        "Where to begin", "start", _responses({200: ("Links.", {"type": "object"})}, (400, 401)), public=True
    )


DESCRIPTION = """Who was killed and wounded, where, when, and who says so.

Reading needs no key; what a key may see beyond the public is part of what it was issued for. Writing needs a key:
`Authorization: Bearer irk_…`. Null is not zero: null means not stated. Every figure is low, best, high.
Errors are `application/problem+json`."""


def install(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=DESCRIPTION,
                routes=app.routes,
                license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            )
            schema["components"] = {
                "schemas": components(),
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "description": "An API key, irk_…"}
                },
            }
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]

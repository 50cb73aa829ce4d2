"""The OpenAPI document: operations described from the catalogue and the forms, so that neither can drift from the code."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.routing import Route, request_response

from app.domain.example import aleppo_report
from app.domain.inputs import LinkForm
from app.http import explained, groupings, lifecycle, pairs, redacted
from app.http.as_of import NAME as AS_OF
from app.http.citing import CITATION, CITE, moment_names, moment_parameters
from app.http.coding import IDENTITY, VARY, chosen, compressed, headers_in, taken_by
from app.http.feed import described as feed
from app.http.filters import filters_of
from app.http.formats import contents
from app.http.operations import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    READING,
    REASON,
    REPLACED_BY,
    WRITING,
    as_json,
    in_path,
    in_query,
    operation,
    responses_of,
)
from app.http.params import paging_of
from app.http.respond import JSON, constant
from app.http.schemas import NAMES, components, ref
from app.query.fields import INCLUDES, Kind
from app.settings import Settings

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

    @property
    def a_kind(self) -> str:
        return f"{'an' if self.kind is Kind.incident else 'a'} {self.kind}"

    def list(self) -> dict[str, Any]:
        parameters = [*filters_of(self.kind).values(), *paging_of(self.kind, Settings())]
        page = (f"A page of {self.kind}s.", ref(f"{self.name}List"))
        responses = responses_of({200: page, 304: ("Nothing has changed.", None)}, READING)
        responses[200]["content"] |= contents(self.kind)
        return operation(
            f"List {self.kind}s",
            f"list_{self.kind}s",
            responses,
            parameters=[*in_query(parameters), IF_NONE_MATCH],
            public=True,
        )

    def search(self) -> dict[str, Any]:
        described = {
            parameter.name: {**parameter.schema, "description": parameter.description}
            for parameter in (*filters_of(self.kind).values(), *paging_of(self.kind, Settings()))
            if parameter.name not in ("cursor", CITE, CITATION)
        }
        described["filter"] = {
            "type": ["string", "object"],
            "description": described["filter"]["description"],
        }
        page = (f"A page of {self.kind}s.", ref(f"{self.name}List"))
        responses = responses_of({200: page, 304: ("Nothing has changed.", None)}, (*READING, 413, 415, 422))
        responses[200]["content"] |= contents(self.kind)
        cursor = [p for p in paging_of(self.kind, Settings()) if p.name in ("cursor", AS_OF)]
        return operation(
            f"List {self.kind}s, the question in a body",
            f"search_{self.kind}s",
            responses,
            parameters=in_query(cursor),
            body=as_json(
                {"type": "object", "properties": described, "additionalProperties": False},
                {"filter": {"op": "isNull", "args": [{"property": "external_id"}]}, "limit": 10},
            ),
            public=True,
        )

    def one(self) -> dict[str, Any]:
        lists = ("include",) if INCLUDES.get(self.kind) else ()
        names = ("fields", *lists, *moment_names(self.kind))
        parameters = [p for p in paging_of(self.kind, Settings()) if p.name in names]
        return operation(
            f"One {self.kind}",
            f"get_{self.kind}",
            responses_of(
                {200: (f"The {self.kind}.", ref(self.name)), 304: ("Nothing has changed.", None)},
                (*READING, 404, 410),
            ),
            parameters=[in_path(self.kind), *in_query(parameters), IF_NONE_MATCH],
            public=True,
        )

    def post(self) -> dict[str, Any]:
        assert self.form is not None
        return operation(
            f"Record {self.a_kind}"
            if self.kind is not Kind.report
            else "File a report, with its source, incidents and claims",
            f"create_{self.kind}",
            responses_of(
                {
                    201: ("Created.", ref(f"{self.name}Written")),
                    200: ("Sent before: updated or unchanged.", ref(f"{self.name}Written")),
                },
                WRITING,
            ),
            status=201,
            parameters=[IDEMPOTENCY_KEY],
            body=as_json(ref(self.form.__name__), EXAMPLES[self.kind]),
        )

    def patch(self) -> dict[str, Any]:
        return operation(
            f"Amend {self.a_kind} (RFC 7396 merge patch: absent keeps, null clears)",
            f"amend_{self.kind}",
            responses_of(
                {200: ("Amended, or unchanged.", ref(f"{self.name}Written"))}, (*WRITING, 404, 410, 412, 428)
            ),
            parameters=[in_path(self.kind), IF_MATCH, IDEMPOTENCY_KEY],
            body={
                kind: {"schema": ref(f"{self.name}Patch"), "example": PATCHES[self.kind]}
                for kind in ("application/merge-patch+json", "application/json")
            },
        )

    def delete(self) -> dict[str, Any]:
        parameters = [in_path(self.kind), IF_MATCH, REASON, IDEMPOTENCY_KEY]
        if self.kind not in (Kind.partner, Kind.key):
            parameters.insert(3, REPLACED_BY)
        return operation(
            f"Revoke {self.a_kind}"
            if self.kind is Kind.key
            else f"Delete {self.a_kind}: a tombstone with a reason",
            f"delete_{self.kind}",
            responses_of(
                {200: ("Done.", ref("Removed"))}, (400, 401, 403, 404, 409, 410, 412, 428, 503, 422)
            ),
            parameters=parameters,
        )


def claims_of_incident() -> dict[str, Any]:
    return operation(
        "The claims of an incident, each in the words of its report",
        "list_claims",
        responses_of(
            {200: ("The claims that you may see.", ref("ClaimList")), 304: ("Nothing has changed.", None)},
            (*READING, 404, 410),
        ),
        parameters=[in_path(Kind.incident), *in_query([*moment_parameters(Kind.incident)]), IF_NONE_MATCH],
        public=True,
    )


LINK_EXAMPLE = {"role": "describes", "claims": [{"metric": "killed", "wording": "several killed"}]}


def link() -> dict[str, Any]:
    return operation(
        "Link a report to an incident, with what it claims; a second PUT replaces the link",
        "link_report",
        responses_of(
            {200: ("Linked before.", ref("IncidentWritten")), 201: ("Linked.", ref("IncidentWritten"))},
            (*WRITING, 404, 410),
        ),
        status=201,
        parameters=[in_path(Kind.incident), in_path(Kind.report, "report_id"), IDEMPOTENCY_KEY],
        body=as_json(ref(LinkForm.__name__), LINK_EXAMPLE),
    )


def unlink() -> dict[str, Any]:
    return operation(
        "End a link and its claims; the history keeps them",
        "unlink_report",
        responses_of(
            {200: ("The incident as it is now.", ref("IncidentWritten"))}, (400, 401, 403, 404, 410, 503, 422)
        ),
        parameters=[in_path(Kind.incident), in_path(Kind.report, "report_id"), REASON, IDEMPOTENCY_KEY],
    )


def issue_key(form: type[BaseModel]) -> dict[str, Any]:
    return operation(
        "Issue a key; the answer shows it once",
        "issue_key",
        responses_of({201: ("Issued.", ref("KeyIssued"))}, WRITING),
        status=201,
        parameters=[IDEMPOTENCY_KEY],
        body=as_json(
            ref(form.__name__), {"partner": "local", "role": "contributor", "label": "The newsroom's desk"}
        ),
    )


def rotate_key() -> dict[str, Any]:
    return operation(
        "Replace a key by a new one; the old one stops working at once",
        "rotate_key",
        responses_of({201: ("Issued.", ref("KeyIssued"))}, (400, 401, 403, 404, 409, 410, 422, 503)),
        status=201,
        parameters=[in_path(Kind.key), IDEMPOTENCY_KEY],
    )


def totals() -> dict[str, Any]:
    parameters = [
        *filters_of(Kind.incident).values(),
        *groupings.PARAMETERS,
        *moment_parameters(Kind.incident),
    ]
    return operation(
        "The total of any list of incidents, or of each group of them, nobody counted twice",
        "total",
        responses_of(
            {
                200: ("The totals, and how they were counted.", ref("Totals")),
                304: ("Nothing has changed.", None),
            },
            READING,
        ),
        parameters=[*in_query(parameters), IF_NONE_MATCH],
        public=True,
    )


def facets() -> dict[str, Any]:
    chosen = filters_of(Kind.incident).values()
    parameters = [groupings.FACETS_PARAMETER, *chosen, *moment_parameters(Kind.incident)]
    return operation(
        "How many incidents of a list have which value",
        "count_facets",
        responses_of({200: ("The facets.", ref("Facets")), 304: ("Nothing has changed.", None)}, READING),
        parameters=[*in_query(parameters), IF_NONE_MATCH],
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
    return operation(
        "The fields that you may ask for and read",
        "list_fields",
        responses_of({200: ("The catalogue.", items), 304: ("Nothing has changed.", None)}, READING),
        parameters=[kind, IF_NONE_MATCH],
        public=True,
    )


def health(summary: str) -> dict[str, Any]:
    return operation(
        summary,
        summary.split()[1].rstrip(",") + "_answers",
        responses_of({200: ("Well.", {"type": "object"})}, (400, 401, 503)),
        public=True,
    )


def start() -> dict[str, Any]:
    return operation(
        "Where to begin",
        "start",
        responses_of({200: ("Links.", {"type": "object"})}, (400, 401)),
        public=True,
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
            schemas = components()
            schema["components"] = {
                "schemas": schemas
                | explained.schemas(schemas)
                | feed.schemas()
                | lifecycle.schemas(schemas)
                | redacted.schemas(schemas)
                | pairs.schemas(schemas),
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "description": "An API key, irk_…"}
                },
            }
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
    _serve(app)


def _serve(app: FastAPI) -> None:
    """The document as it is served: the framework's own route would write it anew on each request, without a tag."""
    kept: dict[str, bytes] = {}

    async def served(request: Request) -> Response:
        if IDENTITY not in kept:
            kept[IDENTITY] = orjson.dumps(app.openapi())
        headers = {"cache-control": "public, no-cache", "vary": VARY}
        answer = constant(request, kept[IDENTITY], JSON, headers)
        if answer.status_code != 200:
            return answer
        coding = chosen(taken_by(request), JSON, len(kept[IDENTITY]))
        if coding not in kept:
            kept[coding] = compressed(kept[IDENTITY], coding)
        return Response(
            kept[coding], 200, headers_in(coding, {**headers, "etag": answer.headers["etag"]}), JSON
        )

    for route in app.router.routes:
        if isinstance(route, Route) and route.path == app.openapi_url:
            route.app = request_response(served)

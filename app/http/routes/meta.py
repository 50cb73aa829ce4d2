"""What the service says of itself: fields, health, and where to begin."""

from __future__ import annotations

import orjson
from fastapi import Request, Response

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.errors import Unavailable
from app.http import openapi
from app.http.respond import JSON, base_url, constant
from app.http.routes.records import no_parameters
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import sight_headers
from app.http.values import fault
from app.query.fields import CATALOGUE, Field, Kind
from app.storage import migrate
from app.storage.database import Reader

router = bare_router()


def described(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "type": field.type.value,
        "values": None if field.values is None else [option.value for option in field.values],
        "description": field.description,
        "nullable": field.nullable or field.seen_by.value != "everyone",
        "seen_by": field.seen_by.value,
        "parameter": field.parameter,
        "sortable": field.sortable,
        "hxl": field.hxl,
    }


@router.get("/v1/fields", tags=["fields"], **openapi.fields())
async def fields(request: Request) -> Response:
    """The catalogue as the viewer may see it."""
    given = no_parameters(request, "kind")
    kinds = [kind for kind in CATALOGUE if given.get("kind") in (None, kind.value)]
    if not kinds:
        raise fault("kind", f"must be one of {', '.join(Kind)}", "unknown_value")

    def work(reader: Reader, viewer: Viewer) -> Response:
        items = [
            {"kind": kind.value, **described(field)}
            for kind in kinds
            for field in fields_for(viewer, kind).values()
        ]
        return constant(request, orjson.dumps({"items": items, "next": None}), JSON, sight_headers(viewer))

    return await service_of(request).read(request, work)


@router.get("/health/live", tags=["health"], **openapi.health("The process answers."))
async def live(request: Request) -> Response:
    no_parameters(request)
    return Response('{"status":"ok"}', 200, {"cache-control": "no-store"}, JSON)


@router.get(
    "/health/ready",
    tags=["health"],
    **openapi.health("The database answers, at the schema that this version needs."),
)
async def ready(request: Request) -> Response:
    no_parameters(request)
    service = service_of(request)
    wanted = migrate.newest()

    def work(reader: Reader, viewer: Viewer) -> str | None:
        rows = reader.rows("SELECT version_num FROM alembic_version")
        return str(rows[0][0]) if rows else None

    found = await service.read(request, work)
    if found != wanted:
        raise Unavailable(f"the database is at schema {found}, this service needs {wanted}", retry_after=10)
    return Response('{"status":"ok"}', 200, {"cache-control": "no-store"}, JSON)


@router.get("/v1", tags=["fields"], **openapi.start())
async def start(request: Request) -> Response:
    """Where to begin."""
    no_parameters(request)
    base = base_url(request, service_of(request).settings.server.public_url)
    links = {name: f"{base}/v1/{name}" for name in ("incidents", "reports", "sources", "totals", "fields")}
    body = {
        "name": "Incident Records",
        "version": "v1",
        "links": {**links, "docs": f"{base}/docs", "openapi": f"{base}/openapi.json"},
    }
    return Response(orjson.dumps(body), 200, {"cache-control": "public, max-age=300"}, JSON)

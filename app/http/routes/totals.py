"""``/v1/totals``: the sum over any list of incidents, nobody counted twice."""

from __future__ import annotations

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http import openapi
from app.http.filters import filters_of, where
from app.http.respond import document, entity_tag, unchanged
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.values import nothing_left, pairs
from app.query.fields import Kind
from app.storage.database import Reader
from app.storage.totals import COUNTING, totals

router = bare_router("totals")


@router.get("/v1/totals", **openapi.totals())
async def total(request: Request) -> Response:
    given = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response:
        asked = where(Kind.incident, given)
        nothing_left(given, filters_of(Kind.incident))
        same = unchanged(request, reader, viewer)
        if same is not None:
            return same
        revision = reader.revision()
        body = orjson.dumps({"items": [totals(reader, viewer, asked)], "counting": COUNTING}).decode()
        return document(body, viewer, entity_tag(revision, viewer))

    return await service_of(request).read(request, work)

"""``/v1/totals``: sums over any list of incidents, nobody counted twice; ``/v1/incidents/facets``: counts beside a list."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http import openapi
from app.http.filters import filters_of, where
from app.http.groupings import FACETS_PARAMETER, PARAMETERS, facets_asked, grouping_asked
from app.http.respond import document, entity_tag, unchanged
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.values import nothing_left, pairs
from app.query.fields import Kind
from app.query.filter import Filter
from app.query.grouping import MULTIPLE, Grouping
from app.storage.database import Reader
from app.storage.facets import facets
from app.storage.grouping import counting, grouped_totals
from app.storage.totals import COUNTING, totals

router = bare_router("totals")
beside_lists = bare_router("incidents")
"""Comes before the incidents themselves: `facets` is not the id of one."""


@router.get("/v1/totals", **openapi.totals())
async def total(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        asked = where(Kind.incident, given, viewer)
        grouping = grouping_asked(given, sent.get("date"))
        nothing_left(given, [*filters_of(Kind.incident), *(parameter.name for parameter in PARAMETERS)])
        same = unchanged(request, reader, viewer)
        if same is not None:
            return same
        revision = reader.revision()
        body = orjson.dumps(_totals(reader, viewer, asked, grouping)).decode()
        return document(body, viewer, entity_tag(revision, viewer))

    return await service_of(request).read(request, work)


def _totals(reader: Reader, viewer: Viewer, asked: Filter, grouping: Grouping | None) -> dict[str, Any]:
    if grouping is None:
        return {"items": [totals(reader, viewer, asked)], "counting": COUNTING}
    found = grouped_totals(reader, viewer, asked, grouping)
    return {"items": found.items, "more": found.more, "counting": counting(grouping)}


@beside_lists.get("/v1/incidents/facets", **openapi.facets())
async def facet_counts(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)
        asked = where(Kind.incident, given, viewer)
        names = facets_asked(given)
        nothing_left(given, [*filters_of(Kind.incident), FACETS_PARAMETER.name])
        same = unchanged(request, reader, viewer)
        if same is not None:
            return same
        revision = reader.revision()
        found = facets(reader, viewer, asked, names)
        told = {
            "facets": found.values,
            "more": found.more,
            "counting": {
                "rule": "incidents of the list, each under each of its values",
                "under_several": [name for name in names if name in MULTIPLE],
            },
        }
        return document(orjson.dumps(told).decode(), viewer, entity_tag(revision, viewer))

    return await service_of(request).read(request, work)

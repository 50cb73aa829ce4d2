"""The routes below ``/ogc``. The service's own OpenAPI document leaves them out: they have one of their own, at ``/ogc/api``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http import citing
from app.http.as_of import NAME as AS_OF
from app.http.as_of import headers_of, member, seq_of
from app.http.ogc import items
from app.http.ogc.answers import TOLD, TOLD_BY_SIGHT, Answer
from app.http.ogc.collections import (
    COLLECTIONS,
    Collection,
    collection_document,
    collection_named,
    extent_member,
)
from app.http.ogc.description import api_document
from app.http.ogc.documents import conformance_document, landing_document
from app.http.ogc.extents import extents_of
from app.http.ogc.links import ALTERNATE, HTML, JSON, OPENAPI_JSON, ROOT, SCHEMA_JSON, link, site_of
from app.http.ogc.queryables import queryables_document
from app.http.pages.forms import form_asked
from app.http.respond import unchanged
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import nothing_left, pairs
from app.query.fields import Kind
from app.storage.database import Reader

router = bare_router("ogc")
Told = Callable[[Answer], Response]


def _answer(request: Request, media_type: str = JSON) -> Answer:
    """For a document that takes no parameter but the form."""
    given = pairs(request.query_params.multi_items())
    form = form_asked(request, given, media_type)
    nothing_left(given, ("f",))
    return Answer(request, site_of(request), form, media_type)


async def landing(request: Request) -> Response:
    answer = _answer(request)
    return answer.told(landing_document(answer.site), "landing.html", TOLD)


async def conformance(request: Request) -> Response:
    answer = _answer(request)
    return answer.told(conformance_document(answer.site), "conformance.html", TOLD)


async def api(request: Request) -> Response:
    """The OpenAPI 3.0 document: its parameters are the fields that the caller may ask for."""
    answer = _answer(request, OPENAPI_JSON)
    settings = service_of(request).settings

    def work(reader: Reader, viewer: Viewer) -> Response:
        return answer.told(api_document(answer.site, viewer, settings), "api.html", TOLD_BY_SIGHT)

    return await service_of(request).read(request, work)


async def collections(request: Request) -> Response:
    def document(answer: Answer, told: list[dict[str, Any]]) -> dict[str, Any]:
        site, moment = answer.site, answer.of_moment
        return {
            "links": [
                link("self", site.at("/collections", **moment), JSON, "The collections"),
                link(
                    ALTERNATE, site.at("/collections", f="html", **moment), HTML, "The collections as a page"
                ),
            ],
            "collections": told,
        }

    return await _described(request, list(COLLECTIONS.values()), document, "collections.html")


async def collection(request: Request) -> Response:
    return await _described(request, [collection_named(request)], lambda _, told: told[0], "collection.html")


async def _described(
    request: Request,
    described: list[Collection],
    document: Callable[[Answer, list[dict[str, Any]]], dict[str, Any]],
    template: str,
) -> Response:
    """What hangs on the data: with an ETag, and a 304 where nothing changed; of now, or of another moment."""
    sent, site = pairs(request.query_params.multi_items()), site_of(request)

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        form = form_asked(request, given, JSON)
        moment, cited = citing.asked(Kind.incident, given, reader)
        nothing_left(given, ("f", *citing.moment_names(Kind.incident)))
        answer = Answer(request, site, form, JSON, moment, cited)
        kept = unchanged(request, reader, viewer, form=answer.tag)
        if kept is not None:
            return kept
        # Before the reading: a tag may be older than what it tags, never newer.
        revision = reader.revision()
        headers = reading_headers(viewer, entity_tag(revision, viewer, form=answer.tag)) | headers_of(moment)
        known = extents_of(request)
        extents = [known.of(reader, viewer, each.kind, seq_of(moment)) for each in described]
        pieces = [
            collection_document(each, site, extent, answer.of_moment)
            for each, extent in zip(described, extents, strict=True)
        ]
        told = document(answer, pieces)
        if moment is not None:
            told[AS_OF] = member(moment)
        citation = answer.citation(orjson.dumps([extent_member(extent) for extent in extents]).decode())
        if citation is not None:
            told[citing.CITATION] = citation
        return answer.told(told, template, headers, citation=citation, of_moment=answer.of_moment)

    return await service_of(request).read(request, work)


async def queryables(request: Request) -> Response:
    answer, found = _answer(request, SCHEMA_JSON), collection_named(request)

    def work(reader: Reader, viewer: Viewer) -> Response:
        document = queryables_document(found, answer.site, viewer)
        return answer.told(document, "queryables.html", TOLD_BY_SIGHT, collection=found)

    return await service_of(request).read(request, work)


for path, endpoint in (
    ("", landing),
    ("/", landing),
    ("/api", api),
    ("/conformance", conformance),
    ("/collections", collections),
    ("/collections/{collection}", collection),
    ("/collections/{collection}/queryables", queryables),
    ("/collections/{collection}/items", items.items),
    ("/collections/{collection}/items/{feature}", items.feature),
):
    router.add_api_route(f"{ROOT}{path}", endpoint, methods=["GET"], include_in_schema=False)

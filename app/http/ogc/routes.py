"""The routes below ``/ogc``. The service's own OpenAPI document leaves them out: they have one of their own, at ``/ogc/api``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http.ogc import items
from app.http.ogc.answers import TOLD, TOLD_BY_SIGHT, Answer
from app.http.ogc.collections import COLLECTIONS, collection_document, collection_named
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
    answer = _answer(request)

    def documents(reader: Reader, viewer: Viewer) -> dict[str, Any]:
        kept, site = extents_of(request), answer.site
        return {
            "links": [
                link("self", site.at("/collections"), JSON, "The collections"),
                link(ALTERNATE, site.at("/collections", f="html"), HTML, "The collections as a page"),
            ],
            "collections": [
                collection_document(collection, site, kept.of(reader, viewer, collection.kind))
                for collection in COLLECTIONS.values()
            ],
        }

    return await _read(answer, documents, "collections.html")


async def collection(request: Request) -> Response:
    answer, found = _answer(request), collection_named(request)

    def document(reader: Reader, viewer: Viewer) -> dict[str, Any]:
        extent = extents_of(request).of(reader, viewer, found.kind)
        return collection_document(found, answer.site, extent)

    return await _read(answer, document, "collection.html")


async def _read(
    answer: Answer, document: Callable[[Reader, Viewer], dict[str, Any]], template: str
) -> Response:
    """What hangs on the data: with an ETag, and a 304 where nothing changed."""
    request = answer.request

    def work(reader: Reader, viewer: Viewer) -> Response:
        kept = unchanged(request, reader, viewer, form=answer.tag)
        if kept is not None:
            return kept
        # Before the reading: a tag may be older than what it tags, never newer.
        revision = reader.revision()
        headers = reading_headers(viewer, entity_tag(revision, viewer, form=answer.tag))
        return answer.told(document(reader, viewer), template, headers)

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

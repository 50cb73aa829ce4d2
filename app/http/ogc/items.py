"""A page of features, and one feature: what `storage.read` finds, as GeoJSON or as a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.formats.geo import collection as feature_collection
from app.formats.geo import feature as feature_of
from app.formats.registry import GEOJSON as FORMAT
from app.http import citing
from app.http.as_of import NAME as AS_OF
from app.http.as_of import headers_of, member, seq_of
from app.http.formats import for_reading
from app.http.ogc.answers import Answer
from app.http.ogc.asking import asked_of
from app.http.ogc.collections import Collection, collection_named
from app.http.ogc.links import ALTERNATE, GEOJSON, HTML, JSON, Link, link, same, site_of
from app.http.ogc.plot import plot_of
from app.http.ogc.shown import COLUMNS, cells, headline, places_of, reports_of, rows_of
from app.http.ogc.walking import Asked, Walked, walk
from app.http.pages.forms import Form, form_asked
from app.http.respond import unchanged, with_member
from app.http.routes.records import sound_id
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.together import Sought
from app.http.values import nothing_left, pairs
from app.query.fields import Kind
from app.query.spec import Query
from app.storage.database import Reader
from app.storage.single import Found, Wanted


async def items(request: Request) -> Response:
    """A page of the collection's features that match."""
    collection, site = collection_named(request), site_of(request)
    sent = pairs(request.query_params.multi_items())
    service = service_of(request)

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        form = form_asked(request, given, GEOJSON)
        if form is Form.html:
            # A browser sends the fields of a form that nobody filled in.
            given = {name: value for name, value in given.items() if value}
        moment, cited = citing.asked(collection.kind, given, reader)
        asked = asked_of(collection, given, viewer, service.settings, seq_of(moment))
        answer = Answer(request, site, form, GEOJSON, moment, cited)
        kept = unchanged(request, reader, viewer, form=answer.tag, weak=True)
        return kept if kept is not None else _page(answer, collection, reader, viewer, asked)

    return await service.read(request, work)


def _page(answer: Answer, collection: Collection, reader: Reader, viewer: Viewer, asked: Asked) -> Response:
    settings = service_of(answer.request).settings
    page = walk(reader, viewer, asked, secret=settings.keys.secret, most=settings.limits.count_maximum)
    # Two answers of one revision say the same, but not byte for byte: `timeStamp` is that of each.
    tag = entity_tag(page.revision, viewer, form=answer.tag, weak=True)
    headers = reading_headers(viewer, tag) | headers_of(answer.moment)
    links = _links(answer, collection)
    following = None
    if page.next is not None:
        following = same(answer.request, answer.site, cursor=page.next, **answer.onward)
        media_type = GEOJSON if answer.form is Form.json else HTML
        links.append(link("next", following, media_type, "The next page"))
        headers["link"] = f'<{following}>; rel="next"'
    citation = answer.citation(",".join(page.documents))
    if answer.form is Form.html:
        return _as_page(answer, collection, page, following, citation, headers)
    members: dict[str, object] = {
        "links": links,
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "numberReturned": len(page.documents),
    }
    if page.matched is not None:
        members["numberMatched"] = page.matched
    if answer.moment is not None:
        members[AS_OF] = member(answer.moment)
    if citation is not None:
        members[citing.CITATION] = citation
    _, shape = for_reading(Query(collection.kind), viewer, FORMAT)
    return answer.told(feature_collection(page.documents, shape, members), "", headers)


def _links(answer: Answer, collection: Collection) -> list[Link]:
    """Itself, its page, and where it belongs to."""
    request, site = answer.request, answer.site
    return [
        link("self", same(request, site), GEOJSON, "This document"),
        link(ALTERNATE, same(request, site, f="html"), HTML, "This document as a page"),
        link("collection", site.at(f"/collections/{collection.id}"), JSON, collection.title),
    ]


def _as_page(
    answer: Answer,
    collection: Collection,
    page: Walked,
    following: str | None,
    citation: dict[str, object] | None,
    headers: dict[str, str],
) -> Response:
    records = [orjson.loads(document) for document in page.documents]
    base = answer.site.at(f"/collections/{collection.id}/items")
    more = "".join(f"&{name}={value}" for name, value in answer.of_moment.items())
    rows = [
        {
            "href": f"{base}/{quote(record['id'], safe='')}?f=html{more}",
            "cells": cells(collection.kind, record),
        }
        for record in records
    ]
    asked = answer.request.query_params
    stays = {**asked, **answer.onward}
    return answer.told(
        {},
        "items.html",
        headers,
        collection=collection,
        columns=COLUMNS[collection.kind],
        rows=rows,
        plot=plot_of(places_of(records, f"{base}/")),
        following=following,
        matched=page.matched,
        later="cursor" in asked,
        asked={name: asked.get(name, "") for name in ("datetime", "bbox", "filter", "limit")},
        others=[
            (name, value) for name, value in stays.items() if name not in FORM_FIELDS and value is not None
        ],
        action=base,
        citation=citation,
    )


FORM_FIELDS = ("datetime", "bbox", "filter", "limit", "cursor", "f")
"""What the page's own form states, or begins anew."""


async def feature(request: Request) -> Response:
    """One feature. NotFound, or Gone where it was deleted and could be read before."""
    collection, site = collection_named(request), site_of(request)
    kind = collection.kind
    sent = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response | Sought:
        given = dict(sent)  # work may be done twice
        form = form_asked(request, given, GEOJSON)
        moment, cited = citing.asked(kind, given, reader)
        nothing_left(given, ("f", *citing.moment_names(kind)))
        answer = Answer(request, site, form, GEOJSON, moment, cited)
        kept = unchanged(request, reader, viewer, form=answer.tag)
        if kept is not None:
            return kept
        include = ("reports",) if form is Form.html and kind is Kind.incident else ()
        uid = sound_id(kind, request.path_params["feature"])

        def told(found: Found) -> Response:
            tag = entity_tag(found.revision, viewer, found.version, form=answer.tag)
            headers = reading_headers(viewer, tag) | headers_of(moment)
            citation = None if cited is None else answer.citation(_fields_of(found.document))
            if form is Form.html:
                return _one_as_page(answer, collection, orjson.loads(found.document), citation, headers)
            _, shape = for_reading(Query(kind), viewer, FORMAT)
            body = with_member(feature_of(found.document, shape), "links", _links(answer, collection))
            if citation is not None:
                body = with_member(body, citing.CITATION, citation)
            return answer.told(body, "", headers)

        return Sought(Wanted(kind, uid, include=include, as_of=seq_of(moment)), told)

    return await service_of(request).read_one(request, work)


def _fields_of(document: str) -> str:
    """What is cited of one record: its fields, in either form. The page shows reports beside them."""
    return orjson.dumps({n: v for n, v in orjson.loads(document).items() if n != "reports"}).decode()


def _one_as_page(
    answer: Answer,
    collection: Collection,
    record: dict[str, Any],
    citation: dict[str, object] | None,
    headers: dict[str, str],
) -> Response:
    base = answer.site.at("/collections")
    return answer.told(
        {},
        "feature.html",
        headers,
        collection=collection,
        headline=headline(record),
        rows=rows_of(collection.kind, record),
        plot=plot_of(places_of([record], f"{base}/{collection.id}/items/")),
        reports=reports_of(record, f"{base}/reports/items/"),
        citation=citation,
    )

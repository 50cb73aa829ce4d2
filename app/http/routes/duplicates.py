"""``/v1/incidents/duplicates`` and ``/v1/incidents/{id}/duplicates``: what may be one incident, recorded twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response

from app.access.rules import require_key
from app.access.viewer import Viewer
from app.http import citing
from app.http import duplicates as asking
from app.http import pairs as described
from app.http.as_of import headers_of, seq_of
from app.http.as_of import told as of_moment
from app.http.citing import Cited
from app.http.respond import JSON, address, base_url, unchanged
from app.http.routes.records import sound_id
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import pairs as given_pairs
from app.query import cursor as cursors
from app.query.fields import Kind
from app.storage.database import Reader
from app.storage.moments import Moment
from app.storage.pairing import pairs, pairs_of
from app.storage.spellings import Asked, forgiving

router = bare_router("incidents")
"""Comes before the incidents themselves: `duplicates` is not the id of one."""


@router.get("/v1/incidents/duplicates", **described.of_the_list())
async def listed(request: Request) -> Response:
    sent = given_pairs(request.query_params.multi_items())
    service = service_of(request)
    settings = service.settings

    def work(reader: Reader, viewer: Viewer) -> Response:
        require_key(viewer)
        given = dict(sent)  # work may be done twice
        moment, cited = citing.asked(Kind.incident, given, reader)
        question = asking.list_asked(given, viewer, settings, seq_of(moment))
        form = citing.form_of("", moment, cited)
        same = unchanged(request, reader, viewer, form=form)
        if same is not None:
            return same
        page, read_as = forgiving(
            Asked(reader, viewer, Kind.incident, question.as_of),
            question.where,
            lambda where: pairs(reader, viewer, replace(question, where=where)),
            lambda page: not page.compared,
        )
        headers = reading_headers(viewer, entity_tag(page.revision, viewer, form=form)) | headers_of(moment)
        following = None
        if page.next is not None:
            token = cursors.encode(
                page.next, order=asking.order_of(question.as_of), secret=settings.keys.secret
            )
            onward = citing.onward(moment, cited)
            following = address(request, settings.server.public_url, **onward, cursor=token)
            headers["link"] = f'<{following}>; rel="next"'
        base = base_url(request, settings.server.public_url)
        told = {
            "items": [asking.told(pair, viewer, base, moment) for pair in page.told],
            "next": following,
            "compared": page.compared,
            **({"read_as": read_as} if read_as else {}),
        }
        return Response(_body(request, told, moment, cited), 200, headers, JSON)

    return await service.read(request, work)


@router.get("/v1/incidents/{id}/duplicates", **described.of_one_incident())
async def of_one(request: Request) -> Response:
    uid = request.path_params["id"]
    sent = given_pairs(request.query_params.multi_items())
    service = service_of(request)

    def work(reader: Reader, viewer: Viewer) -> Response:
        require_key(viewer)
        given = dict(sent)  # work may be done twice
        moment, cited = citing.asked(Kind.incident, given, reader)
        least, limit, settled = asking.one_asked(given, viewer)
        form = citing.form_of("", moment, cited)
        same = unchanged(request, reader, viewer, form=form)
        if same is not None:
            return same
        record, as_of = sound_id(Kind.incident, uid), seq_of(moment)
        found = pairs_of(reader, viewer, record, least, limit, as_of, settled=settled)
        base = base_url(request, service.settings.server.public_url)
        told = {
            "items": [asking.told(pair, viewer, base, moment) for pair in found.told],
            "next": None,
            "compared": found.compared,
            "whole": found.whole,
        }
        headers = reading_headers(viewer, entity_tag(found.revision, viewer, form=form))
        return Response(_body(request, told, moment, cited), 200, headers | headers_of(moment), JSON)

    return await service.read(request, work)


def _body(request: Request, told: dict[str, Any], moment: Moment | None, cited: Cited | None) -> str:
    """The answer, of which change it is, and how it is cited: by its pairs, but for the words of the reasons."""
    body = of_moment(orjson.dumps(told).decode(), moment)
    return citing.told(request, body, moment, cited, citing.data_of({"items": told["items"]}))

"""``/v1/…/{id}/history``: what was changed of a record, when, by which organisation, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http import explained as described
from app.http.respond import JSON, address, unchanged
from app.http.routes.records import sound_id
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import nothing_left, pairs, whole
from app.http.writes import PLURAL
from app.query import cursor as cursors
from app.query.cursor import Cursor
from app.query.fields import Kind
from app.storage.columns import VERSIONS
from app.storage.database import Reader
from app.storage.past import history

MOST = 100
USUAL = 20
router = bare_router("history")


def _history(kind: Kind) -> Callable[[Request], Any]:
    async def told(request: Request) -> Response:
        sent, uid = pairs(request.query_params.multi_items()), request.path_params["id"]
        settings = service_of(request).settings
        secret = settings.keys.secret

        def work(reader: Reader, viewer: Viewer) -> Response:
            given = dict(sent)  # work may be done twice
            record = sound_id(kind, uid)
            order = f"history:{record}"
            limit = whole("limit", given.pop("limit", str(USUAL)), 1, MOST)
            token = given.pop("cursor", None)
            nothing_left(given, ("limit", "cursor"))
            start = None if token is None else cursors.decode(token, order=order, secret=secret).value
            assert start is None or isinstance(start, int)
            same = unchanged(request, reader, viewer)
            if same is not None:
                return same
            found = history(reader, viewer, kind, record, limit, start)
            headers = reading_headers(viewer, entity_tag(found.revision, viewer))
            following = None
            if found.next is not None:
                token = cursors.encode(Cursor(found.next, record), order=order, secret=secret)
                following = address(request, settings.server.public_url, cursor=token)
                headers["link"] = f'<{following}>; rel="next"'
            return Response(orjson.dumps({"items": found.items, "next": following}), 200, headers, JSON)

        return await service_of(request).read(request, work)

    return told


for _kind in VERSIONS:
    router.add_api_route(
        f"/v1/{PLURAL[_kind]}/{{id}}/history",
        _history(_kind),
        methods=["GET"],
        **described.history_of(_kind, USUAL, MOST),
    )

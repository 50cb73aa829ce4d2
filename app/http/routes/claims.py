"""``/v1/claims``: who says what of which incident, as a list: such as the wordings that no rule understood."""

from __future__ import annotations

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http.claims import ORDER, asked_of, described
from app.http.respond import JSON, address, envelope, unchanged
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import pairs
from app.query import cursor as cursors
from app.storage.claims import claims
from app.storage.database import Reader

router = bare_router("incidents")


@router.get("/v1/claims", **described())
async def listed(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())
    service = service_of(request)
    settings = service.settings

    def work(reader: Reader, viewer: Viewer) -> Response:
        question = asked_of(dict(sent), settings)  # work may be done twice
        same = unchanged(request, reader, viewer)
        if same is not None:
            return same
        page = claims(reader, viewer, question)
        headers, following = reading_headers(viewer, entity_tag(page.revision, viewer)), None
        if page.next is not None:
            token = cursors.encode(page.next, order=ORDER, secret=settings.keys.secret)
            following = address(request, settings.server.public_url, cursor=token)
            headers["link"] = f'<{following}>; rel="next"'
        return Response(envelope(page.documents, following), 200, headers, JSON)

    return await service.read(request, work)

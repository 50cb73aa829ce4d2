"""``/v1/claims``: who says what of which incident, as a list: such as the wordings that no rule understood."""

from __future__ import annotations

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http import citing
from app.http.as_of import headers_of, seq_of, told
from app.http.claims import asked_of, described, order_of
from app.http.respond import JSON, address, envelope, unchanged
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import pairs
from app.query import cursor as cursors
from app.query.fields import Kind
from app.storage.claims import claims
from app.storage.database import Reader

router = bare_router("incidents")


@router.get("/v1/claims", **described())
async def listed(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())
    service = service_of(request)
    settings = service.settings

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        moment, cited = citing.asked(Kind.incident, given, reader)
        question = asked_of(given, settings, seq_of(moment))
        form = citing.form_of("", moment, cited)
        same = unchanged(request, reader, viewer, form=form)
        if same is not None:
            return same
        page = claims(reader, viewer, question)
        headers = reading_headers(viewer, entity_tag(page.revision, viewer, form=form)) | headers_of(moment)
        following = None
        if page.next is not None:
            token = cursors.encode(page.next, order=order_of(seq_of(moment)), secret=settings.keys.secret)
            onward = citing.onward(moment, cited)
            following = address(request, settings.server.public_url, **onward, cursor=token)
            headers["link"] = f'<{following}>; rel="next"'
        body = told(envelope(page.documents, following), moment)
        body = citing.told(request, body, moment, cited, ",".join(page.documents))
        return Response(body, 200, headers, JSON)

    return await service.read(request, work)

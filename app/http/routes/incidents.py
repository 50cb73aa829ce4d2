"""``/v1/incidents``, their claims, and their links to reports."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.access.rules import require_writer
from app.access.viewer import Viewer
from app.domain.inputs import IncidentForm, LinkForm
from app.domain.reading import read_form
from app.http import citing, openapi
from app.http.as_of import headers_of, seq_of, told
from app.http.bodies import json_object
from app.http.respond import document, unchanged
from app.http.routes.records import Verbs, no_parameters, reason_of, router_of, sound_id
from app.http.service import service_of
from app.http.tags import entity_tag
from app.http.values import pairs
from app.http.writes import Answer, tell_record, write
from app.query.fields import Kind
from app.storage import single
from app.storage.database import Reader
from app.writing import incidents, reports
from app.writing.work import Outcome, Work

AFTER_LINK = ("reports", "claims")
router: APIRouter = router_of(
    Verbs(Kind.incident, IncidentForm, incidents.record, incidents.amend, incidents.delete)
)


@router.get("/v1/incidents/{id}/claims", **openapi.claims_of_incident())
async def claims(request: Request) -> Response:
    uid = request.path_params["id"]
    sent = no_parameters(request, *citing.moment_names(Kind.incident))

    def work(reader: Reader, viewer: Viewer) -> Response:
        moment, cited = citing.asked(Kind.incident, dict(sent), reader)
        form = citing.form_of("", moment, cited)
        same = unchanged(request, reader, viewer, form=form)
        if same is not None:
            return same
        items, revision = single.claims_of(reader, viewer, sound_id(Kind.incident, uid), seq_of(moment))
        body = told(f'{{"items":{items},"next":null}}', moment)
        body = citing.told(request, body, moment, cited, items)
        tag = entity_tag(revision, viewer, form=form)
        return document(body, viewer, tag, headers=headers_of(moment))

    return await service_of(request).read(request, work)


@router.put("/v1/incidents/{id}/reports/{report_id}", **openapi.link())
async def link(request: Request) -> Response:
    incident, report = _ids(request)
    no_parameters(request)
    body, sent = await json_object(request, service_of(request).settings.limits.body_bytes)
    fresh = False

    def act(work: Work) -> Outcome:
        nonlocal fresh
        require_writer(work.viewer)
        outcome, fresh = reports.link(work, incident, report, read_form(LinkForm, sent))
        return outcome

    def tell(request: Request, work: Work, outcome: Outcome) -> Answer:
        answer = tell_record(request, work, outcome, AFTER_LINK)
        return Answer(201 if fresh else 200, answer.body, answer.headers)

    return await write(request, body, act, tell)


@router.delete("/v1/incidents/{id}/reports/{report_id}", **openapi.unlink())
async def unlink(request: Request) -> Response:
    incident, report = _ids(request)
    given = pairs(request.query_params.multi_items())
    no_parameters(request, "reason")

    def act(work: Work) -> Outcome:
        require_writer(work.viewer)
        return reports.unlink(work, incident, report, reason_of(given))

    return await write(request, b"", act, lambda r, w, o: tell_record(r, w, o, AFTER_LINK))


def _ids(request: Request) -> tuple[str, str]:
    return (
        sound_id(Kind.incident, request.path_params["id"]),
        sound_id(Kind.report, request.path_params["report_id"]),
    )

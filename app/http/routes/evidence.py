"""``/v1/incidents/{id}/explain``: why an incident carries its figures, for programs and on paper."""

from __future__ import annotations

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.domain.contributions import PEOPLE
from app.domain.explaining import Document
from app.domain.vocabulary import ClaimUse
from app.http import citing
from app.http import explained as described
from app.http.as_of import headers_of, seq_of
from app.http.as_of import told as of_moment
from app.http.pages import paper
from app.http.pages.forms import Form, form_asked
from app.http.pages.words import days, shown, words
from app.http.respond import JSON, unchanged
from app.http.routes.records import sound_id
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import nothing_left, pairs
from app.query.fields import Kind
from app.storage.database import Reader
from app.storage.explaining import ExplainedIncident, explain_incident

router = bare_router("incidents")


@router.get("/v1/incidents/{id}/explain", **described.explained_incident())
async def explained(request: Request) -> Response:
    uid = request.path_params["id"]
    sent = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        as_page = form_asked(request, given, JSON) is Form.html
        moment, cited = citing.asked(Kind.incident, given, reader)
        nothing_left(given, ("f", *citing.moment_names(Kind.incident)))
        tag = citing.form_of(paper.TAG if as_page else "", moment, cited)
        same = unchanged(request, reader, viewer, form=tag, weak=as_page)
        if same is not None:
            return same
        found = explain_incident(reader, viewer, sound_id(Kind.incident, uid), seq_of(moment))
        marked = entity_tag(found.revision, viewer, found.version, form=tag, weak=as_page)
        headers = reading_headers(viewer, marked) | headers_of(moment)
        data = citing.data_of(found.told)
        if as_page:
            citation = citing.on_paper(request, reader, found.seq, cited, data)
            return _page(found, paper.foot_of(request, viewer, found.seq, found.head, citation), headers)
        body = of_moment(orjson.dumps(found.told).decode(), moment)
        return Response(citing.told(request, body, moment, cited, data), 200, headers, JSON)

    return await service_of(request).read(request, work)


def _page(found: ExplainedIncident, foot: paper.Foot, headers: dict[str, str]) -> Response:
    explanation, incident = found.told, found.incident
    places = dict.fromkeys(incident[name] for name in ("place", "admin1", "country"))
    return paper.paper(
        "incident.html",
        headers,
        foot,
        told=explanation,
        headline=incident["title"] or incident["code"] or incident["id"],
        date=days(incident["date_start"], incident["date_end"]),
        where=", ".join(place for place in places if place) or shown(None),
        people=PEOPLE,
        figures=[figure for figure in explanation["figures"] if _is_told(figure, explanation)],
        reports=[_report(report, explanation["claims"]) for report in explanation["reports"]],
        words=words,
    )


def _is_told(figure: Document, told: Document) -> bool:
    """Killed always; the others where there is something to say of them."""
    of_metric = [
        use for claim in told["claims"] for use in claim["uses"] if use["metric"] == figure["metric"]
    ]
    return figure["metric"] == "killed" or figure["in_words"] != shown(None) or bool(of_metric)


def _report(report: Document, claims: list[Document]) -> Document:
    mine = [_claim(claim) for claim in claims if claim["report_id"] == report["id"]]
    return {**report, "headline": report["title"] or report["id"], "claims": mine}


def _claim(claim: Document) -> Document:
    """The people a claim speaks of, and whether it counts in any figure."""
    people = [claim[name] for name in ("victim_status", "sex", "age_group") if claim[name] != "unknown"]
    counts = any(use["use"] == ClaimUse.used for use in claim["uses"])
    return {**claim, "people": ", ".join(words(word) for word in people), "counts": counts}

"""``/v1/totals/explain``: what a total is made of, incident by incident, for programs and on paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.domain.contributions import PEOPLE
from app.domain.telling import figure_told
from app.http import citing
from app.http import explained as described
from app.http.as_of import headers_of, seq_of
from app.http.as_of import told as of_moment
from app.http.explaining import asked_of, order_of
from app.http.pages import paper
from app.http.pages.forms import Form, form_asked
from app.http.pages.words import days, shown
from app.http.respond import JSON, address, unchanged
from app.http.routing import bare_router
from app.http.service import Service, service_of
from app.http.tags import entity_tag, reading_headers
from app.http.values import pairs
from app.query import cursor as cursors
from app.query.fields import Kind
from app.storage.database import Reader
from app.storage.explaining import Explanation, Question, explain
from app.storage.spellings import Asked, forgiving

router = bare_router("totals")
ENDS = ("low", "best", "high")
Item = dict[str, Any]


@router.get("/v1/totals/explain", **described.explained_total())
async def explained(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())
    service = service_of(request)

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        as_page = form_asked(request, given, JSON) is Form.html
        moment, cited = citing.asked(Kind.incident, given, reader)
        question = asked_of(given, viewer, service.settings, seq_of(moment))
        tag = citing.form_of(paper.TAG if as_page else "", moment, cited)
        same = unchanged(request, reader, viewer, form=tag, weak=as_page)
        if same is not None:
            return same
        found, read_as = forgiving(
            Asked(reader, viewer, Kind.incident, question.as_of),
            question.where,
            lambda where: explain(reader, viewer, replace(question, where=where)),
            lambda found: not found.told["total"]["incidents"],
        )
        told = found.told | ({"read_as": read_as} if read_as else {})
        marked = entity_tag(found.revision, viewer, form=tag, weak=as_page)
        headers = reading_headers(viewer, marked) | headers_of(moment)
        following = _following(request, service, question, found, citing.onward(moment, cited))
        if following is not None:
            headers["link"] = f'<{following}>; rel="next"'
        if as_page:
            citation = citing.on_paper(request, reader, found.seq, cited, citing.data_of(found.told))
            foot = paper.foot_of(request, viewer, found.seq, found.head, citation)
            return _page(foot, question, found, told, headers, following)
        told |= {"next": following, "revision": found.seq, "head": found.head}
        body = of_moment(orjson.dumps(told).decode(), moment)
        body = citing.told(request, body, moment, cited, citing.data_of(found.told))
        return Response(body, 200, headers, JSON)

    return await service.read(request, work)


def _following(
    request: Request, service: Service, question: Question, found: Explanation, onward: dict[str, str | None]
) -> str | None:
    if found.next is None:
        return None
    secret, public_url = service.settings.keys.secret, service.settings.server.public_url
    token = cursors.encode(found.next, order=order_of(question.metric, question.as_of), secret=secret)
    # Whoever asked by Accept gets the form in the link: it has to stand alone.
    form = form_asked(request, dict(request.query_params), JSON)
    named = {"f": form.value} if form is Form.html else {}
    return address(request, public_url, **named, **onward, cursor=token)


def _page(
    foot: paper.Foot,
    question: Question,
    found: Explanation,
    told: dict[str, Any],
    headers: dict[str, str],
    following: str | None,
) -> Response:
    metric = question.metric
    total = [told["total"][f"{metric}_{end}"] for end in ENDS]
    return paper.paper(
        "total.html",
        headers,
        foot,
        told=told,
        people=PEOPLE[metric],
        total=total,
        total_in_words=figure_told(*total),
        is_open=told["total"][f"{metric}_open"] > 0,
        listed=sum(told["categories"].values()),
        rows=[_row(item, metric) for item in told["items"]],
        sums=[_sum(told["items"], end) for end in ENDS],
        is_whole=following is None and question.cursor is None,
        following=following,
    )


def _row(item: Item, metric: str) -> Item:
    """An incident as the page shows it."""
    places = dict.fromkeys(item[name] for name in ("place", "admin1", "country"))
    return {
        **item,
        "headline": item["title"] or item["code"] or item["id"],
        "date": days(item["date_start"], item["date_end"]),
        "where": ", ".join(place for place in places if place) or shown(None),
        "states": figure_told(*(item[f"{metric}_{end}"] for end in ENDS)),
        "counts": [item[f"counts_{end}"] for end in ENDS],
        "named": [
            {
                **part,
                "headline": part["title"] or part["id"],
                "accounts": figure_told(*(part[f"accounts_for_{end}"] for end in ENDS)),
            }
            for part in item["parts"]
        ],
    }


def _sum(items: list[Item], end: str) -> int | None:
    stated = [item[f"counts_{end}"] for item in items if item[f"counts_{end}"] is not None]
    return sum(stated) if stated else None

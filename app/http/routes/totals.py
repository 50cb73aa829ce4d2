"""``/v1/totals``: sums over any list of incidents, nobody counted twice; ``/v1/incidents/facets``: counts beside a list."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http import citing, openapi
from app.http.as_of import headers_of, seq_of
from app.http.as_of import told as of_moment
from app.http.filters import filters_of, where
from app.http.groupings import FACETS_PARAMETER, PARAMETERS, facets_asked, grouping_asked, roles_of_groups
from app.http.respond import document, unchanged
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.tags import entity_tag
from app.http.values import nothing_left, pairs
from app.query.fields import Kind
from app.query.filter import Filter
from app.query.grouping import MULTIPLE, Grouping
from app.storage.database import Reader
from app.storage.facets import facets
from app.storage.grouping import counting, grouped_totals, under_actors
from app.storage.spellings import Asked, forgiving
from app.storage.totals import COUNTING, totals

router = bare_router("totals")
beside_lists = bare_router("incidents")
"""Comes before the incidents themselves: `facets` is not the id of one."""


@router.get("/v1/totals", **openapi.totals())
async def total(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)  # work may be done twice
        moment, cited = citing.asked(Kind.incident, given, reader)
        grouping = grouping_asked(given, sent.get("date"))
        asked = where(Kind.incident, given, viewer)
        known = (*citing.moment_names(Kind.incident), *(parameter.name for parameter in PARAMETERS))
        nothing_left(given, [*filters_of(Kind.incident, editor=viewer.is_editor), *known])
        form = citing.form_of("", moment, cited)
        same = unchanged(request, reader, viewer, form=form)
        if same is not None:
            return same
        revision = reader.revision()
        told, read_as = forgiving(
            Asked(reader, viewer, Kind.incident, seq_of(moment)),
            asked,
            lambda where: _totals(reader, viewer, where, grouping, seq_of(moment)),
            lambda told: not any(item["incidents"] for item in told["items"]),
        )
        body = orjson.dumps(told | ({"read_as": read_as} if read_as else {})).decode()
        tag = entity_tag(revision, viewer, form=form)
        data = orjson.dumps(told["items"]).decode()
        body = citing.told(request, of_moment(body, moment), moment, cited, data)
        return document(body, viewer, tag, headers=headers_of(moment))

    return await service_of(request).read(request, work)


def _totals(
    reader: Reader, viewer: Viewer, asked: Filter, grouping: Grouping | None, as_of: int | None
) -> dict[str, Any]:
    if grouping is None:
        return {"items": [totals(reader, viewer, asked, as_of)], "counting": COUNTING}
    found = grouped_totals(reader, viewer, asked, grouping, as_of)
    return {"items": found.items, "more": found.more, "counting": counting(grouping)}


@beside_lists.get("/v1/incidents/facets", **openapi.facets())
async def facet_counts(request: Request) -> Response:
    sent = pairs(request.query_params.multi_items())

    def work(reader: Reader, viewer: Viewer) -> Response:
        given = dict(sent)
        moment, cited = citing.asked(Kind.incident, given, reader)
        names = facets_asked(given)
        roles = roles_of_groups(given, names)
        asked = where(Kind.incident, given, viewer)
        known = (FACETS_PARAMETER.name, *citing.moment_names(Kind.incident))
        nothing_left(given, [*filters_of(Kind.incident, editor=viewer.is_editor), *known])
        form = citing.form_of("", moment, cited)
        same = unchanged(request, reader, viewer, form=form)
        if same is not None:
            return same
        revision = reader.revision()
        found, read_as = forgiving(
            Asked(reader, viewer, Kind.incident, seq_of(moment)),
            asked,
            lambda where: facets(reader, viewer, where, names, roles, seq_of(moment)),
            lambda found: not any(found.values.values()),
        )
        told = {
            "facets": found.values,
            "more": found.more,
            "counting": {
                "rule": "incidents of the list, each under each of its values",
                "under_several": [name for name in names if name in MULTIPLE],
                **({"actor": under_actors(roles)} if roles else {}),
            },
        } | ({"read_as": read_as} if read_as else {})
        tag = entity_tag(revision, viewer, form=form)
        body = of_moment(orjson.dumps(told).decode(), moment)
        body = citing.told(request, body, moment, cited, orjson.dumps(found.values).decode())
        return document(body, viewer, tag, headers=headers_of(moment))

    return await service_of(request).read(request, work)

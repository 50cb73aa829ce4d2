"""List, one, POST, PATCH, DELETE: the same five for every kind of record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, Request, Response

from app.access.rules import require_writer
from app.access.viewer import Viewer
from app.domain.reading import read_form
from app.errors import InvalidInput, InvalidParameter, NotFound, Problem
from app.formats.registry import JSON
from app.http import citing, openapi
from app.http.as_of import NAME as AS_OF
from app.http.as_of import headers_of, seq_of, told
from app.http.bodies import json_object, stated_parameters
from app.http.filters import SEARCHED
from app.http.formats import (
    Choice,
    coding_of,
    exported,
    feature_collection,
    for_reading,
    format_asked,
    still_so,
    told_of,
)
from app.http.hits import for_hits, with_hits
from app.http.params import fields_asked, include_asked, query_of
from app.http.respond import address, document, envelope, expected_version, unchanged, with_member
from app.http.routing import bare_router
from app.http.service import Service, service_of
from app.http.tags import entity_tag, reading_headers
from app.http.together import Sought
from app.http.values import fault, nothing_left, pairs
from app.http.writes import PLURAL, tell_deleted, tell_record, write
from app.query import cursor as cursors
from app.query.fields import RELEVANCE, Kind
from app.query.filter import Filter
from app.query.spec import Query
from app.storage import read, single
from app.storage.database import Reader
from app.storage.single import Found, Wanted
from app.storage.spellings import Asked, forgiving
from app.writing.work import Outcome, Work

MOST_REASON = 500
_REASON_FORBIDDEN = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Verbs:
    """What can be done to a kind of record. `create` takes the checked form and the document as it was sent."""

    kind: Kind
    form: type[Any] | None = None
    create: Callable[[Work, Any, Mapping[str, Any]], Outcome] | None = None
    amend: Callable[[Work, str, Mapping[str, Any], int | None], Outcome] | None = None
    delete: Callable[[Work, str, str, int | None, str | None], Outcome] | None = None
    include_after: tuple[str, ...] = field(default=())


def router_of(verbs: Verbs) -> APIRouter:
    """The five routes of a kind of record."""
    kind = verbs.kind
    router = bare_router(PLURAL[kind])
    path = f"/v1/{PLURAL[kind]}"
    docs = openapi.RecordOperations(kind, verbs.form)
    router.add_api_route(path, _list(kind), methods=["GET"], **docs.list())
    if kind in SEARCHED:
        router.add_api_route(f"{path}/search", _search(kind), methods=["POST"], **docs.search())
    router.add_api_route(f"{path}/{{id}}", _one(kind), methods=["GET"], **docs.one())
    if verbs.create is not None:
        router.add_api_route(path, _post(verbs), methods=["POST"], **docs.post())
    if verbs.amend is not None:
        router.add_api_route(f"{path}/{{id}}", _patch(verbs), methods=["PATCH"], **docs.patch())
    if verbs.delete is not None:
        router.add_api_route(f"{path}/{{id}}", _delete(verbs), methods=["DELETE"], **docs.delete())
    return router


Endpoint = Callable[[Request], Any]


def _list(kind: Kind) -> Endpoint:
    async def listing(request: Request) -> Response:
        return await _listed(kind, request, pairs(request.query_params.multi_items()))

    return listing


def _search(kind: Kind) -> Endpoint:
    """The same list, its parameters in a body; the cursor comes in the address, so that `next` can be one."""

    async def search(request: Request) -> Response:
        _, sent = await json_object(request, service_of(request).settings.limits.body_bytes)
        stated = stated_parameters(sent)
        if AS_OF in request.query_params:
            # `next` names the change that the body's time was found to stand for.
            stated = [(name, value) for name, value in stated if name != AS_OF]
        given = pairs([*request.query_params.multi_items(), *stated], from_body=True)
        for name in (citing.CITE, citing.CITATION):
            if name in given:
                raise fault(name, "goes with GET: an address has no place for a body", "does_not_go_with")
        return await _listed(kind, request, given)

    return search


async def _listed(kind: Kind, request: Request, given: dict[str, str]) -> Response:
    service = service_of(request)

    def work(reader: Reader, viewer: Viewer) -> Response | tuple[Viewer, Query, Choice]:
        asked = dict(given)  # work may be done twice
        moment, cited = citing.asked(kind, asked, reader)
        choice = replace(format_asked(kind, asked, request), moment=moment, cited=cited)
        query = query_of(kind, asked, viewer, service.settings, seq_of(moment))
        same = unchanged(request, reader, viewer, form=choice.tag)
        if same is not None:
            return same
        if choice.form.is_page:
            return _page(request, service, reader, viewer, query, choice)
        if query.hits or query.sort == RELEVANCE.name:
            raise fault(
                "include" if query.hits else "sort", f"goes with f=json; f={choice.form.name} gives all"
            )
        same = still_so(request, service, reader, viewer, choice)
        if same is not None:
            return same
        if request.scope.get("bodiless"):
            coding = coding_of(request, choice.form)
            return told_of(kind, choice, service, viewer, reader.revision(), coding)
        return viewer, query, choice

    done = await service.read(request, work)
    return done if isinstance(done, Response) else await exported(request, service, *done)


def _page(
    request: Request, service: Service, reader: Reader, viewer: Viewer, query: Query, choice: Choice
) -> Response:
    """A page as JSON or GeoJSON, with the address of the next."""
    form, most = choice.form, service.settings.limits.count_maximum
    query, shape = for_reading(query, viewer, form)

    def answer(where: Filter) -> read.Page:
        asked = replace(for_hits(query), where=where)
        return with_hits(read.page(reader, viewer, asked, count_maximum=most), asked, query)

    page, read_as = forgiving(
        Asked(reader, viewer, query.kind, query.as_of), query.where, answer, lambda page: not page.documents
    )
    moment = choice.moment
    headers = reading_headers(viewer, entity_tag(page.revision, viewer, form=choice.tag)) | headers_of(moment)
    following = None
    if page.next is not None:
        token = cursors.encode(page.next, order=query.order, secret=service.settings.keys.secret)
        # Whoever asked by Accept gets the format in the link: it has to stand alone. Beside a body it would be said twice.
        named = {"f": form.name} if choice.form is not JSON and request.method == "GET" else {}
        onward = citing.onward(moment, choice.cited)
        following = address(request, service.settings.server.public_url, **named, **onward, cursor=token)
        headers["link"] = f'<{following}>; rel="next"'
    if form is not JSON:
        body = feature_collection(page, shape, following, most)
    else:
        body = envelope(page.documents, following, count=page.count, maximum=most)
    if page.ranked is not None:
        body = with_member(body, "ranked", page.ranked)
    if read_as:
        body = with_member(body, "read_as", read_as)
    body = citing.told(request, told(body, moment), moment, choice.cited, ",".join(page.documents))
    return Response(body, 200, headers, form.media_type)


def _one(kind: Kind) -> Endpoint:
    async def one(request: Request) -> Response:
        uid = request.path_params["id"]
        sent = pairs(request.query_params.multi_items())

        def work(reader: Reader, viewer: Viewer) -> Response | Sought:
            given = dict(sent)  # work may be done twice
            moment, cited = citing.asked(kind, given, reader)
            fields, include = fields_asked(kind, given, viewer), include_asked(kind, given)
            nothing_left(given, ("fields", "include", *citing.moment_names(kind)))
            form = citing.form_of("", moment, cited)
            same = unchanged(request, reader, viewer, form=form)
            if same is not None:
                return same

            def told(found: Found) -> Response:
                tag = entity_tag(found.revision, viewer, found.version, form=form)
                body = citing.told(request, found.document, moment, cited, found.document)
                return document(body, viewer, tag, headers=headers_of(moment))

            return Sought(Wanted(kind, sound_id(kind, uid), fields, include, seq_of(moment)), told)

        return await service_of(request).read_one(request, work)

    return one


def sound_id(kind: Kind, uid: str) -> str:
    """The id of the path; what cannot be one is simply not there."""
    if len(uid) > 64 or not uid.isascii() or not uid.isprintable():
        raise NotFound(f"there is no such {kind}")
    return uid


def no_parameters(request: Request, *known: str) -> dict[str, str]:
    given = pairs(request.query_params.multi_items())
    nothing_left({name: value for name, value in given.items() if name not in known}, known)
    return given


def _post(verbs: Verbs) -> Endpoint:
    async def post(request: Request) -> Response:
        assert verbs.create is not None
        assert verbs.form is not None
        create, form = verbs.create, verbs.form
        no_parameters(request)
        body, sent = await json_object(request, service_of(request).settings.limits.body_bytes)

        def act(work: Work) -> Outcome:
            require_writer(work.viewer)
            return create(work, read_form(form, sent), sent)

        return await write(request, body, act, lambda r, w, o: tell_record(r, w, o, verbs.include_after))

    return post


def _patch(verbs: Verbs) -> Endpoint:
    async def patch(request: Request) -> Response:
        assert verbs.amend is not None
        amend = verbs.amend
        no_parameters(request)
        uid = sound_id(verbs.kind, request.path_params["id"])
        body, sent = await json_object(request, service_of(request).settings.limits.body_bytes)

        def act(work: Work) -> Outcome:
            require_there(work, verbs.kind, uid)
            return amend(work, uid, sent, expected_version(request))

        return await write(request, body, act, tell_record)

    return patch


def require_there(work: Work, kind: Kind, uid: str) -> None:
    """NotFound or Gone comes before all else that may be wrong with the request."""
    single.one(work.transaction.reader, work.viewer, kind, uid, fields=("id",))


def reason_of(given: Mapping[str, str]) -> str:
    """The reason that a removal needs."""
    reason = given.get("reason", "").strip()
    if not reason:
        raise InvalidParameter(
            [Problem("reason", "missing", "is required: it is kept for ever, and told to readers")]
        )
    if len(reason) > MOST_REASON or _REASON_FORBIDDEN.search(reason):
        raise InvalidParameter(
            [Problem("reason", "invalid_value", f"must be one line of at most {MOST_REASON} characters")]
        )
    return reason


def _delete(verbs: Verbs) -> Endpoint:
    async def delete(request: Request) -> Response:
        assert verbs.delete is not None
        remove = verbs.delete
        given = no_parameters(request, "reason", "replaced_by")
        uid = sound_id(verbs.kind, request.path_params["id"])

        def act(work: Work) -> Outcome:
            require_there(work, verbs.kind, uid)
            try:
                return remove(
                    work, uid, reason_of(given), expected_version(request), given.get("replaced_by")
                )
            except InvalidInput as fault:
                raise InvalidParameter(fault.problems) from None

        return await write(request, b"", act, tell_deleted)

    return delete

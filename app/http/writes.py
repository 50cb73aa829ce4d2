"""A request that writes: one transaction, committed before the answer leaves, done once however often it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.errors import InvalidParameter, NotFound, Problem
from app.http.respond import JSON, base_url, with_member
from app.http.service import Service, service_of
from app.http.tags import entity_tag
from app.query.fields import Kind
from app.storage import idempotency, single
from app.storage.idempotency import Kept
from app.writing.work import Did, Outcome, Work, answered

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
PLURAL = {kind: f"{kind.value}s" for kind in Kind}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write tells. `kept` False: not remembered for an Idempotency-Key, for it holds a secret."""

    status: int
    body: str
    headers: Mapping[str, str]
    secret_free_body: str | None = None


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidParameter(
            [Problem("Idempotency-Key", "invalid_value", "must be 1 to 200 visible ASCII characters")]
        )
    return key


async def write(
    request: Request,
    body: bytes,
    act: Callable[[Work], Outcome],
    tell: Callable[[Request, Work, Outcome], Answer],
) -> Response:
    """`act` in a transaction, then `tell` of it; both again from memory where the Idempotency-Key was seen before."""
    service = service_of(request)
    key = idempotency_key(request)

    def work(viewer: Viewer) -> tuple[Answer, bool]:
        if key is None or viewer.key_id is None:
            done = answered(
                service.database,
                viewer,
                act,
                lambda w, outcome: tell(request, w, outcome),
                service.settings.assessment.rule,
            )
            return done, False
        return _once(service, viewer, request, body, key, act, tell)

    answer, replayed = await service.write(request, work)
    headers = {**answer.headers, "cache-control": "no-store"}
    if replayed:
        headers["idempotency-replayed"] = "true"
    return Response(answer.body, answer.status, headers, JSON)


def _once(
    service: Service,
    viewer: Viewer,
    request: Request,
    body: bytes,
    key: str,
    act: Callable[[Work], Outcome],
    tell: Callable[[Request, Work, Outcome], Answer],
) -> tuple[Answer, bool]:
    assert viewer.key_id is not None
    api_key = viewer.key_id
    digest = idempotency.request_digest(
        request.method,
        str(request.url.path),
        body,
        str(request.url.query),
        request.headers.get("if-match", ""),
    )

    def first(work: Work) -> Outcome | Kept:
        connection = work.transaction.connection
        work.transaction.dialect.serialise(connection, f"idempotency:{api_key}:{key}")
        kept = idempotency.find(connection, api_key, key, digest, service.settings.limits.idempotency_hours)
        return act(work) if kept is None else kept

    def then(work: Work, result: Outcome | Kept) -> tuple[Answer, bool]:
        if isinstance(result, Kept):
            return Answer(result.status, result.body, result.headers), True
        answer = tell(request, work, result)
        kept = Kept(answer.status, dict(answer.headers), answer.secret_free_body or answer.body)
        idempotency.keep(work.transaction.connection, api_key, key, digest, kept)
        return answer, False

    return answered(service.database, viewer, first, then, service.settings.assessment.rule)


def tell_record(request: Request, work: Work, outcome: Outcome, include: tuple[str, ...] = ()) -> Answer:
    """The record as its writer may see it, with `outcome`; only its id where the writer may not see it."""
    reader = work.transaction.reader
    try:
        found = single.one(reader, work.viewer, outcome.kind, outcome.uid, include=include)
        body = found.document
        headers = {"etag": entity_tag(found.revision, work.viewer, found.version)}
    except NotFound:
        body, headers = f'{{"id":"{outcome.uid}"}}', {}
    status = 200
    if outcome.did is Did.created:
        status = 201
        base = base_url(request, service_of(request).settings.server.public_url)
        headers["location"] = f"{base}/v1/{PLURAL[outcome.kind]}/{outcome.uid}"
    for name, value in {"outcome": outcome.did.value, **outcome.more}.items():
        body = with_member(body, name, value)
    return Answer(status, body, headers)


def tell_deleted(request: Request, work: Work, outcome: Outcome) -> Answer:
    return Answer(200, f'{{"id":"{outcome.uid}","outcome":"{outcome.did.value}"}}', {})

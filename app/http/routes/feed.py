"""``/v1/changes`` and ``/v1/changes/stream``: what became of records, for whoever keeps a copy."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import Request, Response

from app.http.feed import described
from app.http.feed.answering import Answer, Asking
from app.http.feed.feed import Feed, feed_of
from app.http.feed.questions import wait_asked
from app.http.feed.streams import Stream
from app.http.respond import JSON, address
from app.http.routing import bare_router
from app.http.service import bearer
from app.http.tags import sight_headers
from app.http.values import fault, pairs

router = bare_router("changes")
LAST_EVENT = "last-event-id"
LOOK_SECONDS = 5.0
"""How often it is looked whether who waits is still there."""


@router.get("/v1/changes", **described.feed())
async def changes(request: Request) -> Response:
    feed, given = feed_of(request), pairs(request.query_params.multi_items())
    wait = wait_asked(given)
    asking = _asking(request, given)
    answer = await feed.answering.answer(asking)
    if wait and not answer.items and not request.scope.get("bodiless"):
        answer = await _waited(request, feed, asking, answer, wait)
    settings = feed.service.settings
    body = {
        "items": [orjson.Fragment(item) for item in answer.items],
        "cursor": answer.cursor,
        "next": address(request, settings.server.public_url, after=answer.cursor),
        "more": answer.more,
        "seq": answer.seq,
        "head": answer.head,
    }
    response = Response(orjson.dumps(body), 200, _headers(answer), JSON)
    return await feed.coded(request, response)


async def _waited(request: Request, feed: Feed, asking: Asking, answer: Answer, seconds: int) -> Answer:
    """The first answer that tells something, or after so many seconds the last one."""
    loop, watch = asyncio.get_running_loop(), feed.watch
    until = loop.time() + seconds
    watch.begin()
    try:
        while not answer.items and not watch.ended and loop.time() < until:
            if not answer.more and not await watch.beyond(answer.seq, min(LOOK_SECONDS, until - loop.time())):
                if await request.is_disconnected():
                    break
                continue
            answer = await feed.answering.answer(asking._replace(after=answer.cursor))
    finally:
        watch.end()
    return answer


@router.get("/v1/changes/stream", **described.stream())
async def stream(request: Request) -> Response:
    feed, given = feed_of(request), pairs(request.query_params.multi_items())
    last = request.headers.get(LAST_EVENT)
    if "wait" in given:
        raise fault("wait", "goes with /v1/changes: a stream waits by itself", "does_not_go_with")
    asking = _asking(request, given)
    if last:
        asking = asking._replace(after=last)
    first = await feed.answering.answer(asking)
    headers = _headers(first) | {"cache-control": "no-store", "x-accel-buffering": "no"}
    seconds = feed.service.settings.limits.stream_seconds
    return Stream(feed.answering, feed.watch, asking, first, headers, seconds)


def _asking(request: Request, given: dict[str, str]) -> Asking:
    after = given.pop("after", None)
    return Asking(bearer(request), tuple(sorted(given.items())), after)


def _headers(answer: Answer) -> dict[str, str]:
    return sight_headers(answer.viewer)

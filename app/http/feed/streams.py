"""The feed as server-sent events: a response that goes on until the client leaves, the key ends, or the service stops."""

from __future__ import annotations

import asyncio
import logging

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.errors import IncidentRecordsError
from app.http.feed.answering import Answer, Answering, Asking
from app.http.feed.watching import Watch

log = logging.getLogger(__name__)
MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
"""A sign of life, with the place up to which all is told: proxies cut what is silent."""
LONGEST_STALL_SECONDS = 60.0
"""A client that takes nothing for so long has left."""
RETRY = b"retry: 3000\n"
"""Milliseconds after which a browser comes back: a line of the first event, since some clients take it alone for one."""


class Stream(Response):
    """Sends `first`, and whatever follows it."""

    def __init__(
        self,
        answering: Answering,
        watch: Watch,
        asking: Asking,
        first: Answer,
        headers: dict[str, str],
        seconds: float,
    ) -> None:
        super().__init__(None, 200, headers, MEDIA_TYPE)
        del self.headers["content-length"]
        self._answering = answering
        self._watch = watch
        self._asking = asking
        self._first = first
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        if scope.get("bodiless"):
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        self._watch.begin()
        told = asyncio.ensure_future(self._told(start, send))
        left = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({told, left}, return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                told.result()
        finally:
            told.cancel()
            left.cancel()
            self._watch.end()

    async def _told(self, start: dict[str, object], send: Send) -> None:
        async def on(body: bytes) -> None:
            message = {"type": "http.response.body", "body": body, "more_body": True}
            await asyncio.wait_for(send(message), LONGEST_STALL_SECONDS)

        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        await send(start)
        answer = self._first
        try:
            await on(RETRY + answer.events)
            said = loop.time()
            while not self._watch.ended and loop.time() < until:
                if not answer.more and not await self._watch.beyond(
                    answer.seq, min(said + HEARTBEAT_SECONDS, until) - loop.time()
                ):
                    await on(answer.place)
                    said = loop.time()
                    continue
                answer = await self._answering.answer(self._asking._replace(after=answer.cursor))
                # Where nothing concerns the follower, the place goes with the next sign of life.
                if answer.items or loop.time() >= said + HEARTBEAT_SECONDS:
                    await on(answer.events)
                    said = loop.time()
        except IncidentRecordsError as fault:
            # The status is sent: an event says what a problem document would.
            problem = {"type": fault.code, "title": fault.title, "detail": fault.detail}
            await on(b"event: problem\ndata: %b\n\n" % orjson.dumps(problem))
        except TimeoutError:
            log.info("a follower took nothing for %d s", LONGEST_STALL_SECONDS)
            return
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""An export on its way to the client: made in threads of its own, one piece at a time, none ahead of what is taken."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Generator
from threading import Lock

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from app.errors import Unavailable
from app.http.service import Service

log = logging.getLogger(__name__)
LONGEST_STALL_SECONDS = 60.0
"""A client that takes nothing for so long gives its place to the next."""
ENOUGH, ENOUGH_SECONDS = 262_144, 0.02
"""Bytes, or time, after which a piece goes out: each takes a hop between threads, and whoever reads sees the data flow."""
Made = Generator[bytes, None, None]


class Gone(Exception):
    """The client has left: there is nobody to answer."""


class Pieces:
    """The bytes of one export. It holds a place among the exports, and a connection, until `end`."""

    def __init__(self, service: Service, made: Made) -> None:
        self._service = service
        self._made = made
        self._lock = Lock()
        self._ended = False

    async def next(self) -> bytes | None:
        """The next piece, None after the last; an empty one says that there is nothing to send yet."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._service.exporters, self._advance)

    def _advance(self) -> bytes | None:
        with self._lock:
            parts, size, until = [], 0, time.monotonic() + ENOUGH_SECONDS
            try:
                for part in self._made:
                    parts.append(part)
                    size += len(part)
                    if size >= ENOUGH or time.monotonic() >= until:
                        break
                return b"".join(parts) if parts else None
            except OSError as fault:  # no room for a temporary file
                raise Unavailable("the service has no room to make the file", retry_after=30) from fault

    def end(self) -> None:
        """Gives connection and place back, once a piece that is being made is made. Does not wait for it."""
        if not self._ended:
            self._ended = True
            closed = asyncio.get_running_loop().run_in_executor(self._service.exporters, self._close)
            closed.add_done_callback(lambda _: self._service.export_slots.release())

    def _close(self) -> None:
        with self._lock:
            try:
                self._made.close()
            except Exception:
                log.warning("an export did not end well", exc_info=True)


async def begun(request: Request, service: Service, made: Made) -> tuple[Pieces, bytes]:
    """A place among the exports, and the first piece: what is wrong with the question shows here, before any answer."""
    try:
        await asyncio.wait_for(
            service.export_slots.acquire(), timeout=service.settings.database.lock_timeout_seconds
        )
    except TimeoutError:
        raise Unavailable("as many exports run as the service allows; try again", retry_after=10) from None
    pieces = Pieces(service, made)
    try:
        first = await pieces.next()
        while first == b"":
            if await request.is_disconnected():
                raise Gone
            first = await pieces.next()
    except BaseException:
        pieces.end()
        raise
    return pieces, first or b""


class Streamed(Response):
    """Sends the pieces as the client takes them; ends them whatever happens."""

    def __init__(
        self, pieces: Pieces, first: bytes, headers: dict[str, str], ended: Callable[[], None]
    ) -> None:
        super().__init__(None, 200, headers)
        del self.headers["content-length"]
        self.pieces = pieces
        self.first = first
        self.ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_left(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            piece: bytes | None = self.first
            while piece is not None and not gone.done():
                if piece:
                    message = {"type": "http.response.body", "body": piece, "more_body": True}
                    await asyncio.wait_for(send(message), LONGEST_STALL_SECONDS)
                piece = await self.pieces.next()
            if piece is None:
                await send({"type": "http.response.body", "body": b""})
        except Exception as fault:
            # The status is sent: an answer that breaks off is all that can still tell the client.
            log.warning("an export broke off: %s", fault or type(fault).__name__)
            raise Broken from fault
        finally:
            gone.cancel()
            self.pieces.end()
            self.ended()


class Broken(Exception):
    """An export that had begun could not be ended; the server closes the connection without the last chunk."""


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""304 for what the public asks again and again: the caches in front of the service, and whoever looks for news.

An address that was found to be a sound question is not read a second time, and one look at the revision serves all who
asked before it began. So a 304 costs less than any other request.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.viewer import PUBLIC
from app.errors import IncidentRecordsError
from app.http.tags import not_modified
from app.storage.database import Database, Reader

MOST_ADDRESSES = 4_096
LONGEST_ADDRESS = 1_000
"""Bytes of path and query; a longer one is read each time."""

Address = tuple[str, bytes, str]
"""Path, query and Accept header, as they came: whatever decides what is asked for, and in which form."""


class Answered(NamedTuple):
    """How an address is answered: what its ETag says of the form, and whether that is a weak one."""

    form: str
    weak: bool


class Kept:
    """Addresses that the public asked for."""

    def __init__(self, database: Database, readers: ThreadPoolExecutor) -> None:
        self._database = database
        self._readers = readers
        self._known: dict[Address, Answered] = {}
        self._reading: asyncio.Future[int] | None = None
        self._next: asyncio.Task[int] | None = None

    def remember(self, request: Request, answered: Answered) -> None:
        """The request is a sound question, and is answered so."""
        address = _address(request)
        if len(address[0]) + len(address[1]) > LONGEST_ADDRESS:
            return
        if len(self._known) >= MOST_ADDRESSES:
            self._known.clear()
        self._known[address] = answered

    async def unchanged(self, request: Request) -> Response | None:
        """A 304 where the address is known and the caller has what is so now."""
        known = self._known.get(_address(request))
        if known is None:
            return None
        try:
            revision = await self._revision()
        except IncidentRecordsError:
            return None  # who answers in full will find it, too, and say so
        return not_modified(request, lambda: revision, PUBLIC, known.form, weak=known.weak)

    async def _revision(self) -> int:
        """As it is at some moment from now on."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._read_after(self._reading))
            self._next.add_done_callback(_seen)
        # Whoever goes away leaves the others waiting.
        return await asyncio.shield(self._next)

    async def _read_after(self, other: asyncio.Future[int] | None) -> int:
        if other is not None:
            await asyncio.wait([other])
        # From here on who comes has to wait for the next one: this may have looked already.
        reading, self._next = self._next, None
        self._reading = reading
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, self._database.read, Reader.revision
        )


class Unchanged:
    """The layer that answers so, before a route is looked for."""

    def __init__(self, app: ASGIApp, kept: Kept) -> None:
        self.app = app
        self.kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and _by_anybody(scope):
            same = await self.kept.unchanged(Request(scope))
            if same is not None:
                await same(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _by_anybody(scope: Scope) -> bool:
    """Somebody who names no key, and something that is held already."""
    names = {name for name, _ in scope["headers"]}
    return b"if-none-match" in names and b"authorization" not in names


def _address(request: Request) -> Address:
    accept = ",".join(request.headers.getlist("accept"))
    return request.scope["path"], request.scope["query_string"], accept


def _seen(reading: asyncio.Task[int]) -> None:
    """A fault goes to those who wait; where none does any more there is nobody to tell."""
    if not reading.cancelled():
        reading.exception()

"""Requests for single records: those that wait at the same time are answered in one thread, by one statement.

Where the database is another process, most of what a single record costs is the way there and back. Nobody waits for
company: a request that finds a lane free goes at once, and only those that come while all are taken go together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from fastapi import Response

from app.access.viewer import Viewer
from app.errors import IncidentRecordsError
from app.http.coding import encode
from app.storage.database import Database, Reader
from app.storage.single import FILLED, Found, Wanted, several

LANES = 2
"""Statements under way at once: while one is answered the next one gathers."""
MOST = FILLED
"""Records in a statement: those that come together wait for the slowest of them."""


class Sought(NamedTuple):
    """The record that a request hangs on, and what is made of it."""

    wanted: Wanted
    answer: Callable[[Found], Response]


class Asking(NamedTuple):
    """A request: the key of who asks, what is sought (or the answer, where no record is needed for it), the codings that
    it takes."""

    key: str | None
    work: Callable[[Reader, Viewer], Response | Sought]
    takes: tuple[str, ...]


Told = Response | Exception
Waiting = tuple[Asking, asyncio.Future[Response]]


class Together:
    """Belongs to one event loop. `viewer` tells whose a key is."""

    def __init__(
        self,
        database: Database,
        readers: ThreadPoolExecutor,
        viewer: Callable[[Reader, str | None], Viewer],
    ) -> None:
        self._database = database
        self._readers = readers
        self._viewer = viewer
        self._waiting: deque[Waiting] = deque()
        self._under_way = 0

    async def answer(self, asking: Asking) -> Response:
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting.append((asking, future))
        self._go()
        return await future

    def _go(self) -> None:
        if not self._waiting or self._under_way == LANES:
            return
        going = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        self._under_way += 1
        running = asyncio.get_running_loop().run_in_executor(
            self._readers, self._answers, [asking for asking, _ in going]
        )
        running.add_done_callback(lambda done: self._arrived(going, done))

    def _arrived(self, going: list[Waiting], done: asyncio.Future[list[Told]]) -> None:
        self._under_way -= 1
        for (_, future), told in zip(going, done.result(), strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(told, Exception):
                future.set_exception(told)
            else:
                future.set_result(told)
        self._go()

    def _answers(self, askings: Sequence[Asking]) -> list[Told]:
        try:
            return self._database.read(lambda reader: self._told(reader, askings))
        except IncidentRecordsError as fault:
            return [fault for _ in askings]
        except Exception as fault:  # noqa: BLE001 - each of them is told its own
            if len(askings) == 1:
                return [fault]
        # A fault of ours that one of them met is not told to the others.
        return [told for asking in askings for told in self._answers([asking])]

    def _told(self, reader: Reader, askings: Sequence[Asking]) -> list[Told]:
        viewers: dict[str | None, Viewer] = {}
        told: dict[int, Told] = {}
        sought: dict[Viewer, list[tuple[int, Sought]]] = {}
        for number, asking in enumerate(askings):
            try:
                if asking.key not in viewers:
                    viewers[asking.key] = self._viewer(reader, asking.key)
                viewer = viewers[asking.key]
                done = asking.work(reader, viewer)
            except IncidentRecordsError as fault:
                told[number] = fault
                continue
            if isinstance(done, Sought):
                sought.setdefault(viewer, []).append((number, done))
            else:
                told[number] = done
        for viewer, of_viewer in sought.items():
            records = several(reader, viewer, [each.wanted for _, each in of_viewer])
            for (number, each), record in zip(of_viewer, records, strict=True):
                told[number] = each.answer(record) if isinstance(record, Found) else record
        for number, asking in enumerate(askings):
            answered = told[number]
            if isinstance(answered, Response):
                encode(answered, asking.takes)
        return [told[number] for number in range(len(askings))]

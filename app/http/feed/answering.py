"""Pages of the feed for those who wait at the same time: who stands at one place with one question is read for once.

After a change all who follow ask at the same moment, most of them the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import orjson

from app.access.viewer import Viewer
from app.errors import IncidentRecordsError
from app.http.feed.questions import asked_of, limit_asked, place_of, token_of
from app.settings import Settings
from app.storage.database import Database, Reader
from app.storage.feed import follow

LANES = 2
"""Batches under way at once: while one is read the next one gathers."""


class Asking(NamedTuple):
    """Whose key it is, what is asked, and where the caller stands: a cursor or a number, as it was sent."""

    key: str | None
    given: tuple[tuple[str, str], ...]
    after: str | None


@dataclass(frozen=True)
class Answer:
    """A page. `viewer`: who it was told to. `seq`: all changes up to it are told; `head`: the last one that there was."""

    viewer: Viewer
    items: Sequence[bytes]
    cursor: str
    seq: int
    head: int

    @property
    def more(self) -> bool:
        """Whether there is more already."""
        return self.seq < self.head

    @cached_property
    def events(self) -> bytes:
        """As server-sent events; the last one says up to where they lead."""
        told = [b"event: change\ndata: %b\n\n" % item for item in self.items]
        return b"".join(told) + self.place

    @cached_property
    def place(self) -> bytes:
        at = orjson.dumps({"seq": self.seq, "head": self.head})
        return b"id: %b\nevent: place\ndata: %b\n\n" % (self.cursor.encode(), at)


Told = Answer | Exception
Waiting = tuple[Asking, "asyncio.Future[Answer]"]


class Answering:
    """Belongs to one event loop. `viewer` tells whose a key is."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        readers: ThreadPoolExecutor,
        viewer: Callable[[Reader, str | None], Viewer],
    ) -> None:
        self._settings = settings
        self._database = database
        self._readers = readers
        self._viewer = viewer
        self._waiting: deque[Waiting] = deque()
        self._under_way = 0

    async def answer(self, asking: Asking) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asking, future))
        self._go()
        return await future

    def _go(self) -> None:
        if not self._waiting or self._under_way == LANES:
            return
        going = list(self._waiting)
        self._waiting.clear()
        self._under_way += 1
        asked = list(dict.fromkeys(asking for asking, _ in going))
        running = asyncio.get_running_loop().run_in_executor(self._readers, self._answers, asked)
        running.add_done_callback(lambda done: self._arrived(going, done))

    def _arrived(self, going: list[Waiting], done: asyncio.Future[dict[Asking, Told]]) -> None:
        self._under_way -= 1
        answers = done.result()
        for asking, future in going:
            if future.done():
                continue  # whoever asked has gone
            told = answers[asking]
            if isinstance(told, Exception):
                future.set_exception(told)
            else:
                future.set_result(told)
        self._go()

    def _answers(self, askings: Sequence[Asking]) -> dict[Asking, Told]:
        try:
            return self._database.read(lambda reader: self._told(reader, askings))
        except Exception as fault:  # noqa: BLE001 - each of them is told
            return dict.fromkeys(askings, fault)

    def _told(self, reader: Reader, askings: Sequence[Asking]) -> dict[Asking, Told]:
        viewers: dict[str | None, Viewer | IncidentRecordsError] = {}
        alike: dict[object, Answer] = {}
        told: dict[Asking, Told] = {}
        for asking in askings:
            if asking.key not in viewers:
                viewers[asking.key] = self._known(reader, asking.key)
            viewer = viewers[asking.key]
            if isinstance(viewer, IncidentRecordsError):
                told[asking] = viewer
                continue
            same = (viewer.sight, asking.given, asking.after)
            try:
                if same not in alike:
                    alike[same] = self._page(reader, viewer, asking)
                told[asking] = alike[same]
            except IncidentRecordsError as fault:
                told[asking] = fault
        return told

    def _known(self, reader: Reader, key: str | None) -> Viewer | IncidentRecordsError:
        try:
            return self._viewer(reader, key)
        except IncidentRecordsError as fault:
            return fault

    def _page(self, reader: Reader, viewer: Viewer, asking: Asking) -> Answer:
        given, secret = dict(asking.given), self._settings.keys.secret
        limit = limit_asked(given, self._settings)
        asked = asked_of(given, viewer)
        place = place_of(asking.after, asked, reader, secret)
        found = follow(reader, viewer, asked.following, place, limit)
        seq = found.place.after
        return Answer(viewer, found.items, token_of(found.place, asked, reader, secret), seq, found.head)

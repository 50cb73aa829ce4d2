"""Pages of the feed for those who wait at the same time: who stands at one place with one question is read for once.

After a change all who follow ask at the same moment, most of them the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import orjson

from app.access.viewer import Viewer
from app.errors import IncidentRecordsError
from app.http.batches import Batches
from app.http.feed.questions import asked_of, limit_asked, place_of, token_of
from app.settings import Settings
from app.storage.database import Database, Reader
from app.storage.feed import follow

MOST = 2_000
"""Pages that are read together: all who follow."""


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
        self._viewer = viewer
        self._batches: Batches[Asking, Answer] = Batches(readers, self._answers, MOST)

    async def answer(self, asking: Asking) -> Answer:
        return await self._batches.answer(asking)

    def _answers(self, askings: Sequence[Asking]) -> list[Told]:
        different = list(dict.fromkeys(askings))
        try:
            told = self._database.read(lambda reader: self._told(reader, different))
        except Exception as fault:  # noqa: BLE001 - each of them is told
            return [fault for _ in askings]
        return [told[asking] for asking in askings]

    def _told(self, reader: Reader, askings: Sequence[Asking]) -> dict[Asking, Told]:
        viewers: dict[str | None, Viewer | IncidentRecordsError] = {}
        alike: dict[object, Told] = {}
        told: dict[Asking, Told] = {}
        for asking in askings:
            if asking.key not in viewers:
                viewers[asking.key] = self._known(reader, asking.key)
            viewer = viewers[asking.key]
            if isinstance(viewer, IncidentRecordsError):
                told[asking] = viewer
                continue
            same = (viewer.sight, asking.given, asking.after)
            if same not in alike:
                alike[same] = self._page_or_fault(reader, viewer, asking)
            told[asking] = alike[same]
        return told

    def _page_or_fault(self, reader: Reader, viewer: Viewer, asking: Asking) -> Told:
        """What goes wrong with one question is not the others' fault; a connection that is lost is lost for all."""
        try:
            return self._page(reader, viewer, asking)
        except Exception as fault:
            if reader.dialect.is_disconnect(fault):
                raise
            return self._database.in_words(fault)

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
        cursor = token_of(found.place, found.head, asked, reader, secret)
        return Answer(viewer, found.items, cursor, found.place.after, found.head)

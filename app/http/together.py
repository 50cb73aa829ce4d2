"""Requests for single records: those that wait at the same time are answered by one statement (`batches`).

Where the database is another process, most of what a single record costs is the way there and back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from fastapi import Response

from app.access.viewer import Viewer
from app.errors import IncidentRecordsError
from app.http.batches import Batches
from app.http.coding import encode
from app.storage.database import Database, Reader
from app.storage.single import FILLED, Found, Wanted, several

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


class Together:
    """Belongs to one event loop. `viewer` tells whose a key is."""

    def __init__(
        self,
        database: Database,
        readers: ThreadPoolExecutor,
        viewer: Callable[[Reader, str | None], Viewer],
    ) -> None:
        self._database = database
        self._viewer = viewer
        self._batches: Batches[Asking, Response] = Batches(readers, self._answers, MOST)

    async def answer(self, asking: Asking) -> Response:
        return await self._batches.answer(asking)

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

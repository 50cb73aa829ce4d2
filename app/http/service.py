"""What a running service holds: settings, the database, and how many requests may be in it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response

from app.access.viewer import PUBLIC, Viewer
from app.domain import areas
from app.errors import Unauthenticated
from app.http.coding import encode, taken_by
from app.http.dates import Dates
from app.http.kept import Kept
from app.http.together import Asking, Sought, Together
from app.settings import Settings
from app.storage.database import Database, Reader
from app.storage.keys import viewer_of

T = TypeVar("T")


@dataclass(slots=True)
class Service:
    """As many threads as connections: more would only wait for one another."""

    settings: Settings
    database: Database
    readers: ThreadPoolExecutor = field(init=False)
    writers: CapacityLimiter = field(init=False)
    exporters: ThreadPoolExecutor = field(init=False)
    """Threads of their own: however long exports run, reads find theirs free."""
    export_slots: asyncio.Semaphore = field(init=False)
    recomputing: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    """The history is recomputed for one at a time: exports find a place beside it."""
    kept: Kept = field(init=False)
    dates: Dates = field(init=False, default_factory=Dates)
    together: Together = field(init=False)

    def __post_init__(self) -> None:
        areas.load()
        self.readers = ThreadPoolExecutor(self.settings.database.read_threads, "read")
        self.kept = Kept(self.database, self.readers)
        self.together = Together(self.database, self.readers, self.viewer)
        self.writers = CapacityLimiter(
            1 if self.database.is_embedded else self.settings.database.write_threads
        )
        self.exporters = ThreadPoolExecutor(self.settings.database.export_threads, "export")
        self.export_slots = asyncio.Semaphore(self.settings.database.export_threads)

    def close(self) -> None:
        self.readers.shutdown()
        self.exporters.shutdown()
        self.database.close()

    def viewer(self, reader: Reader, key: str | None) -> Viewer:
        return PUBLIC if key is None else viewer_of(reader, key, self.settings.keys.secret)

    async def read(self, request: Request, work: Callable[[Reader, Viewer], T]) -> T:
        """`work` for the request's viewer, in one hop to a thread; an answer comes back in the coding that serves best."""
        key, takes = bearer(request), taken_by(request)

        def for_viewer(reader: Reader) -> T:
            return work(reader, self.viewer(reader, key))

        def within() -> T:
            done = self.database.read(for_viewer)
            if isinstance(done, Response):
                encode(done, takes)
            return done

        # Straight to the pool: its hop costs less than half of anyio's.
        return await asyncio.get_running_loop().run_in_executor(self.readers, within)

    async def read_one(
        self, request: Request, work: Callable[[Reader, Viewer], Response | Sought]
    ) -> Response:
        """As `read`, for an answer that hangs on one record: together with others that wait for theirs."""
        return await self.together.answer(Asking(bearer(request), work, taken_by(request)))

    async def write(self, request: Request, work: Callable[[Viewer], T]) -> T:
        """`work` for the request's viewer, who needs a key."""
        key = bearer(request)
        if key is None:
            raise Unauthenticated("send an API key: Authorization: Bearer irk_…")

        def within() -> T:
            viewer = self.database.read(lambda reader: self.viewer(reader, key))
            return work(viewer)

        return await to_thread.run_sync(within, limiter=self.writers)


def bearer(request: Request) -> str | None:
    """The key of the Authorization header; None without the header. Any other scheme is refused."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("the Authorization header must read: Bearer irk_…")
    return key.strip()


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service

"""Those who wait for something new, and one look at the head of the history now and then for all of them.

Looking serves both databases and however many processes write; a look costs less than a hundredth of a page.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from app.errors import IncidentRecordsError, Unavailable
from app.storage.database import Database

EVERY_SECONDS = 0.1


class Watch:
    """Belongs to one event loop. `most` may wait at once."""

    def __init__(self, database: Database, readers: ThreadPoolExecutor, most: int) -> None:
        self._database = database
        self._readers = readers
        self._most = most
        self._following = 0
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None
        self._head = 0
        self._moved: asyncio.Future[None] | None = None
        self.ended = False
        """The service is about to stop: nobody is kept waiting."""

    def begin(self) -> None:
        """One more follows. Raises Unavailable where too many do."""
        if self._following >= self._most:
            raise Unavailable("as many follow as the service allows; try again", retry_after=30)
        self._following += 1

    def end(self) -> None:
        self._following -= 1

    def stop(self) -> None:
        self.ended = True
        self._wake()

    async def beyond(self, seq: int, seconds: float) -> bool:
        """Waits until there is a change after `seq`; whether there is one."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        if self._looking is None or self._looking.done():
            # Also for who is told at once: the history may be another one than when it was last looked at.
            self._looking = asyncio.ensure_future(self._look())
        self._waiting += 1
        try:
            while self._head <= seq and not self.ended:
                left = until - loop.time()
                if left <= 0:
                    return False
                if self._moved is None:
                    self._moved = loop.create_future()
                await asyncio.wait([self._moved], timeout=left)
        finally:
            self._waiting -= 1
        return self._head > seq

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.ended:
            try:
                head = await loop.run_in_executor(self._readers, self._database.read, lambda r: r.revision())
            except IncidentRecordsError:
                head = self._head  # who asks for a page is told what is wrong
            if head != self._head:
                self._head = head
                self._wake()
            await asyncio.sleep(EVERY_SECONDS)
            if not self._waiting:
                return

    def _wake(self) -> None:
        if self._moved is not None:
            self._moved.set_result(None)
            self._moved = None

"""SQLite's write-ahead log is carried over to the database by a thread of its own, while transactions follow each other.

By itself SQLite does so within the commit that finds the log long, and the writer waits for it, a twelfth of an import's time.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

log = logging.getLogger(__name__)

MOST_PAGES = 16_384
"""Of the log. It begins anew only where all of it was carried over before the next transaction: beyond this the writer waits for that."""


class Checkpoints:
    """From the first `written` to `close`, which also closes its connection."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connection = connect()
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._last: Future[int] | None = None

    def written(self) -> None:
        """A transaction was committed."""
        if self._last is not None and not self._last.done():
            return
        long = self._last is not None and self._last.result() > MOST_PAGES
        self._last = self._thread.submit(self._carry_over)
        if long:
            self._last.result()

    def close(self) -> None:
        self._thread.submit(self._carry_over).result()
        self._thread.shutdown()
        self._connection.close()

    def _carry_over(self) -> int:
        """Gives how many pages the log has."""
        try:
            _, pages, _ = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as fault:
            # As within a commit: what is in the log is safe there, and the next one tries again.
            log.warning("the write-ahead log was not carried over: %s", fault)
            return 0
        return int(pages)

"""The date since which the service tells what it tells: ``Last-Modified`` of files, for clients that know no ETags.

Not when a change was made: that is known before it can be seen, and whoever read in between would never hear of it.
It is the first whole second, some seconds later, by which this process had seen the change and had stopped telling
anything older. Until then there is no date. So a file that was fetched before a change always has an earlier date, be
it the service's or the clock's of whoever fetched it, and two states never have the same one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from threading import Lock

from fastapi import Request

MARGIN_SECONDS = 5
"""By how much clocks may differ, and by how much an answer may be older than the look at its revision."""


class Dates:
    """What this process has seen of the data's revisions. Any thread may use it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._revision = -1
        self._since = 0.0

    def ended(self, revision: int) -> None:
        """An answer that told of the revision has come to its end, whichever: up to now something older was told."""
        with self._lock:
            if revision < self._revision:
                self._since = max(self._since, self._clock())

    def since(self, revision: int) -> int | None:
        """The second, of those since 1970, from which on nothing older than the revision was told; None while that is
        not sure."""
        with self._lock:
            self._see(revision)
            if revision < self._revision:
                return None
            second = math.ceil(self._since) + MARGIN_SECONDS
            return second if second <= self._clock() else None

    def _see(self, revision: int) -> None:
        if revision > self._revision:
            self._revision, self._since = revision, self._clock()


def spelled(second: int) -> str:
    return formatdate(second, usegmt=True)


def held_since(request: Request) -> float | None:
    """The date of what the caller holds; None where there is none, or an ETag, which knows better (RFC 9110, 13.1.3)."""
    if "if-none-match" in request.headers:
        return None
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None

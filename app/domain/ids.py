"""Ids that leave the service: a prefix and a UUIDv7 in base32, the TypeID form (``inc_01jexample…``).

TypeID specification 0.3: prefix, ``_``, 26 characters of lower-case Crockford base32. RFC 9562 section 5.7 for
the UUIDv7 and section 6.2, method 2 (a random part that is counted up within a millisecond) for the order.
"""

from __future__ import annotations

import os
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from app.errors import invalid

INCIDENT = "inc"
REPORT = "rep"
SOURCE = "src"
CLAIM = "clm"
PARTNER = "par"
KEY = "key"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # ten bits -> two characters
_VALUES = {char: value for value, char in enumerate(_ALPHABET)}
_SUFFIX = re.compile(rf"[0-7][{_ALPHABET}]{{25}}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_RANDOM_BITS = 74  # 12 beside the version, 62 beside the variant
_LOW_BITS = (1 << 62) - 1
# A fresh start leaves the top bit clear, so that counting up within a millisecond has room.
_START_BYTES = 10
_START_MASK = (1 << (_RANDOM_BITS - 1)) - 1
_STEP_BYTES = 4
_POOL_BYTES = 4096
_SLICE = 1000


class _Maker:
    """Hands out the 26 characters, strictly rising within the process, also when the clock steps back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = -1
        self._tail = 0
        self._head = ""
        self._pool = b""
        self._used = 0

    def take(self, count: int) -> list[str]:
        made: list[str] = []
        while len(made) < count:
            # In slices, so that a large import does not make a single request wait for all of it.
            with self._lock:
                made += [self._next() for _ in range(min(_SLICE, count - len(made)))]
        return made

    def one(self) -> str:
        with self._lock:
            return self._next()

    def _next(self) -> str:
        now = time.time_ns() // 1_000_000
        if now > self._last_ms:
            self._start(now)
        else:
            self._tail += 1 + self._random(_STEP_BYTES)
            if self._tail >> _RANDOM_BITS:
                self._start(self._last_ms + 1)
        tail = self._tail
        # version 7, 12 bits, variant 0b10, 62 bits: exactly the last sixteen characters
        bits = 7 << 76 | (tail >> 62) << 64 | 2 << 62 | tail & _LOW_BITS
        pairs = _PAIRS
        return (
            self._head
            + pairs[bits >> 70]
            + pairs[bits >> 60 & 1023]
            + pairs[bits >> 50 & 1023]
            + pairs[bits >> 40 & 1023]
            + pairs[bits >> 30 & 1023]
            + pairs[bits >> 20 & 1023]
            + pairs[bits >> 10 & 1023]
            + pairs[bits & 1023]
        )

    def _start(self, ms: int) -> None:
        # 48 bits of milliseconds after two of padding: exactly the first ten characters
        self._head = "".join(_PAIRS[ms >> shift & 1023] for shift in (40, 30, 20, 10, 0))
        self._last_ms = ms
        self._tail = self._random(_START_BYTES) & _START_MASK

    def _random(self, size: int) -> int:
        if self._used + size > len(self._pool):
            # One system call for hundreds of ids.
            self._pool, self._used = os.urandom(_POOL_BYTES), 0
        start = self._used
        self._used = start + size
        return int.from_bytes(self._pool[start : self._used], "big")


_maker = _Maker()


def _renew() -> None:
    """A forked child must not hand out its parent's next ids, nor inherit a lock that was held."""
    global _maker
    _maker = _Maker()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def new_id(prefix: str) -> str:
    """A new id, later in text order than any that this process has made with the same prefix."""
    return f"{prefix}_{_maker.one()}"


def new_ids(prefix: str, n: int) -> list[str]:
    """`n` new ids in rising order."""
    start = prefix + "_"
    return [start + suffix for suffix in _maker.take(n)]


@lru_cache(maxsize=64)
def _shape(prefix: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(prefix)}_{_SUFFIX.pattern}")


def is_id(text: object, prefix: str) -> bool:
    """Whether text is an id of that prefix: lower case, right length and alphabet, not above 128 bits."""
    return isinstance(text, str) and _shape(prefix).fullmatch(text) is not None


def id_time(record_id: str) -> datetime:
    """When an id of any prefix was made, UTC, to the millisecond; else InvalidInput (field ``id``)."""
    _, _, suffix = record_id.rpartition("_")
    if _SUFFIX.fullmatch(suffix) is None:
        raise invalid("id", "is not an id of this service", "not_an_id")
    ms = 0
    for char in suffix[:10]:
        ms = ms << 5 | _VALUES[char]
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise invalid("id", "carries a time after the year 9999", "not_an_id") from None

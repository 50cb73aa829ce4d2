"""The chain: one gap-free sequence of changes, each sealed with the hash of the one before, up to the head.

A head is told to everybody, and the hashes themselves to nobody: who has the hash before a change and the one after it
can try what the change may have said (a name, a position) until a guess fits. So a head carries the hash of the hash.
It binds all that came before just the same, and nothing can be tried against it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from app.storage import tables
from app.storage.history import BEFORE_THE_FIRST, as_it_reads, sealed
from app.storage.verifying.broken import Broken, at_change
from app.storage.verifying.vouching import Vouched, vouched

HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
AT_ONCE = 2_000
"""Changes in memory together."""


class Head(NamedTuple):
    """The end of the history at some time: who kept one can tell later that all before it still stands."""

    seq: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """From ``SEQ:HASH``. ValueError where it is not one."""
        found = HEAD.fullmatch(text.strip())
        if found is None:
            raise ValueError("a head is a number, a colon and 64 hexadecimal digits")
        return cls(int(found[1]), bytes.fromhex(found[2]))

    @classmethod
    def told(cls, seq: int, sealed_with: bytes) -> Head:
        """As it is told of the change that is sealed with this hash. Before the first change stand zeroes."""
        return cls(seq, hashlib.sha256(sealed_with).digest() if seq else BEFORE_THE_FIRST)

    def is_of(self, sealed_with: bytes) -> bool:
        """Whether it is that of a change sealed so. Those that were printed at first carry the hash itself."""
        return self.hash in (Head.told(self.seq, sealed_with).hash, sealed_with)


def _last(connection: Connection) -> tuple[int, bytes]:
    row = connection.execute(select(tables.history_head.c.seq, tables.history_head.c.hash)).one_or_none()
    return (0, BEFORE_THE_FIRST) if row is None else (row.seq, bytes(row.hash))


def head(connection: Connection) -> Head:
    return Head.told(*_last(connection))


def first_break(
    connection: Connection, against: Head | None = None, progress: Callable[[int], None] = lambda _: None
) -> Broken | None:
    """The first place at which the history does not hold, compared with a head that was kept, too."""
    for found in walked(connection, against):
        if isinstance(found, Broken):
            return found
        progress(found)
    return None


def walked(connection: Connection, against: Head | None = None) -> Iterator[int | Broken]:
    """Recomputes the history, some changes at a time: yields how many, and ends with the first break where there is one."""
    last, seq, stands = _last(connection), 0, BEFORE_THE_FIRST
    redacted = vouched(connection)
    if against is not None and against.seq == 0 and against.hash != BEFORE_THE_FIRST:
        yield Broken("the head", "that was kept is none: before the first change stand zeroes")
        return
    while True:
        rows = connection.execute(
            select(tables.changes)
            .where(tables.changes.c.seq > seq)
            .order_by(tables.changes.c.seq)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            break
        for row in rows:
            if row.seq != seq + 1:
                yield at_change(seq + 1, "is missing")
                return
            try:
                wrong = _wrong(stands, row, redacted.get(row.seq))
            except ValueError:
                wrong = "cannot be read any more"
            if wrong is not None:
                yield at_change(row.seq, wrong)
                return
            seq, stands = row.seq, bytes(row.hash)
            if against is not None and seq == against.seq and not against.is_of(stands):
                yield at_change(seq, "or one before it is not what it was when the head was kept")
                return
        yield len(rows)
    if last != (seq, stands):
        yield at_change(seq + 1, f"is missing, or the head is wrong: it says {last[0]:,} changes")
    elif against is not None and against.seq > seq:
        yield at_change(seq + 1, "is missing: the head that was kept is later")


def _wrong(previous: bytes, row: Row[Any], redacted: Vouched | None) -> str | None:
    """What does not hold of an entry that follows upon a hash. One that was redacted has to read as that left it; sealed with
    a salt it recomputes all the same, from the digest of what it said."""
    entry, stored = row[:-1], bytes(row.hash)
    if redacted is None:
        holds = row.content is None and sealed(previous, entry) == stored
        return None if holds else "is not what was sealed"
    if (stored.hex(), as_it_reads(previous, entry).hex()) != (redacted.sealed, redacted.reads):
        return f"is not what the redaction in change {redacted.by:,} left of it"
    if row.content is not None and sealed(previous, entry) != stored:
        return "is not what was sealed"
    return None

"""The chain: one gap-free sequence of changes, each sealed with the hash of the one before, up to the head.

A head is told to everybody, and the hashes themselves to nobody: who has the hash before a change and the one after it
can try what the change may have said (a name, a position) until a guess fits. So a head carries the hash of the hash.
It binds all that came before just the same, and nothing can be tried against it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from app.storage import tables
from app.storage.dialects import dialect_of
from app.storage.history import BEFORE_THE_FIRST, COLUMNS, as_it_reads, sealed
from app.storage.verifying.broken import Broken, at_change
from app.storage.verifying.vouching import Vouched, vouched

HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")
AT_ONCE = 2_000
"""Changes in memory together."""
ENTRIES = {
    name: f"SELECT {', '.join(COLUMNS)} FROM changes WHERE seq > {mark} AND seq <= {mark} ORDER BY seq"
    for name, mark in (("sqlite", "?"), ("postgresql", "%s"))
}


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


def first_break(connection: Connection, against: Head | None = None) -> Broken | None:
    """The first place at which the history does not hold, compared with a head that was kept, too."""
    return next((found for found in walked(connection, against) if isinstance(found, Broken)), None)


def walked(connection: Connection, against: Head | None = None) -> Iterator[int | Broken]:
    """Recomputes the history, some changes at a time: yields how many, and ends with the first break where there is one."""
    wrong = impossible(against)
    if wrong is not None:
        yield wrong
        return
    for found in stretch(connection, 0, last_change(connection)[0], against):
        yield found
        if isinstance(found, Broken):
            return
    wrong = wrong_end(connection, against)
    if wrong is not None:
        yield wrong


def impossible(against: Head | None) -> Broken | None:
    """A head that was kept, and that no history ever had."""
    if against is not None and against.seq == 0 and against.hash != BEFORE_THE_FIRST:
        return Broken("the head", "that was kept is none: before the first change stand zeroes")
    return None


def last_change(connection: Connection) -> tuple[int, bytes]:
    """The number and the hash of the last change that is there."""
    columns = select(tables.changes.c.seq, tables.changes.c.hash)
    row = connection.execute(columns.order_by(tables.changes.c.seq.desc()).limit(1)).one_or_none()
    return (0, BEFORE_THE_FIRST) if row is None else (row.seq, bytes(row.hash))


def wrong_end(connection: Connection, against: Head | None) -> Broken | None:
    """What does not hold behind the last change, all those up to it being as they should."""
    seq, stands = last_change(connection)
    last = _last(connection)
    if last != (seq, stands):
        return at_change(seq + 1, f"is missing, or the head is wrong: it says {last[0]:,} changes")
    if against is not None and against.seq > seq:
        return at_change(seq + 1, "is missing: the head that was kept is later")
    return None


def stretch(
    connection: Connection, after: int, upto: int, against: Head | None = None
) -> Iterator[int | Broken]:
    """The same of the changes after one up to another. That the one before them is what it should be, whoever looks at
    the stretch before this one sees."""
    seq, stands = after, BEFORE_THE_FIRST
    if after:
        of_one = select(tables.changes.c.hash).where(tables.changes.c.seq == after)
        stands = bytes(connection.execute(of_one).scalar_one_or_none() or b"")
    redacted = vouched(connection)
    kept = None if against is None else against.seq
    while seq < upto:
        rows = _rows(connection, seq, min(upto, seq + AT_ONCE))
        for row in rows:
            if row is not None and row[0] != seq + 1:
                break
            try:
                *entry, stored = row
                wrong = _wrong(stands, entry, bytes(stored), redacted.get(seq + 1))
            except (ValueError, TypeError, AttributeError):
                wrong = "cannot be read any more"
            if wrong is not None:
                yield at_change(seq + 1, wrong)
                return
            seq, stands = seq + 1, bytes(stored)
            if against is not None and seq == kept and not against.is_of(stands):
                yield at_change(seq, "or one before it is not what it was when the head was kept")
                return
        if not rows or rows[-1][0] != seq or (seq < upto and len(rows) < AT_ONCE):
            yield at_change(seq + 1, "is missing")
            return
        yield len(rows)


def _rows(connection: Connection, after: int, upto: int) -> Sequence[Any]:
    """As the driver reads them: nothing here needs more than that. None, and none after it, where one cannot be read."""
    cursor = connection.connection.cursor()
    found: list[Any] = []
    try:
        cursor.execute(ENTRIES[connection.dialect.name], (after, upto))
        found.extend(iter(cursor.fetchone, None))
    except Exception as fault:
        if not dialect_of(connection.dialect.name).cannot_read(fault):
            raise
        found.append(None)
    finally:
        cursor.close()
    return found


def _wrong(previous: bytes, entry: Sequence[Any], stored: bytes, redacted: Vouched | None) -> str | None:
    """What does not hold of an entry that follows upon a hash. One that was redacted has to read as that left it; sealed with
    a salt it recomputes all the same, from the digest of what it said."""
    content = entry[-1]
    if redacted is None:
        holds = content is None and sealed(previous, entry) == stored
        return None if holds else "is not what was sealed"
    if (stored.hex(), as_it_reads(previous, entry).hex()) != (redacted.sealed, redacted.reads):
        return f"is not what the redaction in change {redacted.by:,} left of it"
    if content is not None and sealed(previous, entry) != stored:
        return "is not what was sealed"
    return None

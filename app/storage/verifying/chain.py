"""The chain: one gap-free sequence of changes, each sealed with the hash of the one before, up to the head."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, select

from app.storage import tables
from app.storage.history import BEFORE_THE_FIRST, sealed
from app.storage.verifying.broken import Broken

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


def head(connection: Connection) -> Head:
    row = connection.execute(select(tables.history_head.c.seq, tables.history_head.c.hash)).one_or_none()
    return Head(0, BEFORE_THE_FIRST) if row is None else Head(row.seq, bytes(row.hash))


def first_break(
    connection: Connection, against: Head | None = None, progress: Callable[[int], None] = lambda _: None
) -> Broken | None:
    """The first place at which the history does not hold, compared with a head that was kept, too."""
    last, stands = head(connection), Head(0, BEFORE_THE_FIRST)
    if against is not None and against.seq == 0 and against.hash != BEFORE_THE_FIRST:
        return Broken("the head", "that was kept is none: before the first change stand zeroes")
    while True:
        rows = connection.execute(
            select(tables.changes)
            .where(tables.changes.c.seq > stands.seq)
            .order_by(tables.changes.c.seq)
            .limit(AT_ONCE)
        ).all()
        if not rows:
            break
        for row in rows:
            if row.seq != stands.seq + 1:
                return Broken(f"change {stands.seq + 1}", "is missing")
            try:
                stands = Head(row.seq, sealed(stands.hash, row[:-1]))
            except ValueError:
                return Broken(f"change {row.seq}", "cannot be read any more")
            if stands.hash != bytes(row.hash):
                return Broken(f"change {row.seq}", "is not what was sealed")
            if against is not None and stands.seq == against.seq and stands.hash != against.hash:
                return Broken(
                    f"change {row.seq}", "or one before it is not what it was when the head was kept"
                )
        progress(len(rows))
    if last != stands:
        return Broken(
            f"change {stands.seq + 1}", f"is missing, or the head is wrong: it says {last.seq:,} changes"
        )
    if against is not None and against.seq > stands.seq:
        return Broken(f"change {stands.seq + 1}", "is missing: the head that was kept is later")
    return None

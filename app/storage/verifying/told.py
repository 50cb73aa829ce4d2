"""The head as readers ask for it: of all changes, or of those up to one."""

from __future__ import annotations

from dataclasses import dataclass

from app.storage.database import Reader
from app.storage.history import BEFORE_THE_FIRST
from app.storage.verifying.chain import Head

LAST = "SELECT h.seq, h.hash, c.at FROM history_head AS h LEFT JOIN changes AS c ON c.seq = h.seq"
ONE = "SELECT c.seq, c.hash, c.at FROM changes AS c WHERE c.seq = {mark}"


@dataclass(frozen=True, slots=True)
class HeadTold:
    """A head, and when the change was made that it is of; None before the first."""

    head: Head
    at: str | None


def head_told(reader: Reader, seq: int | None = None) -> HeadTold | None:
    """The head of the whole history, or as it was after change number `seq`; None where that lies ahead."""
    if seq == 0:
        return HeadTold(Head(0, BEFORE_THE_FIRST), None)
    if seq is None:
        rows = reader.rows(LAST) or [(0, BEFORE_THE_FIRST, None)]
    else:
        mark = "%s" if reader.dialect.name == "postgresql" else "?"
        rows = reader.rows(ONE.format(mark=mark), (seq,))
    return HeadTold(Head.told(rows[0][0], bytes(rows[0][1])), rows[0][2]) if rows else None

"""Changes of other records that one act made together with a change, giving the same reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select

from app.storage.tables import changes
from app.storage.write import Transaction

AT_ONCE = 1_000


def told_beside(transaction: Transaction, entry: Row[Any]) -> list[Row[Any]]:
    """One act's changes stand next to each other and are of one moment."""
    found = [*_following(transaction, entry, forward=True), *_following(transaction, entry, forward=False)]
    return [row for row in found if row.reason == entry.reason and row.record != entry.record]


def _following(transaction: Transaction, entry: Row[Any], *, forward: bool) -> Iterator[Row[Any]]:
    c, seq = changes.c, entry.seq
    while True:
        beyond = select(changes).where(c.seq > seq if forward else c.seq < seq)
        ordered = beyond.order_by(c.seq if forward else c.seq.desc()).limit(AT_ONCE)
        rows = transaction.connection.execute(ordered).all()
        for row in rows:
            if (row.at, row.partner, row.api_key) != (entry.at, entry.partner, entry.api_key):
                return
            yield row
        if len(rows) < AT_ONCE:
            return
        seq = rows[-1].seq

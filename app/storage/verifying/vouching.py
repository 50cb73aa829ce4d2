"""Redactions vouch for the entries that they rewrote: for the hash that seals each, and for how it reads since."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from app.domain.redaction import REDACTED
from app.storage.tables import REDACTIONS, changes


class Vouched(NamedTuple):
    """`by`: the redaction, by its number."""

    by: int
    sealed: str
    reads: str


def vouched(connection: Connection) -> dict[int, Vouched]:
    """By the number of the entry, as the last redaction left it. Redactions are few: this stays in memory.

    Nothing that cannot be read is believed; that the redaction itself is what was sealed shows when the chain comes to it.
    """
    found: dict[int, Vouched] = {}
    told = select(changes.c.seq, changes.c.after).where(REDACTIONS).order_by(changes.c.seq)
    for seq, after in connection.execute(told):
        try:
            entries = orjson.loads(after)[REDACTED]["changes"]
            found |= {
                int(n): Vouched(seq, e["sealed"], e["reads"]) for n, e in entries.items() if int(n) < seq
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return found

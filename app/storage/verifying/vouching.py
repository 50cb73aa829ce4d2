"""Redactions vouch for the entries that they rewrote: for the hash that seals each, and for how it reads since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, select

from app.domain.redaction import REDACTED
from app.storage.dialects import dialect_of
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
    for seq, after in _redactions(connection):
        try:
            entries = orjson.loads(after)[REDACTED]["changes"]
            found |= {
                int(n): Vouched(seq, e["sealed"], e["reads"]) for n, e in entries.items() if int(n) < seq
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return found


def _redactions(connection: Connection) -> Iterator[tuple[int, str]]:
    told = select(changes.c.seq, changes.c.after).where(REDACTIONS).order_by(changes.c.seq)
    try:
        yield from [(seq, after) for seq, after in connection.execute(told)]
        return
    except Exception as fault:
        if not dialect_of(connection.dialect.name).cannot_read(fault):
            raise
    # One of them is no text any more: the others, one by one.
    for seq in connection.execute(told.with_only_columns(changes.c.seq)).scalars().all():
        with suppress(Exception):
            yield seq, connection.execute(select(changes.c.after).where(changes.c.seq == seq)).scalar_one()

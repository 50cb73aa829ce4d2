"""All that is looked at, in parts that can be looked at in any order: stretches of the history, and records between two keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from app.query.fields import Kind
from app.storage.columns import TABLES, VERSIONS
from app.storage.dialects.base import DatabaseDialect
from app.storage.verifying.broken import Broken
from app.storage.verifying.chain import Head, last_change, stretch
from app.storage.verifying.reading import GREATEST, LEAST
from app.storage.verifying.records import Records, Seen

CHANGES, RECORDS = 10_000, 4_000
"""In one part, unless there are too many parts then."""
MOST_PARTS = 1_000
MOST_TOLD = 101
"""Of one part: one more than anybody is told of."""


class Part(NamedTuple):
    """Changes from one number to another; or the records of a kind, by their keys."""

    kind: Kind | None
    first: int
    last: int


@dataclass(slots=True)
class Looked:
    found: list[Broken] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    changes: int = 0


def parts(connection: Connection) -> tuple[list[Part], list[Part]]:
    """Of the history, from its beginning on; and of the records."""
    upto = last_change(connection)[0]
    history = [Part(None, *each) for each in _divided(1, upto, CHANGES)]
    records = []
    for kind in VERSIONS:
        key = TABLES[kind].c.id
        least, greatest = connection.execute(select(func.min(key), func.max(key))).one()
        divided = [] if least is None else list(_divided(least, greatest, RECORDS))
        starts = [LEAST, *(first for first, _ in divided[1:])]
        ends = [*(start - 1 for start in starts[1:]), GREATEST]
        records += [Part(kind, start, end) for start, end in zip(starts, ends, strict=True)]
    return history, records


def _divided(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    size = max(size, (last - first) // MOST_PARTS + 1)
    for start in range(first, last + 1, size):
        yield start, min(start + size - 1, last)


def looked_at(connection: Connection, dialect: DatabaseDialect, part: Part, against: Head | None) -> Looked:
    looked = Looked()
    if part.kind is None:
        for each in stretch(connection, part.first - 1, part.last, against):
            if isinstance(each, Broken):
                looked.found.append(each)
            else:
                looked.changes += each
        return looked

    def progress(changes: int) -> None:
        looked.changes += changes

    records = Records(connection, dialect, part.kind)
    for broken in records.breaks(part.first, part.last, looked.seen, progress):
        looked.found.append(broken)
        if len(looked.found) == MOST_TOLD:
            looked.seen.readable = False  # not all of it was looked at
            break
    return looked

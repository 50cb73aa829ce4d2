"""The records: each one, its kept versions, its links and claims are what its changes say, and nothing else is there.

Some hundred records at a time are read with all their changes. Those that surely hold are passed over quickly (`screening`);
of every other one it is said what does not hold (`judging`). What follows from other columns (the search text, the rollup)
and what only the database knows of (internal keys) is not the history's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from app.query.fields import Kind
from app.storage import tables
from app.storage.columns import TABLES, VERSIONS
from app.storage.dialects.base import DatabaseDialect
from app.storage.verifying.broken import Broken
from app.storage.verifying.judging import Judge
from app.storage.verifying.reading import AT_ONCE, FROM, Chunk, Shape, count, rows
from app.storage.verifying.screening import Screen

UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)
"""What becomes of values that are not what the service writes."""
CANNOT_BE_READ = "or what is told of it cannot be read any more"


@dataclass(slots=True)
class Seen:
    """How many rows of each table were looked at; not `readable` where some could not be."""

    rows: Counter[str] = field(default_factory=Counter)
    readable: bool = True

    def add(self, other: Seen) -> None:
        self.rows += other.rows
        self.readable = self.readable and other.readable


class Records:
    """The records of one kind."""

    def __init__(self, connection: Connection, dialect: DatabaseDialect, kind: Kind) -> None:
        self.connection, self.dialect = connection, dialect
        self.shape = Shape(kind, dialect)
        self.screen, self.judge = Screen(self.shape), Judge(self.shape)

    def breaks(self, first: int, last: int, seen: Seen, progress: Callable[[int], None]) -> Iterator[Broken]:
        """Of those whose keys are between two."""
        for start, end in self.shape.bounds(self.connection, first, last):
            before = seen.rows[tables.changes.name]
            try:
                chunk = self.shape.chunk(self.connection, start, end)
            except Exception as fault:
                if not self._is_unreadable(fault):
                    raise
                yield from self._one_by_one(start, end, seen)
            else:
                yield from self._of(chunk, seen)
            progress(seen.rows[tables.changes.name] - before)

    def _of(self, chunk: Chunk, seen: Seen) -> Iterator[Broken]:
        for key in chunk.kept:
            what = self._wrong(chunk, key)
            if what is not None:
                yield Broken(self._uid(key), what)
        for table, of in (
            (self.shape.kept, chunk.kept),
            (tables.changes, chunk.changes),
            (tables.links, chunk.links),
            (tables.claims, chunk.claims),
        ):
            seen.rows[table.name] += sum(len(of[key]) for key in chunk.kept if key in of)
        seen.rows[self.shape.kept.name] -= sum(found[0][FROM] is None for found in chunk.kept.values())

    def _wrong(self, chunk: Chunk, key: int) -> str | None:
        try:
            if self.screen.holds(chunk, key):
                return None
        except UNREADABLE:
            pass
        try:
            return self.judge.says(self.connection, chunk, key)
        except UNREADABLE:
            return CANNOT_BE_READ

    def _one_by_one(self, first: int, last: int, seen: Seen) -> Iterator[Broken]:
        """Where a value is not even of its type: which record it is."""
        live = self.shape.live
        keys = select(live.c.id).where(live.c.id.between(first, last)).order_by(live.c.id)
        for key in self.connection.execute(keys).scalars().all():
            try:
                chunk = self.shape.chunk(self.connection, key, key)
            except Exception as fault:
                if not self._is_unreadable(fault):
                    raise
                seen.readable = False
                yield Broken(self._uid(key), CANNOT_BE_READ)
            else:
                yield from self._of(chunk, seen)

    def _is_unreadable(self, fault: Exception) -> bool:
        return isinstance(fault, UNREADABLE) or self.dialect.cannot_read(fault)

    def _uid(self, key: int) -> str:
        try:
            return str(rows(self.connection, self.shape.uid, key)[0][0])
        except Exception as fault:
            if not self._is_unreadable(fault):
                raise
            return f"a record of {self.shape.live.name}"


def left_over(connection: Connection, kind: Kind, seen: Seen) -> Iterator[Broken]:
    """Rows of which no record of this kind was found."""
    if not seen.readable:
        return
    live, of_kind = TABLES[kind], tables.changes.c.kind == kind.value
    if count(connection, tables.changes, of_kind) != seen.rows[tables.changes.name]:
        there = select(live.c.id).where(live.c.uid == tables.changes.c.record).exists()
        lost = select(tables.changes.c.record).where(of_kind, ~there).distinct().limit(AT_ONCE)
        for record in connection.execute(lost).scalars():
            yield Broken(record, f"is a {kind} of the history and is not there")
    for table in (VERSIONS[kind], *((tables.links, tables.claims) if kind is Kind.incident else ())):
        if count(connection, table) != seen.rows[table.name]:
            yield Broken(table.name, "tells of a record that is not there")


def strangers(connection: Connection) -> Iterator[Broken]:
    """Changes of kinds that the service does not know."""
    known = [kind.value for kind in Kind]
    other = select(tables.changes.c.seq).where(tables.changes.c.kind.not_in(known)).limit(1)
    for seq in connection.execute(other).scalars():
        yield Broken(f"change {seq}", "is of a kind that is unknown")

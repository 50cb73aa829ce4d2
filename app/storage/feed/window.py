"""A stretch of the history: which records it changed, and of which of them others tell something that became different."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from app.query.fields import Kind
from app.storage.columns import SINCE, TABLES, UNTIL, VERSIONS
from app.storage.compile import Binder, Statement, prepare
from app.storage.database import Reader
from app.storage.types import Key

KINDS = (Kind.source, Kind.report, Kind.incident)
"""In the order of the feed: a record comes after what it names."""
SIGHT = ("workflow", "effective_sharing", "deleted_at", "source_ref")
TELLING: dict[Kind, tuple[str, ...]] = {
    Kind.source: ("name", "display_name", "source_type", "protected", "effective_sharing", "deleted_at"),
    Kind.report: SIGHT,
    Kind.incident: SIGHT,
}
"""Columns that the documents of other records, or who may see them, hang on."""


class Entry(NamedTuple):
    """A change, but for its content."""

    seq: int
    at: str
    partner: str
    action: str
    reason: str | None


def since() -> ColumnElement[int]:
    return bindparam(SINCE, None, type_=Key)


def until() -> ColumnElement[int]:
    return bindparam(UNTIL, None, type_=Key)


@dataclass(frozen=True)
class Window:
    """The changes after `since` up to `until`, both numbers of the history."""

    reader: Reader
    since: int
    until: int
    entries: dict[Kind, dict[str, list[Entry]]] = field(init=False)
    """By the records that they changed."""

    def __post_init__(self) -> None:
        entries: dict[Kind, dict[str, list[Entry]]] = {kind: {} for kind in KINDS}
        mark = "%s" if self.reader.dialect.name == "postgresql" else "?"
        query = (
            "SELECT kind, record, seq, at, partner, action, reason FROM changes"
            f" WHERE seq > {mark} AND seq <= {mark} ORDER BY seq"
        )
        for kind, record, *entry in self.reader.rows(query, (self.since, self.until)):
            if kind in entries:
                entries[kind].setdefault(record, []).append(Entry(*entry))
        object.__setattr__(self, "entries", entries)

    @property
    def bounds(self) -> dict[str, int]:
        return {SINCE: self.since, UNTIL: self.until}

    @cached_property
    def keys(self) -> dict[Kind, list[int]]:
        """The records that were changed."""
        return {kind: [row[0] for row in self._changed(kind)] for kind in KINDS}

    @cached_property
    def moved(self) -> dict[Kind, list[int]]:
        """Those that stood before, and of which others now tell something else, or hang on something else."""
        return {kind: [row[0] for row in self._turned(kind) if not row[1]] for kind in KINDS}

    @cached_property
    def turned(self) -> dict[Kind, list[int]]:
        """These, and those that were not there before."""
        return {kind: [row[0] for row in self._turned(kind)] for kind in KINDS}

    def _changed(self, kind: Kind) -> Sequence[tuple[int]]:
        uids = list(self.entries[kind])
        if not uids:
            return ()
        live, dialect = TABLES[kind], self.reader.dialect
        statement = select(live.c.id).where(dialect.among(live.c.uid, uids))
        compiled = prepare(statement, Binder(), dialect)
        return self.reader.rows(compiled.sql, compiled.parameters([], {}, dialect))

    def _turned(self, kind: Kind) -> Sequence[tuple[int, bool]]:
        if not self.keys[kind]:
            return ()
        statement = self.reader.prepared(("turned", kind), lambda: self._turned_statement(kind))
        return self.reader.rows(
            statement.sql, statement.parameters([self.keys[kind]], self.bounds, self.reader.dialect)
        )

    def _turned_statement(self, kind: Kind) -> Statement:
        binder, dialect = Binder(), self.reader.dialect
        then, before = VERSIONS[kind].alias("then"), VERSIONS[kind].alias("before")
        differs = or_(*[then.c[name].is_distinct_from(before.c[name]) for name in TELLING[kind]])
        statement = (
            select(then.c.id, before.c.id.is_(None))
            .select_from(
                then.outerjoin(before, and_(before.c.id == then.c.id, before.c.seq_to == then.c.seq_from))
            )
            .where(
                dialect.listed(then.c.id, binder),
                then.c.seq_from > since(),
                then.c.seq_from <= until(),
                or_(before.c.id.is_(None), differs),
            )
        )
        return prepare(statement, binder, dialect)

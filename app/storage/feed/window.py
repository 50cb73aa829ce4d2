"""A stretch of the history: which records it changed, and of which of them others tell something that became different."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select

from app.domain.redaction import ACTION as REDACT
from app.domain.redaction import REDACTED
from app.query.fields import Kind
from app.storage import tables
from app.storage.columns import SINCE, TABLES, UNTIL, VERSIONS, constant
from app.storage.compile import Binder, Statement, prepare
from app.storage.database import Reader
from app.storage.history import CREATE
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


Entry = dict[str, Any]
"""A change but for its content: seq, at, partner, action and reason."""


def since() -> ColumnElement[int]:
    return bindparam(SINCE, None, type_=Key)


def until() -> ColumnElement[int]:
    return bindparam(UNTIL, None, type_=Key)


@dataclass(frozen=True)
class Window:
    """The changes after `since` up to `until`, both numbers of the history. What became of those after `told_since` and up
    to `since` was told in a state that held the window's, too."""

    reader: Reader
    since: int
    until: int
    told_since: int
    entries: dict[Kind, dict[str, list[Entry]]] = field(init=False)
    """By the records that they changed."""

    def __post_init__(self) -> None:
        entries: dict[Kind, dict[str, list[Entry]]] = {kind: {} for kind in KINDS}
        mark = "%s" if self.reader.dialect.name == "postgresql" else "?"
        query = (
            "SELECT kind, record, seq, at, partner, action, reason FROM changes"
            f" WHERE seq > {mark} AND seq <= {mark} ORDER BY seq"
        )
        by_kind = {kind.value: records for kind, records in entries.items()}
        for kind, record, seq, at, partner, action, reason in self.reader.rows(
            query, (self.since, self.until)
        ):
            if kind in by_kind:
                entry = {"seq": seq, "at": at, "partner": partner, "action": action, "reason": reason}
                by_kind[kind].setdefault(record, []).append(entry)
        object.__setattr__(self, "entries", entries)

    @property
    def bounds(self) -> dict[str, int]:
        return {SINCE: self.since, UNTIL: self.until}

    @cached_property
    def keys(self) -> dict[Kind, list[int]]:
        """The records that were changed."""
        return {kind: list(keys.values()) for kind, keys in self._keys.items()}

    @cached_property
    def _keys(self) -> dict[Kind, dict[str, int]]:
        """By id."""
        return {kind: self._changed(kind) for kind in KINDS}

    def _changed(self, kind: Kind) -> dict[str, int]:
        if not self.entries[kind]:
            return {}
        statement = self.reader.prepared(("changed", kind), lambda: self._changed_statement(kind))
        return dict(self.reader.answer(statement, [], self.bounds))

    @cached_property
    def rewritten(self) -> dict[Kind, list[int]]:
        """Those of which a redaction in the window rewrote former changes, and what was the same in the record of now."""
        found: dict[Kind, list[int]] = {kind: [] for kind in KINDS}
        done = [
            e["seq"]
            for told in self.entries.values()
            for es in told.values()
            for e in es
            if e["action"] == REDACT
        ]
        if not done:
            return found
        changes, among = tables.changes.c, self.reader.dialect.among
        told = self._all(select(changes.after).where(among(changes.seq, done)))
        seqs = [int(seq) for (after,) in told for seq in orjson.loads(after)[REDACTED]["changes"]]
        for kind in KINDS:
            live = TABLES[kind]
            uids = select(changes.record).where(
                among(changes.seq, seqs), changes.kind == constant(kind.value)
            )
            found[kind] = [key for (key,) in self._all(select(live.c.id).where(live.c.uid.in_(uids)))]
        return found

    def _all(self, statement: Select[Any]) -> list[tuple[Any, ...]]:
        compiled = prepare(statement, Binder(), self.reader.dialect)
        return self.reader.answer(compiled)

    @cached_property
    def turned(self) -> dict[Kind, list[int]]:
        """Those of which others now tell something else, or hang on something else; with those that were not there before."""
        return {kind: [key for key, _ in rows] for kind, rows in self._turned.items()}

    @cached_property
    def moved(self) -> dict[Kind, list[int]]:
        """Without these. What is redacted is no longer in former versions, either: whether it was told is not asked."""
        turned = {kind: [key for key, is_new in rows if not is_new] for kind, rows in self._turned.items()}
        return {kind: [*turned[kind], *self.rewritten[kind]] for kind in KINDS}

    @cached_property
    def _turned(self) -> dict[Kind, list[tuple[int, bool]]]:
        return {kind: [*self._made(kind), *self._differing(kind)] for kind in KINDS}

    def _made(self, kind: Kind) -> list[tuple[int, bool]]:
        """What was created, and no more: nothing of it need be looked at."""
        return [(key, True) for uid, key in self._keys[kind].items() if self._is_made(kind, uid)]

    def _differing(self, kind: Kind) -> list[tuple[int, bool]]:
        keys = [key for uid, key in self._keys[kind].items() if not self._is_made(kind, uid)]
        if not keys:
            return []
        statement = self.reader.prepared(("turned", kind), lambda: self._turned_statement(kind))
        return [(key, bool(is_new)) for key, is_new in self.reader.answer(statement, [keys], self.bounds)]

    def _is_made(self, kind: Kind, uid: str) -> bool:
        return [entry["action"] for entry in self.entries[kind][uid]] == [CREATE]

    def _changed_statement(self, kind: Kind) -> Statement:
        live = TABLES[kind]
        changed = select(live.c.uid, live.c.id).where(live.c.uid.in_(_records(kind)))
        return prepare(changed, Binder(), self.reader.dialect)

    def _turned_statement(self, kind: Kind) -> Statement:
        binder = Binder()
        then, before = VERSIONS[kind].alias("then"), VERSIONS[kind].alias("before")
        differs = or_(*[then.c[name].is_distinct_from(before.c[name]) for name in TELLING[kind]])
        statement = (
            select(then.c.id, before.c.id.is_(None))
            .select_from(
                then.outerjoin(before, and_(before.c.id == then.c.id, before.c.seq_to == then.c.seq_from))
            )
            .where(
                self.reader.dialect.listed(then.c.id, binder),
                then.c.seq_from > since(),
                then.c.seq_from <= until(),
                or_(before.c.id.is_(None), differs),
            )
        )
        return prepare(statement, binder, self.reader.dialect)


def _records(kind: Kind) -> Select[tuple[str]]:
    """The ids of what was changed in the window."""
    changes = tables.changes.c
    return select(changes.record).where(
        changes.seq > since(), changes.seq <= until(), changes.kind == constant(kind.value)
    )

"""One transaction of changes: rows, links and claims, indexes, kept versions and the history, all or nothing.

Creating one record and creating five thousand take the same way; `finish` writes the history last, so that the lock
on it is held as briefly as can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Select, Table, bindparam, select, update

from app.errors import NotFound
from app.query.fields import Kind
from app.storage import history, tables
from app.storage.columns import TABLES
from app.storage.database import Database, Reader
from app.storage.history import Actor, Change
from app.storage.types import Json, now

VERSIONS: dict[Kind, Table] = {
    Kind.incident: tables.incident_versions,
    Kind.report: tables.report_versions,
    Kind.source: tables.source_versions,
}
CLAIM_KEYS = ("incident_ref", "report_ref", "position", "seq_from")
CLAIM_COLUMNS = tuple(c.name for c in tables.claims.columns if c.name not in (*CLAIM_KEYS, "id", "seq_to"))
LINK_COLUMNS = tuple(c.name for c in tables.links.columns if c.name not in ("id", "seq_to"))
HIDDEN = tables.NOT_KEPT | {"hash", "id", "uid", "version", "created_at", "updated_at", "deleted_at"}
"""Columns that the history does without: they follow from others, are told elsewhere in the entry, or are secret."""

INDEXED = frozenset({"search_text", "lon", "lat"})
"""Columns that the search and map indexes follow."""


@dataclass(slots=True)
class Link:
    """A link as it will stand, with its claims (columns of `claims`, without keys and ranges)."""

    report: int
    report_id: str
    role: str
    date_wording: str | None = None
    note: str | None = None
    claims: Sequence[Mapping[str, Any]] = ()

    def document(self) -> dict[str, Any]:
        told = {"role": self.role, "date_wording": self.date_wording, "note": self.note}
        claims = [{k: v for k, v in claim.items() if v is not None} for claim in self.claims]
        return {k: v for k, v in told.items() if v is not None} | ({"claims": claims} if claims else {})


@dataclass(slots=True)
class New:
    """A record to create. `refs` names the records that its `_ref` columns point to, by wire name."""

    kind: Kind
    values: dict[str, Any]
    refs: Mapping[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    reason: str | None = None
    key: int = 0


@dataclass(slots=True)
class Amendment:
    """A change to a stored record: columns that change, links that come or are replaced, links that end."""

    kind: Kind
    row: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    refs: Mapping[str, str | None] = field(default_factory=dict)
    refs_before: Mapping[str, str | None] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    ended: list[tuple[int, str]] = field(default_factory=list)
    reason: str | None = None
    action: str = "amend"


@dataclass(slots=True)
class _Pending:
    change: Change
    key: int
    incident: int
    links: list[Link]
    ended: list[tuple[int, str]]
    replaces: bool


class Transaction:
    """The changes of one actor at one moment."""

    def __init__(self, database: Database, connection: Connection, actor: Actor) -> None:
        self.database = database
        self.dialect = database.dialect
        self.connection = connection
        self.actor = actor
        self.at: datetime = now()
        self._pending: list[_Pending] = []

    @property
    def reader(self) -> Reader:
        return self.database.reader(self.connection)

    def row(self, kind: Kind, uid: str, *, lock: bool = True) -> dict[str, Any]:
        """The stored row, held until the commit. NotFound where there is none; a deleted one is returned."""
        table = TABLES[kind]
        statement = select(table).where(table.c.uid == uid)
        if lock and self.dialect.locked():
            statement = statement.with_for_update()
        found = self.connection.execute(statement).mappings().one_or_none()
        if found is None:
            raise NotFound(f"there is no {kind} {uid}")
        return dict(found)

    def locked_rows(self, statement: Select[Any], *, of: Table | None = None) -> list[dict[str, Any]]:
        """Rows as they are once nobody else changes them, held until the commit. `of`: the one table of a join to hold."""
        if self.dialect.locked():
            statement = statement.with_for_update(of=of)
        return [dict(row) for row in self.connection.execute(statement).mappings()]

    def create(self, news: Sequence[New]) -> None:
        """Creates records of one kind."""
        if not news:
            return
        table = TABLES[news[0].kind]
        keys = self.dialect.allocate(self.connection, table, len(news))
        stamp = (1, self.at, self.at)
        names = tuple(news[0].values)
        rows = []
        for key, new in zip(keys, news, strict=True):
            new.key = key
            rows.append((key, *stamp, *new.values.values()))
        self.dialect.insert(
            self.connection, table, ("id", "version", "created_at", "updated_at", *names), rows
        )
        self.dialect.index_created(self.connection, table, keys)
        told, nested = _told(names), _nested(table, names)
        for new in news:
            after = _document(new.values, told, nested) | dict(new.refs)
            if new.links:
                after["reports"] = {link.report_id: link.document() for link in new.links}
            change = Change("create", new.kind, new.values["uid"], 1, None, after, new.reason)
            self._pending.append(_Pending(change, new.key, new.key, new.links, [], replaces=False))

    def amend(self, amendments: Sequence[Amendment]) -> None:
        """Changes records of one kind; each becomes its next version."""
        if not amendments:
            return
        table = TABLES[amendments[0].kind]
        keys = [a.row["id"] for a in amendments if not INDEXED.isdisjoint(a.values)]
        self.dialect.before_amend(self.connection, table, keys)
        for a in amendments:
            version = a.row["version"] + 1
            values = {**a.values, "version": version, "updated_at": self.at}
            self.connection.execute(
                update(table).where(table.c.id == a.row["id"]).values(_typed(table, values))
            )
            self._pending.append(self._amended(table, a, version))
        self.dialect.after_amend(self.connection, table, keys)

    @staticmethod
    def _amended(table: Table, a: Amendment, version: int) -> _Pending:
        told = _told(a.values)
        before = {name: a.row[name] for name in told}
        after = _document(a.values, told, _nested(table, told), keep_null=True)
        before |= a.refs_before
        after |= a.refs
        if a.links or a.ended:
            after["reports"] = {link.report_id: link.document() for link in a.links} | {
                uid: None for _, uid in a.ended
            }
        change = Change(a.action, a.kind, a.row["uid"], version, before, after, a.reason)
        return _Pending(change, a.row["id"], a.row["id"], a.links, a.ended, replaces=True)

    def finish(self) -> None:
        """Writes history, versions, links and claims of all that was changed."""
        pending = self._pending
        if not pending:
            return
        self._pending = []
        first = history.append(
            self.connection, self.dialect, [p.change for p in pending], self.actor, self.at
        )
        self._keep_versions(pending, first)
        self._end_links(pending, first)
        self._link(pending, first)

    def _keep_versions(self, pending: Sequence[_Pending], first: int) -> None:
        for kind, kept in VERSIONS.items():
            mine = [(p, seq) for seq, p in enumerate(pending, start=first) if p.change.kind is kind]
            if not mine:
                continue
            # A record may change twice in one transaction; only its last version was ever seen.
            pairs = {p.key: seq for p, seq in mine}
            former = [{"k": p.key, "s": pairs[p.key]} for p, _ in mine if p.change.version > 1]
            if former:
                self.connection.execute(
                    update(kept)
                    .where(kept.c.id == bindparam("k"), kept.c.seq_to.is_(None))
                    .values(seq_to=bindparam("s")),
                    former,
                )
            names = [c.name for c in kept.columns if c.name not in ("seq_from", "seq_to")]
            self.dialect.keep_versions(self.connection, TABLES[kind], kept, names, list(pairs.items()))

    def _end_links(self, pending: Sequence[_Pending], first: int) -> None:
        ended = [
            {"i": p.incident, "r": report, "s": seq}
            for seq, p in enumerate(pending, start=first)
            if p.replaces
            for report in (*(link.report for link in p.links), *(key for key, _ in p.ended))
        ]
        if not ended:
            return
        for table in (tables.links, tables.claims):
            self.connection.execute(
                update(table)
                .where(
                    table.c.incident_ref == bindparam("i"),
                    table.c.report_ref == bindparam("r"),
                    table.c.seq_to.is_(None),
                )
                .values(seq_to=bindparam("s")),
                ended,
            )

    def _link(self, pending: Sequence[_Pending], first: int) -> None:
        links, claims = [], []
        stated = itemgetter(*CLAIM_COLUMNS)
        for seq, p in enumerate(pending, start=first):
            for link in p.links:
                links.append((p.incident, link.report, link.role, link.date_wording, link.note, self.at, seq))
                for position, claim in enumerate(link.claims):
                    claims.append((p.incident, link.report, position, seq, *stated(claim)))
        for table, names, rows in (
            (tables.links, LINK_COLUMNS, links),
            (tables.claims, (*CLAIM_KEYS, *CLAIM_COLUMNS), claims),
        ):
            if rows:
                keys = self.dialect.allocate(self.connection, table, len(rows))
                keyed = [(key, *row) for key, row in zip(keys, rows, strict=True)]
                self.dialect.insert(self.connection, table, ("id", *names), keyed)


def _nested(table: Table, names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if isinstance(table.c[name].type, Json))


def _typed(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Stored values (JSON as text) as SQLAlchemy's types take them."""
    return {
        name: orjson.loads(value)
        if isinstance(table.c[name].type, Json) and isinstance(value, str)
        else value
        for name, value in values.items()
    }


def _told(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in HIDDEN and not name.endswith("_ref")]


def _document(
    values: Mapping[str, Any], told: Sequence[str], nested: frozenset[str], *, keep_null: bool = False
) -> dict[str, Any]:
    """Stored values as the history tells them: JSON as JSON, internal keys left out."""
    document = {name: value for name in told if (value := values[name]) is not None or keep_null}
    for name in nested:
        if document.get(name) is not None:
            document[name] = orjson.Fragment(document[name])
    return document

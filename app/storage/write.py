"""One transaction of changes: rows, links and claims, indexes, kept versions and the history, all or nothing.

Creating one record and creating five thousand take the same way; `finish` writes the history last, so that the lock
on it is held as briefly as can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Select, Table, Update, bindparam, select, update

from app.errors import NotFound
from app.query.fields import Kind
from app.storage import former_texts, history, known_words, loosely_linked, rollup, tables
from app.storage.columns import TABLES, VERSIONS
from app.storage.database import Database, Reader
from app.storage.history import Actor, Change
from app.storage.types import Json, now

CLAIM_KEYS = ("incident_ref", "report_ref", "position", "seq_from")
KEPT = {
    kind: tuple(str(c.name) for c in kept.columns if c.name not in ("seq_from", "seq_to"))
    for kind, kept in VERSIONS.items()
}
"""What of a record is kept of each version."""
LINK_COLUMNS = tuple(c.name for c in tables.links.columns if c.name not in ("id", "seq_to"))
HIDDEN = tables.NOT_KEPT | {"hash", "id", "uid", "version", "created_at", "updated_at", "deleted_at"}
"""Columns that the history does without: they follow from others, are told elsewhere in the entry, or are secret."""

AT_ONCE = 10_000
"""Changes of which the history is written together: a hundred thousand may be one transaction."""
INDEXED = frozenset({"search_text", "lon", "lat"})
"""Columns that the search and map indexes follow."""


class Claim(NamedTuple):
    """A claim as it is stored, without keys and ranges."""

    uid: str
    metric: str
    wording: str | None
    low: int | None
    best: int | None
    high: int | None
    qualifier: str
    victim_status: str
    sex: str
    age_group: str
    credibility: str
    covers: str
    covers_note: str | None
    wording_rule: str | None


@dataclass(slots=True)
class Link:
    """A link as it will stand, with its claims. `told`: what the history says of it, where that is written already."""

    report: int
    report_id: str
    role: str
    date_wording: str | None = None
    note: str | None = None
    claims: Sequence[Claim] = ()
    told: bytes | None = None

    def document(self) -> bytes:
        return self.told or link_document(self.role, self.date_wording, self.note, self.claims)

    def with_claims(self, claims: Sequence[Claim]) -> Link:
        """The same but for its claims."""
        return Link(self.report, self.report_id, self.role, self.date_wording, self.note, claims)


def link_document(role: str, date_wording: str | None, note: str | None, claims: Sequence[Claim]) -> bytes:
    """A link as the history tells it, as JSON."""
    document: dict[str, Any] = {"role": role, "date_wording": date_wording, "note": note}
    document = {name: value for name, value in document.items() if value is not None}
    if claims:
        document["claims"] = [
            {name: value for name, value in zip(Claim._fields, claim, strict=True) if value is not None}
            for claim in claims
        ]
    return history.written(document)


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
class Row:
    """A record to create whose values and document were made ready before; see `Transaction.create_rows`.

    `values` are what a driver takes of either database: dates as ISO text, JSON as text.
    """

    uid: str
    values: Sequence[Any]
    told: bytes
    refs: Mapping[str, str]
    links: Sequence[Link] = ()
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
    told: bytes | None = None
    """What the history says of it, where that is not which columns were what, and became what."""
    forgets: bool = False
    """What it said until now is not kept to be searched."""


@dataclass(slots=True)
class _Pending:
    change: Change
    key: int
    links: Sequence[Link]
    ended: Sequence[tuple[int, str]]
    replaces: bool
    counts: bool
    """Whether the rollup follows."""


class Transaction:
    """The changes of one actor at one moment."""

    def __init__(self, database: Database, connection: Connection, actor: Actor) -> None:
        self.database = database
        self.dialect = database.dialect
        self.connection = connection
        self.actor = actor
        self.at: datetime = now()
        self._pending: list[_Pending] = []
        self._words: set[str] = set()
        self._touched = loosely_linked.Touched()
        self._said: dict[tuple[Kind, int], tuple[Mapping[str, Any], dict[str, Any]]] = {}
        """Of records of which a text changes: the row as it was before, and what changed."""

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

    def locked_rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        """Rows as they are once nobody else changes them, held until the commit."""
        if self.dialect.locked():
            statement = statement.with_for_update()
        return [dict(row) for row in self.connection.execute(statement).mappings()]

    def create(self, news: Sequence[New]) -> None:
        """Creates records of one kind."""
        if not news:
            return
        kind, names = news[0].kind, tuple(news[0].values)
        stored = self.dialect.stored
        rows = [
            Row(
                new.values["uid"],
                [stored(value) for value in new.values.values()],
                document(kind, new.values),
                new.refs,
                new.links,
                new.reason,
            )
            for new in news
        ]
        self.create_rows(kind, names, rows, len(rows))
        for new, row in zip(news, rows, strict=True):
            new.key = row.key

    def create_rows(self, kind: Kind, names: Sequence[str], rows: Iterable[Row], count: int) -> None:
        """Creates `count` records of one kind, their values in the order of `names`.

        Rows may come from a generator, which may not ask the database: they are made while it takes those before.
        """
        if not count:
            return
        table = TABLES[kind]
        keys = self.dialect.allocate(self.connection, table, count)
        self._touched.create(kind, keys)
        columns = ("id", "version", "created_at", "updated_at", *names)
        created = self._created(kind, names, keys, rows)
        self.dialect.insert(self.connection, table, columns, created, count)
        self.dialect.index_created(self.connection, table, keys)

    def _created(
        self, kind: Kind, names: Sequence[str], keys: Sequence[int], rows: Iterable[Row]
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of the table; each is noted for what follows."""
        at = self.dialect.stored(self.at)
        text = names.index("search_text") if "search_text" in names else None
        counts = kind is Kind.incident
        for key, row in zip(keys, rows, strict=True):
            row.key = key
            after = _with_members(row.told, row.refs, row.links)
            change = Change(history.CREATE, kind, row.uid, 1, None, after, row.reason)
            self._pending.append(_Pending(change, key, row.links, (), replaces=False, counts=counts))
            self._touched.link(key, row.links)
            if text is not None:
                self._words.update(row.values[text].split())
            yield (key, 1, at, at, *row.values)

    def amend(self, amendments: Sequence[Amendment]) -> None:
        """Changes records of one kind; each becomes its next version."""
        if not amendments:
            return
        table = TABLES[amendments[0].kind]
        keys = [a.row["id"] for a in amendments if not INDEXED.isdisjoint(a.values)]
        self.dialect.before_amend(self.connection, table, keys)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for a in amendments:
            version = a.row["version"] + 1
            values = _typed(table, {**a.values, "version": version, "updated_at": self.at})
            alike.setdefault(tuple(sorted(values)), []).append({**values, "key": a.row["id"]})
            if "search_text" in a.values:
                self._words.update(a.values["search_text"].split())
                if not a.forgets:
                    self._said.setdefault((a.kind, a.row["id"]), (a.row, {}))[1].update(values)
            self._pending.append(self._amended(a, version))
            self._touched.amend(a.kind, a.row, a.values)
            self._touched.link(a.row["id"], a.links, a.ended)
        for names, rows in alike.items():
            statement = update(table).where(table.c.id == bindparam("key"))
            self.connection.execute(statement.values({name: bindparam(name) for name in names}), rows)
        self.dialect.after_amend(self.connection, table, keys)

    @staticmethod
    def _amended(a: Amendment, version: int) -> _Pending:
        told = _told(a.kind, tuple(a.values))
        before = {name: a.row[name] for name in told[0]} | dict(a.refs_before)
        after = _document(a.values, told, keep_null=True) | dict(a.refs)
        if a.links or a.ended:
            after["reports"] = {link.report_id: orjson.Fragment(link.document()) for link in a.links} | {
                uid: None for _, uid in a.ended
            }
        change = Change(
            a.action,
            a.kind,
            a.row["uid"],
            version,
            history.written(before) if a.told is None else None,
            history.written(after) if a.told is None else a.told,
            a.reason,
        )
        counts = a.kind is Kind.incident and not rollup.FOLLOWED.isdisjoint(a.values)
        return _Pending(change, a.row["id"], a.links, a.ended, replaces=True, counts=counts)

    def finish(self) -> None:
        """Writes history, versions, links and claims of all that was changed."""
        pending = self._pending
        if not pending:
            return
        self._pending = []
        last = {(p.change.kind, p.key): p for p in pending}
        counting = {p.key for p in pending if p.counts}
        if self._said:
            # What was created in this transaction never said anything else.
            for p in pending:
                if p.change.action == history.CREATE:
                    self._said.pop((p.change.kind, p.key), None)
        for start in range(0, len(pending), AT_ONCE):
            some = pending[start : start + AT_ONCE]
            first = history.append(
                self.connection, self.dialect, [p.change for p in some], self.actor, self.at
            )
            # A record may change twice in one transaction; only its last version was ever seen.
            seen = [(p, seq) for seq, p in enumerate(some, start=first) if last[p.change.kind, p.key] is p]
            self._count(seen, counting)
            self._end_links(some, first)
            self._link(some, first)
        # Under the lock of the history, so that no two transactions wait for each other's words.
        known_words.learn(self.connection, self.dialect, self._words)
        self._words, self._said = set(), {}
        loosely_linked.follow(self.connection, self.dialect, self._touched)
        self._touched = loosely_linked.Touched()

    def _count(self, seen: Sequence[tuple[_Pending, int]], counting: set[int]) -> None:
        """Keeps the versions, and the rollup of the incidents beside them."""
        counted = [p for p, _ in seen if p.change.kind is Kind.incident and p.key in counting]
        rollup.take(self.connection, self.dialect, _keys(p for p in counted if p.change.version > 1))
        self._keep_versions(seen)
        rollup.add(self.connection, self.dialect, _keys(counted))

    def _keep_versions(self, seen: Sequence[tuple[_Pending, int]]) -> None:
        for kind, kept in VERSIONS.items():
            mine = [(p, seq) for p, seq in seen if p.change.kind is kind]
            if not mine:
                continue
            former = [{"k": p.key, "s": seq} for p, seq in mine if p.change.version > 1]
            if former:
                self.connection.execute(_ending(kind), former)
            names = KEPT[kind]
            pairs = [(p.key, seq) for p, seq in mine]
            self.dialect.keep_versions(self.connection, TABLES[kind], kept, names, pairs)
            ended = {
                p.key: former_texts.Ended(seq, *self._said[kind, p.key])
                for p, seq in mine
                if (kind, p.key) in self._said
            }
            former_texts.keep(self.connection, self.dialect, kind, ended)

    def _end_links(self, pending: Sequence[_Pending], first: int) -> None:
        ended = [
            {"i": p.key, "r": report, "s": seq}
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
        at = self.dialect.stored(self.at)
        links = [(p.key, seq, link) for seq, p in enumerate(pending, start=first) for link in p.links]
        self.dialect.insert(
            self.connection,
            tables.links,
            LINK_COLUMNS,
            (
                (key, link.report, link.role, link.date_wording, link.note, at, seq)
                for key, seq, link in links
            ),
            len(links),
        )
        self.dialect.insert(
            self.connection,
            tables.claims,
            (*CLAIM_KEYS, *Claim._fields),
            (
                (key, link.report, position, seq, *claim)
                for key, seq, link in links
                for position, claim in enumerate(link.claims)
            ),
            sum(len(link.claims) for _, _, link in links),
        )


@cache
def _ending(kind: Kind) -> Update:
    """The version of record `k` that stands ends with change `s`. Made once, as a write is most of all the making of statements."""
    kept = VERSIONS[kind]
    standing = (kept.c.id == bindparam("k"), kept.c.seq_to.is_(None))
    return update(kept).where(*standing).values(seq_to=bindparam("s"))


def _keys(pending: Iterable[_Pending]) -> list[int]:
    return sorted({p.key for p in pending})


def _typed(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Stored values (JSON as text) as SQLAlchemy's types take them."""
    return {
        name: orjson.loads(value)
        if isinstance(table.c[name].type, Json) and isinstance(value, str)
        else value
        for name, value in values.items()
    }


@lru_cache(maxsize=256)
def _told(kind: Kind, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which columns the history tells, by name, and which of these are JSON."""
    told = tuple(sorted(name for name in names if name not in HIDDEN and not name.endswith("_ref")))
    columns = TABLES[kind].c
    return told, tuple(name for name in told if isinstance(columns[name].type, Json))


def _document(
    values: Mapping[str, Any], told: tuple[Sequence[str], Sequence[str]], *, keep_null: bool = False
) -> dict[str, Any]:
    """Stored values as the history tells them: JSON as JSON, internal keys left out."""
    names, nested = told
    document = {name: value for name in names if (value := values[name]) is not None or keep_null}
    for name in nested:
        if document.get(name) is not None:
            document[name] = orjson.Fragment(document[name])
    return document


def document(kind: Kind, values: Mapping[str, Any]) -> bytes:
    """What the history tells of a new record besides its references and links, as JSON."""
    return teller(kind, tuple(values))(values)


def teller(kind: Kind, names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], bytes]:
    """`document` for many records of the same columns."""
    told = _told(kind, names)
    return lambda values: history.written(_document(values, told))


def _with_members(told: bytes, refs: Mapping[str, str], links: Sequence[Link]) -> bytes:
    members: dict[str, Any] = dict(refs)
    if links:
        members["reports"] = {link.report_id: orjson.Fragment(link.document()) for link in links}
    if not members:
        return told
    more = history.written(members)
    return more if told == b"{}" else told[:-1] + b"," + more[1:]

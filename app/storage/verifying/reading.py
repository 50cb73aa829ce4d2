"""Some records with all that is told of them, as the driver reads them: tuples, of which nothing is made that is not needed.

What the database can compare by itself, it does: whether a record is what its last version is, and whether its versions are
those of one record. What the history says is compared in Python, which alone takes its JSON apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Date, Table, func, select

from app.query.fields import Kind
from app.storage.blanks import blank_of, default_of
from app.storage.columns import TABLES, VERSIONS
from app.storage.dialects.base import DatabaseDialect
from app.storage.types import Json
from app.storage.write import HIDDEN, Claim

AT_ONCE, VERSIONS_AT_ONCE, NAMES_AT_ONCE = 1_000, 2_000, 10_000
"""Records, versions, and ids of other records, in memory together."""
LEAST, GREATEST = -(2**63), 2**63 - 1
"""Keys of the service begin with 1; those that were put in by others begin anywhere."""
REFERENCES = {
    "source_ref": ("source_id", Kind.source),
    "part_of_ref": ("part_of", Kind.incident),
    "merged_into_ref": ("merged_into", Kind.incident),
    "derived_from_ref": ("derived_from", Kind.report),
    "same_origin_as_ref": ("same_origin_as", Kind.report),
    "replaced_by_ref": ("replaced_by", None),
}
"""Columns that hold another record's key: under which name the history tells its id, and of which kind it is (None: of
the same)."""
LASTING = ("id", "uid", "partner_ref")
"""What no change changes: every version is compared with the record."""
NOBODY = ""
"""The id of a record that is not there: that a version hangs on it is something else than that it hangs on none."""
TOLD_BESIDE = ("version", "created_at", "updated_at", "deleted_at")
"""What follows from a change, besides what it says."""
KEY, SAME, FROM, TO, SAYS = range(5)
"""Of a version: its record, whether the database finds it to be the record's (and the last, what the record is now), its range,
and from where on its columns stand."""
OF, POSITION, CLAIM = slice(1, 4), 4, 5
"""Of a claim: the key and the range of its link, its place there, and from where on it is told itself."""

Row = tuple[Any, ...]
Rows = list[Row]
By = dict[Any, Rows]


@dataclass(slots=True)
class Chunk:
    """All by the record's key: its versions, and what the history tells; of an incident its links and claims."""

    kept: By
    changes: By
    links: By = field(default_factory=dict)
    claims: By = field(default_factory=dict)
    names: dict[tuple[Kind, int], str] = field(default_factory=dict)
    """The ids of the records that these hang on, by kind and key."""


class Shape:
    """The columns of a kind of record, and the statements that read them."""

    def __init__(self, kind: Kind, dialect: DatabaseDialect) -> None:
        self.kind, self.dialect = kind, dialect
        self.embedded = dialect.name == "sqlite"
        self._mark, self._index = ("?", "i") if self.embedded else ("%s", "k")
        self.live, self.kept = TABLES[kind], VERSIONS[kind]
        shared = [str(c.name) for c in self.kept.c if c.name not in ("seq_from", "seq_to")]
        self.told = [name for name in shared if name not in HIDDEN and not name.endswith("_ref")]
        self.shared = [*self.told, *(name for name in shared if name not in self.told)]
        """Columns of a record and of its versions, those that the history tells first."""
        self.nested = [name for name in self.told if isinstance(self.live.c[name].type, Json)]
        self.plain = [*TOLD_BESIDE, *(name for name in self.told if name not in self.nested)]
        self.references = [
            (column, name, other or kind)
            for column, (name, other) in REFERENCES.items()
            if column in self.kept.c
        ]
        self.columns = [*self.plain, *self.nested, *(column for column, _, _ in self.references)]
        """Of a version, from `SAYS` on."""
        self.defaults = {name: default_of(self.live.c[name]) for name in self.told}
        """What stands in a column of which its creation said nothing."""
        self.blanks = {name: blank_of(self.live.c[name]) for name in self.told}
        """And in one of which what was said was redacted."""
        self._known: dict[tuple[Kind, int], str] = {}

    def _same(self, names: Sequence[str]) -> list[str]:
        same = "IS" if self.embedded else "IS NOT DISTINCT FROM"
        return [f"(l.{name} {same} k.{name})" for name in names]

    def _read(self, name: str) -> str:
        """Dates and JSON as text on both: made into nothing, they cost nothing."""
        as_text = name in self.nested or isinstance(self.kept.c[name].type, Date)
        return f"k.{name}::text" if as_text and not self.embedded else f"k.{name}"

    def _of_each(self, join: str, table: str, alias: str, on: str, *, by_key: bool = False) -> str:
        """The rows of a table that hang on each row before them. To find a thousand so, PostgreSQL would rather read the whole
        table, a longer way for every thousand: so each row asks for its own. `by_key`: not by an index of SQLite's; see `_again`."""
        if self.embedded:
            return f" {join} {table} AS {alias}{' NOT INDEXED' if by_key else ''} ON {on}"
        return f" {join} LATERAL (SELECT * FROM {table} AS {alias} WHERE {on} OFFSET 0) AS {alias} ON true"

    def _again(self, join: str, table: str) -> str:
        """The rows `k` that an index leads to. Where SQLite finds a row by an index, it gives what stands there for what stands in
        the row, of which a bit may have flipped: so the index only leads to it."""
        return f" {join} {table} AS k ON k.rowid = i.rowid" if self.embedded else ""

    @cached_property
    def versions(self) -> str:
        """Each version beside its record, and each record without one."""
        now, then = (" AND ".join(self._same(names)) for names in (self.shared, LASTING))
        same = f"CASE WHEN k.seq_to IS NULL THEN {now} ELSE {then} END"
        read = ", ".join(self._read(name) for name in self.columns)
        i, kept = self._index, self.kept.name
        return (
            f"SELECT l.id, {same}, k.seq_from, k.seq_to, {read} FROM {self.live.name} AS l"
            f"{self._of_each('LEFT JOIN', kept, i, f'{i}.id = l.id')}{self._again('LEFT JOIN', kept)}"
            f" WHERE l.id BETWEEN {self._mark} AND {self._mark} ORDER BY l.id, {i}.seq_from"
        )

    @cached_property
    def differing(self) -> str:
        """Of one version, column by column, whether it is what the record is now."""
        i, kept = self._index, self.kept.name
        return (
            f"SELECT {', '.join(self._same(self.shared))} FROM {self.live.name} AS l"
            f" JOIN {kept} AS {i} ON {i}.id = l.id{self._again('JOIN', kept)}"
            f" WHERE l.id = {self._mark} AND {i}.seq_from = {self._mark}"
        )

    @cached_property
    def uid(self) -> str:
        return f"SELECT uid FROM {self.live.name} WHERE id = {self._mark}"

    @cached_property
    def changes(self) -> str:
        return (
            "SELECT l.id, c.seq, c.version, c.at, c.action, c.kind, c.after"
            f" FROM {self.live.name} AS l{self._of_each('JOIN', 'changes', 'c', 'c.record = l.uid')}"
            f" WHERE l.id BETWEEN {self._mark} AND {self._mark} ORDER BY l.id, c.seq"
        )

    @cached_property
    def links(self) -> str:
        """Those that stand, and those that ended: each half has an index of its own."""
        i = self._index
        half = (
            "SELECT k.incident_ref, k.report_ref, r.uid, k.seq_from, k.seq_to, k.created_at, k.role, k.date_wording, k.note"
            f" FROM links AS {i}{self._again('JOIN', 'links')}"
            f"{self._of_each('LEFT JOIN', 'reports', 'r', 'r.id = k.report_ref', by_key=True)}"
            f" WHERE {i}.incident_ref BETWEEN {self._mark} AND {self._mark} AND {i}.seq_to"
        )
        return f"{half} IS NULL UNION ALL {half} IS NOT NULL"

    @cached_property
    def claims(self) -> str:
        i, told = self._index, ", ".join(f"k.{name}" for name in Claim._fields)
        return (
            f"SELECT k.incident_ref, k.report_ref, k.seq_from, k.seq_to, k.position, {told}"
            f" FROM claims AS {i}{self._again('JOIN', 'claims')}"
            f" WHERE {i}.incident_ref BETWEEN {self._mark} AND {self._mark}"
        )

    def bounds(self, connection: Connection, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The keys between two, in pieces of which the records fit into memory."""
        while first <= last:
            ends = []
            for table, most in ((self.live, AT_ONCE), (self.kept, VERSIONS_AT_ONCE)):
                some = select(table.c.id).where(table.c.id.between(first, last)).order_by(table.c.id)
                found = some.limit(most).subquery()
                count, end = connection.execute(select(func.count(), func.max(found.c.id))).one()
                ends.append(end if count == most else last)
            yield first, min(ends)
            first = min(ends) + 1

    def chunk(self, connection: Connection, first: int, last: int) -> Chunk:
        kept = by_key(rows(connection, self.versions, first, last))
        chunk = Chunk(kept, by_key(rows(connection, self.changes, first, last)))
        if self.kind is Kind.incident:
            chunk.links = by_key(rows(connection, self.links, first, last, first, last))
            chunk.claims = by_key(rows(connection, self.claims, first, last))
        chunk.names = self._names(connection, kept)
        return chunk

    def _names(self, connection: Connection, kept: By) -> dict[tuple[Kind, int], str]:
        """Sources are few, and asked for again and again: what was found is kept as long as it is not much."""
        if len(self._known) > NAMES_AT_ONCE:
            self._known = {}
        start = SAYS + len(self.columns) - len(self.references)
        for at, (_, _, kind) in enumerate(self.references, start=start):
            keys = {row[at] for versions in kept.values() for row in versions}
            wanted = sorted(k for k in keys if isinstance(k, int) and (kind, k) not in self._known)
            table = TABLES[kind]
            for first in range(0, len(wanted), AT_ONCE):
                among = self.dialect.among(table.c.id, wanted[first : first + AT_ONCE])
                for key, uid in connection.execute(select(table.c.id, table.c.uid).where(among)):
                    self._known[kind, key] = uid
        return self._known


def rows(connection: Connection, statement: str, *parameters: Any) -> Rows:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, parameters)
        found: Rows = list(cursor.fetchall())
        return found
    finally:
        cursor.close()


def by_key(found: Rows) -> By:
    grouped: By = defaultdict(list)
    for row in found:
        grouped[row[KEY]].append(row)
    return grouped


def count(connection: Connection, table: Table, *where: Any) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

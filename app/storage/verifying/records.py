"""The records: each one, its kept versions, its links and claims are what its changes say, and nothing else is there.

Some hundred records at a time are read with all their changes and replayed from the first one on. What follows from
other columns (the search text, the rollup) and what only the database knows of (internal keys) is not the history's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from app.domain.redaction import is_mark
from app.query.fields import Kind
from app.storage import tables
from app.storage.blanks import blank_of, default_of
from app.storage.columns import TABLES, VERSIONS
from app.storage.dialects.base import DatabaseDialect
from app.storage.history import written
from app.storage.types import timestamp_text
from app.storage.verifying.broken import Broken
from app.storage.verifying.replaying import LinkRow, Replayed, Values, spelled
from app.storage.write import HIDDEN, Claim

AT_ONCE = 300
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


LASTING = ("uid", "partner_ref")
"""What no change changes: the last version is compared with the record, and each with it."""
CLAIM = (*Claim._fields, "position", "incident_ref", "report_ref", "seq_from", "seq_to")
LINK = ("incident_ref", "report_ref", "role", "date_wording", "note", "created_at", "seq_from", "seq_to")


def breaks(
    connection: Connection, dialect: DatabaseDialect, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Broken]:
    """Everything that does not hold, one for a record at most."""
    for kind, kept in VERSIONS.items():
        yield from _Kind(connection, dialect, kind, kept).breaks(progress)
    yield from _strangers(connection)


class _Kind:
    def __init__(self, connection: Connection, dialect: DatabaseDialect, kind: Kind, kept: Table) -> None:
        self.connection = connection
        self.dialect = dialect
        self.kind = kind
        self.live = TABLES[kind]
        self.kept = kept
        shared = [str(c.name) for c in kept.c if c.name not in ("seq_from", "seq_to")]
        self.told = [name for name in shared if name not in HIDDEN and not name.endswith("_ref")]
        self.shared = [*self.told, *(name for name in shared if name not in self.told)]
        """Columns of a record and of its versions, those that the history tells first."""
        self.defaults = {name: default_of(self.live.c[name]) for name in self.told}
        """What stands in a column of which its creation said nothing."""
        self.blanks = {name: blank_of(self.live.c[name]) for name in self.told}
        """And in one of which what was said was redacted."""

    def breaks(self, progress: Callable[[int], None]) -> Iterator[Broken]:
        last, seen, readable = 0, Counter[str](), True
        while ids := self._ids(last):
            before = seen[tables.changes.name]
            try:
                yield from self._between_keys(last, ids[-1].id, seen)
            except ValueError:
                readable = False
                yield from self._one_by_one(ids, seen)
            last = ids[-1].id
            progress(seen[tables.changes.name] - before)
        if readable:
            yield from self._left_over(seen)

    def _ids(self, after: int) -> Sequence[Any]:
        columns = select(self.live.c.id, self.live.c.uid)
        return self.connection.execute(
            columns.where(self.live.c.id > after).order_by(self.live.c.id).limit(AT_ONCE)
        ).all()

    def _one_by_one(self, ids: Sequence[Any], seen: Counter[str]) -> Iterator[Broken]:
        """Where a value is not even of its type: which record it is."""
        for row in ids:
            try:
                yield from self._between_keys(row.id - 1, row.id, seen)
            except ValueError:
                yield Broken(row.uid, "or what is told of it cannot be read any more")

    def _left_over(self, seen: Counter[str]) -> Iterator[Broken]:
        """Rows of which no record was found."""
        of_kind = tables.changes.c.kind == self.kind.value
        if self._count(tables.changes, of_kind) != seen[tables.changes.name]:
            there = select(self.live.c.id).where(self.live.c.uid == tables.changes.c.record).exists()
            lost = select(tables.changes.c.record).where(of_kind, ~there).distinct().limit(AT_ONCE)
            for record in self.connection.execute(lost).scalars():
                yield Broken(record, f"is a {self.kind} of the history and is not there")
        for table in (self.kept, *((tables.links, tables.claims) if self.kind is Kind.incident else ())):
            if self._count(table) != seen[table.name]:
                yield Broken(table.name, "tells of a record that is not there")

    def _between_keys(self, after: int, last: int, seen: Counter[str]) -> list[Broken]:
        """Of the records after a key, up to another. Counts the rows of each table that were looked at."""
        live = self._between(self.live, self.shared, "id", after, last)
        uids = [row.uid for row in live]
        of_these = self.dialect.among(tables.changes.c.record, uids)
        told = select(tables.changes).where(of_these).order_by(tables.changes.c.seq)
        changes = self._by(self.connection.execute(told).all(), "record")
        versions = [*self.shared, "seq_from", "seq_to"]
        kept = self._by(self._between(self.kept, versions, "id", after, last, "seq_from"), "id")
        links, claims = {}, {}
        if self.kind is Kind.incident:
            links, claims = (
                self._by(self._between(table, names, "incident_ref", after, last, order), "incident_ref")
                for table, names, order in ((tables.links, LINK, "id"), (tables.claims, CLAIM, "position"))
            )
        names = self._names(kept, links)
        found = []
        for row in live:
            mine = changes.get(row.uid, [])
            replayed = Replayed(mine)
            what = self._record(row, mine, dict(replayed.versions), kept.get(row.id, []), names)
            if what is None and self.kind is Kind.incident:
                what = _links(replayed.links, links.get(row.id, []), claims.get(row.id, []), names)
            if what is not None:
                found.append(Broken(row.uid, what))
        looked_at = (
            (tables.changes, changes),
            (self.kept, kept),
            (tables.links, links),
            (tables.claims, claims),
        )
        for table, rows in looked_at:
            seen[table.name] += sum(map(len, rows.values()))
        return found

    def _record(
        self,
        live: Row[Any],
        changes: Sequence[Row[Any]],
        versions: dict[int, Values],
        kept: Sequence[Row[Any]],
        names: dict[Any, str],
    ) -> str | None:
        if not changes:
            return "is there, and the history knows nothing of it"
        if any(change.kind != self.kind.value for change in changes):
            return "is told of as a record of another kind"
        if [change.version for change in changes] != list(range(1, len(changes) + 1)):
            return "has changes that do not follow one upon the other"
        if changes[0].action != "create":
            return "has no beginning"
        if not kept:
            return "has no kept version"
        following = [row.seq_from for row in kept[1:]]
        for row, end in zip(kept, [*following, None], strict=True):
            expected = versions.get(row.seq_from)
            if expected is None:
                return f"has a version that no change made, at {row.seq_from:,}"
            if row.seq_to != end:
                return f"has a version that ends where none follows, at {row.seq_from:,}"
            wrong = next((name for name in LASTING if getattr(row, name) != getattr(live, name)), None)
            wrong = wrong or self._difference(row, expected, names)
            if wrong is not None:
                return f"was something else at {row.seq_from:,}: {wrong}"
        stored = {row.seq_from for row in kept}
        moments = [change.at for change in changes[1:]]
        for change, next_moment in zip(changes, [*moments, None], strict=True):
            # Of changes in one transaction, which are of one moment, only the last leaves a version.
            if next_moment != change.at and change.seq not in stored:
                return f"has lost the version of change {change.seq:,}"
        return next(
            (
                f"is something else now: {name}"
                for name, now, then in zip(self.shared, live, kept[-1], strict=False)
                if now != then
            ),
            None,
        )

    def _difference(self, row: Row[Any], expected: Values, names: dict[Any, str]) -> str | None:
        """The first column in which a stored version differs from what the history says."""
        stored = orjson.loads(written(dict(zip(self.told, row, strict=False))))
        for name in self.told:
            told = expected.get(name, self.defaults.get(name))
            if stored[name] != (self.blanks[name] if is_mark(told) else told):
                return name
        for name in ("version", "created_at", "updated_at", "deleted_at"):
            value = getattr(row, name)
            if (timestamp_text(value) if isinstance(value, datetime) else value) != expected.get(name):
                return name
        for column, (name, kind) in REFERENCES.items():
            if column in self.kept.c:
                key = getattr(row, column)
                told = None if key is None else names.get((kind or self.kind, key))
                if told != expected.get(name):
                    return name
        return None

    def _names(self, kept: dict[Any, list[Row[Any]]], links: dict[Any, list[Row[Any]]]) -> dict[Any, str]:
        """The ids of the records that these hang on, by kind and key."""
        wanted: dict[Kind, set[int]] = defaultdict(set)
        for column, (_, kind) in REFERENCES.items():
            if column in self.kept.c:
                keys = {getattr(row, column) for rows in kept.values() for row in rows}
                wanted[kind or self.kind] |= keys - {None}
        wanted[Kind.report] |= {row.report_ref for rows in links.values() for row in rows}
        found: dict[Any, str] = {}
        for kind, keys in wanted.items():
            table = TABLES[kind]
            among = self.dialect.among(table.c.id, sorted(keys))
            for key, uid in (
                self.connection.execute(select(table.c.id, table.c.uid).where(among)) if keys else ()
            ):
                found[kind, key] = uid
        return found

    def _between(
        self, table: Table, names: Sequence[str], by: str, after: int, last: int, order: str = "id"
    ) -> Sequence[Any]:
        column = table.c[by]
        where = (column > after) & (column <= last)
        found = select(*[table.c[name] for name in names]).where(where).order_by(column, table.c[order])
        return self.connection.execute(found).all()

    @staticmethod
    def _by(rows: Sequence[Row[Any]], name: str) -> dict[Any, list[Row[Any]]]:
        found: dict[Any, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            found[getattr(row, name)].append(row)
        return found

    def _count(self, table: Table, *where: ColumnElement[bool]) -> int:
        return self.connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()


def _links(
    expected: set[LinkRow], links: Sequence[Row[Any]], claims: Sequence[Row[Any]], names: dict[Any, str]
) -> str | None:
    of: dict[tuple[Any, ...], list[Row[Any]]] = defaultdict(list)
    for claim in claims:
        of[claim.report_ref, claim.seq_from, claim.seq_to].append(claim)
    found: list[LinkRow] = []
    for link in links:
        told = {"role": link.role, "date_wording": link.date_wording, "note": link.note}
        mine = of.pop((link.report_ref, link.seq_from, link.seq_to), [])
        if [claim.position for claim in mine] != list(range(len(mine))):
            return "has claims out of their order"
        if mine:
            told["claims"] = [
                {n: v for n, v in zip(Claim._fields, claim, strict=False) if v is not None} for claim in mine
            ]
        told = {name: value for name, value in told.items() if value is not None}
        report, at = names.get((Kind.report, link.report_ref), ""), timestamp_text(link.created_at)
        found.append((report, link.seq_from, link.seq_to, at, spelled(told)))
    if of:
        return "has a claim without its link"
    if len(found) != len(set(found)) or set(found) != expected:
        return "has a link or a claim that is not what the history says"
    return None


def _strangers(connection: Connection) -> Iterator[Broken]:
    """Changes of kinds that the service does not know."""
    known = [kind.value for kind in Kind]
    other = select(tables.changes.c.seq).where(tables.changes.c.kind.not_in(known)).limit(1)
    for seq in connection.execute(other).scalars():
        yield Broken(f"change {seq}", "is of a kind that is unknown")

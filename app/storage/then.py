"""Records as of a change of the history, as a viewer of today may see them.

What is told is what was so then. Whether it is told is decided twice: the viewer has to be one who might have seen the
record as it was, and who may know of it today. What was taken out of sight since, by sharing, by protecting a source
or by generalising a position, stays out of sight; a deletion since is no secret, and the record is shown as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.sql.selectable import NamedFromClause

from app.access.viewer import Viewer
from app.domain.vocabulary import LocationPrecision
from app.query.fields import Kind
from app.storage import tables, words_then
from app.storage.columns import AS_OF, TABLES, VERSIONS, Scope, constant
from app.storage.compile import permitted
from app.storage.dialects.base import Bind, DatabaseDialect
from app.storage.hints import leading, selective
from app.storage.types import Key

POSITION = ("lon", "lat", "location_precision", "location_generalised_to")
"""Told as they were unless the position was generalised since."""
PLACES = ("admin1", "admin1_code", "admin2", "admin2_code", "place", "place_names")
"""Then told only as far as they still read so: whoever withholds a position takes names away with it."""
OF_PROTECTED = ("display_name", "pseudonym", "source_type", "scale")
"""What is told of a protected source is what is told of it today."""
TEXTS = ("title", "excerpt", "language")
"""Of a report whose source was protected since, told only as far as they still read so."""


def scope_of(kind: Kind, viewer: Viewer, as_of: int | None, name: str = "t") -> Scope:
    """The records of now, or as of a change."""
    return Scope(kind, viewer, name) if as_of is None else Then(kind, viewer, name)


def table_of(kind: Kind, as_of: int | None) -> Table:
    """Where records of now, or of all changes, are kept."""
    return TABLES[kind] if as_of is None else VERSIONS[kind]


class Today(Scope):
    """A record of another moment as it is now, deleted or not."""

    def beside(self, kind: Kind, name: str) -> Scope:
        return Today(kind, self.viewer, name)

    def any_of(self, rows: Select[Any]) -> ColumnElement[bool]:
        # Not EXISTS: PostgreSQL reckons with all records that could come, of which a page takes few, and hashes whole tables for it.
        return rows.limit(literal_column("1")).scalar_subquery().is_not(None)

    @property
    def stands_now(self) -> bool:
        return False

    @property
    def standing(self) -> ColumnElement[bool]:
        return true()


class Then(Scope):
    """One kind of record as it was at the change that `AS_OF` binds, beside the same record as it is now."""

    def __init__(self, kind: Kind, viewer: Viewer, name: str = "t") -> None:
        super().__init__(kind, viewer, name)
        self.table = tables.aliased(VERSIONS[kind], name)
        self._now = Today(kind, viewer, f"{name}_now")
        self._beside_now: dict[str, tuple[NamedFromClause, ColumnElement[int]]] = {}
        self._former: NamedFromClause | None = None

    def beside(self, kind: Kind, name: str) -> Scope:
        return Then(kind, self.viewer, name)

    @property
    def today(self) -> Scope:
        return self._now

    @property
    def stands_now(self) -> bool:
        return False

    @property
    def now(self) -> NamedFromClause:
        return self._now.table

    def named(self, is_meant: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
        live = TABLES[self.kind]
        return self.key.in_(select(live.c.id).where(is_meant(live.c.uid)))

    @property
    def current(self) -> ColumnElement[bool]:
        return _in_range(self.table)

    def any_of(self, rows: Select[Any]) -> ColumnElement[bool]:
        # The version that began last stands most likely; of thousands that a source has, most ended or came later.
        latest = rows.order_by(self.table.c.seq_from.desc()).limit(literal_column("1"))
        return latest.scalar_subquery().is_not(None)

    def linking(self, linked: FromClause) -> ColumnElement[bool]:
        return _in_range(linked)

    @property
    def source(self) -> NamedFromClause:
        """The source as it was that the record then named, joined from now on."""
        alias = tables.aliased(tables.source_versions, f"{self.table.name}_source")
        return self._joins.setdefault("source_ref", alias)

    @property
    def source_today(self) -> NamedFromClause:
        """The same source as it is now, joined from now on."""
        return self._live_source("source_today", self.table)

    @property
    def source_named_today(self) -> NamedFromClause:
        """The source that the record names now, as it is now, joined from now on."""
        return self._live_source("source_named", self.now)

    def _live_source(self, name: str, of: NamedFromClause) -> NamedFromClause:
        alias = tables.aliased(tables.sources, f"{self.table.name}_{name}")
        return self._beside_now.setdefault(name, (alias, of.c.source_ref))[0]

    @property
    def withheld(self) -> tuple[str, ...]:
        """Columns that are told only as far as they still read so, where something was taken out of sight since."""
        return PLACES if self.kind is Kind.incident else TEXTS

    @property
    def former(self) -> NamedFromClause:
        """What the record said in words then, where it says otherwise now; joined from now on."""
        if self._former is None:
            self._former = tables.aliased(tables.former_texts, f"{self.table.name}_former")
        return self._former

    @property
    def search_text(self) -> ColumnElement[str]:
        return words_then.text(self)

    def with_words(self, database: DatabaseDialect, words: str, bind: Bind) -> ColumnElement[bool]:
        return words_then.found(self, database, words, bind)

    def joined(self, base: FromClause | None = None) -> FromClause:
        joined = (self.table if base is None else base).join(self.now, self.now.c.id == leading(self.key))
        if self._former is not None:
            joined = joined.outerjoin(self._former, words_then.is_of(self, self._former))
        for reference, other in self._joins.items():
            found = other.c.id == self.table.c[reference]
            joined = joined.outerjoin(
                other, and_(found, _in_range(other)) if "seq_from" in other.c else found
            )
        for other, reference_now in self._beside_now.values():
            joined = joined.outerjoin(other, other.c.id == reference_now)
        return joined

    def is_own(self, table: NamedFromClause) -> ColumnElement[bool]:
        own = super().is_own(table)
        return and_(own, super().is_own(self.now)) if table is self.table else own

    @property
    def protected(self) -> ColumnElement[bool]:
        """Then, or now; of a report also by the source that it names now."""
        return or_(super().protected, self._protected_now)

    @property
    def _protected_now(self) -> ColumnElement[bool]:
        if self.kind is Kind.source:
            return func.coalesce(self.now.c.protected, false())
        sources = (self.source_today, self.source_named_today)
        return or_(*[func.coalesce(source.c.protected, false()) for source in sources])

    @property
    def protected_since(self) -> ColumnElement[bool]:
        return and_(self._protected_now, ~func.coalesce(self.source.c.protected, false()))

    @property
    def generalised_since(self) -> ColumnElement[bool]:
        then, now = (table.c.location_generalised_to for table in (self.table, self.now))
        return and_(now.is_not(None), now.is_distinct_from(then))

    def own(self, name: str) -> ColumnElement[Any]:
        then, now = self.table.c[name], self.now.c[name]
        if self.viewer.is_editor:
            return then
        if self.kind is Kind.source:
            return self._of_a_source(name)
        if self.kind is Kind.report and name in TEXTS:
            return case((and_(self.protected_since, then.is_distinct_from(now)), null()), else_=then)
        if self.kind is Kind.incident and name in POSITION:
            withheld = {
                "location_precision": constant(LocationPrecision.unknown.value),
                "location_generalised_to": now,
            }.get(name, null())
            return case((self.generalised_since, withheld), else_=then)
        if self.kind is Kind.incident and name in PLACES:
            nothing = literal_column("'{}'", Text) if name == "place_names" else null()
            return case((and_(self.generalised_since, then.is_distinct_from(now)), nothing), else_=then)
        return then

    def _of_a_source(self, name: str) -> ColumnElement[Any]:
        then, now = self.table.c[name], self.now.c[name]
        if name == "protected":
            return or_(then, now)
        return case((self.now.c.protected, now), else_=then) if name in OF_PROTECTED else then

    def of_source(self, name: str) -> ColumnElement[Any]:
        then = self.source.c[name]
        if self.viewer.is_editor or name not in OF_PROTECTED:
            return then
        now = self.source_today.c
        return case((now.protected, now[name]), else_=then)

    def seen_source(self, name: str) -> ColumnElement[Any]:
        if self.viewer.is_editor:
            return self.of_source(name)
        return case((and_(self.sees(self.source), self._sees_source_today), self.of_source(name)))

    @property
    def _sees_source_today(self) -> ColumnElement[bool]:
        """Whether the viewer may know of the source that the record then named: the record still names it, or another does
        that the viewer may see."""
        source, named = self.source_today, self.now.c.source_ref
        today = Today(Kind.source, self.viewer, f"{self.table.name}_source_known")
        today.table = source
        return or_(and_(named == self.table.c.source_ref, self.sees(source)), permitted(today))


def _in_range(table: FromClause) -> ColumnElement[bool]:
    """Of rows that have a range of history, those of the change that `AS_OF` binds."""
    as_of: ColumnElement[int] = bindparam(AS_OF, None, type_=Key)
    begun = selective(table.c.seq_from <= as_of)
    return and_(begun, or_(table.c.seq_to.is_(None), table.c.seq_to > as_of))

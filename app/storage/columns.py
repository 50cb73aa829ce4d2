"""From a field's name to what the database reads for it, as one viewer may see it.

A `Scope` is one kind of record in a statement, with the records that it hangs on. A field that a viewer may not see
is null here already, so that filtering and sorting by it tell no more than reading it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    bindparam,
    case,
    exists,
    false,
    func,
    literal_column,
    null,
    or_,
    true,
)
from sqlalchemy.sql.selectable import NamedFromClause

from app.access.viewer import Viewer
from app.domain.vocabulary import Sharing
from app.query.fields import BY_NAME, Kind, SeenBy
from app.storage import tables

if TYPE_CHECKING:
    from app.storage.dialects.base import Bind, DatabaseDialect

TABLES = {
    Kind.incident: tables.incidents,
    Kind.report: tables.reports,
    Kind.source: tables.sources,
    Kind.partner: tables.partners,
    Kind.key: tables.api_keys,
}
VERSIONS = {
    Kind.incident: tables.incident_versions,
    Kind.report: tables.report_versions,
    Kind.source: tables.source_versions,
}
"""The kinds of which every version is kept."""
WITH_SOURCE = (Kind.incident, Kind.report)
HELD_BY_PARTNER = (Kind.incident, Kind.report, Kind.source, Kind.key)

VIEWER_PARTNER = "viewer_partner"
"""The one parameter that visibility itself may bind: the internal key of the viewer's organisation."""
AS_OF = "as_of"
"""The change of which is asked, by its number in the history: bound by statements that ask of another moment than now."""

SINCE, UNTIL = "since", "until"
"""The stretch of the history of which is asked, likewise: the changes after the one, up to the other."""


def constant(word: str) -> ColumnElement[str]:
    """A word of ours, written into the statement. Never text from outside."""
    assert word.replace("_", "").isalnum(), word
    return literal_column(f"'{word}'", Text)


class Scope:
    """One kind of record under an alias, joined with its partner and its source, as `viewer` may see it."""

    def __init__(self, kind: Kind, viewer: Viewer, name: str = "t") -> None:
        self.kind = kind
        self.viewer = viewer
        self.table: NamedFromClause = tables.aliased(TABLES[kind], name)
        self._joins: dict[str, NamedFromClause] = {}

    def beside(self, kind: Kind, name: str) -> Scope:
        """Another kind of record, of the same moment and as the same viewer may see it."""
        return Scope(kind, self.viewer, name)

    @property
    def key(self) -> ColumnElement[int]:
        return self.table.c.id

    def named(self, is_meant: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
        """The records whose ids are meant, found by an index."""
        return is_meant(self.table.c.uid)

    @property
    def today(self) -> Scope | None:
        """The same record as it is now, where it is not this: what is not to be seen of it today is not seen at all."""
        return None

    @property
    def current(self) -> ColumnElement[bool]:
        """Of the record's versions the one that is meant. A live table holds no other."""
        return true()

    @property
    def standing(self) -> ColumnElement[bool]:
        """Not deleted."""
        return self.table.c.deleted_at.is_(None)

    @property
    def stands_now(self) -> bool:
        """Records of now that are not deleted: what is kept of these alone may be asked about them."""
        return True

    @property
    def search_text(self) -> ColumnElement[str]:
        """The folded words that `q` looks for, as far as the viewer may find by them."""
        return self.table.c.search_text

    def with_words(self, database: DatabaseDialect, words: str, bind: Bind) -> ColumnElement[bool]:
        """The record holds the words, by the word index."""
        return database.matches_words(TABLES[self.kind], self.key, self.table, words, bind)

    def any_of(self, rows: Select[Any]) -> ColumnElement[bool]:
        """Whether the rows, which are of this scope, hold one."""
        return exists(rows)

    def linking(self, linked: FromClause) -> ColumnElement[bool]:
        """A link or a claim stands."""
        return linked.c.seq_to.is_(None)

    @property
    def source(self) -> NamedFromClause:
        """The record's source, joined from now on."""
        assert self.kind in WITH_SOURCE
        return self._joins.setdefault(
            "source_ref", tables.aliased(tables.sources, f"{self.table.name}_source")
        )

    @property
    def protected(self) -> ColumnElement[bool]:
        """The source that the record is, or hangs on, is protected."""
        owner = self.table if self.kind is Kind.source else self.source
        return func.coalesce(owner.c.protected, false())

    @property
    def partner(self) -> NamedFromClause:
        """The organisation that holds the record, joined from now on."""
        assert self.kind in HELD_BY_PARTNER
        return self._joins.setdefault(
            "partner_ref", tables.aliased(tables.partners, f"{self.table.name}_partner")
        )

    def joined(self, base: FromClause | None = None) -> FromClause:
        """The record with what was asked for of the records that it hangs on: ask first, join then. `base` holds the
        record's table where that is not alone."""
        joined = self.table if base is None else base
        for reference, other in self._joins.items():
            joined = joined.outerjoin(other, other.c.id == self.table.c[reference])
        return joined

    def column(self, name: str) -> ColumnElement[Any]:
        """The field as the viewer may see it. An unknown name is a fault of ours and raises KeyError."""
        if name == "partner_key":
            return self.table.c.id if self.kind is Kind.partner else self.table.c.partner_ref
        if name == "effective_sharing":
            return self.table.c.effective_sharing
        field = BY_NAME[self.kind][name]
        if field.seen_by is SeenBy.everyone or self.viewer.is_editor:
            return self._raw(name)
        if field.seen_by is SeenBy.owner:
            return (
                null()
                if self.viewer.partner_key is None
                else case((self.is_own(self.table), self._raw(name)))
            )
        if field.seen_by is SeenBy.unless_protected:
            return case((self.protected, null()), else_=self._raw(name))
        raise KeyError(name)

    def own_key(self) -> ColumnElement[int]:
        """The organisation of the viewer."""
        return bindparam(VIEWER_PARTNER, None, type_=tables.partners.c.id.type)

    def is_own(self, table: NamedFromClause) -> ColumnElement[bool]:
        return table.c.partner_ref == self.own_key()

    def _raw(self, name: str) -> ColumnElement[Any]:
        if name in ("id", "slug") or name not in SPECIAL:
            return self.own("uid" if name == "id" else name)
        return SPECIAL[name](self)

    def own(self, name: str) -> ColumnElement[Any]:
        """A column of the record's own, as far as everybody who sees the record may read it."""
        return self.table.c[name]

    def of_source(self, name: str) -> ColumnElement[Any]:
        """A column of the source, likewise."""
        return self.source.c[name]

    def sees(self, source: NamedFromClause) -> ColumnElement[bool]:
        """Whether the viewer, who sees the record, may know of the source that it hangs on.

        What the public sees hangs on public sources only; an organisation may see its own record of a source that
        another has since closed.
        """
        if self.viewer.is_editor or self.viewer.partner_key is None:
            return true()
        open_levels = [constant(level.value) for level in (Sharing.public, Sharing.partners)]
        own = (source.c.effective_sharing == constant(Sharing.organisation.value)) & self.is_own(source)
        return or_(source.c.effective_sharing.in_(open_levels), own)

    def seen_source(self, name: str) -> ColumnElement[Any]:
        """A column of the source, where the viewer may know of the source."""
        if self.viewer.is_editor or self.viewer.partner_key is None:
            return self.of_source(name)
        return case((self.sees(self.source), self.of_source(name)))


def _source_name(scope: Scope) -> ColumnElement[Any]:
    return scope.seen_source("name" if scope.viewer.is_editor else "display_name")


def _own_name(scope: Scope) -> ColumnElement[Any]:
    by_name = scope.kind is not Kind.source or scope.viewer.is_editor
    return scope.own("name" if by_name else "display_name")


def _partner(scope: Scope) -> ColumnElement[Any]:
    return scope.partner.c.slug


SPECIAL: dict[str, Callable[[Scope], ColumnElement[Any]]] = {
    "name": _own_name,
    "partner": _partner,
    "source_id": lambda scope: scope.seen_source("uid"),
    "source_name": _source_name,
    "source_type": lambda scope: (
        scope.own("source_type") if scope.kind is Kind.source else scope.seen_source("source_type")
    ),
}
"""Fields that are not simply a column of the record's own. `compile` adds those that other records answer."""

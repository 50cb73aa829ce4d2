"""Records without a link that the viewer may see, sought among the few that are linked loosely or not at all.

`loosely_linked` names every record of now that somebody might read without seeing a link of it. So what is without a link for
anybody stands there, and no other record needs to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, exists, select

from app.access.rules import visible_to
from app.access.viewer import PUBLIC, Viewer
from app.query.fields import Kind
from app.query.filter import EVERYTHING, And, Filter, Linked, Not
from app.storage.columns import Scope, constant
from app.storage.hints import by_key
from app.storage.tables import LINKED_TO, aliased, loosely_linked

if TYPE_CHECKING:
    from app.storage.database import Reader

FEW: Filter = Not(Linked())
LINKED_WITH = {Kind.incident: Kind.report, Kind.report: Kind.incident}
MANY = 8_000
"""Records without a link, from which on the order of a list serves better; as with words that many records hold."""
MANY_IN_DOUBT = 100_000
"""The same where each has to be looked at: if most of them have a link for the viewer, as what an organisation publishes of
reports that it keeps to itself has for its own people, the order leads past all records there are."""


def among_loose(scope: Scope, *, many: bool) -> ColumnElement[bool]:
    """The record is one of those that have no link for the viewer, or may have none. `many`: each record is looked up among
    them, where they are too many to be looked up among the records."""
    loose = aliased(loosely_linked, f"{scope.table.name}_loose")
    words = [constant(word) for word in _linked_to(scope.viewer, scope.kind)]
    rows = select(loose.c.record_ref).where(
        loose.c.kind == constant(scope.kind), loose.c.linked_to.in_(words)
    )
    if many:
        return exists(rows.where(loose.c.record_ref == scope.key).correlate(scope.table))
    return scope.key.in_(rows)


def settled(viewer: Viewer, kind: Kind) -> bool:
    """What stands there is without a link for this viewer, and need not be looked at again."""
    return visible_to(viewer, LINKED_WITH[kind]) in (EVERYTHING, visible_to(PUBLIC, LINKED_WITH[kind]))


def _linked_to(viewer: Viewer, kind: Kind) -> tuple[str, ...]:
    return LINKED_TO[:1] if visible_to(viewer, LINKED_WITH[kind]) == EVERYTHING else LINKED_TO


def led(statement: Select[Any], scope: Scope, where: Filter) -> Select[Any]:
    """A statement over `scope` that begins with the few where the question asks for them. SQLite would rather read a whole
    country, which has an index: it may use none but the key."""
    few = scope.stands_now and any(
        part == FEW for part in (where.parts if isinstance(where, And) else (where,))
    )
    return by_key(statement, scope.table) if few else statement


def many_told(reader: Reader, viewer: Viewer, kind: Kind, where: Filter) -> Filter:
    """The question, marked where it asks for records without a link and these are many."""
    match where:
        case And(parts):
            return And(tuple(many_told(reader, viewer, kind, part) for part in parts))
        case Not(Linked(many_without=False)):
            return Not(Linked(many_without=_are_many(reader, viewer, kind)))
    return where


def _are_many(reader: Reader, viewer: Viewer, kind: Kind) -> bool:
    most = MANY if settled(viewer, kind) else MANY_IN_DOUBT
    words = ", ".join(f"'{word}'" for word in _linked_to(viewer, kind))
    found = f"SELECT 1 FROM loosely_linked WHERE kind = '{kind}' AND linked_to IN ({words}) LIMIT {most}"
    ((number,),) = reader.rows(f"SELECT count(*) FROM ({found}) AS found")
    return int(number) >= most

"""Records without a link that the viewer may see, sought among the few that are linked loosely or not at all.

`loosely_linked` names every record of now of which the public sees no link, and nobody sees fewer links than the public.
So what is without a link for anybody stands there, and no other record needs to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, exists, select

from app.access.rules import visible_to
from app.access.viewer import PUBLIC, Viewer
from app.query.fields import Kind
from app.query.filter import EVERYTHING, And, Filter, Linked, Not
from app.storage.columns import Scope, constant
from app.storage.tables import LINKED_TO, aliased, loosely_linked

if TYPE_CHECKING:
    from app.storage.database import Reader

LINKED_WITH = {Kind.incident: Kind.report, Kind.report: Kind.incident}
MANY = 8_000
"""Records that are linked loosely, from which on the order serves better; as with words that many records hold."""


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


def settled(scope: Scope) -> bool:
    """What stands there is without a link for this viewer, and need not be looked at again."""
    far = LINKED_WITH[scope.kind]
    return visible_to(scope.viewer, far) in (EVERYTHING, visible_to(PUBLIC, far))


def _linked_to(viewer: Viewer, kind: Kind) -> tuple[str, ...]:
    return LINKED_TO[:1] if visible_to(viewer, LINKED_WITH[kind]) == EVERYTHING else LINKED_TO


def many_told(reader: Reader, viewer: Viewer, kind: Kind, where: Filter) -> Filter:
    """The question, marked where it asks for records without a link and these are many."""
    match where:
        case And(parts):
            return And(tuple(many_told(reader, viewer, kind, part) for part in parts))
        case Not(Linked(many_without=False)):
            return Not(Linked(many_without=_are_many(reader, viewer, kind)))
    return where


def _are_many(reader: Reader, viewer: Viewer, kind: Kind) -> bool:
    words = ", ".join(f"'{word}'" for word in _linked_to(viewer, kind))
    found = f"SELECT 1 FROM loosely_linked WHERE kind = '{kind}' AND linked_to IN ({words}) LIMIT {MANY}"
    ((number,),) = reader.rows(f"SELECT count(*) FROM ({found}) AS found")
    return int(number) >= MANY

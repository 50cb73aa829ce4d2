"""What a record looks like on its way out: the database builds its JSON, with what rides along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal_column, select

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.query.fields import BY_NAME, CLAIM, COUNTS, LINK, Kind, Type
from app.storage import tables
from app.storage.columns import Scope
from app.storage.compile import visible
from app.storage.documents import Document, DocumentList

MOST_INCLUDED = 1_000
"""Reports, incidents or claims that ride along with one record at most."""
AT_ONCE, AT_ONCE_WITH_LISTS = 1_000, 100
"""Records that may be asked for at once: lists that ride along can make one a thousand times as long, and no text of
SQLite's is longer than a thousand million bytes."""


REVISION = select(tables.history_head.c.seq).scalar_subquery()
"""Rides along with every answer: one statement, one state of the data, one trip to the database."""


def members(scope: Scope, names: Sequence[str]) -> list[tuple[str, ColumnElement[Any], Type]]:
    fields = BY_NAME[scope.kind]
    return [(name, scope.column(name), fields[name].type) for name in names]


def wire_names(viewer: Viewer, kind: Kind, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """The fields of an answer, in wire order: all that the viewer may see, or those asked for and the id."""
    seen = fields_for(viewer, kind)
    if asked is None:
        return tuple(seen)
    return tuple(name for name in seen if name in asked or name == "id")


def document(scope: Scope, names: Sequence[str], include: Sequence[str]) -> Document:
    parts = members(scope, names)
    parts.extend((name, _included(scope, name), Type.documents) for name in include)
    return Document(parts)


def is_at_once(limit: int, include: Sequence[str]) -> bool:
    """Whether a page of so many records may come as one."""
    return limit <= (AT_ONCE_WITH_LISTS if include else AT_ONCE)


def _included(scope: Scope, name: str) -> ColumnElement[Any]:
    if name == "claims":
        return _claims(scope)
    other = Kind.report if name == "reports" else Kind.incident
    return _linked(scope, other)


def _linked(scope: Scope, kind: Kind) -> DocumentList:
    """Linked records that the viewer may see, oldest link first, each with how it is linked; their own links are not counted here."""
    other = scope.beside(kind, kind.value)
    links = tables.aliased(tables.links, "link")
    parts = members(other, [name for name in wire_names(scope.viewer, kind, None) if name not in COUNTS])
    parts.extend((f.name, links.c["role" if f.name == "link_role" else f.name], f.type) for f in LINK)
    rows = (
        select(Document(parts).label("document"))
        .select_from(other.joined().join(links, links.c[f"{kind}_ref"] == other.key))
        .where(links.c[f"{scope.kind}_ref"] == scope.key, scope.linking(links), visible(other))
        .correlate(scope.table)
        .order_by(links.c.id)
        .limit(literal_column(str(MOST_INCLUDED)))
    )
    return DocumentList(rows)


def _claims(scope: Scope) -> DocumentList:
    """Claims whose incident and report the viewer may see both."""
    claim = tables.aliased(tables.claims, "claim")
    other = scope.beside(Kind.report if scope.kind is Kind.incident else Kind.incident, "claimed")
    uids = {scope.kind: scope.table.c.uid, other.kind: other.table.c.uid}
    special = {"id": claim.c.uid, "incident_id": uids[Kind.incident], "report_id": uids[Kind.report]}
    parts = [(f.name, special[f.name] if f.name in special else claim.c[f.name], f.type) for f in CLAIM]
    rows = (
        select(Document(parts).label("document"))
        .select_from(other.joined().join(claim, other.key == claim.c[f"{other.kind}_ref"]))
        .where(claim.c[f"{scope.kind}_ref"] == scope.key, scope.linking(claim), visible(other))
        .correlate(scope.table)
        .order_by(claim.c.id)
        .limit(literal_column(str(MOST_INCLUDED)))
    )
    return DocumentList(rows)

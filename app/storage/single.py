"""Records by their ids: one, or several that are asked for at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import and_, false, select

from app.access.viewer import Viewer
from app.errors import Gone, NotFound
from app.query.fields import Kind
from app.query.filter import OneOf, equals
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, condition, extras, permitted, prepare, visible
from app.storage.database import Reader
from app.storage.shapes import REVISION, document, wire_names

FILLED = 16
"""Ids of a statement that asks for several."""


class Wanted(NamedTuple):
    """A record by its id, with the fields asked for (None: all that the viewer may see) and the lists that ride along."""

    kind: Kind
    uid: str
    fields: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()


class Found(NamedTuple):
    """A record as JSON, its version, and the revision of the data at which it read so."""

    document: str
    version: int
    revision: int


def one(
    reader: Reader,
    viewer: Viewer,
    kind: Kind,
    uid: str,
    *,
    fields: tuple[str, ...] | None = None,
    include: tuple[str, ...] = (),
) -> Found:
    """The record. Raises NotFound, or Gone where the viewer could have read it."""
    (found,) = several(reader, viewer, [Wanted(kind, uid, fields, include)])
    if not isinstance(found, Found):
        raise found
    return found


def several(reader: Reader, viewer: Viewer, wanted: Sequence[Wanted]) -> list[Found | NotFound | Gone]:
    """Each record in turn, or why it is not told. What is alike but for the id is read by one statement."""
    alike: dict[Wanted, list[str]] = {}
    for each in wanted:
        alike.setdefault(each._replace(uid=""), []).append(each.uid)
    found = {
        what._replace(uid=uid): record
        for what, uids in alike.items()
        for uid, record in _found(reader, viewer, what, uids).items()
    }
    return [found.get(each) or _absence(reader, viewer, each.kind, each.uid) for each in wanted]


def _found(reader: Reader, viewer: Viewer, what: Wanted, uids: Sequence[str]) -> dict[str, Found]:
    """Those that are there, by id."""
    # The last one again and again: two statements, which the database soon knows, serve one id and many.
    more = -len(uids) % FILLED if len(uids) > 1 else 0
    filled = (*uids, *(uids[-1] for _ in range(more)))
    where = OneOf("id", filled)

    def build() -> Statement:
        scope, binder = Scope(what.kind, viewer), Binder()
        columns = [
            scope.table.c.uid,
            document(scope, wire_names(viewer, what.kind, what.fields), what.include),
            scope.table.c.version,
            REVISION,
        ]
        matches = condition(where, scope, binder, reader.dialect)
        statement = select(*columns).select_from(scope.joined()).where(matches, visible(scope))
        return prepare(statement, binder, reader.dialect)

    statement = reader.prepared(("one", what, viewer.rank, len(filled)), build)
    rows = reader.rows(statement.sql, statement.parameters(list(filled), extras(viewer), reader.dialect))
    return {uid: Found(*rest) for uid, *rest in rows}


def _absence(reader: Reader, viewer: Viewer, kind: Kind, uid: str) -> NotFound | Gone:
    def build() -> Statement:
        scope, binder = Scope(kind, viewer), Binder()
        where = condition(equals("id", uid), scope, binder, reader.dialect)
        replaced = Scope(kind, viewer, "replacement")
        joined = scope.table.outerjoin(
            replaced.table, and_(replaced.key == scope.table.c.replaced_by_ref, permitted(replaced))
        )
        columns = (
            scope.table.c.delete_reason,
            scope.table.c.deleted_at,
            replaced.table.c.uid,
            replaced.table.c.deleted_at.is_not(None),
            scope.table.c.merged_into_ref.is_not(None) if kind is Kind.incident else false(),
        )
        gone = scope.table.c.deleted_at.is_not(None)
        return prepare(
            select(*columns).select_from(joined).where(where, permitted(scope), gone), binder, reader.dialect
        )

    statement = reader.prepared(("absence", kind, viewer.rank), build)
    rows = reader.rows(statement.sql, statement.parameters([uid], extras(viewer), reader.dialect))
    if not rows:
        return NotFound(f"there is no {kind} {uid}")
    reason, deleted_at, replaced_by, replaced_too, merged = rows[0]
    if replaced_too:
        # What took its place may have been deleted or merged since: whoever asks is led on to what is there now.
        onward = _absence(reader, viewer, kind, replaced_by)
        replaced_by = onward.members["replaced_by"] if isinstance(onward, Gone) else None
    at = (
        deleted_at
        if isinstance(deleted_at, str)
        else deleted_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    return Gone(uid, reason, replaced_by, at, merged=bool(merged))


def claims_of(reader: Reader, viewer: Viewer, incident: str) -> tuple[str, int]:
    """The incident's claims as a JSON array, and the revision; raises as `one` does."""
    found = one(reader, viewer, Kind.incident, incident, fields=("id",), include=("claims",))
    return orjson.dumps(orjson.loads(found.document)["claims"]).decode(), found.revision

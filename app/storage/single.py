"""Records by their ids: one, or several that are asked for at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, false, select

from app.access.viewer import Viewer
from app.errors import Gone, NotFound
from app.query.fields import Kind
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, extras, permitted, prepare, visible
from app.storage.database import Reader
from app.storage.shapes import REVISION, document, wire_names
from app.storage.then import scope_of

FILLED = 16
"""Ids of a statement that asks for several."""


class Wanted(NamedTuple):
    """A record by its id, with the fields asked for (None: all that the viewer may see) and the lists that ride along."""

    kind: Kind
    uid: str
    fields: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    as_of: int | None = None
    """The number of the change of the history of which is asked; None: now."""


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
    as_of: int | None = None,
) -> Found:
    """The record. Raises NotFound, or Gone where the viewer could have read it."""
    (found,) = several(reader, viewer, [Wanted(kind, uid, fields, include, as_of)])
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
    return [found.get(each) or _absence(reader, viewer, each) for each in wanted]


def _found(reader: Reader, viewer: Viewer, what: Wanted, uids: Sequence[str]) -> dict[str, Found]:
    """Those that are there, by id."""
    # The last one again and again: two statements, which the database soon knows, serve one id and many.
    more = -len(uids) % FILLED if len(uids) > 1 else 0
    filled = (*uids, *(uids[-1] for _ in range(more)))
    as_of = what.as_of

    def build() -> Statement:
        scope, binder = scope_of(what.kind, viewer, as_of), Binder()
        columns = [
            scope.table.c.uid,
            document(scope, wire_names(viewer, what.kind, what.fields), what.include),
            scope.table.c.version,
            REVISION,
        ]
        matches = scope.named(lambda uid: uid.in_([binder(each) for each in filled]))
        statement = select(*columns).select_from(scope.joined()).where(matches, visible(scope))
        return prepare(statement, binder, reader.dialect)

    alike = what._replace(as_of=None)
    statement = reader.prepared(("one", alike, as_of is not None, viewer.rank, len(filled)), build)
    rows = reader.answer(statement, list(filled), extras(viewer, as_of))
    return {uid: Found(*rest) for uid, *rest in rows}


def _absence(reader: Reader, viewer: Viewer, wanted: Wanted) -> NotFound | Gone:
    kind, uid, as_of = wanted.kind, wanted.uid, wanted.as_of

    def build() -> Statement:
        scope, binder = scope_of(kind, viewer, as_of), Binder()
        t = scope.table.c
        merged = t.merged_into_ref.is_not(None) if kind is Kind.incident else false()
        gone = (
            select(t.delete_reason, t.deleted_at, *_replacement(scope), merged)
            .select_from(scope.joined())
            .where(scope.named(lambda of: of == binder(uid)), permitted(scope), t.deleted_at.is_not(None))
        )
        return prepare(gone, binder, reader.dialect)

    statement = reader.prepared(("absence", kind, as_of is not None, viewer.rank), build)
    rows = reader.answer(statement, [uid], extras(viewer, as_of))
    if not rows:
        return NotFound(f"there is no {kind} {uid}")
    reason, deleted_at, replaced_by, replaced_too, merged = rows[0]
    if replaced_too:
        # What took its place may have been deleted or merged since: whoever asks is led on to what is there now.
        onward = _absence(reader, viewer, wanted._replace(uid=replaced_by))
        replaced_by = onward.members["replaced_by"] if isinstance(onward, Gone) else None
    at = (
        deleted_at
        if isinstance(deleted_at, str)
        else deleted_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
    return Gone(uid, reason, replaced_by, at, merged=bool(merged))


def _replacement(scope: Scope) -> list[ColumnElement[Any]]:
    """The id of what took the record's place, and whether that is gone too."""
    other = scope.beside(scope.kind, "replacement")
    found = (
        select(column)
        .select_from(other.joined())
        .where(other.key == scope.table.c.replaced_by_ref, permitted(other), other.current)
        .correlate(scope.table)
        .scalar_subquery()
        for column in (other.table.c.uid, other.table.c.deleted_at.is_not(None))
    )
    return list(found)


def claims_of(reader: Reader, viewer: Viewer, incident: str, as_of: int | None = None) -> tuple[str, int]:
    """The incident's claims as a JSON array, and the revision; raises as `one` does."""
    found = one(reader, viewer, Kind.incident, incident, fields=("id",), include=("claims",), as_of=as_of)
    return orjson.dumps(orjson.loads(found.document)["claims"]).decode(), found.revision

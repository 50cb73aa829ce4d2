"""What recording any kind of record has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select

from app.errors import Conflict, InvalidInput, NotFound, Problem
from app.query.fields import Kind
from app.storage import read
from app.storage.columns import TABLES
from app.storage.write import Amendment
from app.writing.work import Ref, Work


def submitted_before(work: Work, kind: Kind, external_id: str | None) -> dict[str, Any] | None:
    """The record that the partner sent under this id before, locked. Conflict where it may not be changed so."""
    if external_id is None:
        return None
    table = TABLES[kind]
    # Two sendings of one id at once must not both find nothing.
    work.transaction.dialect.serialise(
        work.transaction.connection, f"{kind}:{work.viewer.partner_key}:{external_id}"
    )
    found = work.transaction.connection.execute(
        select(table.c.uid, table.c.deleted_at).where(
            table.c.partner_ref == work.viewer.partner_key, table.c.external_id == external_id
        )
    ).one_or_none()
    if found is None:
        return None
    if found.deleted_at is not None:
        raise Conflict(
            f"external_id {external_id!r} belonged to {found.uid}, which was deleted; ids are not used again"
        )
    try:
        return work.visible_row(kind, found.uid)
    except NotFound:
        raise Conflict(
            f"external_id {external_id!r} is taken by a record that this key may not read"
        ) from None


def require_free(work: Work, kind: Kind, partner: int, external_id: str | None) -> None:
    """Raises Conflict where another record of the partner's holds the id."""
    if external_id is None:
        return
    table = TABLES[kind]
    taken = work.transaction.connection.execute(
        select(table.c.uid).where(table.c.partner_ref == partner, table.c.external_id == external_id)
    ).scalar_one_or_none()
    if taken is not None:
        raise Conflict(f"external_id {external_id!r} is taken by {taken}")


def named(work: Work, row: Mapping[str, Any], columns: Mapping[str, tuple[Table, str]]) -> dict[str, str]:
    """The ids behind a row's internal references, by wire name."""
    ids = {}
    for name, (table, column) in columns.items():
        if row[column] is not None:
            ids[name] = work.transaction.connection.execute(
                select(table.c.uid).where(table.c.id == row[column])
            ).scalar_one()
    return ids


def standing(work: Work, table: Table, key: int | None) -> Ref | None:
    """A reference that stays as it is, whatever its editor may see of it."""
    if key is None:
        return None
    row = work.transaction.connection.execute(
        select(table.c.id, table.c.uid, table.c.effective_sharing).where(table.c.id == key)
    ).one()
    return Ref(row.id, row.uid, row.effective_sharing)


def replacement(work: Work, kind: Kind, row: Mapping[str, Any], uid: str | None) -> Ref | None:
    """The record that takes a deleted one's place."""
    if uid is None:
        return None
    if uid == row["uid"]:
        raise InvalidInput([Problem("replaced_by", "itself", "a record cannot replace itself")])
    return work.reference(kind, uid, "replaced_by")


def bury(
    work: Work,
    kind: Kind,
    row: Mapping[str, Any],
    reason: str,
    replaced_by: Ref | None = None,
    ended: Sequence[tuple[int, str]] = (),
) -> None:
    """Makes a tombstone of a record; those who could read it are told when and why."""
    values = {
        "deleted_at": work.transaction.at,
        "delete_reason": reason,
        "replaced_by_ref": replaced_by.key if replaced_by else None,
    }
    work.transaction.amend(
        [
            Amendment(
                kind,
                row,
                values,
                refs={"replaced_by": replaced_by.uid} if replaced_by else {},
                ended=list(ended),
                reason=reason,
                action="delete",
            )
        ]
    )


def is_visible(work: Work, kind: Kind, uid: str) -> bool:
    """Whether the viewer may read the record as the transaction has left it."""
    try:
        read.one(work.transaction.reader, work.viewer, kind, uid, fields=("id",))
    except NotFound:
        return False
    return True

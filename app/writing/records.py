"""What recording any kind of record has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import Conflict, InvalidInput, NotFound, Problem
from app.query.fields import Kind
from app.storage import lookup, single
from app.storage.write import Amendment
from app.writing.work import Ref, Work


def submitted_before(work: Work, kind: Kind, external_id: str | None) -> dict[str, Any] | None:
    """The record that the partner sent under this id before, locked. Conflict where it may not be changed so."""
    if external_id is None:
        return None
    # Two sendings of one id at once must not both find nothing.
    work.transaction.dialect.serialise(
        work.transaction.connection, f"{kind}:{work.viewer.partner_key}:{external_id}"
    )
    assert work.viewer.partner_key is not None
    found = lookup.by_external_id(work.transaction, kind, work.viewer.partner_key, [external_id]).get(
        external_id
    )
    if found is None:
        return None
    if found.deleted_at is not None:
        merged = (
            kind is Kind.incident
            and work.transaction.row(kind, found.uid, lock=False)["merged_into_ref"] is not None
        )
        did = "merged into another; read it to learn which" if merged else "deleted; ids are not used again"
        raise Conflict(f"external_id {external_id!r} belonged to {found.uid}, which was {did}")
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
    taken = lookup.by_external_id(work.transaction, kind, partner, [external_id]).get(external_id)
    if taken is not None:
        raise Conflict(f"external_id {external_id!r} is taken by {taken.uid}")


def named(work: Work, row: Mapping[str, Any], kinds: Mapping[str, Kind]) -> dict[str, str]:
    """The ids behind a row's internal references, by wire name."""
    ids = {}
    for name, kind in kinds.items():
        key = row[f"{name.removesuffix('_id')}_ref"]
        if key is not None:
            ids[name] = lookup.standing(work.transaction, kind, key).uid
    return ids


def standing(work: Work, kind: Kind, key: int | None) -> Ref | None:
    """A reference that stays as it is, whatever its editor may see of it."""
    return None if key is None else Ref(*lookup.standing(work.transaction, kind, key))


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
        single.one(work.transaction.reader, work.viewer, kind, uid, fields=("id",))
    except NotFound:
        return False
    return True

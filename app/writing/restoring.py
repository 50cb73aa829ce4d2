"""The side of an undone merge that comes back: as it was, but for what it hung on and is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.domain.sharing import strictest
from app.domain.transitions import Transition
from app.query.fields import Kind
from app.storage import lookup
from app.storage.former import Made
from app.storage.write import Amendment, Link
from app.writing.around import Around
from app.writing.claims import reassessed
from app.writing.merging import above
from app.writing.work import Work, changed

Row = dict[str, Any]


@dataclass(slots=True)
class Undoing:
    """A merge, and what became of it. `undone`: the change by which the duplicate was merged; `gathered`: the survivor's."""

    work: Work
    duplicate: Row
    survivor: Row
    undone: Made
    gathered: Made
    kept: list[dict[str, str]] = field(default_factory=list)
    """What is not as it was, and why."""

    @property
    def deleted(self) -> bool:
        return self.survivor["deleted_at"] is not None

    def keep(self, what: str, uid: str, why: str) -> None:
        self.kept.append({"what": what, "id": uid, "why": why})


def restored(undoing: Undoing, links: list[Link], parts: list[Row], reason: str) -> Amendment:
    """The duplicate as it was; its figures as they follow from what its reports count for today."""
    work, duplicate = undoing.work, undoing.duplicate
    around = Around(work.transaction, [duplicate], links)
    survivor = undoing.survivor["uid"]
    values: dict[str, Any] = {
        "deleted_at": None,
        "delete_reason": None,
        "replaced_by_ref": None,
        "merged_into_ref": None,
        **changed(duplicate, reassessed(around, duplicate, linked=links)),
    }
    refs: dict[str, str | None] = {"replaced_by": None, "merged_into": None}
    before: dict[str, str | None] = {"replaced_by": survivor, "merged_into": survivor}
    if duplicate["part_of_ref"] is not None:
        was = lookup.standing(work.transaction, Kind.incident, duplicate["part_of_ref"])
        container = _container(undoing, parts)
        if container != was.key:
            values["part_of_ref"] = container
            before["part_of"] = was.uid
            refs["part_of"] = (
                None if container is None else lookup.standing(work.transaction, Kind.incident, container).uid
            )
    if (source := _source_gone(undoing)) is not None:
        # Whoever it was shared with as what that source said: no more widely than that.
        values |= {
            "source_ref": None,
            "sharing": strictest(duplicate["sharing"], duplicate["effective_sharing"]),
        }
        refs["source_id"], before["source_id"] = None, source
    return Amendment(
        Kind.incident,
        duplicate,
        values,
        refs=refs,
        refs_before=before,
        links=links,
        reason=reason,
        action=Transition.unmerge.value,
    )


def _source_gone(undoing: Undoing) -> str | None:
    """The duplicate's source, where it was deleted since: while nothing that stood named it, it could be."""
    transaction, key = undoing.work.transaction, undoing.duplicate["source_ref"]
    if key is None or key in lookup.live(transaction, Kind.source, [key], hold=True):
        return None
    uid = lookup.standing(transaction, Kind.source, key).uid
    undoing.keep("source_id", uid, "it was deleted since: this names no source now, and is shared as it was")
    return uid


def _container(undoing: Undoing, parts: list[Row]) -> int | None:
    """What contains the duplicate: as before, or what that was merged into; nothing where it was deleted or goes round."""
    work, duplicate = undoing.work, undoing.duplicate
    container = onward(work, duplicate["part_of_ref"])
    uid = lookup.standing(work.transaction, Kind.incident, duplicate["part_of_ref"]).uid
    if container is None:
        undoing.keep("part_of", uid, "it was deleted since: this is part of nothing now")
        return None
    instead = {part["id"]: duplicate["id"] for part in parts}
    if duplicate["id"] in above(work, container, instead):
        undoing.keep("part_of", uid, "it was made part of what is part of this: this is part of nothing now")
        return None
    if container != duplicate["part_of_ref"]:
        undoing.keep("part_of", uid, "it was merged since: this is part of what it was merged into")
    return container


def onward(work: Work, key: int) -> int | None:
    """The incident that stands there now, where one was merged; None where it was deleted."""
    while True:
        (row,) = next(lookup.by_key(work.transaction, Kind.incident, [key]))
        if row["deleted_at"] is None:
            return key
        if row["merged_into_ref"] is None:
            return None
        key = row["merged_into_ref"]

"""Undoing a merge: what it did is taken back as far as nothing else changed it since, and what cannot be is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.access.rules import require_transition
from app.domain.transitions import ReasonForm, State, Transition, state_of
from app.errors import Conflict
from app.query.fields import Kind
from app.storage import former, lookup
from app.storage.former import Made
from app.storage.write import Amendment, Link
from app.writing.around import Around
from app.writing.claims import reassessed
from app.writing.merging import above, relinked
from app.writing.transitions import require_fitting
from app.writing.work import Did, Outcome, Work, changed, require_version

Row = dict[str, Any]


@dataclass(slots=True)
class _Undoing:
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


def unmerge(work: Work, uid: str, form: ReasonForm, expected: int | None) -> Outcome:
    """The incident is one of its own again, with its links, claims and parts as they were."""
    require_transition(work.viewer, Transition.unmerge)
    undoing = _undoing(work, uid, expected)
    duplicate = undoing.duplicate
    work.transaction.dialect.serialise(work.transaction.connection, "part_of")
    parts = _parts(undoing)
    restored = former.ended_by(work.transaction, duplicate["id"], undoing.undone.seq)
    # First: what was ended since is taken off what is restored.
    given_up = [] if undoing.deleted else [_given_up(undoing, restored, form.reason)]
    work.transaction.amend(
        [
            _restored(undoing, restored, parts, form.reason),
            *given_up,
            *(_moved_back(undoing, part, form.reason) for part in parts),
        ]
    )
    return Outcome(Kind.incident, uid, Did.updated, duplicate["id"], {"not_restored": undoing.kept})


def _undoing(work: Work, uid: str, expected: int | None) -> _Undoing:
    row = work.transaction.row(Kind.incident, uid, lock=False)
    keys = [row["id"]] if row["merged_into_ref"] is None else sorted((row["id"], row["merged_into_ref"]))
    rows = {row["id"]: row for row in next(lookup.by_key(work.transaction, Kind.incident, keys))}
    duplicate = rows[row["id"]]
    require_version(duplicate, expected)
    require_fitting(Transition.unmerge, duplicate)
    survivor = rows.get(duplicate["merged_into_ref"])
    if survivor is None:
        raise Conflict("it was merged into another incident meanwhile; try again")
    if state_of(survivor) is State.merged:
        raise Conflict(
            f"{survivor['uid']}, into which it was merged, was itself merged since: undo that first"
        )
    name = Transition.merge.value
    undone = former.made(work.transaction, uid, name, last=True)
    gathered = former.made(work.transaction, survivor["uid"], name, after=undone.seq)
    return _Undoing(work, duplicate, survivor, undone, gathered)


def _parts(undoing: _Undoing) -> list[Row]:
    """The parts that the merge moved, and that are still where it put them."""
    was, found = undoing.duplicate["uid"], []
    for uid, change in former.beside(undoing.work.transaction, undoing.gathered, Transition.merge.value):
        if change.before.get("part_of") != was:
            break
        row = undoing.work.transaction.row(Kind.incident, uid)
        if row["part_of_ref"] != undoing.survivor["id"] or row["deleted_at"] is not None:
            undoing.keep("part", uid, "it was deleted, merged or made part of another since")
        else:
            found.append(row)
    return found


def _moved_back(undoing: _Undoing, part: Row, reason: str) -> Amendment:
    return Amendment(
        Kind.incident,
        part,
        {"part_of_ref": undoing.duplicate["id"]},
        refs={"part_of": undoing.duplicate["uid"]},
        refs_before={"part_of": undoing.survivor["uid"]},
        reason=reason,
        action=Transition.unmerge.value,
    )


def _given_up(undoing: _Undoing, restored: list[Link], reason: str) -> Amendment:
    """The survivor without what it had got. Takes from `restored` what was ended since: it stays ended on both."""
    work, survivor = undoing.work, undoing.survivor
    standing = former.standing(work.transaction, survivor["id"])
    wanted = _without(undoing, standing, restored)
    kept = {link.report for link in wanted}
    ended = [(link.report, link.report_id) for link in standing if link.report not in kept]
    links = relinked(standing, wanted)
    around = Around(work.transaction, [survivor], links)
    gone = [report for report, _ in ended]
    values = changed(survivor, reassessed(around, survivor, linked=links, ended=gone))
    refs, before = {}, {}
    inherited = undoing.gathered.after.get("part_of")
    if inherited is not None and survivor["part_of_ref"] is not None:
        now = lookup.standing(work.transaction, Kind.incident, survivor["part_of_ref"]).uid
        if now == inherited:
            values["part_of_ref"] = None
            refs, before = {"part_of": None}, {"part_of": now}
    return Amendment(
        Kind.incident,
        survivor,
        values,
        refs=refs,
        refs_before=before,
        links=links,
        ended=ended,
        reason=reason,
        action=Transition.unmerge.value,
    )


def _without(undoing: _Undoing, standing: list[Link], restored: list[Link]) -> list[Link]:
    """The survivor's links less what came by the merge. A claim is known again by its id, whatever joined it since."""
    transaction, survivor = undoing.work.transaction, undoing.survivor
    left = {link.report: link for link in former.begun_by(transaction, survivor["id"], undoing.gathered.seq)}
    earlier = {
        link.report: link for link in former.ended_by(transaction, survivor["id"], undoing.gathered.seq)
    }
    wanted = {link.report: link for link in standing}
    for link in list(restored):
        now, own = wanted.get(link.report), earlier.get(link.report)
        if now is None:
            undoing.keep(
                "link", link.report_id, f"it was ended since: neither this nor {survivor['uid']} has it"
            )
            restored.remove(link)
        elif link.report not in left:
            continue  # both said the very same of it: nothing came
        elif now != left[link.report]:
            wanted[link.report] = _less(now, link)
            undoing.keep(
                "link", link.report_id, f"it was changed since: {survivor['uid']} keeps what was said since"
            )
        elif own is not None:
            wanted[link.report] = own
        else:
            del wanted[link.report]
    return list(wanted.values())


def _less(now: Link, came: Link) -> Link:
    theirs = {claim.uid for claim in came.claims}
    claims = [claim for claim in now.claims if claim.uid not in theirs]
    return Link(now.report, now.report_id, now.role, now.date_wording, now.note, claims)


def _restored(undoing: _Undoing, restored: list[Link], parts: list[Row], reason: str) -> Amendment:
    """The duplicate as it was; its figures as they follow from what its reports count for today."""
    work, duplicate = undoing.work, undoing.duplicate
    around = Around(work.transaction, [duplicate], restored)
    survivor = undoing.survivor["uid"]
    values: dict[str, Any] = {
        "deleted_at": None,
        "delete_reason": None,
        "replaced_by_ref": None,
        "merged_into_ref": None,
        **changed(duplicate, reassessed(around, duplicate, linked=restored)),
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
    return Amendment(
        Kind.incident,
        duplicate,
        values,
        refs=refs,
        refs_before=before,
        links=restored,
        reason=reason,
        action=Transition.unmerge.value,
    )


def _container(undoing: _Undoing, parts: list[Row]) -> int | None:
    """What contains the duplicate: as before, or what that was merged into; nothing where it was deleted or goes round."""
    work, duplicate = undoing.work, undoing.duplicate
    container = _onward(work, duplicate["part_of_ref"])
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


def _onward(work: Work, key: int) -> int | None:
    """The incident that stands there now, where one was merged; None where it was deleted."""
    while True:
        (row,) = next(lookup.by_key(work.transaction, Kind.incident, [key]))
        if row["deleted_at"] is None:
            return key
        if row["merged_into_ref"] is None:
            return None
        key = row["merged_into_ref"]

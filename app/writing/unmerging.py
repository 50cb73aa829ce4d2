"""Undoing a merge: what it did is taken back as far as nothing else changed it since, and what cannot be is told."""

from __future__ import annotations

from typing import Any

from app.access.rules import require_transition
from app.domain.transitions import ReasonForm, State, Transition, state_of
from app.errors import Conflict
from app.query.fields import Kind
from app.storage import former, lookup
from app.storage.write import Amendment, Link
from app.writing.around import Around
from app.writing.claims import reassessed
from app.writing.merging import relinked
from app.writing.restoring import Undoing, onward, restored
from app.writing.transitions import require_fitting
from app.writing.work import Did, Outcome, Work, changed, require_version

Row = dict[str, Any]


def unmerge(work: Work, uid: str, form: ReasonForm, expected: int | None) -> Outcome:
    """The incident is one of its own again, with its links, claims and parts as they were."""
    require_transition(work.viewer, Transition.unmerge)
    undoing = _undoing(work, uid, expected)
    duplicate = undoing.duplicate
    work.transaction.dialect.serialise(work.transaction.connection, "part_of")
    parts = _parts(undoing)
    links = former.ended_by(work.transaction, duplicate["id"], undoing.undone.seq)
    # First: what was ended since is taken off what is restored.
    given_up = [] if undoing.deleted else [_given_up(undoing, links, form.reason)]
    _less_deleted(undoing, links)
    links = _less_moved(undoing, links)
    work.transaction.amend(
        [
            restored(undoing, links, parts, form.reason),
            *given_up,
            *(_moved_back(undoing, part, form.reason) for part in parts),
        ]
    )
    return Outcome(Kind.incident, uid, Did.updated, duplicate["id"], {"not_restored": undoing.kept})


def _undoing(work: Work, uid: str, expected: int | None) -> Undoing:
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
    return Undoing(work, duplicate, survivor, undone, gathered)


def _parts(undoing: Undoing) -> list[Row]:
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


def _moved_back(undoing: Undoing, part: Row, reason: str) -> Amendment:
    return Amendment(
        Kind.incident,
        part,
        {"part_of_ref": undoing.duplicate["id"]},
        refs={"part_of": undoing.duplicate["uid"]},
        refs_before={"part_of": undoing.survivor["uid"]},
        reason=reason,
        action=Transition.unmerge.value,
    )


def _given_up(undoing: Undoing, returning: list[Link], reason: str) -> Amendment:
    """The survivor without what it had got. Takes from `returning` what was ended since: it stays ended on both."""
    work, survivor = undoing.work, undoing.survivor
    standing = former.standing(work.transaction, survivor["id"])
    wanted = _without(undoing, standing, returning)
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
        if now in (inherited, _led_to(work, inherited)):
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


def _led_to(work: Work, container: str) -> str | None:
    """Where a container was merged since, what it was merged into; else itself, or nothing where it was deleted."""
    key = onward(work, work.transaction.row(Kind.incident, container, lock=False)["id"])
    return None if key is None else lookup.standing(work.transaction, Kind.incident, key).uid


def _without(undoing: Undoing, standing: list[Link], returning: list[Link]) -> list[Link]:
    """The survivor's links less what came by the merge. A claim is known again by its id, whatever joined it since."""
    transaction, survivor = undoing.work.transaction, undoing.survivor
    left = {link.report: link for link in former.begun_by(transaction, survivor["id"], undoing.gathered.seq)}
    earlier = {
        link.report: link for link in former.ended_by(transaction, survivor["id"], undoing.gathered.seq)
    }
    wanted = {link.report: link for link in standing}
    for link in list(returning):
        now, own = wanted.get(link.report), earlier.get(link.report)
        if now is None:
            undoing.keep(
                "link", link.report_id, f"it was ended since: neither this nor {survivor['uid']} has it"
            )
            returning.remove(link)
        elif link.report not in left or left[link.report] == own:
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
    return now.with_claims([claim for claim in now.claims if claim.uid not in theirs])


def _less_deleted(undoing: Undoing, returning: list[Link]) -> None:
    """Takes off what is restored the links of reports that were deleted since, when the survivor had been deleted already."""
    live = lookup.live(undoing.work.transaction, Kind.report, [link.report for link in returning])
    for link in list(returning):
        if link.report not in live:
            undoing.keep("link", link.report_id, "the report was deleted since")
            returning.remove(link)


def _less_moved(undoing: Undoing, returning: list[Link]) -> list[Link]:
    """Without claims that went from the survivor to yet another incident: what was said once is said of one incident."""
    moved = former.moved_on(undoing.work.transaction, returning, undoing.survivor["id"])
    for claim, incident in sorted(moved.items()):
        undoing.keep("claim", claim, f"it was made one of {incident} since")
    return [
        link.with_claims([claim for claim in link.claims if claim.uid not in moved]) for link in returning
    ]

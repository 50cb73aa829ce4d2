"""Merging an incident that was recorded twice into the one that stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.links import role_together, words_together
from app.domain.sharing import STRICTNESS
from app.domain.transitions import MergeForm, State, Transition, state_of
from app.domain.vocabulary import Sharing, Workflow
from app.errors import Conflict, invalid
from app.query.fields import Kind
from app.storage import former, lookup
from app.storage.distinct import said_to_be_two
from app.storage.totals import NOT_COUNTED
from app.storage.write import Amendment, Link
from app.writing.around import Around
from app.writing.claims import reassessed
from app.writing.transitions import begun
from app.writing.work import Did, Outcome, Work, changed

Row = dict[str, Any]


def merge(work: Work, uid: str, form: MergeForm, expected: int | None) -> Outcome:
    """The incident leads to the other from now on: its links, claims and parts are the other's, and it counts no more."""
    if form.into == uid:
        raise invalid("into", "an incident is not merged into itself", "itself")
    work.reference(Kind.incident, form.into, "into")
    # In the order of their keys, so that two who merge the same two wait for each other.
    rows = {row["uid"]: row for row in lookup.by_uid(work.transaction, Kind.incident, [uid, form.into])}
    begun(work, Transition.merge, uid, expected)
    work.reference(Kind.incident, form.into, "into")
    duplicate, survivor = rows[uid], rows[form.into]
    _require_alike(duplicate, survivor)
    _require_not_two(work, duplicate, survivor)
    work.transaction.dialect.serialise(work.transaction.connection, "part_of")
    _require_no_ring(work, duplicate, survivor)
    work.transaction.amend(
        [
            _redirected(work, duplicate, survivor, form.reason),
            _gathered(work, duplicate, survivor, form.reason),
            *_moved(work, duplicate, survivor, form.reason),
        ]
    )
    merged = {"id": uid, "version": duplicate["version"] + 1}
    return Outcome(Kind.incident, form.into, Did.updated, survivor["id"], {"merged": merged})


def _require_alike(duplicate: Row, survivor: Row) -> None:
    """Nothing that somebody reads may vanish by a merge, and nothing be told more widely than it was."""
    into = survivor["uid"]
    if duplicate["workflow"] == Workflow.published.value != survivor["workflow"]:
        raise Conflict(
            f"{duplicate['uid']} is published and {into} is not: what is public would vanish. Publish {into} first, or"
            " merge it the other way round"
        )
    shared = [row["effective_sharing"] for row in (duplicate, survivor)]
    if shared[0] != shared[1]:
        wider = STRICTNESS[shared[1]] < STRICTNESS[shared[0]]
        what = "what is said of it would be told more widely" if wider else "those who read it would lose it"
        raise Conflict(
            f"{duplicate['uid']} is shared as {shared[0]} and {into} as {shared[1]}: {what}. Share both alike first"
        )
    if shared[0] == Sharing.organisation.value and duplicate["partner_ref"] != survivor["partner_ref"]:
        raise Conflict(
            "both are shared within their organisations, and these differ: share both with partners first"
        )
    counted = [row["verification_status"] not in NOT_COUNTED for row in (duplicate, survivor)]
    if counted[0] != counted[1]:
        raise Conflict(
            f"the verification_status of {duplicate['uid']} is {duplicate['verification_status']}, that of {into}"
            f" {survivor['verification_status']}: only one of them is counted. Settle that first"
        )
    assert state_of(survivor) is not State.merged


def _require_not_two(work: Work, duplicate: Row, survivor: Row) -> None:
    """What an editor found to be two is not made one before that was taken back, also where it was said of what either was
    merged from."""
    said = said_to_be_two(work.transaction.reader, work.viewer, (duplicate["id"], survivor["id"]))
    for one, other in sorted(two for twos in said.values() for two in twos):
        raise Conflict(
            f"it was said that {one} and {other} are two incidents: take that back first, by"
            f" POST /v1/incidents/{duplicate['uid']}/undistinguish with other={survivor['uid']}"
        )


def _require_no_ring(work: Work, duplicate: Row, survivor: Row) -> None:
    if duplicate["id"] in above(work, survivor["part_of_ref"]):
        raise Conflict(
            f"{survivor['uid']} is part of {duplicate['uid']}: merge it the other way round, or change its part_of first"
        )


def above(work: Work, container: int | None, instead: Mapping[int, int | None] | None = None) -> list[int]:
    """A container and all that contain it; `instead`: what will contain some incidents. It ends where it would go round."""
    found: list[int] = []
    while container is not None and container not in found:
        found.append(container)
        if instead is not None and container in instead:
            container = instead[container]
        else:
            container = lookup.container_of(work.transaction, container)
    return found


def _redirected(work: Work, duplicate: Row, survivor: Row, reason: str) -> Amendment:
    """What is left of the duplicate: a tombstone that leads on."""
    return Amendment(
        Kind.incident,
        duplicate,
        {
            "deleted_at": work.transaction.at,
            "delete_reason": reason,
            "replaced_by_ref": survivor["id"],
            "merged_into_ref": survivor["id"],
        },
        refs={"replaced_by": survivor["uid"], "merged_into": survivor["uid"]},
        refs_before={"replaced_by": None, "merged_into": None},
        ended=lookup.linked_reports(work.transaction, duplicate["id"]),
        reason=reason,
        action=Transition.merge.value,
    )


def _gathered(work: Work, duplicate: Row, survivor: Row, reason: str) -> Amendment:
    """The survivor with the links of both, its figures as they follow, and a container where it had none."""
    mine = former.standing(work.transaction, survivor["id"])
    links = relinked(mine, together(mine, former.standing(work.transaction, duplicate["id"])))
    around = Around(work.transaction, [survivor], links)
    values = changed(survivor, reassessed(around, survivor, linked=links))
    refs = {}
    container = _inherited(work, duplicate, survivor)
    if container is not None:
        values["part_of_ref"] = container
        refs["part_of"] = lookup.standing(work.transaction, Kind.incident, container).uid
    return Amendment(
        Kind.incident,
        survivor,
        values,
        refs=refs,
        refs_before=dict.fromkeys(refs),
        links=links,
        reason=reason,
        action=Transition.merge.value,
    )


def together(mine: Sequence[Link], theirs: Sequence[Link]) -> list[Link]:
    """The links of two incidents as those of one: a report that is linked to both keeps one link with all that it said."""
    found = {link.report: link for link in mine}
    for link in theirs:
        own = found.get(link.report)
        found[link.report] = link if own is None else _one_link(own, link)
    return list(found.values())


def _one_link(own: Link, other: Link) -> Link:
    # The same words of the same report twice say no more than once.
    said = [claim[1:] for claim in own.claims]
    return Link(
        own.report,
        own.report_id,
        role_together(own.role, other.role),
        words_together(own.date_wording, other.date_wording),
        words_together(own.note, other.note),
        [*own.claims, *(claim for claim in other.claims if claim[1:] not in said)],
    )


def relinked(standing: Sequence[Link], wanted: Sequence[Link]) -> list[Link]:
    """The links to write, so that those wanted stand in their order: from the first on that is another. The order
    decides between reports that are alike in all else."""
    kept = {link.report for link in wanted}
    staying = [link for link in standing if link.report in kept]
    same = 0
    while same < len(staying) and staying[same] == wanted[same]:
        same += 1
    return list(wanted[same:])


def _inherited(work: Work, duplicate: Row, survivor: Row) -> int | None:
    """The duplicate's container, where the survivor has none: what contains the event contains it under either name."""
    container: int | None = duplicate["part_of_ref"]
    if container is None or survivor["part_of_ref"] is not None:
        return None
    return None if survivor["id"] in above(work, container) else container


def _moved(work: Work, duplicate: Row, survivor: Row, reason: str) -> list[Amendment]:
    """The duplicate's parts are the survivor's."""
    return [
        Amendment(
            Kind.incident,
            part,
            {"part_of_ref": survivor["id"]},
            refs={"part_of": survivor["uid"]},
            refs_before={"part_of": duplicate["uid"]},
            reason=reason,
            action=Transition.merge.value,
        )
        for part in lookup.part_rows(work.transaction, duplicate["id"])
    ]

"""Which acts are refused, and how: for what the writer is, for what may not be known, for the state of a record."""

from __future__ import annotations

from typing import Any

from tests.support.modelled.distinguishing import said
from tests.support.modelled.dividing import Share
from tests.support.modelled.sight import Sight, Who
from tests.support.modelled.weighing import LEADS
from tests.support.modelled.world import NOT_COUNTED, Record, World, above, effective, naming, parts

OK = 200
UNVERIFIED = ("unreviewed", "pending")


def absent(sight: Sight, uid: str) -> int | None:
    """404 or 410 of a record that is asked for."""
    if not sight.knows(uid):
        return 404
    return 410 if sight.world[uid]["deleted"] else None


def writes(who: Who) -> int | None:
    return None if who.writes else 403


def unknown(sight: Sight, *named: str | None) -> bool:
    """Whether a record is named that is not there for the writer."""
    return any(uid is not None and not sight.sees(uid) for uid in named)


def amends(who: Who, record: Record) -> int | None:
    """Editors any; contributors their organisation's, incidents until they are published."""
    refused = writes(who)
    if refused or who.is_editor:
        return refused
    if record["partner"] != who.partner:
        return 403
    return 403 if record["kind"] == "incident" and record["workflow"] == "published" else None


def within_role(who: Who, before: Record | None, after: Record) -> int | None:
    """Publishing, verifying, setting figures and lifting a protection are an editor's."""
    if who.is_editor:
        return None
    was = before or {}

    def moves(name: str, *values: Any) -> bool:
        return was.get(name) != after.get(name) and (was.get(name) in values or after.get(name) in values)

    if moves("workflow", "published"):
        return 403
    status = {was.get("verification_status"), after.get("verification_status")} - {None, *UNVERIFIED}
    if status and was.get("verification_status") != after.get("verification_status"):
        return 403
    if was.get("by_hand") != after.get("by_hand"):
        return 403
    return 403 if was.get("protected") and not after.get("protected") else None


def created(sight: Sight, record: Record) -> int:
    """A report's source is looked for before its writer's role."""
    of_role = within_role(sight.who, None, record)
    of_names = 422 if unknown(sight, record.get("source"), record.get("part_of")) else None
    first, then = (of_names, of_role) if record["kind"] == "report" else (of_role, of_names)
    return writes(sight.who) or first or then or 201


def amended(
    sight: Sight, uid: str, after: Record, *, stale: bool, places_anew: bool = False, restates: bool = False
) -> int:
    """`places_anew`: a position is stated. Who may not read the one that is withheld may not have it told otherwise.
    `restates`: something that was redacted, which is for editors."""
    gone = absent(sight, uid)
    if gone:
        return gone
    if stale:
        return 412
    if restates and not sight.who.is_editor:
        return 403
    before = sight.world[uid]
    refused = amends(sight.who, before) or within_role(sight.who, before, after)
    if refused:
        return refused
    withheld = before.get("place") is not None and before["place"].to is not None
    if withheld and not sight.who.is_editor and not places_anew and before["place"] != after["place"]:
        return 403
    moved = [after[name] for name in ("source", "part_of") if before.get(name) != after.get(name)]
    if unknown(sight, *moved):
        return 422
    led = [after[name] for name in LEADS if before.get(name) != after.get(name)]
    if unknown(sight, *led) or uid in led or _in_a_ring(sight.world, before, after):
        return 422
    ring = after.get("part_of") not in (None, before.get("part_of"))
    return 422 if ring and uid in above(sight.world, after["part_of"]) else OK


def _in_a_ring(world: World, before: Record, after: Record) -> bool:
    """Whether a report would pass on what it says itself."""
    one = after.get("derived_from")
    if one == before.get("derived_from"):
        return False
    while one is not None and one != after["id"]:
        one = world[one]["derived_from"]
    return one is not None


def linked(sight: Sight, incident: str, report: str, *, same: bool = False) -> int:
    """`same`: the very same link stands already, which is nobody's act. Else whether it may be made or ended."""
    refused = writes(sight.who) or absent(sight, report) or absent(sight, incident)
    if refused or sight.who.is_editor or same:
        return refused or OK
    one, other = sight.world[report], sight.world[incident]
    return (
        403
        if one["partner"] != sight.who.partner or one["workflow"] == other["workflow"] == "published"
        else OK
    )


def state(incident: Record) -> str:
    return "retracted" if incident["verification_status"] == "retracted" else str(incident["workflow"])


POSSIBLE = {
    "publish": ("draft", "in_review"),
    "send-back": ("in_review", "published"),
    "retract": ("published",),
    "merge": ("draft", "in_review", "published"),
    "split": ("draft", "in_review", "published"),
}


def done(sight: Sight, uid: str, verb: str, *, stale: bool) -> int:
    refused = _an_editors(sight, uid)
    if refused or stale:
        return refused or 412
    return OK if state(sight.world[uid]) in POSSIBLE[verb] else 409


def _an_editors(sight: Sight, uid: str) -> int | None:
    return absent(sight, uid) or writes(sight.who) or (None if sight.who.is_editor else 403)


def merged(sight: Sight, uid: str, into: str, *, stale: bool = False) -> int:
    refused = _an_editors(sight, uid)
    if refused:
        return refused
    if into == uid or unknown(sight, into):
        return 422
    found = done(sight, uid, "merge", stale=stale)
    if found != OK:
        return found
    return OK if _alike(sight.world, uid, into) and not said(sight.world, uid, into) else 409


def distinguished(sight: Sight, uid: str, other: str, *, stale: bool = False, back: bool = False) -> int:
    """In whatever state both are. `back`: it is taken back, where it was said."""
    refused = _an_editors(sight, uid)
    if refused:
        return refused
    if other == uid or unknown(sight, other):
        return 422
    if stale:
        return 412
    return 409 if back and not said(sight.world, uid, other) else OK


def unmerged(sight: Sight, uid: str, *, stale: bool = False) -> int:
    """Of one that is merged; and of a chain of merges the last one first."""
    one = sight.world[uid]
    gone = absent(sight, uid)
    refused = writes(sight.who) or (None if sight.who.is_editor else 403)
    if gone == 404 or (gone and not one["merged"]) or refused:
        return gone if gone == 404 or (gone and not one["merged"]) else refused or 403
    if stale:
        return 412
    return OK if one["merged"] and not sight.world[one["replaced_by"]]["merged"] else 409


KEPT = {"workflow", "sharing"}
"""What is split off has them of the incident, and states them not."""


def split(sight: Sight, uid: str, shares: list[Share], *, stale: bool = False) -> int:
    """Whatever is named has to be there, and nothing is told more widely, or to fewer."""
    refused = done(sight, uid, "split", stale=stale)
    if refused != OK:
        return refused
    one = sight.world[uid]
    if any(set(share.links) - set(one["links"]) or KEPT & share.values.keys() for share in shares):
        return 422
    for share in shares:
        new = one | share.values
        if unknown(sight, new["source"], new["part_of"]):
            return 422
        if effective(sight.world, new) != effective(sight.world, one):
            return 409
    return OK


def disputed(sight: Sight, uid: str, source: str | None, *, stale: bool = False) -> int:
    """Whoever reads it and writes may, in whatever state it is."""
    refused = absent(sight, uid) or writes(sight.who)
    if refused or stale:
        return refused or 412
    return 422 if unknown(sight, source) else OK


def _alike(world: World, uid: str, into: str) -> bool:
    """Nothing may vanish by a merge, and nothing be told more widely or be counted otherwise."""
    one, other = world[uid], world[into]
    shared = effective(world, one)
    return (
        (one["workflow"] != "published" or other["workflow"] == "published")
        and shared == effective(world, other)
        and (shared != "organisation" or one["partner"] == other["partner"])
        and (one["verification_status"] in NOT_COUNTED) == (other["verification_status"] in NOT_COUNTED)
        and uid not in above(world, other["part_of"])
    )


def redacted(sight: Sight, uid: str, *, stale: bool) -> int:
    """Of what was deleted, too."""
    if not sight.knows(uid):
        return 404
    if sight.who.role != "admin":
        return 403
    return 412 if stale else OK


def deleted(sight: Sight, uid: str, replaced_by: str | None, *, stale: bool) -> int:
    gone = absent(sight, uid)
    if gone:
        return gone
    if stale:
        return 412
    record, world = sight.world[uid], sight.world
    refused = amends(sight.who, record)
    published = record["kind"] == "report" and record["workflow"] == "published"
    if refused or (published and not sight.who.is_editor):
        return refused or 403
    if record["kind"] == "source" and any(not other["deleted"] for other in naming(world, uid)):
        return 409
    if replaced_by == uid or unknown(sight, replaced_by):
        return 400
    return 409 if record["kind"] == "incident" and parts(world, uid) else OK

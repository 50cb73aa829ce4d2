"""Two incidents that were one, and that are two again: what a merge carries over, and what undoing it gives back."""

from __future__ import annotations

from typing import Any

from tests.support.modelled.effects import Actions, replaced
from tests.support.modelled.world import LEVELS, Link, World, above, effective, of_kind, parts

SAYS_MOST = ("disputes", "corrects", "describes", "mentions")
Lost = set[tuple[str, str]]
"""What undoing a merge did not bring back: what it is, and of which record."""


def merged(world: World, uid: str, into: str, reason: str) -> tuple[World, Actions]:
    one, other = world[uid], world[into]
    links = dict(other["links"])
    for report, link in one["links"].items():
        links[report] = _together(links[report], link) if report in links else link
    container, inherited = other["part_of"], None
    if container is None and one["part_of"] is not None and into not in above(world, one["part_of"]):
        container = inherited = one["part_of"]
    moved = parts(world, uid)
    undo = {
        "links": one["links"],
        "before": other["links"],
        "after": links,
        "parts": moved,
        "inherited": inherited,
    }
    world = replaced(world, into, links=links, part_of=container)
    for part in moved:
        world = replaced(world, part, part_of=into)
    buried = {"deleted": True, "merged": True, "reason": reason, "replaced_by": into, "links": {}}
    return replaced(world, uid, **buried, undo=undo), dict.fromkeys((uid, into, *moved), "merge")


def _together(own: Link, other: Link) -> Link:
    """The role that says more; the very same words once."""
    said = [claim[:4] for claim in own.claims]
    new = tuple(claim for claim in other.claims if claim[:4] not in said)
    return Link(min(own.role, other.role, key=SAYS_MOST.index), own.claims + new)


def unmerged(world: World, uid: str) -> tuple[World, Actions, Lost]:
    """All is as before the merge, but for what was changed since: that stays, and is told."""
    one, undo = world[uid], world[uid]["undo"]
    into, lost = one["replaced_by"], Lost()
    back = {"deleted": False, "merged": False, "replaced_by": None, "reason": None, "undo": None}
    actions = {uid: "unmerge"}
    links, left = _parted(world, into, undo, lost)
    world = replaced(world, uid, **back, links=links)
    if not world[into]["deleted"]:
        actions[into] = "unmerge"
        world = replaced(world, into, links=left)
        container = world[into]["part_of"]
        if container is not None and container in (undo["inherited"], _onward(world, undo["inherited"])):
            world = replaced(world, into, part_of=None)
    for part in undo["parts"]:
        if world[part]["part_of"] == into and not world[part]["deleted"]:
            world = replaced(world, part, part_of=uid)
            actions[part] = "unmerge"
        else:
            lost.add(("part", part))
    world = replaced(world, uid, part_of=_contained(world, uid, lost), **_spoken(world, uid, lost))
    return world, actions, lost


def _parted(
    world: World, into: str, undo: dict[str, Any], lost: Lost
) -> tuple[dict[str, Link], dict[str, Link]]:
    """The links of the one that comes back, and those that the other keeps."""
    links, left = dict(undo["links"]), dict(world[into]["links"])
    elsewhere = {
        claim.uid
        for other in of_kind(world, "incident")
        if other["id"] != into
        for link in other["links"].values()
        for claim in link.claims
    }
    for report, came in undo["links"].items():
        now, before, after = left.get(report), undo["before"].get(report), undo["after"][report]
        if world[report]["deleted"] or (now is None and not world[into]["deleted"]):
            lost.add(("link", report))
            del links[report]
            continue
        gone = {claim.uid for claim in came.claims} & elsewhere
        lost.update(("claim", uid) for uid in gone)
        links[report] = came._replace(claims=tuple(claim for claim in came.claims if claim.uid not in gone))
        if now is None or after == before:
            continue
        if now != after:
            lost.add(("link", report))
            theirs = [claim.uid for claim in came.claims]
            left[report] = Link(now.role, tuple(claim for claim in now.claims if claim.uid not in theirs))
        elif before is None:
            del left[report]
        else:
            left[report] = before
    return links, left


def _contained(world: World, uid: str, lost: Lost) -> str | None:
    """As before; in what that was merged into since; in nothing where that is gone, or would go round."""
    was: str | None = world[uid]["part_of"]
    container = _onward(world, was)
    if container is not None and uid in above(world, container):
        container = None
    if container != was:
        lost.add(("part_of", was or ""))
    return container


def _onward(world: World, uid: str | None) -> str | None:
    """What stands in the place of an incident now."""
    while uid is not None and world[uid]["deleted"]:
        uid = world[uid]["replaced_by"] if world[uid]["merged"] else None
    return uid


def _spoken(world: World, uid: str, lost: Lost) -> dict[str, Any]:
    """Nobody speaks for it any more whose source was deleted since; it is told no more widely for that."""
    one = world[uid]
    if one["source"] is None or not world[one["source"]]["deleted"]:
        return {}
    lost.add(("source_id", one["source"]))
    return {"source": None, "sharing": max(one["sharing"], effective(world, one), key=LEVELS.index)}

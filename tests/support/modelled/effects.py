"""What acts that are accepted make of the records: the world after them, and how the history calls what they did."""

from __future__ import annotations

from typing import Any

from tests.support.modelled.world import (
    METRICS,
    Record,
    World,
    above,
    effective,
    figure,
    naming,
    of_kind,
    parts,
)

Actions = dict[str, str]
"""The action of each record that an act changes, but for those whose figures follow."""


def replaced(world: World, uid: str, **values: Any) -> World:
    return world | {uid: world[uid] | values}


def amended(world: World, after: Record) -> tuple[World, Actions]:
    uid, before = after["id"], world[after["id"]]
    if after == before:
        return world, {}
    publishes = before.get("workflow") != "published" and after.get("workflow") == "published"
    actions = {uid: "publish" if publishes else "amend"}
    found = world | {uid: after}
    if after["kind"] == "source" and before["sharing"] != after["sharing"]:
        hanging = [
            other for other in naming(world, uid) if effective(world, other) != effective(found, other)
        ]
        actions |= {other["id"]: "share" for other in hanging}
    if after["kind"] == "incident" and publishes:
        found, more = _with_reports(found, after)
        actions |= more
    return found, actions


def _with_reports(world: World, incident: Record) -> tuple[World, Actions]:
    """What an incident rests on is published with it."""
    actions = {}
    for report in incident["links"]:
        if world[report]["workflow"] != "published":
            world = replaced(world, report, workflow="published")
            actions[report] = "publish"
    return world, actions


def patched(world: World, uid: str, patch: dict[str, Any]) -> Record:
    """The record that a patch is to make. Figures that are set stand beside those that followed so far."""
    record = world[uid]
    figures = {metric: figure(world, record, metric) for metric in METRICS} if "links" in record else {}
    values = dict(patch)
    if "killed" in values:
        values["by_hand"] = figures | {"killed": values.pop("killed")}
    if values.get("verification_status", record.get("verification_status")) != record.get(
        "verification_status"
    ):
        values["retraction_reason"] = None
    return record | values


def linked(world: World, incident: str, report: str, claims: list[Any] | None) -> tuple[World, Actions]:
    """`claims` None: the link ends. One that is made anew comes last."""
    links = {uid: said for uid, said in world[incident]["links"].items() if uid != report}
    action = {incident: "unlink" if claims is None else "link"}
    return replaced(world, incident, links=links if claims is None else links | {report: claims}), action


def deleted(world: World, uid: str, reason: str, replaced_by: str | None) -> tuple[World, Actions]:
    actions = {uid: "delete"}
    if world[uid]["kind"] == "report":
        for incident in of_kind(world, "incident"):
            if uid in incident["links"]:
                world, ended = linked(world, incident["id"], uid, None)
                actions |= ended
    buried = {"deleted": True, "reason": reason, "replaced_by": replaced_by}
    return replaced(world, uid, **buried, **({"links": {}} if "links" in world[uid] else {})), actions


def done(world: World, uid: str, verb: str, reason: str, into: str | None) -> tuple[World, Actions]:
    incident = world[uid]
    if verb == "publish":
        return amended(world, incident | {"workflow": "published"})
    if verb == "send-back":
        back = {"in_review": "draft", "published": "in_review"}[incident["workflow"]]
        return replaced(world, uid, workflow=back), {uid: "send_back"}
    if verb == "retract":
        told = {"verification_status": "retracted", "retraction_reason": reason}
        return replaced(world, uid, **told), {uid: "retract"}
    assert into is not None
    return _merged(world, uid, into, reason)


def _merged(world: World, uid: str, into: str, reason: str) -> tuple[World, Actions]:
    one, other = world[uid], world[into]
    links = dict(other["links"])
    for report, claims in one["links"].items():
        own = links.get(report, [])
        links[report] = own + [claim for claim in claims if claim not in own]
    container = other["part_of"]
    if container is None and one["part_of"] is not None and into not in above(world, one["part_of"]):
        container = one["part_of"]
    moved = parts(world, uid)
    world = replaced(world, into, links=links, part_of=container)
    for part in moved:
        world = replaced(world, part, part_of=into)
    buried = {"deleted": True, "merged": True, "reason": reason, "replaced_by": into, "links": {}}
    return replaced(world, uid, **buried), dict.fromkeys((uid, into, *moved), "merge")

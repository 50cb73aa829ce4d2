"""What acts that are accepted make of the records: the world after them, and how the history calls what they did."""

from __future__ import annotations

from typing import Any

from tests.support.modelled.weighing import figure
from tests.support.modelled.world import (
    METRICS,
    REDACTED,
    Link,
    Record,
    World,
    effective,
    naming,
    of_kind,
)

Actions = dict[str, str]
"""The action of each record that an act changes, but for those whose figures follow."""


BLANKS = {"name": REDACTED}
"""What stands in the place of a field where null may not."""


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
    if "to" in values:
        values["place"] = record["place"]._replace(to=values.pop("to"))
    if values.get("verification_status", record.get("verification_status")) != record.get(
        "verification_status"
    ):
        values["retraction_reason"] = None
    return record | values


def linked(world: World, incident: str, report: str, link: Link | None) -> tuple[World, Actions]:
    """`link` None: it ends. One that is made anew comes last."""
    links = {uid: said for uid, said in world[incident]["links"].items() if uid != report}
    action = {incident: "unlink" if link is None else "link"}
    return replaced(world, incident, links=links if link is None else links | {report: link}), action


def deleted(world: World, uid: str, reason: str, replaced_by: str | None) -> tuple[World, Actions]:
    actions = {uid: "delete"}
    if world[uid]["kind"] == "report":
        for incident in of_kind(world, "incident"):
            if uid in incident["links"]:
                world, ended = linked(world, incident["id"], uid, None)
                actions |= ended
    buried = {"deleted": True, "reason": reason, "replaced_by": replaced_by}
    return replaced(world, uid, **buried, **({"links": {}} if "links" in world[uid] else {})), actions


def done(world: World, uid: str, verb: str, reason: str) -> tuple[World, Actions]:
    incident = world[uid]
    if verb == "publish":
        return amended(world, incident | {"workflow": "published"})
    if verb == "send-back":
        back = {"in_review": "draft", "published": "in_review"}[incident["workflow"]]
        return replaced(world, uid, workflow=back), {uid: "send_back"}
    told = {"verification_status": "retracted", "retraction_reason": reason}
    return replaced(world, uid, **told), {uid: "retract"}


def redacted(world: World, uid: str, name: str) -> tuple[World, Actions]:
    gone = world[uid]["redacted"] | {name}
    return replaced(world, uid, redacted=gone, **{name: BLANKS.get(name)}), {uid: "redact"}

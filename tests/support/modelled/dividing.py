"""One incident that was several, and one that somebody disputes: what comes of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.support.modelled.effects import Actions, replaced
from tests.support.modelled.world import LEVELS, Link, Record, World, effective


class Share(NamedTuple):
    """What goes to a new incident: what is said of it otherwise, and links by report, each whole (None) or these claims of it."""

    values: dict[str, Any]
    links: dict[str, list[str] | None]


def shared_out(incident: Record, shares: list[Share]) -> tuple[list[dict[str, Link]], dict[str, Link]]:
    """The links of each new incident, and those that stay."""
    left, found = dict(incident["links"]), []
    for share in shares:
        mine: dict[str, Link] = {}
        for report, uids in share.links.items():
            role, claims = left.pop(report) if uids is None else left[report]
            if uids is not None:
                left[report] = Link(role, tuple(claim for claim in claims if claim.uid not in uids))
                claims = tuple(claim for claim in claims if claim.uid in uids)
            mine[report] = Link(role, claims)
        found.append(mine)
    return found, left


def split(world: World, uid: str, shares: list[Share], made: list[str]) -> tuple[World, Actions]:
    """`made`: the ids of the new ones. They are like the one that is split, but for its figures."""
    links, left = shared_out(world[uid], shares)
    new = {
        name: world[uid]
        | {
            "by_hand": None,
            "redacted": frozenset(),
            "distinct": frozenset(),
            "links": mine,
            **share.values,
            "id": name,
        }
        for name, share, mine in zip(made, shares, links, strict=True)
    }
    return replaced(world | new, uid, links=left), dict.fromkeys(made, "create") | {uid: "split"}


def disputed(world: World, uid: str, report: Record, source: Record) -> tuple[World, Actions]:
    """A report that disputes it, by a source that may be new; neither a figure nor a status changes."""
    actions = {uid: "dispute", report["id"]: "create"}
    if source["id"] not in world:
        world, actions[source["id"]] = world | {source["id"]: source}, "create"
    links = world[uid]["links"] | {report["id"]: Link("disputes")}
    return replaced(world | {report["id"]: report}, uid, links=links), actions


def shared_of(world: World, uid: str, asked: str) -> str:
    """A dispute is shared no more widely than what it disputes."""
    return max(asked, effective(world, world[uid]), key=LEVELS.index)

"""Incidents of which it was said that they are two: of which pairs that is so, merges included."""

from __future__ import annotations

from tests.support.modelled.effects import Actions, replaced
from tests.support.modelled.world import World, of_kind

AMONG_EDITORS = ("distinguish", "undistinguish")
"""What others are not told was done."""
Pair = tuple[str, str]


def led_to(world: World, uid: str) -> str:
    """The incident that it is now."""
    while world[uid]["merged"]:
        uid = world[uid]["replaced_by"]
    return uid


def said(world: World, one: str, other: str) -> list[Pair]:
    """Those of which it was said that are these two now, the lesser first, whose word it is."""
    ways = ((one, other), (other, one))
    return [
        (record["id"], named)
        for record in of_kind(world, "incident")
        for named in record["distinct"]
        if record["id"] < named and (led_to(world, record["id"]), led_to(world, named)) in ways
    ]


def distinguished(world: World, uid: str, other: str) -> tuple[World, Actions]:
    if other in world[uid]["distinct"]:
        return world, {}
    for one, named in ((uid, other), (other, uid)):
        world = replaced(world, one, distinct=world[one]["distinct"] | {named})
    return world, dict.fromkeys((uid, other), "distinguish")


def undistinguished(world: World, uid: str, other: str) -> tuple[World, Actions]:
    actions = {}
    for pair in said(world, uid, other):
        for one, named in (pair, pair[::-1]):
            world = replaced(world, one, distinct=world[one]["distinct"] - {named})
            actions[one] = "undistinguish"
    return world, actions

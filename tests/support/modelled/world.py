"""Records as dicts by id, in the order in which they were made. A record is replaced, never changed: a copy is a state kept."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
World = dict[str, Record]
Figure = tuple[int | None, int | None, int | None]
LEVELS = ("public", "partners", "organisation", "restricted")
"""Loosest first."""
STAGES = ("draft", "in_review", "published")
METRICS = ("killed", "wounded")
ENDS = ("low", "best", "high")
NOTHING: Figure = (None, None, None)
NOT_COUNTED = ("discounted", "retracted")


def effective(world: World, record: Record) -> str:
    """The stricter of the record's sharing and its source's."""
    levels = [record["sharing"]]
    if record.get("source") is not None:
        levels.append(world[record["source"]]["sharing"])
    return max(levels, key=LEVELS.index)


def figure(world: World, incident: Record, metric: str) -> Figure:
    """Set by hand; else the envelope of what the reports say that count."""
    if incident["by_hand"] is not None:
        stated: Figure = incident["by_hand"][metric]
        return stated
    said = []
    for report, claims in incident["links"].items():
        if incident["workflow"] == "published" and world[report]["workflow"] != "published":
            continue
        mine = [claim[1:] for claim in claims if claim[0] == metric]
        if mine:
            said.append((_rank(world, report), _spanning(mine)))
    if not said:
        return NOTHING
    return _spanning([one for _, one in sorted(said, key=lambda each: each[0])])


def _rank(world: World, report: str) -> tuple[str, int]:
    """The best-graded first, then the later one; each report has a day of its own."""
    record = world[report]
    grade = "F" if record["source"] is None else world[record["source"]]["reliability"]
    return grade, -record["day"]


def _spanning(figures: list[Figure]) -> Figure:
    """The lowest, the first best one, and the highest unless one leaves it open."""
    lows = [low for low, _, _ in figures if low is not None]
    highs = [high for _, _, high in figures if high is not None]
    best = next((best for _, best, _ in figures if best is not None), None)
    return (
        min(lows) if lows else None,
        best,
        max(highs) if len(highs) == len(figures) else None,
    )


def of_kind(world: World, kind: str) -> list[Record]:
    return [record for record in world.values() if record["kind"] == kind]


def parts(world: World, uid: str) -> list[str]:
    """The standing incidents that are part of it."""
    return [r["id"] for r in of_kind(world, "incident") if r["part_of"] == uid and not r["deleted"]]


def above(world: World, uid: str | None) -> list[str]:
    """An incident and all that contain it."""
    found: list[str] = []
    while uid is not None and uid not in found:
        found.append(uid)
        uid = world[uid]["part_of"]
    return found


def naming(world: World, source: str) -> list[Record]:
    return [record for record in world.values() if record.get("source") == source]

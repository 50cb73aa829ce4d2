"""What follows from claims: the figures of an incident by the rule `envelope`, and who of its reports is one voice with whom."""

from __future__ import annotations

from functools import partial

from tests.support.modelled.world import METRICS, REDACTED, Figure, Record, World, effective

NOTHING: Figure = (None, None, None)
LEADS = ("derived_from", "same_origin_as")
Said = dict[str, Figure]
"""What each report says, the one that was linked first at first."""


def figure(world: World, incident: Record, metric: str) -> Figure:
    """Set by hand; else the envelope of what the reports say that count."""
    if "stored" in incident:
        kept: Figure = incident["stored"][metric]
        return kept
    if incident["by_hand"] is not None:
        stated: Figure = incident["by_hand"][metric]
        return stated
    counting = [
        report
        for report in incident["links"]
        if incident["workflow"] != "published" or world[report]["workflow"] == "published"
    ]
    said: Said = {}
    for report in counting:
        mine = [claim.figure for claim in incident["links"][report].claims if claim.metric == metric]
        if mine:
            said[report] = _spanning(mine)
    said = _less_corrected(world, incident, said, origins(world, counting))
    said = {report: one for report, one in said.items() if said.keys().isdisjoint(_passed_on(world, report))}
    return (
        _spanning([said[report] for report in sorted(said, key=partial(_rank, world))]) if said else NOTHING
    )


def _less_corrected(world: World, incident: Record, said: Said, origin: dict[str, int]) -> Said:
    """Without those that a later report of the same origin corrects; of one day the one that was linked later."""
    placed = [((world[report]["day"], place), report) for place, report in enumerate(said)]
    corrected = {
        report
        for at, report in placed
        for later, other in placed
        if later > at and origin[other] == origin[report] and incident["links"][other].role == "corrects"
    }
    return {report: one for report, one in said.items() if report not in corrected}


def _passed_on(world: World, report: str) -> list[str]:
    """The reports of which it only says again what they say, the nearest first."""
    found: list[str] = []
    while (report := world[report]["derived_from"]) is not None:
        found.append(report)
    return found


def origins(world: World, reports: list[str]) -> dict[str, int]:
    """Which of them are of one origin: those that have a mark in common, and those that others between them have."""
    groups: list[tuple[set[str], list[str]]] = []
    for report in reports:
        marks, own = _marks(world, report), [report]
        for group in [each for each in groups if each[0] & marks]:
            groups.remove(group)
            marks, own = marks | group[0], own + group[1]
        groups.append((marks, own))
    return {report: place for place, (_, own) in enumerate(groups) for report in own}


def _marks(world: World, report: str) -> set[str]:
    """The name of its source, or which one it is where that was redacted; whatever report it leads to, itself among them.
    Reports that name no source are of one origin together."""
    source = world[report]["source"]
    speaking = "nobody"
    if source is not None:
        name = world[source]["name"]
        speaking = source if name == REDACTED else f"named {name}"
    found, following = {speaking}, [report]
    while following:
        one = following.pop()
        if one not in found:
            found.add(one)
            following += [world[one][name] for name in LEADS if world[one][name] is not None]
    return found


def _rank(world: World, report: str) -> tuple[str, int]:
    """The best-graded first, then the later one."""
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


def as_stored(world: World, uid: str) -> Record:
    """The record with what follows from others as it stands in this world, to be put beside records of another one."""
    record = world[uid]
    figures = {metric: figure(world, record, metric) for metric in METRICS} if "links" in record else {}
    return record | {"stored": {"effective": effective(world, record), **figures}}

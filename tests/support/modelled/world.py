"""Records as dicts by id, in the order in which they were made. A record is replaced, never changed: a copy is a state kept."""

from __future__ import annotations

from typing import Any, NamedTuple

Record = dict[str, Any]
World = dict[str, Record]
Figure = tuple[int | None, int | None, int | None]


class Claim(NamedTuple):
    """`uid`: empty until the service has told it."""

    metric: str
    low: int | None
    best: int | None
    high: int | None
    uid: str = ""

    @property
    def figure(self) -> Figure:
        return self.low, self.best, self.high


class Link(NamedTuple):
    """Of an incident with a report: `links` of an incident holds them by the report's id, the oldest first."""

    role: str = "describes"
    claims: tuple[Claim, ...] = ()

    def says_as(self, other: Link) -> bool:
        """In the same role the same words, whatever the claims are called."""
        return self.role == other.role and words_of(self.claims) == words_of(other.claims)


def words_of(claims: tuple[Claim, ...]) -> list[tuple[str, Figure]]:
    return [(claim.metric, claim.figure) for claim in claims]


LEVELS = ("public", "partners", "organisation", "restricted")
"""Loosest first."""
STAGES = ("draft", "in_review", "published")
METRICS = ("killed", "wounded")
ENDS = ("low", "best", "high")
NOTHING: Figure = (None, None, None)
NOT_COUNTED = ("discounted", "retracted")


def effective(world: World, record: Record) -> str:
    """The stricter of the record's sharing and its source's."""
    if "stored" in record:
        return str(record["stored"]["effective"])
    levels = [record["sharing"]]
    if record.get("source") is not None:
        levels.append(world[record["source"]]["sharing"])
    return max(levels, key=LEVELS.index)


def figure(world: World, incident: Record, metric: str) -> Figure:
    """Set by hand; else the envelope of what the reports say that count."""
    if "stored" in incident:
        kept: Figure = incident["stored"][metric]
        return kept
    if incident["by_hand"] is not None:
        stated: Figure = incident["by_hand"][metric]
        return stated
    said = []
    for report, link in incident["links"].items():
        if incident["workflow"] == "published" and world[report]["workflow"] != "published":
            continue
        mine = [claim.figure for claim in link.claims if claim.metric == metric]
        if mine:
            said.append((report, _spanning(mine)))
    said = [each for each in said if not _corrected(world, incident, each[0], [report for report, _ in said])]
    if not said:
        return NOTHING
    return _spanning([one for _, one in sorted(said, key=lambda each: _rank(world, each[0]))])


def _corrected(world: World, incident: Record, report: str, weighed: list[str]) -> bool:
    """Whether a later report of the same origin corrects it; of one day the one that was linked later."""
    later = [
        other
        for place, other in enumerate(weighed)
        if (world[other]["day"], place) > (world[report]["day"], weighed.index(report))
    ]
    return any(
        incident["links"][other].role == "corrects" and origin(world, other) == origin(world, report)
        for other in later
    )


def origin(world: World, report: str) -> str | None:
    """The name of its source, or which one it is where that was redacted: reports that name none are of one origin together."""
    source = world[report]["source"]
    if source is None:
        return None
    return source if "name" in world[source]["redacted"] else str(world[source]["name"])


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

"""Records as dicts by id, in the order in which they were made. A record is replaced, never changed: a copy is a state kept."""

from __future__ import annotations

from typing import Any, NamedTuple

Record = dict[str, Any]
World = dict[str, Record]
Figure = tuple[int | None, int | None, int | None]
REDACTED = "redacted"
"""What stands in the place of a name."""


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
NOT_COUNTED = ("discounted", "retracted")


def effective(world: World, record: Record) -> str:
    """The stricter of the record's sharing and its source's."""
    if "stored" in record:
        return str(record["stored"]["effective"])
    levels = [record["sharing"]]
    if record.get("source") is not None:
        levels.append(world[record["source"]]["sharing"])
    return max(levels, key=LEVELS.index)


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

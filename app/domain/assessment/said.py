"""What one report says of an incident: its claims taken together as one figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.figures import Figure
from app.domain.vocabulary import AgeGroup, ClaimCovers, LinkRole, Reliability, Sex, VictimStatus

NOBODY = ("nobody",)
"""The mark of reports that name no source: of these nobody can say that they are independent of each other."""


@dataclass(frozen=True, slots=True)
class Account:
    """A report as far as it decides how its claims count.

    `report` tells reports apart; `grade` is its source's reliability. Two reports that have a mark in common are of one
    origin: a source of the same name, an owner, a report that both lead back to. `repeats` are the reports of which
    it says that it only passes on what they say.
    """

    report: object
    role: str = LinkRole.describes.value
    grade: str = Reliability.F.value
    published: date | None = None
    marks: tuple[object, ...] = NOBODY
    repeats: tuple[object, ...] = ()

    @property
    def day(self) -> int:
        """Undated reports are the earliest: nothing says that they know better."""
        return self.published.toordinal() if self.published else 0


@dataclass(frozen=True, slots=True)
class Said:
    """A claim with the report that makes it. `id` is what the caller knows it by."""

    account: Account
    metric: str
    low: int | None
    best: int | None
    high: int | None
    victim_status: str = VictimStatus.unknown.value
    sex: str = Sex.unknown.value
    age_group: str = AgeGroup.unknown.value
    covers: str = ClaimCovers.whole.value
    credibility: str = "6"
    id: object = None

    @property
    def is_stated(self) -> bool:
        return not (self.low is None and self.best is None and self.high is None)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One report's figure, with what ranks it. `claims` are those that the figure is made of."""

    account: Account
    origin: int
    figure: Figure
    credibility: str
    claims: tuple[Said, ...]

    @property
    def rank(self) -> tuple[str, str, int]:
        """Best first: source grade, claim credibility, then the later report."""
        return (self.account.grade, self.credibility, -self.account.day)


def _sum(figures: Iterable[Figure]) -> Figure:
    """Of several groups of people together: an end that one group leaves open is open for all."""
    parts = list(figures)

    def added(ends: list[int | None]) -> int | None:
        return None if any(end is None for end in ends) else sum(end for end in ends if end is not None)

    return Figure(
        added([f.low for f in parts]), added([f.best for f in parts]), added([f.high for f in parts])
    )


def _spanning(claims: Sequence[Said]) -> Figure:
    """Several claims of one report about the same people: from the lowest to the highest of those that state a figure."""
    stated = [c for c in claims if c.is_stated]
    if len(stated) == 1:
        return Figure.repaired(stated[0].low, stated[0].best, stated[0].high)[0]
    lows = [c.low for c in stated if c.low is not None]
    highs = [c.high for c in stated if c.high is not None]
    best = next((c.best for c in stated if c.best is not None), None)
    return Figure.repaired(
        min(lows) if lows else None, best, max(highs) if highs and len(highs) == len(stated) else None
    )[0]


def figure_of_report(claims: Sequence[Said]) -> tuple[Figure, tuple[Said, ...]]:
    """What one report says of all people together, and the claims that this is made of.

    Its figure for people without distinction, where it gives one; else the sum over victim statuses; else the sum
    over every group that it tells apart. "Among them" is never added: a group beside its whole is not counted.
    """
    groups: dict[tuple[str, str, str], list[Said]] = {}
    for said in claims:
        groups.setdefault((said.victim_status, said.sex, said.age_group), []).append(said)
    if len(groups) == 1:
        return _spanning(claims), tuple(claims)
    whole = groups.get((VictimStatus.unknown.value, Sex.unknown.value, AgeGroup.unknown.value))
    if whole is not None:
        return _spanning(whole), tuple(whole)
    by_status = [
        group
        for (_, sex, age), group in groups.items()
        if sex == Sex.unknown.value and age == AgeGroup.unknown.value
    ]
    told = by_status or list(groups.values())
    return _sum(_spanning(group) for group in told), tuple(said for group in told for said in group)

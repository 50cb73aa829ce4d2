"""From claims to an incident's figures, by a named rule.

Only claims that cover the whole incident count; those of a part or of more than it stay beside the figure as evidence.
Each report first says one figure (`figure_of_report`), then a rule weighs the reports against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.figures import UNSTATED, Figure
from app.domain.vocabulary import AgeGroup, AssessmentRule, ClaimCovers, Metric, Sex, VictimStatus


@dataclass(frozen=True, slots=True)
class Said:
    """A claim with what is needed to weigh it. `report` tells reports apart; `grade` is the source's reliability."""

    report: object
    metric: str
    low: int | None
    best: int | None
    high: int | None
    victim_status: str = VictimStatus.unknown.value
    sex: str = Sex.unknown.value
    age_group: str = AgeGroup.unknown.value
    covers: str = ClaimCovers.whole.value
    credibility: str = "6"
    grade: str = "F"
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """One report's figure, with the grades that rank it."""

    figure: Figure
    grade: str
    credibility: str
    published: date | None

    def rank(self) -> tuple[str, str, int]:
        """Best first: source grade, claim credibility, then the later report."""
        return (self.grade, self.credibility, -(self.published.toordinal() if self.published else 0))


Rule = Callable[[Sequence[Weighed]], Figure]


def envelope(reports: Sequence[Weighed]) -> Figure:
    """Lowest low, highest high (none where any report leaves the upper end open), best from the best-graded source."""
    stated = [w for w in reports if w.figure.is_stated]
    if not stated:
        return UNSTATED
    if len(stated) == 1:
        return stated[0].figure
    lows = [w.figure.low for w in stated if w.figure.low is not None]
    highs = [w.figure.high for w in stated if w.figure.high is not None]
    ranked = sorted(stated, key=Weighed.rank)
    best = next((w.figure.best for w in ranked if w.figure.best is not None), None)
    figure, _ = Figure.repaired(
        min(lows) if lows else None, best, max(highs) if len(highs) == len(stated) else None
    )
    return figure


RULES: dict[str, Rule] = {AssessmentRule.envelope.value: envelope}
"""Rules by name; `assessed` is not here, for nothing follows from a rule there."""


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
    stated = [c for c in claims if not (c.low is None and c.best is None and c.high is None)]
    if len(stated) == 1:
        return Figure.repaired(stated[0].low, stated[0].best, stated[0].high)[0]
    lows = [c.low for c in stated if c.low is not None]
    highs = [c.high for c in stated if c.high is not None]
    best = next((c.best for c in stated if c.best is not None), None)
    return Figure.repaired(
        min(lows) if lows else None, best, max(highs) if highs and len(highs) == len(stated) else None
    )[0]


def figure_of_report(claims: Sequence[Said]) -> Figure:
    """What one report says of all people together.

    Its figure for people without distinction, where it gives one; else the sum over victim statuses; else the sum
    over every group that it tells apart. "Among them" is never added: a group beside its whole is not counted.
    """
    groups: dict[tuple[str, str, str], list[Said]] = {}
    for said in claims:
        groups.setdefault((said.victim_status, said.sex, said.age_group), []).append(said)
    if len(groups) == 1:
        return _spanning(claims)
    whole = groups.get((VictimStatus.unknown.value, Sex.unknown.value, AgeGroup.unknown.value))
    if whole is not None:
        return _spanning(whole)
    by_status = [
        group
        for (_, sex, age), group in groups.items()
        if sex == Sex.unknown.value and age == AgeGroup.unknown.value
    ]
    return _sum(_spanning(group) for group in (by_status or groups.values()))


def _weighed(claims: Iterable[Said]) -> list[Weighed]:
    reports: dict[object, list[Said]] = {}
    for said in claims:
        reports.setdefault(said.report, []).append(said)
    return [
        Weighed(
            figure_of_report(group), group[0].grade, min(c.credibility for c in group), group[0].published
        )
        for group in reports.values()
    ]


def assess(claims: Iterable[Said], rule: str) -> dict[str, Figure]:
    """The figures `killed`, `wounded` and `killed_civilians` that follow from the claims by the rule."""
    whole = [c for c in claims if c.covers == ClaimCovers.whole.value]
    weigh = RULES[rule]
    killed = [c for c in whole if c.metric == Metric.killed.value]
    wounded = [c for c in whole if c.metric == Metric.wounded.value]
    civilians = [c for c in killed if c.victim_status == VictimStatus.civilian.value]
    return {
        "killed": weigh(_weighed(killed)),
        "wounded": weigh(_weighed(wounded)) if wounded else UNSTATED,
        "killed_civilians": weigh(_weighed(civilians)) if civilians else UNSTATED,
    }

"""The figures that follow from claims, and why each claim counted or did not.

Only claims that cover the whole incident count; those of a part or of more than it stay beside the figure as evidence.
Each report first says one figure, then a rule weighs the reports against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.assessment.origins import origins
from app.domain.assessment.rules import RULES
from app.domain.assessment.said import Account, Said, Weighed, figure_of_report
from app.domain.assessment.spread import spread
from app.domain.figures import METRICS, UNSTATED, Figure
from app.domain.vocabulary import ClaimCovers, ClaimUse, LinkRole, Metric, VerificationStatus, VictimStatus


class Verdict(NamedTuple):
    """What became of a claim in one of the incident's figures (`metric`). `by`: the report that takes its place.
    `gives`: the ends of the figure that are those of its report."""

    claim: Said
    metric: str
    use: ClaimUse
    by: object = None
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """`figures` by metric; of an incident that an editor assessed, nothing. `proposed`: the verification status that the
    claims speak for. `spread`: see `spread.spread`. `origins`: the number of each report's origin."""

    figures: Mapping[str, Figure]
    verdicts: Sequence[Verdict]
    proposed: str | None
    spread: int | None
    origins: Mapping[object, int]


def assess(accounts: Iterable[Account], claims: Iterable[Said], rule: str | None) -> Assessment:
    """What follows from the claims of these reports. `rule` None: an editor set the figures."""
    accounts, claims = list(accounts), list(claims)
    of = origins(accounts)
    figures: dict[str, Figure] = {}
    verdicts = [Verdict(said, said.metric, use) for said in claims if (use := _beside(said)) is not None]
    apart: list[int] = []
    for metric in METRICS:
        mine = [said for said in claims if _counts_for(said, metric)]
        if not mine:
            figures[metric] = UNSTATED
            continue
        standing, told = _standing(mine, of, metric)
        verdicts += told
        figures[metric], told = _chosen(standing, metric, rule)
        verdicts += told
        between = spread(standing) if metric != CIVILIANS else None
        if between is not None:
            apart.append(between)
    widest = max(apart, default=None)
    return Assessment(
        figures if rule is not None else {}, verdicts, _proposed(accounts, claims, of, widest), widest, of
    )


CIVILIANS = "killed_civilians"


def _beside(said: Said) -> ClaimUse | None:
    """Why a claim is evidence only; None where it may count."""
    if said.metric not in METRICS:
        return ClaimUse.other_metric
    if said.covers == ClaimCovers.part:
        return ClaimUse.covers_part
    if said.covers == ClaimCovers.wider:
        return ClaimUse.covers_wider
    return None if said.is_stated else ClaimUse.no_figure


def _counts_for(said: Said, metric: str) -> bool:
    if _beside(said) is not None:
        return False
    if metric == CIVILIANS:
        return said.metric == Metric.killed and said.victim_status == VictimStatus.civilian
    return said.metric == metric


def _standing(
    claims: Sequence[Said], of: Mapping[object, int], metric: str
) -> tuple[list[Weighed], list[Verdict]]:
    """The reports to be weighed, each with its figure, and why claims of others are not."""
    reports: dict[object, list[Said]] = {}
    for said in claims:
        reports.setdefault(said.account.report, []).append(said)
    verdicts: list[Verdict] = []
    weighed: list[Weighed] = []
    for report, group in reports.items():
        figure, made_of = figure_of_report(group)
        credibility = min(said.credibility for said in group)
        weighed.append(Weighed(group[0].account, of[report], figure, credibility, made_of))
        verdicts += [Verdict(said, metric, ClaimUse.among_them) for said in group if said not in made_of]
    weighed = [w for w in weighed if w.figure.is_stated]
    for use, replaced in ((ClaimUse.corrected, _corrected), (ClaimUse.repeated, _repeated)):
        by = replaced(weighed)
        verdicts += [
            Verdict(said, metric, use, by[w.account.report])
            for w in weighed
            if w.account.report in by
            for said in w.claims
        ]
        weighed = [w for w in weighed if w.account.report not in by]
    return weighed, verdicts


def _corrected(reports: Sequence[Weighed]) -> dict[object, object]:
    """Reports that a later one of the same origin corrects, each with that one."""
    found: dict[object, object] = {}
    for place, w in enumerate(reports):
        if w.account.role != LinkRole.corrects:
            continue
        for earlier, other in enumerate(reports):
            before = (other.account.day, earlier) < (w.account.day, place)
            if other.origin == w.origin and before:
                found[other.account.report] = w.account.report
    return found


def _repeated(reports: Sequence[Weighed]) -> dict[object, object]:
    """Reports that only pass on what another says that is weighed itself, each with that one."""
    there = {w.account.report for w in reports}
    found: dict[object, object] = {}
    for w in reports:
        original = next((report for report in w.account.repeats if report in there), None)
        # Of reports that repeat each other in a ring one has to stay.
        if original is not None and found.get(original) != w.account.report:
            found[w.account.report] = original
    return found


def _chosen(standing: Sequence[Weighed], metric: str, rule: str | None) -> tuple[Figure, list[Verdict]]:
    if rule is None:
        by_hand = [Verdict(said, metric, ClaimUse.set_by_hand) for w in standing for said in w.claims]
        return UNSTATED, by_hand
    if not standing:
        return UNSTATED, []
    figure, of = RULES[rule](standing)
    chosen = {w.account.report for w in of}
    verdicts = []
    for w in standing:
        used = w.account.report in chosen
        gives = _gives(figure, w.figure) if used else ()
        use = ClaimUse.used if used else ClaimUse.not_chosen
        verdicts += [Verdict(said, metric, use, None, gives) for said in w.claims]
    return figure, verdicts


def _gives(figure: Figure, of_report: Figure) -> tuple[str, ...]:
    """The ends of the figure that the report names."""
    ends = ("low", "best", "high")
    return tuple(
        end
        for end in ends
        if getattr(figure, end) is not None and getattr(figure, end) == getattr(of_report, end)
    )


def _proposed(
    accounts: Sequence[Account], claims: Sequence[Said], of: Mapping[object, int], spread: int | None
) -> str | None:
    """The verification status that the claims speak for: an editor confirms it, or does not.

    A report that only mentions the incident, and says no number, bears nothing out.
    """
    claiming = {said.account.report for said in claims}
    bearing_out = [a for a in accounts if a.role != LinkRole.mentions or a.report in claiming]
    if spread is not None or any(a.role == LinkRole.disputes for a in bearing_out):
        return VerificationStatus.contested.value
    speaking = len({of[a.report] for a in bearing_out})
    if speaking > 1:
        return VerificationStatus.corroborated.value
    return VerificationStatus.single_source.value if speaking else None

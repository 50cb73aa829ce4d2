"""Claims on their way in, and incidents' figures that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.access.rules import require_figures_kept
from app.domain.assessment import Said, assess
from app.domain.figures import METRICS, Figure
from app.domain.ids import CLAIM, new_id
from app.domain.inputs import ClaimForm, LinkForm
from app.domain.vocabulary import AssessmentRule, Workflow
from app.query.fields import Kind
from app.storage import lookup
from app.storage.write import Amendment, Claim, Link
from app.writing.around import Around
from app.writing.work import Ref, Work


def claim_of(form: ClaimForm, uid: str) -> Claim:
    """The stored claim: the wording as it was, the interval as given or as the rule read it."""
    figure, qualifier, rule = form.read()
    return Claim(
        uid=uid,
        metric=str(form.metric),
        wording=form.wording,
        low=figure.low,
        best=figure.best,
        high=figure.high,
        qualifier=qualifier,
        victim_status=str(form.victim_status),
        sex=str(form.sex),
        age_group=str(form.age_group),
        credibility=str(form.credibility),
        covers=str(form.covers),
        covers_note=form.covers_note,
        wording_rule=rule,
    )


def link_of(report: Ref, form: LinkForm) -> Link:
    return Link(
        report.key,
        report.uid,
        str(form.role),
        form.date_wording,
        form.note,
        [claim_of(c, new_id(CLAIM)) for c in form.claims],
    )


def said(claim: Claim, report: object, grade: str = "F", published: Any = None) -> Said:
    return Said(
        report,
        claim.metric,
        claim.low,
        claim.best,
        claim.high,
        claim.victim_status,
        claim.sex,
        claim.age_group,
        claim.covers,
        claim.credibility,
        grade,
        published,
    )


def columns_of(figures: Mapping[str, Figure]) -> dict[str, int | None]:
    """Figures as columns: killed_low, killed_best, …"""
    values: dict[str, int | None] = {}
    for name in METRICS:
        figure = figures[name]
        values[f"{name}_low"], values[f"{name}_best"], values[f"{name}_high"] = (
            figure.low,
            figure.best,
            figure.high,
        )
    return values


def standing_claims(
    around: Around, row: Mapping[str, Any], *, published_only: bool, without: Iterable[int] = ()
) -> list[Said]:
    """The claims that count for an incident now: those of live reports, of a published incident of published ones."""
    left_out = set(without)
    return [
        said(standing.claim, standing.report, standing.reliability, standing.date_published)
        for standing in around.claims(row)
        if standing.report not in left_out
        and not standing.report_deleted
        and (standing.report_published or not published_only)
    ]


def new_claims(around: Around, linked: Iterable[Link], *, published_only: bool) -> list[Said]:
    """The same of links that are about to be written."""
    weighed: list[Said] = []
    for link in linked:
        weight = around.weight(link.report)
        if weight.published or not published_only:
            weighed.extend(said(claim, link.report, weight.grade, weight.date) for claim in link.claims)
    return weighed


def reassessed(
    around: Around,
    row: Mapping[str, Any],
    *,
    linked: Iterable[Link] = (),
    ended: Iterable[int] = (),
    published: bool | None = None,
) -> dict[str, int | None]:
    """The figures that an incident shall carry once the links stand; nothing where an editor set them."""
    if row["assessment_rule"] == AssessmentRule.assessed.value:
        return {}
    public = row["workflow"] == Workflow.published.value if published is None else published
    linked = list(linked)
    replaced = [*ended, *(link.report for link in linked)]
    standing = standing_claims(around, row, published_only=public, without=replaced)
    standing += new_claims(around, linked, published_only=public)
    return columns_of(assess(standing, row["assessment_rule"]))


def reassess(work: Work, keys: Sequence[int], reason: str) -> None:
    """Lets figures follow where the claims that count have changed: of incidents by their internal keys, ascending."""
    for rows in lookup.by_key(work.transaction, Kind.incident, keys, live=True):
        around = Around(work.transaction, rows)
        amendments = []
        for row in rows:
            figures = reassessed(around, row)
            values = {name: value for name, value in figures.items() if row[name] != value}
            if values:
                require_figures_kept(work.viewer, row)
                amendments.append(Amendment(Kind.incident, row, values, reason=reason, action="assess"))
        work.transaction.amend(amendments)

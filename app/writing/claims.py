"""Claims on their way in, and incidents' figures that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

from app.access.rules import require_figures_kept
from app.domain.assessment import Account, Assessment, Said, assess
from app.domain.figures import METRICS, Figure
from app.domain.ids import CLAIM, new_id
from app.domain.inputs import FIGURE_FIELDS, ClaimForm, LinkForm
from app.domain.vocabulary import AssessmentRule, LinkRole, VerificationStatus, Workflow
from app.domain.wording import RULE, read_by
from app.query.fields import Kind
from app.storage import lookup
from app.storage.weights import Weight
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


class Evidence(NamedTuple):
    """The reports that an incident rests on, and what they claim of it."""

    accounts: list[Account]
    claims: list[Said]


def account_of(report: object, role: str, weight: Weight) -> Account:
    return Account(report, role, weight.grade, weight.date, weight.marks, weight.repeats)


def said(claim: Claim, account: Account, wording_rule: str | None) -> Said:
    """A claim as it is weighed. A wording that a rule has read is read by `wording_rule`; the claim stays what it is. Of one
    that was redacted what the rule of then read stands."""
    low, best, high = claim.low, claim.best, claim.high
    if claim.wording is not None and claim.wording_rule not in (None, wording_rule or RULE):
        low, best, high, _ = read_by(wording_rule or RULE, claim.wording)
    return Said(
        account,
        claim.metric,
        low,
        best,
        high,
        claim.victim_status,
        claim.sex,
        claim.age_group,
        claim.covers,
        claim.credibility,
        claim.uid,
    )


def evidence(
    around: Around,
    row: Mapping[str, Any],
    *,
    published_only: bool,
    linked: Iterable[Link] = (),
    ended: Iterable[int] = (),
) -> Evidence:
    """What counts for an incident once the links stand: live reports, of a published incident published ones."""
    wording_rule = row["wording_rule"]
    linked = list(linked)
    left_out = {*ended, *(link.report for link in linked)}
    accounts: dict[int, Account] = {
        report: account_of(report, link.role, link.weight)
        for report, link in around.links(row).items()
        if report not in left_out and not link.deleted and (link.weight.published or not published_only)
    }
    claims = [
        said(claim, accounts[report], wording_rule)
        for report, claim in around.claims(row)
        if report in accounts
    ]
    for link in linked:
        weight = around.weight(link.report)
        if weight.published or not published_only:
            accounts[link.report] = account_of(link.report, link.role, weight)
            claims += [said(claim, accounts[link.report], wording_rule) for claim in link.claims]
    return Evidence(list(accounts.values()), claims)


def assessed_columns(
    assessment: Assessment, wordings: Iterable[str | None], wording_rule: str | None
) -> dict[str, Any]:
    """What follows from claims, as columns. `wordings`: by which rules the claims' wordings were read; `wording_rule`: by
    which the incident's are."""
    return {
        **(columns_of(assessment.figures) if assessment.figures else {}),
        "wording_rule": (wording_rule or RULE) if any(rule is not None for rule in wordings) else None,
        "proposed_status": assessment.proposed,
        "spread": assessment.spread,
    }


def reassessed(
    around: Around,
    row: Mapping[str, Any],
    *,
    linked: Iterable[Link] = (),
    ended: Iterable[int] = (),
    published: bool | None = None,
) -> dict[str, Any]:
    """What the claims make of an incident once the links stand: its figures, where no editor set them, the status that
    they speak for, and how far they lie apart."""
    public = row["workflow"] == Workflow.published.value if published is None else published
    linked, ended = list(linked), list(ended)
    found = evidence(around, row, published_only=public, linked=linked, ended=ended)
    by_hand = row["assessment_rule"] == AssessmentRule.assessed.value
    assessment = assess(*found, None if by_hand else row["assessment_rule"])
    counting = {account.report for account in found.accounts}
    replaced = {*ended, *(link.report for link in linked)}
    wordings = [
        *(
            c.wording_rule
            for report, c in around.claims(row)
            if report in counting and report not in replaced
        ),
        *(claim.wording_rule for link in linked if link.report in counting for claim in link.claims),
    ]
    values = assessed_columns(assessment, wordings, row["wording_rule"])
    if _disputed(around, row, linked, replaced):
        values["proposed_status"] = VerificationStatus.contested.value
    return values


def _disputed(around: Around, row: Mapping[str, Any], linked: Sequence[Link], replaced: Set[int]) -> bool:
    """Whether any report disputes it. Editors, whom the proposed status is for, are told before that report is public."""
    standing = (
        link.role for report, link in around.links(row).items() if report not in replaced and not link.deleted
    )
    return LinkRole.disputes.value in (*standing, *(link.role for link in linked))


def reassess(
    work: Work, keys: Sequence[int], reason: str, *, wording_rule: str | None = None
) -> list[Amendment]:
    """Lets figures follow where the claims that count have changed: of incidents by their internal keys, ascending.

    `wording_rule`: from now on the incidents' wordings are read by this rule. Gives what changed.
    """
    changed: list[Amendment] = []
    for rows in lookup.by_key(work.transaction, Kind.incident, keys, live=True):
        around = Around(work.transaction, rows)
        amendments = []
        for row in rows:
            read_so = row if wording_rule is None else {**row, "wording_rule": wording_rule}
            values = {n: value for n, value in reassessed(around, read_so).items() if row[n] != value}
            if not FIGURES.isdisjoint(values):
                require_figures_kept(work.viewer, row)
            if values:
                amendments.append(Amendment(Kind.incident, row, values, reason=reason, action="assess"))
        work.transaction.amend(amendments)
        changed += amendments
    return changed


FIGURES = frozenset(FIGURE_FIELDS)

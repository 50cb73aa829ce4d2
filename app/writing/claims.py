"""Claims on their way in, and incidents' figures that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from app.access.rules import require_figures_kept
from app.domain.assessment import Said, assess
from app.domain.figures import Figure
from app.domain.ids import CLAIM, new_id
from app.domain.inputs import ClaimForm, LinkForm
from app.domain.vocabulary import AssessmentRule, Workflow
from app.query.fields import Kind
from app.storage.tables import claims, incidents, links, reports, sources
from app.storage.write import Amendment, Link, Transaction
from app.writing.work import Ref, Work

FIGURES = ("killed", "wounded", "killed_civilians")


def claim_values(form: ClaimForm) -> dict[str, Any]:
    """The stored claim: the wording as it was, the interval as given or as the rule read it."""
    figure, qualifier, rule = form.read()
    return {
        "uid": new_id(CLAIM),
        "metric": form.metric,
        "wording": form.wording,
        "low": figure.low,
        "best": figure.best,
        "high": figure.high,
        "qualifier": qualifier,
        "victim_status": form.victim_status,
        "sex": form.sex,
        "age_group": form.age_group,
        "credibility": form.credibility,
        "covers": form.covers,
        "covers_note": form.covers_note,
        "wording_rule": rule,
    }


def link_of(report: Ref, form: LinkForm) -> Link:
    return Link(
        report.key,
        report.uid,
        str(form.role),
        form.date_wording,
        form.note,
        [claim_values(c) for c in form.claims],
    )


def said(claim: Mapping[str, Any], report: object, grade: str = "F", published: Any = None) -> Said:
    return Said(
        report,
        claim["metric"],
        claim["low"],
        claim["best"],
        claim["high"],
        claim["victim_status"],
        claim["sex"],
        claim["age_group"],
        claim["covers"],
        claim["credibility"],
        grade,
        published,
    )


def columns_of(figures: Mapping[str, Figure]) -> dict[str, int | None]:
    """Figures as columns: killed_low, killed_best, …"""
    values: dict[str, int | None] = {}
    for name in FIGURES:
        figure = figures[name]
        values[f"{name}_low"], values[f"{name}_best"], values[f"{name}_high"] = (
            figure.low,
            figure.best,
            figure.high,
        )
    return values


def standing_claims(
    transaction: Transaction, incident: int, *, published_only: bool, without: Iterable[int] = ()
) -> list[Said]:
    """The claims that count for an incident now: of a published incident, those of published reports."""
    statement = (
        select(claims, reports.c.date_published, sources.c.reliability)
        .select_from(
            claims.join(reports, reports.c.id == claims.c.report_ref).outerjoin(
                sources, sources.c.id == reports.c.source_ref
            )
        )
        .where(claims.c.incident_ref == incident, claims.c.seq_to.is_(None), reports.c.deleted_at.is_(None))
        .order_by(claims.c.id)
    )
    if published_only:
        statement = statement.where(reports.c.workflow == Workflow.published.value)
    left_out = set(without)
    rows = transaction.connection.execute(statement).mappings()
    return [
        said(dict(row), row["report_ref"], row["reliability"] or "F", row["date_published"])
        for row in rows
        if row["report_ref"] not in left_out
    ]


def new_claims(transaction: Transaction, linked: Iterable[Link], *, published_only: bool) -> list[Said]:
    """The same of links that are about to be written."""
    weighed: list[Said] = []
    for link in linked:
        row = transaction.connection.execute(
            select(reports.c.date_published, reports.c.workflow, sources.c.reliability)
            .select_from(reports.outerjoin(sources, sources.c.id == reports.c.source_ref))
            .where(reports.c.id == link.report)
        ).one()
        if not published_only or row.workflow == Workflow.published.value:
            weighed.extend(
                said(c, link.report, row.reliability or "F", row.date_published) for c in link.claims
            )
    return weighed


def reassessed(
    transaction: Transaction,
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
    standing = standing_claims(
        transaction, row["id"], published_only=public, without=[*ended, *(link.report for link in linked)]
    )
    standing += new_claims(transaction, linked, published_only=public)
    return columns_of(assess(standing, row["assessment_rule"]))


def linked_incidents(transaction: Transaction, report: int) -> list[dict[str, Any]]:
    """The incidents that a report is linked to, locked in the order of their keys."""
    statement = (
        select(incidents)
        .join(links, links.c.incident_ref == incidents.c.id)
        .where(links.c.report_ref == report, links.c.seq_to.is_(None), incidents.c.deleted_at.is_(None))
        .order_by(incidents.c.id)
    )
    if transaction.dialect.locked():
        statement = statement.with_for_update(of=incidents)
    return [dict(row) for row in transaction.connection.execute(statement).mappings()]


def reassess(work: Work, rows: Iterable[Mapping[str, Any]], reason: str) -> None:
    """Lets figures follow where the claims that count have changed."""
    amendments = []
    for row in rows:
        figures = reassessed(work.transaction, row)
        values = {name: value for name, value in figures.items() if row[name] != value}
        if values:
            require_figures_kept(work.viewer, row)
            amendments.append(Amendment(Kind.incident, row, values, reason=reason, action="assess"))
    work.transaction.amend(amendments)


def stands_already(transaction: Transaction, incident: int, link: Link) -> bool:
    """The very same link, with the very same claims, is current."""
    standing = transaction.connection.execute(
        select(links.c.role, links.c.date_wording, links.c.note).where(
            links.c.incident_ref == incident, links.c.report_ref == link.report, links.c.seq_to.is_(None)
        )
    ).one_or_none()
    if standing is None or tuple(standing) != (link.role, link.date_wording, link.note):
        return False
    told = [name for name in (link.claims[0] if link.claims else {}) if name != "uid"]
    columns = [claims.c[name] for name in told] or [claims.c.id]
    rows = transaction.connection.execute(
        select(*columns)
        .where(
            claims.c.incident_ref == incident, claims.c.report_ref == link.report, claims.c.seq_to.is_(None)
        )
        .order_by(claims.c.position)
    ).all()
    return [tuple(row) for row in rows] == [tuple(claim[name] for name in told) for claim in link.claims]

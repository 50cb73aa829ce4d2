"""The links and claims of incidents, and what decides how each report's claims count.

Like `lookup` it asks nobody who is looking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select

from app.domain.assessment.origins import Trails, marks_of, spoken_for
from app.domain.assessment.said import NOBODY
from app.domain.vocabulary import Workflow
from app.storage.tables import claims, links, reports, sources
from app.storage.write import Claim, Transaction

LEADS = ("derived_from_ref", "same_origin_as_ref")
"""Columns by which a report leads to another that it is not independent of."""
_WEIGHTS = (
    reports.c.id,
    reports.c.workflow,
    reports.c.date_published,
    *(reports.c[name] for name in LEADS),
    sources.c.reliability,
    sources.c.uid.label("source_uid"),
    sources.c.name,
    sources.c.owner,
)


class Weight(NamedTuple):
    """What decides how a report's claims count; see `domain.assessment.Account`."""

    published: bool
    date: Any
    grade: str
    marks: tuple[object, ...] = NOBODY
    repeats: tuple[int, ...] = ()


class StandingLink(NamedTuple):
    """A current link, but for its claims. `deleted`: its report is."""

    role: str
    date_wording: str | None
    note: str | None
    deleted: bool
    weight: Weight


def links_among(
    transaction: Transaction, incident_keys: Sequence[int]
) -> dict[tuple[int, int], StandingLink]:
    """The current links of some incidents, by (incident, report), oldest first."""
    c = links.c
    statement = (
        select(c.incident_ref, c.role, c.date_wording, c.note, reports.c.deleted_at.is_not(None), *_WEIGHTS)
        .select_from(_with_source(links.join(reports, reports.c.id == c.report_ref)))
        .where(transaction.dialect.among(c.incident_ref, incident_keys), c.seq_to.is_(None))
        .order_by(c.id)
    )
    rows = transaction.connection.execute(statement).all()
    weighed = _weighed(transaction, rows)
    return {(row[0], row.id): StandingLink(row[1], row[2], row[3], row[4], weighed[row.id]) for row in rows}


def weights(transaction: Transaction, keys: Iterable[int]) -> dict[int, Weight]:
    """The weights of reports, by their internal keys."""
    statement = (
        select(*_WEIGHTS)
        .select_from(_with_source(reports))
        .where(transaction.dialect.among(reports.c.id, list(keys)))
    )
    return _weighed(transaction, transaction.connection.execute(statement).all())


def _with_source(of_reports: Any) -> Any:
    return of_reports.outerjoin(sources, sources.c.id == reports.c.source_ref)


def _weighed(transaction: Transaction, rows: Sequence[Row[Any]]) -> dict[int, Weight]:
    trails = _trails(transaction, rows)
    return {
        row.id: Weight(
            row.workflow == Workflow.published.value,
            row.date_published,
            row.reliability or "F",
            marks_of(spoken_for(row.name, row.source_uid), row.owner, trails.leads(row.id)),
            trails.repeats(row.id),
        )
        for row in rows
    }


def _trails(transaction: Transaction, rows: Sequence[Row[Any]]) -> Trails[int]:
    trails: Trails[int] = Trails({row.id: (row.derived_from_ref, row.same_origin_as_ref) for row in rows})
    while unknown := trails.unknown():
        columns = (reports.c.id, *(reports.c[name] for name in LEADS))
        found = select(*columns).where(transaction.dialect.among(reports.c.id, unknown))
        trails.learn({row[0]: (row[1], row[2]) for row in transaction.connection.execute(found)})
    return trails


def leading_to(transaction: Transaction, report: int) -> list[int]:
    """The reports that lead to this one, itself among them: what it leads to counts for them, too."""
    found, following = {report}, [report]
    while following:
        among = [transaction.dialect.among(reports.c[name], following) for name in LEADS]
        statement: Select[Any] = select(reports.c.id).where(among[0] | among[1])
        following = sorted(set(transaction.connection.execute(statement).scalars()) - found)
        found.update(following)
    return sorted(found)


def claims_among(
    transaction: Transaction, incident_keys: Sequence[int]
) -> dict[int, list[tuple[int, Claim]]]:
    """The current claims of some incidents, each with its report's key, oldest first: those of a link in their own
    order."""
    statement = (
        select(claims.c.incident_ref, claims.c.report_ref, *(claims.c[name] for name in Claim._fields))
        .where(transaction.dialect.among(claims.c.incident_ref, incident_keys), claims.c.seq_to.is_(None))
        .order_by(claims.c.id)
    )
    found: dict[int, list[tuple[int, Claim]]] = defaultdict(list)
    for row in transaction.connection.execute(statement):
        found[row[0]].append((row[1], Claim._make(row[2:])))
    return found

"""The links and claims of incidents, and what decides how each report's claims count.

Like `lookup` it asks nobody who is looking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select

from app.domain.assessment.said import NOBODY
from app.domain.folding import fold
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


def marks_of(source: str | None, owner: str | None) -> tuple[object, ...]:
    """What makes reports not independent of each other, of a source's name and its owner's."""
    if source is None:
        return NOBODY
    named = ("source", fold(source) or source)
    return (named,) if owner is None else (named, ("owner", fold(owner) or owner))


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
    leading = {row.id: (row.derived_from_ref, row.same_origin_as_ref) for row in rows}
    trails = _Trails(transaction, leading)
    return {
        row.id: Weight(
            row.workflow == Workflow.published.value,
            row.date_published,
            row.reliability or "F",
            (*marks_of(row.name, row.owner), *(("itself", key) for key in trails.leads(row.id))),
            trails.repeats(row.id),
        )
        for row in rows
    }


Leads = tuple[int | None, int | None]
"""The report that one is derived from, and the one that it is of the same origin as."""


class _Trails:
    """Where reports lead: to those that they name, those that these name, and so on."""

    def __init__(self, transaction: Transaction, leading: Mapping[int, Leads]) -> None:
        self._leads = dict(leading)
        while unknown := {key for pair in self._leads.values() for key in pair} - self._leads.keys() - {None}:
            columns = (reports.c.id, *(reports.c[name] for name in LEADS))
            found = select(*columns).where(transaction.dialect.among(reports.c.id, sorted(unknown)))
            self._leads.update({row[0]: (row[1], row[2]) for row in transaction.connection.execute(found)})

    def leads(self, start: int) -> list[int]:
        """All reports that it leads to."""
        seen: dict[int, None] = {}
        following = [start]
        while following:
            for key in self._leads[following.pop()]:
                if key is not None and key not in seen and key != start:
                    seen[key] = None
                    following.append(key)
        return list(seen)

    def repeats(self, start: int) -> tuple[int, ...]:
        """Those that it is derived from, the nearest first."""
        seen: list[int] = []
        key = self._leads[start][0]
        while key is not None and key not in seen and key != start:
            seen.append(key)
            key = self._leads[key][0]
        return tuple(seen)


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

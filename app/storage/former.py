"""Links and claims as they stand, and as a change ended or began them; what one change moved beside its own record.

Like `lookup` it asks nobody who is looking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Table, and_, select

from app.query.fields import Kind
from app.storage.tables import changes, claims, incidents, links, reports
from app.storage.write import Claim, Link, Transaction

AT_ONCE = 1_000
"""Changes that are looked at together."""


def moved_on(transaction: Transaction, asked: Sequence[Link], besides: int) -> dict[str, str]:
    """Which claims of some links stand on another incident than `besides` now, each with that one's id."""
    reports_of, uids = [link.report for link in asked], [claim.uid for link in asked for claim in link.claims]
    if not uids:
        return {}
    among = transaction.dialect.among
    found = (
        select(claims.c.uid, incidents.c.uid)
        .select_from(links)
        .join(
            claims,
            and_(claims.c.incident_ref == links.c.incident_ref, claims.c.report_ref == links.c.report_ref),
        )
        .join(incidents, incidents.c.id == links.c.incident_ref)
        .where(among(links.c.report_ref, reports_of), links.c.seq_to.is_(None), claims.c.seq_to.is_(None))
        .where(links.c.incident_ref != besides, among(claims.c.uid, uids))
    )
    return {row[0]: row[1] for row in transaction.connection.execute(found)}


class Made(NamedTuple):
    """A change of one record: its place in the history, its moment, and what it says."""

    seq: int
    at: str
    before: dict[str, Any]
    after: dict[str, Any]


def standing(transaction: Transaction, incident: int) -> list[Link]:
    """The incident's links, oldest first, each with its claims."""
    return _links(transaction, incident, lambda table: table.c.seq_to.is_(None))


def ended_by(transaction: Transaction, incident: int, seq: int) -> list[Link]:
    """Those that a change ended, also where it put others in their place."""
    return _links(transaction, incident, lambda table: table.c.seq_to == seq)


def begun_by(transaction: Transaction, incident: int, seq: int) -> list[Link]:
    """Those that a change brought."""
    return _links(transaction, incident, lambda table: table.c.seq_from == seq)


def _links(transaction: Transaction, incident: int, chosen: Any) -> list[Link]:
    connection = transaction.connection

    def of(table: Table, *columns: ColumnElement[Any]) -> Any:
        found = select(*columns).where(table.c.incident_ref == incident, chosen(table))
        return found.order_by(table.c.id)

    said: dict[int, list[Claim]] = defaultdict(list)
    for row in connection.execute(of(claims, claims.c.report_ref, *(claims.c[n] for n in Claim._fields))):
        said[row[0]].append(Claim._make(row[1:]))
    columns = (links.c.report_ref, reports.c.uid, links.c.role, links.c.date_wording, links.c.note)
    rows = connection.execute(of(links, *columns).where(reports.c.id == links.c.report_ref))
    return [Link(r[0], r[1], r[2], r[3], r[4], said[r[0]]) for r in rows]


def made(transaction: Transaction, record: str, action: str, *, after: int = 0, last: bool = False) -> Made:
    """The first change of that name of a record after a place in the history, or the last one. It has to be there."""
    c = changes.c
    found = select(c.seq, c.at, c.before, c.after).where(
        c.record == record, c.action == action, c.seq > after
    )
    ordered = found.order_by(c.seq.desc() if last else c.seq).limit(1)
    seq, at, was, told = transaction.connection.execute(ordered).one()
    return Made(seq, at, orjson.loads(was), orjson.loads(told))


def beside(transaction: Transaction, change: Made, action: str) -> Iterator[tuple[str, Made]]:
    """The incidents that the same act changed right after that one, each with its change."""
    c, seq = changes.c, change.seq
    while True:
        rows = transaction.connection.execute(
            select(c.record, c.seq, c.at, c.before, c.after, c.kind, c.action)
            .where(c.seq > seq)
            .order_by(c.seq)
            .limit(AT_ONCE)
        ).all()
        for row in rows:
            if (row.at, row.kind, row.action) != (change.at, Kind.incident.value, action):
                return
            seq = row.seq
            yield row.record, Made(seq, row.at, orjson.loads(row.before), orjson.loads(row.after))
        if len(rows) < AT_ONCE:
            return

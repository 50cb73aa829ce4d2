"""What a piece of work has to know of the rows around the one it changes.

Nothing here asks who is looking: the caller has decided what its viewer may touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, func, select

from app.domain.vocabulary import Workflow
from app.query.fields import Kind
from app.storage.columns import TABLES
from app.storage.database import Database
from app.storage.tables import api_keys, incidents, links, partners, reports, sources
from app.storage.write import Transaction

Row = dict[str, Any]
AT_ONCE = 1_000
"""Rows that are held in memory together: a hundred thousand may hang on one source."""


class Standing(NamedTuple):
    """A stored record that another hangs on."""

    key: int
    uid: str
    sharing: str


def standing(transaction: Transaction, kind: Kind, key: int, *, hold: bool = False) -> Standing:
    """A record by its internal key. `hold`: it stays as it is until the commit."""
    return standings(transaction, kind, [key], hold=hold)[key]


def standings(
    transaction: Transaction, kind: Kind, keys: Iterable[int], *, hold: bool = False
) -> dict[int, Standing]:
    """Records by their internal keys, locked in that order where they are to stay as they are."""
    table = TABLES[kind]
    statement = (
        select(table.c.id, table.c.uid, table.c.effective_sharing)
        .where(transaction.dialect.among(table.c.id, list(keys)))
        .order_by(table.c.id)
    )
    if hold and transaction.dialect.locked():
        statement = statement.with_for_update(read=True)
    return {row.id: Standing(*row) for row in transaction.connection.execute(statement)}


def live(transaction: Transaction, kind: Kind, keys: Iterable[int], *, hold: bool = False) -> set[int]:
    """Which of some records are not deleted. `hold`: they stay as they are until the commit."""
    table = TABLES[kind]
    statement = select(table.c.id).where(
        transaction.dialect.among(table.c.id, list(keys)), table.c.deleted_at.is_(None)
    )
    if hold and transaction.dialect.locked():
        statement = statement.order_by(table.c.id).with_for_update(read=True)
    return set(transaction.connection.execute(statement).scalars())


def by_external_id(
    transaction: Transaction, kind: Kind, partner: int, external_ids: Sequence[str], *columns: str
) -> dict[str, Any]:
    """Records of a partner by its own ids for them: rows of id, uid, deleted_at and `columns`."""
    table = TABLES[kind]
    found = transaction.connection.execute(
        select(
            table.c.external_id,
            table.c.id,
            table.c.uid,
            table.c.deleted_at,
            *(table.c[name] for name in columns),
        ).where(table.c.partner_ref == partner, transaction.dialect.among(table.c.external_id, external_ids))
    )
    return {row.external_id: row for row in found}


def by_uid(transaction: Transaction, kind: Kind, uids: Sequence[str]) -> list[Row]:
    """Whole rows, locked in the order of their keys."""
    table = TABLES[kind]
    return transaction.locked_rows(
        select(table).where(transaction.dialect.among(table.c.uid, uids)).order_by(table.c.id)
    )


def by_key(
    transaction: Transaction, kind: Kind, keys: Sequence[int], *, live: bool = False
) -> Iterator[list[Row]]:
    """Whole rows by their internal keys, some at a time, each batch locked when it comes; in that order throughout.

    `live`: without those that somebody else has deleted by then.
    """
    table = TABLES[kind]
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        statement = select(table).where(transaction.dialect.among(table.c.id, some)).order_by(table.c.id)
        if live:
            statement = statement.where(table.c.deleted_at.is_(None))
        yield transaction.locked_rows(statement)


def live_keys_after(database: Database, kind: Kind, after: int, limit: int) -> list[int]:
    """The next internal keys of live records, ascending."""
    table, mark = TABLES[kind].name, "%s" if database.dialect.name == "postgresql" else "?"
    query = f"SELECT id FROM {table} WHERE id > {mark} AND deleted_at IS NULL ORDER BY id LIMIT {mark}"
    return [int(row[0]) for row in database.read(lambda reader: reader.rows(query, (after, limit)))]


def container_of(transaction: Transaction, incident: int) -> int | None:
    """The incident that it is part of."""
    statement = select(incidents.c.part_of_ref).where(incidents.c.id == incident)
    found: int | None = transaction.connection.execute(statement).scalar_one()
    return found


def parts_of(transaction: Transaction, incident: int) -> list[str]:
    """The ids of the incidents that are part of it."""
    statement = (
        select(incidents.c.uid)
        .where(incidents.c.part_of_ref == incident, incidents.c.deleted_at.is_(None))
        .order_by(incidents.c.id)
    )
    return list(transaction.connection.execute(statement).scalars())


def part_rows(transaction: Transaction, incident: int) -> list[Row]:
    """The incidents that are part of it, locked."""
    statement = select(incidents).where(incidents.c.part_of_ref == incident, incidents.c.deleted_at.is_(None))
    return transaction.locked_rows(statement.order_by(incidents.c.id))


def incidents_of(
    transaction: Transaction,
    report_keys: Sequence[int],
    *,
    published_only: bool = False,
    several: bool = False,
) -> list[int]:
    """The incidents that some reports are linked to, by their keys. `several`: only those of several reports."""
    linked = select(links.c.incident_ref).where(
        transaction.dialect.among(links.c.report_ref, report_keys), links.c.seq_to.is_(None)
    )
    statement = _live(incidents, _of_several(linked) if several else linked)
    if published_only:
        statement = statement.where(incidents.c.workflow == Workflow.published.value)
    return list(transaction.connection.execute(statement).scalars())


def weighed_by(transaction: Transaction, source: int) -> list[int]:
    """The incidents of several reports, one of them the source's, by their keys: where its grade may decide."""
    linked = (
        select(links.c.incident_ref)
        .join(reports, reports.c.id == links.c.report_ref)
        .where(reports.c.source_ref == source, links.c.seq_to.is_(None))
    )
    return list(transaction.connection.execute(_live(incidents, _of_several(linked))).scalars())


def _live(table: Table, keys: Select[Any]) -> Select[Any]:
    """Keys of live records among `keys`, ascending."""
    return select(table.c.id).where(table.c.id.in_(keys), table.c.deleted_at.is_(None)).order_by(table.c.id)


def _of_several(linked: Select[Any]) -> Select[Any]:
    """Those of the incidents that have more than one report."""
    return (
        select(links.c.incident_ref)
        .where(links.c.seq_to.is_(None), links.c.incident_ref.in_(linked))
        .group_by(links.c.incident_ref)
        .having(func.count() > 1)
    )


def unpublished_reports(transaction: Transaction, incident_keys: Sequence[int]) -> list[Row]:
    """The reports linked to some incidents that are not published yet, locked."""
    linked = select(links.c.report_ref).where(
        transaction.dialect.among(links.c.incident_ref, incident_keys), links.c.seq_to.is_(None)
    )
    statement = select(reports).where(
        reports.c.id.in_(linked),
        reports.c.deleted_at.is_(None),
        reports.c.workflow != Workflow.published.value,
    )
    return transaction.locked_rows(statement.order_by(reports.c.id))


def linked_reports(transaction: Transaction, incident: int) -> list[tuple[int, str]]:
    """The linked reports, deleted ones too, by key and id."""
    statement = (
        select(reports.c.id, reports.c.uid)
        .join(links, links.c.report_ref == reports.c.id)
        .where(links.c.incident_ref == incident, links.c.seq_to.is_(None))
        .order_by(reports.c.id)
    )
    return [(row.id, row.uid) for row in transaction.connection.execute(statement)]


def hanging_on(transaction: Transaction, kind: Kind, source: int) -> list[int]:
    """The records of a kind that name a source, tombstones too, by their keys."""
    table = TABLES[kind]
    statement = select(table.c.id).where(table.c.source_ref == source).order_by(table.c.id)
    return list(transaction.connection.execute(statement).scalars())


def is_named(transaction: Transaction, kind: Kind, source: int) -> bool:
    """Whether a live record of the kind names the source."""
    table = TABLES[kind]
    statement = select(table.c.id).where(table.c.source_ref == source, table.c.deleted_at.is_(None)).limit(1)
    return transaction.connection.execute(statement).one_or_none() is not None


def partner(transaction: Transaction, slug: str) -> Any | None:
    """A partner's row (id, uid, deleted_at) by its slug; None where there never was one."""
    statement = select(partners.c.id, partners.c.uid, partners.c.deleted_at).where(partners.c.slug == slug)
    return transaction.connection.execute(statement).one_or_none()


def partner_key(database: Database, slug: str) -> int | None:
    """The internal key of a live partner."""
    mark = "%s" if database.dialect.name == "postgresql" else "?"
    query = f"SELECT id FROM partners WHERE slug = {mark} AND deleted_at IS NULL"
    rows = database.read(lambda reader: reader.rows(query, (slug,)))
    return int(rows[0][0]) if rows else None


def own_source(transaction: Transaction, partner_ref: int) -> tuple[str, int | None]:
    """A partner's name, and the key of its unprotected source of that name, where it has one."""
    connection = transaction.connection
    name: str = connection.execute(select(partners.c.name).where(partners.c.id == partner_ref)).scalar_one()
    statement = (
        select(sources.c.id)
        .where(
            sources.c.partner_ref == partner_ref,
            sources.c.name == name,
            sources.c.protected.is_(False),
            sources.c.deleted_at.is_(None),
        )
        .order_by(sources.c.id)
        .limit(1)
    )
    return name, connection.execute(statement).scalar_one_or_none()


def working_keys(transaction: Transaction, partner_ref: int) -> Iterable[Row]:
    """The keys of a partner that were not revoked."""
    return transaction.locked_rows(
        select(api_keys)
        .where(api_keys.c.partner_ref == partner_ref, api_keys.c.revoked_at.is_(None))
        .order_by(api_keys.c.id)
    )

"""The rows of records, versions, links and claims that hold what goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, and_, or_, select, update

from app.query.fields import Kind
from app.storage.blanks import blank_of, is_blank
from app.storage.columns import TABLES, VERSIONS
from app.storage.redacting.asked import Rule, Words
from app.storage.tables import claims, links
from app.storage.write import Transaction


def values_held(transaction: Transaction, kind: Kind, key: int, names: Collection[str]) -> list[Any]:
    """What stands, and stood, in these columns of a record."""
    live, kept = TABLES[kind], VERSIONS[kind]
    found: list[Any] = []
    for table in (live, kept):
        columns = [table.c[name] for name in sorted(names) if name in table.c]
        if columns:
            for row in transaction.connection.execute(select(*columns).where(table.c.id == key)):
                found += [value for value in row if not is_blank(value)]
    return found


def now_blank(kind: Kind, row: Mapping[str, Any], rule: Rule) -> dict[str, Any]:
    """The columns of a live row that change, as they will stand."""
    columns = TABLES[kind].c
    return {
        name: blank_of(columns[name])
        for name in sorted(rule.columns | rule.like)
        if name in columns and rule.takes(name, row[name])
    }


def clear_versions(transaction: Transaction, kind: Kind, key: int, rule: Rule) -> None:
    """Of every version of a record."""
    _clear(transaction, kind, VERSIONS[kind], key, rule)


def clear_live(transaction: Transaction, kind: Kind, key: int, rule: Rule) -> None:
    """Of a record that is not itself what is redacted: it stays at its version."""
    _clear(transaction, kind, TABLES[kind], key, rule)


def _clear(transaction: Transaction, kind: Kind, table: Table, key: int, rule: Rule) -> None:
    for name in sorted(rule.columns | rule.like):
        if name not in TABLES[kind].c:
            continue
        where = and_(table.c.id == key, table.c[name].is_not(None))
        if name not in rule.columns:
            where = and_(where, transaction.dialect.among(table.c[name], sorted(rule.texts)))
        cleared = update(table).where(where).values({name: blank_of(TABLES[kind].c[name])})
        transaction.connection.execute(cleared)


def linked_incidents(transaction: Transaction, report: int) -> list[int]:
    """Every incident that a report is, or was, linked to."""
    found = select(links.c.incident_ref).where(links.c.report_ref == report).distinct()
    return sorted(transaction.connection.execute(found).scalars())


def pairs_of(transaction: Transaction, incident: int) -> set[tuple[int, int]]:
    """The links of an incident by (incident, report), of all times, and those to which its claims came by a merge or a split:
    a claim keeps its id."""
    mine = select(claims.c.uid).where(claims.c.incident_ref == incident)
    shared = select(claims.c.incident_ref, claims.c.report_ref).where(claims.c.uid.in_(mine))
    own = select(links.c.incident_ref, links.c.report_ref).where(links.c.incident_ref == incident)
    return {(row[0], row[1]) for found in (own, shared) for row in transaction.connection.execute(found)}


def claims_of(transaction: Transaction, kind: Kind, key: int) -> frozenset[str]:
    """The ids of the claims that an incident, or a report, has or had."""
    of = claims.c.incident_ref if kind is Kind.incident else claims.c.report_ref
    found = select(claims.c.uid).where(of == key).distinct()
    return frozenset(transaction.connection.execute(found).scalars())


def clear_words(transaction: Transaction, report: int, words: Words, incident: int | None = None) -> None:
    """Of the links of a report and their claims, those of former times included. `incident`: of those to this one alone."""
    for table, names in ((links, words.link), (claims, words.claim)):
        if not names:
            continue
        where = and_(table.c.report_ref == report, or_(*[table.c[name].is_not(None) for name in names]))
        if incident is not None:
            where = and_(where, table.c.incident_ref == incident)
        if table is claims and words.claims is not None:
            where = and_(where, transaction.dialect.among(claims.c.uid, sorted(words.claims)))
        transaction.connection.execute(update(table).where(where).values(dict.fromkeys(names)))

"""What else holds words of a record, or lets them be guessed: the list of spellings, answers kept for requests that come
twice, and the digests of what partners sent."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, or_, select, update

from app.domain.folding import fold_all, words_of
from app.query.fields import SEARCH_TEXTS, Kind
from app.storage.columns import TABLES
from app.storage.redacting.rows import values_held
from app.storage.tables import idempotency_keys, links, report_versions, reports, spellings
from app.storage.write import Transaction

RECORD = re.compile(r"\b(?:inc|rep|src)_[0-9a-z]{26}\b")
SEARCHED = {**SEARCH_TEXTS, Kind.source: ("display_name",)}
"""The columns of which search text is made, in their order."""


def search_text(kind: Kind, row: Mapping[str, Any]) -> str:
    return fold_all(*_texts(row[name] for name in SEARCHED[kind]))


def words_held(transaction: Transaction, kind: Kind, key: int) -> set[str]:
    """Every word that the record's search text holds, or held."""
    texts = _texts(values_held(transaction, kind, key, SEARCHED[kind]))
    return {word for text in texts for word in words_of(text)}


def _texts(values: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for value in values:
        found += value.values() if isinstance(value, dict) else [value] if value is not None else []
    return found


def forget_words(transaction: Transaction, words: Collection[str]) -> None:
    """Takes those out of the spellings that no record's search text holds any more."""
    c = spellings.c
    known = select(c.word).where(transaction.dialect.among(c.word, sorted(words)))
    gone = [
        word for word in transaction.connection.execute(known).scalars() if not _is_held(transaction, word)
    ]
    if gone:
        transaction.connection.execute(delete(spellings).where(transaction.dialect.among(c.word, gone)))


def _is_held(transaction: Transaction, word: str) -> bool:
    # Said twice, it is no mere beginning.
    asked = [transaction.dialect.hits(TABLES[kind], f"{word} {word}", 1) for kind in SEARCHED]
    return any(transaction.reader.rows(*each)[0][0] for each in asked)


def forget_answers(transaction: Transaction, records: Collection[str]) -> None:
    """Kept answers that tell of one of the records tell nothing any more, nor can what was asked be guessed from its digest:
    the same request sent again is refused, not done twice."""
    k = idempotency_keys.c
    kept = transaction.connection.execute(select(k.api_key_ref, k.key, k.body)).all()
    for row in kept:
        if not set(RECORD.findall(row.body)).isdisjoint(records):
            transaction.connection.execute(
                update(idempotency_keys)
                .where(k.api_key_ref == row.api_key_ref, k.key == row.key)
                .values(body="{}", request_digest=os.urandom(32))
            )


def forget_digests(transaction: Transaction, kind: Kind, key: int, incidents: Collection[int]) -> None:
    """What partners sent is known again by digests, from which words could be guessed: a report's is of its source, incidents
    and claims, too, as it came in one call; an imported incident's of its claims."""
    linked, former = select(links.c.report_ref).where(links.c.incident_ref == key), report_versions.c
    touched: list[tuple[Table, ColumnElement[bool]]] = []
    if incidents:
        touched.append(
            (TABLES[Kind.incident], transaction.dialect.among(TABLES[Kind.incident].c.id, sorted(incidents)))
        )
    if kind is Kind.incident:
        touched.append((reports, reports.c.id.in_(linked)))
    if kind is Kind.source:
        once = select(former.id).where(former.source_ref == key)
        touched.append((reports, or_(reports.c.source_ref == key, reports.c.id.in_(once))))
    for table, where in touched:
        transaction.connection.execute(
            update(table).where(where, table.c.submitted_digest.is_not(None)).values(submitted_digest=None)
        )

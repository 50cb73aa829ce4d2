"""What else holds words of a record, or lets them be guessed: the list of spellings, answers kept for requests that come
twice, and the digests of what partners sent."""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from sqlalchemy import ColumnElement, Table, delete, or_, select, update

from app.domain.folding import words_of
from app.query.fields import Kind
from app.storage.columns import TABLES
from app.storage.former_texts import SEARCHED, texts_of
from app.storage.redacting.rows import values_held
from app.storage.tables import former_texts, idempotency_keys, links, report_versions, reports, spellings
from app.storage.write import Transaction

RECORD = re.compile(r"\b(?:inc|rep|src)_[0-9a-z]{26}\b")


def words_held(transaction: Transaction, kind: Kind, key: int) -> set[str]:
    """Every word that the record's search text holds, or held."""
    texts = texts_of(values_held(transaction, kind, key, SEARCHED[kind]))
    return {word for text in texts for word in words_of(text)}


def forget_words(transaction: Transaction, words: Collection[str]) -> None:
    """Takes those out of the spellings that no record's search text holds any more, or held."""
    c = spellings.c
    known = select(c.word).where(transaction.dialect.among(c.word, sorted(words)))
    gone = [
        word for word in transaction.connection.execute(known).scalars() if not _is_held(transaction, word)
    ]
    if gone:
        transaction.connection.execute(delete(spellings).where(transaction.dialect.among(c.word, gone)))


def _is_held(transaction: Transaction, word: str) -> bool:
    # Said twice, it is no mere beginning.
    searched = [*(TABLES[kind] for kind in SEARCHED), former_texts]
    asked = [transaction.dialect.hits(table, f"{word} {word}", 1) for table in searched]
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

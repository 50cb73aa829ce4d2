"""The entries of the history, rewritten: marks in the place of what goes, the salt gone, the digest of the content kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, bindparam, select, update

from app.domain.redaction import ALGORITHM, REDACTED, mark
from app.storage.history import BEFORE_THE_FIRST, COLUMNS, SALT_BYTES, as_it_reads, content_of, written
from app.storage.redacting.asked import Marking, Rule
from app.storage.tables import changes
from app.storage.write import Transaction

AT_ONCE = 300
"""Records whose entries are in memory together."""
REWRITTEN = ("reason", "before", "after", "salt", "content")


class Taken(NamedTuple):
    """An entry that was rewritten: the hash that seals it, the digest of how it reads now (bound to what came before it),
    and the salt of its marks, which is kept nowhere."""

    seq: int
    sealed: bytes
    reads: bytes
    salt: bytes
    reason: str | None
    """The hash of the reason, where that went: a text has no place for a mark."""

    def told(self) -> dict[str, str]:
        """As the redaction vouches for it."""
        told = {"sealed": self.sealed.hex(), "reads": self.reads.hex()}
        return told if self.reason is None else {**told, "reason": self.reason}


def entries_of(transaction: Transaction, records: Sequence[str]) -> Sequence[Row[Any]]:
    among = transaction.dialect.among(changes.c.record, list(records))
    return transaction.connection.execute(select(changes).where(among).order_by(changes.c.seq)).all()


def rewrite(transaction: Transaction, rules: Mapping[str, Rule]) -> list[Taken]:
    """Of all records for which there is a rule, in the order of the history."""
    taken: list[Taken] = []
    records = sorted(rules)
    for start in range(0, len(records), AT_ONCE):
        taken += _rewritten(transaction, records[start : start + AT_ONCE], rules)
    return sorted(taken)


def _rewritten(
    transaction: Transaction, records: Sequence[str], rules: Mapping[str, Rule]
) -> Iterator[Taken]:
    found = []
    for row in entries_of(transaction, records):
        marked = _marked(row, rules[row.record])
        if marked is not None:
            found.append((row, *marked))
    if not found:
        return
    connection = transaction.connection
    connection.execute(
        update(changes)
        .where(changes.c.seq == bindparam("at_seq"))
        .values({name: bindparam(f"new_{name}") for name in REWRITTEN}),
        [{"at_seq": row.seq, **{f"new_{n}": new[n] for n in REWRITTEN}} for row, new, _, _ in found],
    )
    before = [row.seq - 1 for row, *_ in found]
    earlier = select(changes.c.seq, changes.c.hash).where(transaction.dialect.among(changes.c.seq, before))
    hashes = {seq: bytes(hash_) for seq, hash_ in connection.execute(earlier)}
    for row, new, salt, reason in found:
        entry = [new[name] for name in COLUMNS[:-1]]
        reads = as_it_reads(hashes.get(row.seq - 1, BEFORE_THE_FIRST), entry)
        yield Taken(row.seq, bytes(row.hash), reads, salt, reason)


def _marked(row: Row[Any], rule: Rule) -> tuple[dict[str, Any], bytes, str | None] | None:
    """The entry as it will read, the salt of its marks, and the hash of its reason; None where it holds nothing that goes.

    The salt that sealed it marks it: whoever holds it can put the words back and see the seal fit. A second redaction of an
    entry, and one that was sealed without a salt, take a new one.
    """
    salt = os.urandom(SALT_BYTES) if row.salt is None else bytes(row.salt)
    marking, new = Marking(rule, salt), dict(row._mapping)
    for name in ("before", "after"):
        if new[name] is not None:
            new[name] = written(marking.document(orjson.loads(new[name]))).decode()
    reason = None
    if row.reason is not None and row.seq in rule.reasons:
        reason = mark(salt, row.reason)[REDACTED][ALGORITHM]
        new["reason"] = None
    if not marking.took and reason is None:
        return None
    if row.salt is not None:
        new["content"] = content_of(salt, row.reason, row.before, row.after)
        new["salt"] = None
    return new, salt, reason

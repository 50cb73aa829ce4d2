"""What was redacted of records, for whoever is about to state something of them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import orjson
from sqlalchemy import select

from app.domain.redaction import REDACTED
from app.storage.tables import REDACTIONS, changes
from app.storage.write import Transaction


def redacted_of(transaction: Transaction, records: Collection[str]) -> dict[str, set[str]]:
    """By record, the fields as they were asked for. Words of some claims alone are not: a claim that comes again is another."""
    told = select(changes.c.record, changes.c.after).where(
        REDACTIONS, transaction.dialect.among(changes.c.record, sorted(records))
    )
    found: dict[str, set[str]] = defaultdict(set)
    for record, after in transaction.connection.execute(told):
        redaction = orjson.loads(after)[REDACTED]
        whole = "claims" not in redaction
        found[record] |= {name for name in redaction["fields"] if whole or not name.startswith("claims.")}
    return dict(found)

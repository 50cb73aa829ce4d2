"""What does not hold of one record: its changes are replayed from the first one on, and each stored value is compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection

from app.domain.redaction import is_mark
from app.query.fields import Kind
from app.storage.types import timestamp_text
from app.storage.verifying.reading import (
    CLAIM,
    FROM,
    LASTING,
    NOBODY,
    OF,
    POSITION,
    SAME,
    SAYS,
    TO,
    TOLD_BESIDE,
    Chunk,
    Row,
    Rows,
    Shape,
    rows,
)
from app.storage.verifying.replaying import Entry, LinkRow, Replayed, Values, spelled
from app.storage.write import Claim


class Judge:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def says(self, connection: Connection, chunk: Chunk, key: int) -> str | None:
        """What does not hold of the record, in words; None where all does."""
        changes = [Entry(*row[1:]) for row in chunk.changes.get(key, ())]
        replayed = Replayed(changes)
        wrong = self._record(connection, chunk, key, changes, dict(replayed.versions))
        if wrong is None and self.shape.kind is Kind.incident:
            wrong = _links(replayed.links, chunk.links.get(key, []), chunk.claims.get(key, []))
        return wrong

    def _record(
        self,
        connection: Connection,
        chunk: Chunk,
        key: int,
        changes: Sequence[Entry],
        versions: dict[int, Values],
    ) -> str | None:
        kept = [row for row in chunk.kept[key] if row[FROM] is not None]
        if not changes:
            return "is there, and the history knows nothing of it"
        if any(change.kind != self.shape.kind.value for change in changes):
            return "is told of as a record of another kind"
        if [change.version for change in changes] != list(range(1, len(changes) + 1)):
            return "has changes that do not follow one upon the other"
        if changes[0].action != "create":
            return "has no beginning"
        if not kept:
            return "has no kept version"
        following = [row[FROM] for row in kept[1:]]
        for row, end in zip(kept, [*following, None], strict=True):
            wrong = self._version(connection, chunk, row, end, versions.get(row[FROM]))
            if wrong is not None:
                return wrong
        stored = {row[FROM] for row in kept}
        moments = [change.at for change in changes[1:]]
        for change, next_moment in zip(changes, [*moments, None], strict=True):
            # Of changes in one transaction, which are of one moment, only the last leaves a version.
            if next_moment != change.at and change.seq not in stored:
                return f"has lost the version of change {change.seq:,}"
        if not kept[-1][SAME]:
            return f"is something else now: {self._differing(connection, kept[-1], self.shape.shared)}"
        return None

    def _version(
        self, connection: Connection, chunk: Chunk, row: Row, end: int | None, expected: Values | None
    ) -> str | None:
        if expected is None:
            return f"has a version that no change made, at {row[FROM]:,}"
        if row[TO] != end:
            return f"has a version that ends where none follows, at {row[FROM]:,}"
        wrong = None if row[SAME] else self._differing(connection, row, LASTING)
        wrong = wrong or self._difference(row, expected, chunk)
        return f"was something else at {row[FROM]:,}: {wrong}" if wrong else None

    def _differing(self, connection: Connection, row: Row, names: Sequence[str]) -> str | None:
        """The first of some columns of a version that is not what stands in the record."""
        same = rows(connection, self.shape.differing, row[0], row[FROM])[0]
        return next(
            (n for n, is_same in zip(self.shape.shared, same, strict=True) if n in names and not is_same),
            None,
        )

    def _difference(self, row: Row, expected: Values, chunk: Chunk) -> str | None:
        """The first column in which a stored version differs from what the history says."""
        stored = dict(zip(self.shape.columns, row[SAYS:], strict=True))
        for name in self.shape.told:
            told = expected.get(name, self.shape.defaults[name])
            told = self.shape.blanks[name] if is_mark(told) else told
            if (self._parsed(stored[name]) if name in self.shape.nested else stored[name]) != told:
                return name
        for name in TOLD_BESIDE:
            if _told(stored[name]) != expected.get(name):
                return name
        for column, name, kind in self.shape.references:
            key = stored[column]
            if (None if key is None else chunk.names.get((kind, key), NOBODY)) != expected.get(name):
                return name
        return None

    def _parsed(self, text: str) -> Any:
        """JSON as the service writes it: of a member that was put in twice, each reader would read another. PostgreSQL
        keeps none such, and spells it in its own way."""
        value = orjson.loads(text)
        return value if not self.shape.embedded or orjson.dumps(value).decode() == text else text


def _links(expected: set[LinkRow], links: Rows, claims: Rows) -> str | None:
    of: dict[Row, Rows] = defaultdict(list)
    for claim in sorted(claims, key=itemgetter(POSITION)):
        of[claim[OF]].append(claim)
    found: list[LinkRow] = []
    for _, ref, report, start, end, created_at, role, date_wording, note in links:
        told = {"role": role, "date_wording": date_wording, "note": note}
        mine = of.pop((ref, start, end), [])
        if [claim[POSITION] for claim in mine] != list(range(len(mine))):
            return "has claims out of their order"
        if mine:
            told["claims"] = [
                {n: v for n, v in zip(Claim._fields, claim[CLAIM:], strict=True) if v is not None}
                for claim in mine
            ]
        told = {name: value for name, value in told.items() if value is not None}
        found.append((report or "", start, end, _told(created_at), spelled(told)))
    if of:
        return "has a claim without its link"
    if len(found) != len(set(found)) or set(found) != expected:
        return "has a link or a claim that is not what the history says"
    return None


def _told(value: Any) -> Any:
    """A moment as the history tells it; one that lies between two milliseconds it never told."""
    if not isinstance(value, datetime):
        return value
    return value.isoformat() if value.microsecond % 1_000 else timestamp_text(value)

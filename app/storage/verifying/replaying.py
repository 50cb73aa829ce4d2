"""What the changes of one record make of it, from the first one on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from app.domain.redaction import ACTION, REDACTED, without_marks
from app.storage.history import written

LINKS = "reports"
"""The member under which a change tells of an incident's links."""
MERGED = "merged_into"
"""The member that tells where an incident leads from now on: it is a tombstone as long as it leads anywhere."""
Values = dict[str, Any]
LinkRow = tuple[str, int, int | None, str, str]
"""Report, range of history, when it began, and the link with its claims as the history tells it."""


class Entry(NamedTuple):
    """What a change says, of its entry in the history."""

    seq: int
    version: int
    at: str
    action: str
    kind: str
    after: str | None


class Replayed:
    """What the changes of one record make of it."""

    def __init__(self, changes: Sequence[Entry]) -> None:
        self.versions: list[tuple[int, Values]] = []
        """After each change: its sequence number, and the record's values."""
        self.links: set[LinkRow] = set()
        values: Values = {}
        standing: dict[str, tuple[int, str, str]] = {}
        for number, change in enumerate(changes, start=1):
            told = orjson.loads(change.after) if change.after else {}
            if change.action == ACTION:
                told.pop(REDACTED, None)  # it is of the history, not of the record
            for report, link in told.pop(LINKS, {}).items():
                if report in standing:
                    start, at, said = standing.pop(report)
                    self.links.add((report, start, change.seq, at, said))
                if link is not None:
                    standing[report] = (change.seq, change.at, spelled(link))
            values = {**values, **told, "version": change.version, "updated_at": change.at}
            if number == 1:
                values["created_at"] = change.at
            if change.action == "delete" or told.get(MERGED) is not None:
                values["deleted_at"] = change.at
            elif MERGED in told:
                values["deleted_at"] = None
            self.versions.append((change.seq, {n: v for n, v in values.items() if v is not None}))
        self.links |= {(report, start, None, at, said) for report, (start, at, said) in standing.items()}


def spelled(link: Values) -> str:
    """What was redacted is not stated."""
    return written(without_marks(link)).decode()

"""Which fields of a record's former versions were redacted, for those who read its history."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import orjson

from app.access.viewer import Viewer
from app.domain.redaction import ACTION, is_mark
from app.query.fields import BY_NAME, Kind, SeenBy
from app.storage.blanks import is_blank
from app.storage.database import Reader

Document = dict[str, Any]
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Marks:
    """After each of the record's changes, by their numbers: the fields whose values were redacted."""

    seqs: list[int]
    names: list[frozenset[str]]

    def at(self, seq: int) -> frozenset[str]:
        place = bisect_right(self.seqs, seq)
        return self.names[place - 1] if place else NONE


def marks_of(reader: Reader, uid: str) -> Marks:
    """Nothing where the record has no redaction: then no more is read than that."""
    mark = "%s" if reader.dialect.name == "postgresql" else "?"
    first = f"SELECT 1 FROM changes WHERE record = {mark} AND action = '{ACTION}' LIMIT 1"
    if not reader.rows(first, (uid,)):
        return Marks([], [])
    rows = reader.rows(f"SELECT seq, after FROM changes WHERE record = {mark} ORDER BY seq", (uid,))
    names: list[frozenset[str]] = []
    standing: set[str] = set()
    for _, after in rows:
        for name, value in (orjson.loads(after) if after else {}).items():
            (standing.add if is_mark(value) else standing.discard)(name)
        names.append(frozenset(standing))
    return Marks([seq for seq, _ in rows], names)


def is_told(viewer: Viewer, kind: Kind, name: str, *documents: Document | None) -> bool:
    """Whether the viewer may know that something stood there: whoever could have read it, and reads nothing there now."""
    field = BY_NAME[kind].get(name)
    if field is None or viewer.is_editor:
        return field is not None
    read = [told[name] for told in documents if told is not None and name in told]
    return field.seen_by is SeenBy.everyone and any(is_blank(value) for value in read)


def told_without(told: Document) -> Document:
    """A link or a claim as the history tells it, with the names of what was redacted of it."""
    gone = [name for name, value in told.items() if is_mark(value)]
    return {**told, **dict.fromkeys(gone), "redacted": gone} if gone else told

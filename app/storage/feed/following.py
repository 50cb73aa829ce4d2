"""A stretch of the feed: each record that may read otherwise, once, as it is now, or that it is no longer there.

What is told is what is so when it is told, never what was so in between: nothing can come out of the past that has been
taken out of sight since. So a follower who is behind meets records earlier than the changes that made them so, and once
more with these changes; at the head it holds what a list tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from app.access.rules import acts_kept_from
from app.access.viewer import Viewer
from app.errors import Gone
from app.query.fields import Kind
from app.query.filter import EVERYTHING, Filter
from app.storage import single
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, condition, extras, prepare, visible
from app.storage.database import Reader
from app.storage.feed.places import Place
from app.storage.feed.touched import touched
from app.storage.feed.window import KINDS, Entry, Window
from app.storage.feed.within import formerly, known, plainly
from app.storage.shapes import document, wire_names
from app.storage.single import Wanted

AT_LEAST = 100
"""Changes of a window: of fewer at a time much would be looked at again and again."""
FULL = 8
"""With an eighth of its room left an answer is given: of another window most would be looked at now, and again for the next one.
Of a window's own room as much is left to what its changes touch."""
MOST_AT_ONCE = 2_000
"""Records that are looked at together."""
MOST_EXAMINED = 5_000
"""Changes after which an answer is given, whatever was found: most may be of no concern to who asks."""


@dataclass(frozen=True, slots=True)
class Following:
    """What a follower keeps: records of these kinds; where they have to match, of one kind."""

    kinds: tuple[Kind, ...] = KINDS
    where: Filter = EVERYTHING
    fields: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """Items as JSON, where to go on, and the last change that there was."""

    items: list[bytes]
    place: Place
    head: int


def follow(reader: Reader, viewer: Viewer, asked: Following, place: Place, limit: int) -> Followed:
    """What comes after a place, in one state of the data. Fewer items than `limit` may come before the head is reached."""
    with reader.snapshot():
        head = reader.revision()
        items: list[bytes] = []
        first = place.after
        while place.after < head and place.after - first < MOST_EXAMINED:
            room = limit - len(items)
            if room == 0 or (items and room < limit // FULL):
                break
            place = place.setting_out(head)
            assert place.upto is not None
            assert place.begun is not None
            until = place.until or min(place.upto, place.after + max(room - room // FULL, AT_LEAST))
            window = Window(reader, place.after, until, told_since=place.begun)
            stretch = _Stretch(reader, viewer, asked, window)
            found, place = stretch.told(place, limit - len(items))
            items += found
        return Followed(items, place, head)


class _Seen(NamedTuple):
    """A record as the follower is to hold it: None, not at all; then why."""

    uid: str
    document: str | None
    gone: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Stretch:
    reader: Reader
    viewer: Viewer
    asked: Following
    window: Window

    def told(self, place: Place, most: int) -> tuple[list[bytes], Place]:
        """Items after a place in the window, and where that leads: past the window where it holds no more."""
        items: list[bytes] = []
        kinds = [kind for kind in KINDS if kind in self.asked.kinds]
        if place.kind is not None:
            kinds = kinds[kinds.index(place.kind) :]
        after = place.uid
        for kind in kinds:
            last = after
            for item, uid in self._of_kind(kind, after, most - len(items)):
                items.append(item)
                last = uid
            if len(items) == most:
                return items, place._replace(until=self.window.until, kind=kind, uid=last)
            after = None
        return items, place.passed(self.window.until)

    def _of_kind(self, kind: Kind, after: str | None, most: int) -> Iterator[tuple[bytes, str]]:
        """Items with the ids of their records."""
        wanted = most
        while most > 0:
            keys = touched(self.reader, self.window, kind, self.asked.include, after, wanted)
            seen = self._seen(kind, keys)
            entries = self._entries(kind, seen)
            for key in keys:
                if (record := seen.get(key)) is not None and most > 0:
                    most -= 1
                    yield self._item(kind, record, entries), record.uid
            if len(keys) < wanted:
                return
            # Of many thousands that one change touched the viewer may see none.
            ((after,),) = self._uid_of(kind, keys[-1])
            wanted = min(4 * wanted, MOST_AT_ONCE)

    def _uid_of(self, kind: Kind, key: int) -> Sequence[tuple[str]]:
        mark = "%s" if self.reader.dialect.name == "postgresql" else "?"
        return self.reader.rows(f"SELECT uid FROM {kind}s WHERE id = {mark}", (key,))

    def _seen(self, kind: Kind, keys: Sequence[int]) -> dict[int, _Seen]:
        """By key, what the follower is to be told of; others it cannot hold."""
        if not keys:
            return {}
        where = self.asked.where
        seen = {key: _Seen(uid, text) for key, uid, text in self._documents(kind, keys, where)}
        absent = [key for key in keys if key not in seen]
        if not absent:
            return seen
        # Those that the viewer still sees no longer match, or never did.
        other: set[int] = set()
        if where != EVERYTHING:
            others = replace(self.asked, fields=("id",), include=())
            bare = _Stretch(self.reader, self.viewer, others, self.window)
            other = {row[0] for row in bare._documents(kind, absent, EVERYTHING)}
        matched = formerly(
            self.reader,
            self.viewer,
            self.window,
            kind,
            [k for k in absent if k in other],
            plainly(where, kind),
        )
        seen |= {key: _Seen(uid, None, {"because": "no_match"}) for key, uid in matched.items()}
        gone = [key for key in absent if key not in other]
        lost = formerly(self.reader, self.viewer, self.window, kind, gone)
        # What was redacted may have been told with a tombstone.
        forgotten = sorted(set(gone).intersection(self.window.rewritten[kind]))
        lost |= formerly(self.reader, self.viewer, self.window, kind, forgotten, buried=True)
        return seen | self._lost(kind, lost)

    def _lost(self, kind: Kind, uids: dict[int, str]) -> dict[int, _Seen]:
        """Those that are deleted say so as a 410 does; of all others only that they are out of sight."""
        wanted = [Wanted(kind, uid, ("id",)) for uid in uids.values()]
        found = single.several(self.reader, self.viewer, wanted) if wanted else []
        told = {}
        for (key, uid), absence in zip(uids.items(), found, strict=True):
            why: dict[str, Any] = {"because": "out_of_sight"}
            if isinstance(absence, Gone):
                merged = "merged_into" in absence.members
                why = {"because": "merged" if merged else "deleted", "tombstone": absence.members}
            told[key] = _Seen(uid, None, why)
        return told

    def _documents(self, kind: Kind, keys: Sequence[int], where: Filter) -> Sequence[tuple[int, str, str]]:
        """Those that the viewer may see and that match: key, id and document."""

        def build() -> Statement:
            scope, binder = Scope(kind, self.viewer), Binder()
            matched = condition(where, scope, binder, self.reader.dialect)
            told = document(scope, wire_names(self.viewer, kind, self.asked.fields), self.asked.include)
            statement = (
                select(scope.key, scope.table.c.uid, told)
                .select_from(scope.joined())
                .where(matched, visible(scope), self.reader.dialect.listed(scope.key, binder))
            )
            return prepare(statement, binder, self.reader.dialect)

        shape = ("followed", kind, self.viewer.rank, self.asked.fields, self.asked.include, where.shape())
        statement = self.reader.prepared(shape, build)
        values = [*where.values(), list(keys)]
        return self.reader.answer(statement, values, extras(self.viewer))

    def _entries(self, kind: Kind, seen: dict[int, _Seen]) -> dict[str, list[Entry]]:
        """What is told of what was done, by record: as its history tells it. Of what is out of sight nothing."""
        told = {key: s for key, s in seen.items() if s.gone.get("because") != "out_of_sight"}
        changed = {key: s.uid for key, s in told.items() if s.uid in self.window.entries[kind]}
        seqs = known(self.reader, self.viewer, self.window, kind, list(changed))
        kept = acts_kept_from(self.viewer)
        return {
            uid: [e for e in self.window.entries[kind][uid] if e["seq"] in seqs and e["action"] not in kept]
            for uid in changed.values()
        }

    def _item(self, kind: Kind, seen: _Seen, entries: dict[str, list[Entry]]) -> bytes:
        event = "remove" if seen.document is None else "put"
        item = {
            "event": event,
            "kind": kind.value,
            "id": seen.uid,
            **seen.gone,
            "changes": entries.get(seen.uid, []),
        }
        if seen.document is not None:
            item["record"] = orjson.Fragment(seen.document)
        return orjson.dumps(item)

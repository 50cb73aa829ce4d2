"""A page of pairs: incidents of a list in turn, each compared with those near it in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from app.access.viewer import Viewer
from app.domain.duplicates import LONGEST_DAYS
from app.errors import InvalidParameter, Problem
from app.query.cursor import Cursor
from app.storage.database import Reader
from app.storage.duplicates import Compared, Near, Position, near_in_time, of_list, position_of
from app.storage.pairing.judging import judged
from app.storage.pairing.pair import Pair, Question, paired
from app.storage.pairing.settling import chosen

MOST_WALKED = 1_000
"""Incidents that a page looks at."""
MOST_NEAR = 20_000
"""Incidents near in time that a page reads."""
MOST_COMPARED = 50_000
"""Comparisons of a page. It ends with the incident at which they are reached, or at which the page is full."""


class _Place(NamedTuple):
    """Where a page ended: with an incident, or within its pairs."""

    head: Position
    within: Position | None


@dataclass(slots=True)
class Walk:
    """One page. `within`: where in the pairs of the first incident the page before it ended."""

    reader: Reader
    viewer: Viewer
    question: Question
    within: Position | None = field(init=False, default=None)
    found: list[Pair] = field(init=False, default_factory=list)
    chosen: int = field(init=False, default=0)
    """How many of those found are known to be what is asked for, settled or not."""
    walked: int = field(init=False, default=0)
    read: int = field(init=False, default=0)
    compared: int = field(init=False, default=0)
    stopped: bool = field(init=False, default=False)

    def page(self) -> tuple[list[Pair], Cursor | None, int]:
        """The pairs, where to go on, and how many incidents were looked at."""
        heads, cut = self._heads(), None
        for batch in _batches(heads):
            cut = self._compare(batch)
            if cut is not None or self._is_full():
                break
        limit = self.question.limit
        self._choose()
        page = judged(self.reader, self.viewer, self.found, self.question.least, self.question.as_of)
        following = None
        if len(page) > limit:
            following = _cursor(page[limit - 1].one, page[limit - 1].other)
        elif cut is not None or self.walked < len(heads) or len(heads) == MOST_WALKED:
            following = _cursor(heads[self.walked - 1], cut)
        return page[:limit], following, self.walked

    def _heads(self) -> list[Compared]:
        reader, viewer, question = self.reader, self.viewer, self.question
        as_of = question.as_of
        if question.cursor is None:
            return of_list(reader, viewer, question.where, None, MOST_WALKED, inclusive=False, as_of=as_of)
        after = _place_of(reader, question.cursor)
        inclusive = after.within is not None
        heads = of_list(
            reader, viewer, question.where, after.head, MOST_WALKED, inclusive=inclusive, as_of=as_of
        )
        # Else the incident within whose pairs the page ended is not in the list any more.
        if heads and heads[0].position == after.head:
            self.within = after.within
        return heads

    def _compare(self, batch: Sequence[Compared]) -> Compared | None:
        """Where too many are near even to one incident, the last that it was compared with."""
        near, cut = self._near(batch, None), None
        if len(near) > MOST_NEAR:
            batch, self.stopped = batch[:1], True
            near = self._near(batch, self.within)
            if len(near) > MOST_NEAR:
                near = near[:MOST_NEAR]
                cut = near[-1]
        self.read += len(near)
        days = _Days(near)
        for head in batch:
            self._compare_one(head, days)
            if self._is_full():
                break
        return cut

    def _near(self, batch: Sequence[Compared], after: Position | None) -> list[Compared]:
        dated = [head.incident for head in batch if head.incident.is_dated]
        if not dated:
            return []
        where, as_of = self.question.where, self.question.as_of
        return near_in_time(self.reader, self.viewer, where, Near.of(dated), after, MOST_NEAR + 1, as_of)

    def _compare_one(self, head: Compared, days: _Days) -> None:
        others = sorted(days.near(head), key=lambda other: other.position, reverse=True)
        for other in others:
            # A pair of which both are asked for comes with the one that comes first.
            if other.asked and other.position.is_before(head.position):
                continue
            if self.within is None or self.within.is_before(other.position):
                self.found += paired(head, other, self.question.least)
        self.walked += 1
        self.compared += len(others)
        self.within = None

    def _is_full(self) -> bool:
        return self.stopped or self.compared >= MOST_COMPARED or self.read >= MOST_NEAR or self._has_enough()

    def _has_enough(self) -> bool:
        # Some pairs may yet turn out to be told apart, or to be settled: these are asked for together, page by page.
        if len(self.found) <= 2 * self.question.limit:
            return False
        self._choose()
        return len(self.found) > self.question.limit

    def _choose(self) -> None:
        question, new = self.question, self.found[self.chosen :]
        self.found[self.chosen :] = chosen(
            self.reader, self.viewer, new, settled=question.settled, as_of=question.as_of
        )
        self.chosen = len(self.found)


def _batches(heads: Sequence[Compared]) -> Iterator[list[Compared]]:
    """Incidents that follow each other within a month: what is near to one is near to many of them."""
    batch: list[Compared] = []
    for head in heads:
        if batch and (batch[0].position.start - head.position.start).days > LONGEST_DAYS:
            yield batch
            batch = []
        batch.append(head)
    if batch:
        yield batch


class _Days:
    """Incidents by the day on which they start; those of several days also by themselves."""

    def __init__(self, near: Iterable[Compared]) -> None:
        self._by_day: dict[date, list[Compared]] = {}
        self._long: list[Compared] = []
        for other in near:
            self._by_day.setdefault(other.incident.start, []).append(other)
            if other.incident.end > other.incident.start:
                self._long.append(other)

    def near(self, head: Compared) -> Iterator[Compared]:
        if not head.incident.is_dated:
            return
        _, last, earliest = head.incident.window
        for days in range((last - earliest).days + 1):
            yield from self._by_day.get(earliest + timedelta(days=days), ())
        for other in self._long:
            if other.incident.start < earliest <= other.incident.end:
                yield other


def _cursor(head: Compared, within: Compared | None) -> Cursor:
    place = [head.incident.start.isoformat()]
    if within is not None:
        place += [within.incident.start.isoformat(), within.uid]
    return Cursor(" ".join(place), head.uid)


def _place_of(reader: Reader, cursor: Cursor) -> _Place:
    start, *within = str(cursor.value).split(" ")
    head = position_of(reader, date.fromisoformat(start), cursor.uid)
    if head is None:
        raise InvalidParameter([Problem("cursor", "invalid_cursor", "names a record that is not here")])
    if not within:
        return _Place(head, None)
    return _Place(head, position_of(reader, date.fromisoformat(within[0]), within[1]))

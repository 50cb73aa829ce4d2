"""Pairs of incidents that may be one, recorded twice: a list of them, and those of one incident.

The list walks the incidents that were asked for, newest first, and compares each with those near it in time. A page looks
at so many and no more, however many there are; where it has to end within one incident, the next goes on there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson

from app.access.viewer import Viewer
from app.domain.duplicates import Guess, guess
from app.errors import InvalidParameter, Problem
from app.query.cursor import Cursor
from app.query.fields import Kind
from app.query.filter import EVERYTHING, Filter
from app.storage import duplicates, single
from app.storage.database import Reader
from app.storage.duplicates import Compared, Position
from app.storage.single import Found, Wanted

MOST_WALKED = 1_000
"""Incidents that a page looks at."""
MOST_NEAR = 20_000
"""Incidents near in time that are held in memory together."""
MOST_COMPARED = 50_000
"""Comparisons of a page. It ends with the incident at which they are reached, or at which the page is full."""
SHOWN = (
    "id", "code", "title", "date_start", "date_end", "country", "admin1", "place", "killed_low", "killed_best",
    "killed_high", "wounded_low", "wounded_best", "wounded_high", "verification_status", "workflow", "report_count",
    "partner", "version",
)  # fmt: skip
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """Pairs of which one at least is in the list that `where` chooses, of this score or more."""

    where: Filter
    least: int
    limit: int
    cursor: Cursor | None = None


class Pair(NamedTuple):
    one: Compared
    other: Compared
    guess: Guess


class Told(NamedTuple):
    """Both incidents as the viewer may see them, and the guess."""

    incidents: tuple[Document, Document]
    guess: Guess


@dataclass(frozen=True, slots=True)
class Pairs:
    """`compared`: of a list, the incidents that the page looked at; of one incident, those that it was compared with."""

    told: list[Told]
    next: Cursor | None
    compared: int
    revision: int
    whole: bool = True


class _Place(NamedTuple):
    """Where a page ended: with an incident, or within its pairs."""

    head: Position
    within: Position | None


def pairs(reader: Reader, viewer: Viewer, question: Question) -> Pairs:
    """A page of the list, newest incident first."""
    with reader.snapshot():
        revision = reader.revision()
        page, following, walked = _Walk(reader, viewer, question).page()
        return Pairs(_told(reader, viewer, page), following, walked, revision)


def pairs_of(reader: Reader, viewer: Viewer, uid: str, least: int, limit: int) -> Pairs:
    """Those that the incident may be the same as, the likeliest first. Raises as `single.one` does."""
    with reader.snapshot():
        revision = single.one(reader, viewer, Kind.incident, uid, fields=("id",)).revision
        head = duplicates.one(reader, viewer, uid)
        if head is None or not head.incident.is_dated:
            return Pairs([], None, 0, revision)
        near = duplicates.near_in_time(reader, viewer, EVERYTHING, head.incident.window, None, MOST_NEAR + 1)
        whole, near = len(near) <= MOST_NEAR, near[:MOST_NEAR]
        found = _judged(reader, viewer, [p for other in near for p in _paired(head, other, least)], least)
        found.sort(key=lambda pair: (-pair.guess.score, pair.other.position))
        return Pairs(_told(reader, viewer, found[:limit]), None, len(near) - 1, revision, whole)


@dataclass(frozen=True, slots=True)
class _Walk:
    reader: Reader
    viewer: Viewer
    question: Question

    def page(self) -> tuple[list[Pair], Cursor | None, int]:
        """The pairs, where to go on, and how many incidents were looked at."""
        reader, viewer, question = self.reader, self.viewer, self.question
        after = None if question.cursor is None else _place_of(reader, question.cursor)
        within = None if after is None else after.within
        heads = duplicates.of_list(
            reader,
            viewer,
            question.where,
            None if after is None else after.head,
            MOST_WALKED,
            inclusive=within is not None,
        )
        if not heads:
            return [], None, 0
        if after is None or heads[0].position != after.head:
            within = None  # the incident within whose pairs the page ended is not in the list any more
        more = len(heads) == MOST_WALKED
        near = self._near(heads, None)
        cut = None
        if len(near) > MOST_NEAR:
            more, heads = True, heads[:1]
            near = self._near(heads, within)
            if len(near) > MOST_NEAR:
                near = near[:MOST_NEAR]
                cut = near[-1]
        found, walked = self._compared(heads, near, within)
        page = _judged(reader, viewer, found, question.least)
        last = heads[walked - 1]
        if len(page) > question.limit:
            page = page[: question.limit]
            return page, _cursor(page[-1].one, page[-1].other), walked
        if cut is not None:
            return page, _cursor(last, cut), walked
        return page, _cursor(last, None) if more or walked < len(heads) else None, walked

    def _near(self, heads: Sequence[Compared], after: Position | None) -> list[Compared]:
        windows = [head.incident.window for head in heads if head.incident.is_dated]
        if not windows:
            return []
        firsts, lasts, endings = zip(*windows, strict=True)
        window = min(firsts), max(lasts), min(endings)
        return duplicates.near_in_time(
            self.reader, self.viewer, self.question.where, window, after, MOST_NEAR + 1
        )

    def _compared(
        self, heads: Sequence[Compared], near: Iterable[Compared], within: Position | None
    ) -> tuple[list[Pair], int]:
        """The pairs in order, and with how many of the incidents in turn they are."""
        days, found, compared = _Days(near), list[Pair](), 0
        for walked, head in enumerate(heads, 1):
            others = sorted(days.near(head), key=lambda other: other.position, reverse=True)
            for other in others:
                # A pair of which both are asked for comes with the one that comes first.
                if other.asked and other.position.is_before(head.position):
                    continue
                if walked == 1 and within is not None and not within.is_before(other.position):
                    continue
                found += _paired(head, other, self.question.least)
            compared += len(others)
            # Some pairs may yet turn out to be told apart.
            if compared >= MOST_COMPARED or len(found) > 2 * self.question.limit:
                return found, walked
        return found, len(heads)


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


def _paired(one: Compared, other: Compared, least: int) -> list[Pair]:
    if one.position.key == other.position.key:
        return []
    found = guess(one.incident, other.incident)
    return [Pair(one, other, found)] if found is not None and found.score >= least else []


def _judged(reader: Reader, viewer: Viewer, found: list[Pair], least: int) -> list[Pair]:
    """Without those that are part of one another, and those that one report tells apart and that are not likely then."""
    containers = _containers(reader, viewer, found)
    keys = {each.position.key for pair in found for each in pair[:2]}
    reports = duplicates.reports_of(reader, viewer, keys)
    kept = []
    for one, other, guessed in found:
        if other.uid in _around(one.uid, containers) or one.uid in _around(other.uid, containers):
            continue
        both = reports.get(one.position.key, set()) & reports.get(other.position.key, set())
        judged = guessed.told_apart() if both else guessed
        if judged.score >= least:
            kept.append(Pair(one, other, judged))
    return kept


def _containers(reader: Reader, viewer: Viewer, found: Sequence[Pair]) -> dict[str, str | None]:
    """What each is part of, and that again, as far as the viewer may see."""
    known = {each.uid: each.part_of for pair in found for each in pair[:2]}
    while unknown := sorted({container for container in known.values() if container} - known.keys()):
        wanted = [Wanted(Kind.incident, uid, ("part_of",)) for uid in unknown]
        known |= dict.fromkeys(unknown)
        for uid, told in zip(unknown, single.several(reader, viewer, wanted), strict=True):
            if isinstance(told, Found):
                known[uid] = orjson.loads(told.document)["part_of"]
    return known


def _around(uid: str, containers: dict[str, str | None]) -> set[str]:
    """All that the incident lies within."""
    found: set[str] = set()
    container = containers[uid]
    while container is not None and container not in found:
        found.add(container)
        container = containers[container]
    return found


def _told(reader: Reader, viewer: Viewer, found: Sequence[Pair]) -> list[Told]:
    uids = list(dict.fromkeys(each.uid for pair in found for each in pair[:2]))
    wanted = [Wanted(Kind.incident, uid, SHOWN) for uid in uids]
    shown = {
        uid: orjson.loads(told.document)
        for uid, told in zip(uids, single.several(reader, viewer, wanted), strict=True)
        if isinstance(told, Found)
    }
    return [Told((shown[one.uid], shown[other.uid]), guessed) for one, other, guessed in found]


def _cursor(head: Compared, within: Compared | None) -> Cursor:
    place = [head.incident.start.isoformat()]
    if within is not None:
        place += [within.incident.start.isoformat(), within.uid]
    return Cursor(" ".join(place), head.uid)


def _place_of(reader: Reader, cursor: Cursor) -> _Place | None:
    start, *within = str(cursor.value).split(" ")
    head = duplicates.position_of(reader, date.fromisoformat(start), cursor.uid)
    if head is None:
        raise InvalidParameter([Problem("cursor", "invalid_cursor", "names a record that is not here")])
    if not within:
        return _Place(head, None)
    return _Place(head, duplicates.position_of(reader, date.fromisoformat(within[0]), within[1]))

"""What is asked of pairs, and a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app.domain.duplicates import Guess, guess
from app.query.cursor import Cursor
from app.query.filter import Filter
from app.storage.distinct import Two
from app.storage.duplicates import Compared


@dataclass(frozen=True, slots=True)
class Question:
    """Pairs of which one at least is in the list that `where` chooses, of this score or more; now, or as of a change.
    `settled`: those of which an editor said that they are two; else the others."""

    where: Filter
    least: int
    limit: int
    cursor: Cursor | None = None
    as_of: int | None = None
    settled: bool = False


class Pair(NamedTuple):
    """Two incidents, and the guess that they are one."""

    one: Compared
    other: Compared
    guess: Guess
    said: tuple[Two, ...] = ()
    """Of which it was said that they are two: of this pair, or of what was merged into either."""


def paired(one: Compared, other: Compared, least: int) -> list[Pair]:
    if one.position.key == other.position.key:
        return []
    found = guess(one.incident, other.incident)
    return [Pair(one, other, found)] if found is not None and found.score >= least else []

"""What is asked of pairs, and a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app.domain.duplicates import Guess, guess
from app.query.cursor import Cursor
from app.query.filter import Filter
from app.storage.duplicates import Compared


@dataclass(frozen=True, slots=True)
class Question:
    """Pairs of which one at least is in the list that `where` chooses, of this score or more; now, or as of a change."""

    where: Filter
    least: int
    limit: int
    cursor: Cursor | None = None
    as_of: int | None = None


class Pair(NamedTuple):
    one: Compared
    other: Compared
    guess: Guess


def paired(one: Compared, other: Compared, least: int) -> list[Pair]:
    if one.position.key == other.position.key:
        return []
    found = guess(one.incident, other.incident)
    return [Pair(one, other, found)] if found is not None and found.score >= least else []

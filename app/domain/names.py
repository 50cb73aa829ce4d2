"""Whether two names are of one place, however they are spelled: Mashhad, Al-Mashhad, المشهد."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from app.domain.folding import words_of
from app.domain.spelling import SHORTEST_NAME, is_spelling_of, wanted_of


class Likeness(IntEnum):
    """How alike two names are, the most alike last."""

    unlike = 0
    holds = 1
    """One is the other and more: Mashhad neighbourhood."""
    spelled_otherwise = 2
    same = 3
    """But for case, accents, the article and letter forms."""


@lru_cache(maxsize=16_384)
def core_of(name: str) -> tuple[str, ...]:
    """The words of a name, folded, without articles."""
    return tuple(group[0] for group in wanted_of(name))


@lru_cache(maxsize=65_536)
def likeness(one: str, other: str) -> Likeness:
    a, b = core_of(one), core_of(other)
    if not a or not b:
        return Likeness.unlike
    if a == b:
        return Likeness.same
    if len(a) == len(b):
        alike = all(is_spelling_of(x, y) for x, y in zip(a, b, strict=True))
        return Likeness.spelled_otherwise if alike else Likeness.unlike
    shorter, longer = sorted((a, b), key=len)
    if max(map(len, shorter)) < SHORTEST_NAME:
        return Likeness.unlike
    return Likeness(all(any(is_spelling_of(x, y) for y in longer) for x in shorter))


def likest(names: Iterable[str], others: Iterable[str]) -> tuple[Likeness, str, str] | None:
    """The two that are most alike of a place's names and another's; None where one of them has no name."""
    others = list(others)
    return max(
        ((likeness(one, other), one, other) for one in names for other in others),
        key=lambda found: found[0],
        default=None,
    )


def in_common(one: str, other: str) -> float:
    """Which part of the words of two lines stands in both, from 0 to 1."""
    a, b = set(words_of(one)), set(words_of(other))
    return len(a & b) / len(a | b) if a and b else 0.0

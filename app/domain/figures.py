"""A figure of people: low, best, high. None is "not stated", 0 is "stated to be zero"; the two never meet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeGuard

from app.errors import InvalidInput, Problem

# Fits a 32-bit INTEGER column, and no event on Earth needs more.
MAX_PEOPLE = 2_000_000_000

METRICS = ("killed", "wounded", "killed_civilians")
"""Whom an incident's figures count."""
_ENDS = ("low", "best", "high")


@dataclass(frozen=True, slots=True)
class Figure:
    """Three counts of people, each None where not stated.

    The bare constructor checks nothing: rows out of the database take it. What comes from outside goes
    through `checked`, or through `repaired` where the source's own order may be broken.
    """

    low: int | None
    best: int | None
    high: int | None

    @classmethod
    def checked(cls, low: object, best: object, high: object, *, name: str = "") -> Figure:
        """The figure, or InvalidInput with every fault at once.

        Each end is None or a whole number from 0 to MAX_PEOPLE, and low <= best <= high among those stated.
        Fields are ``{name}_low`` and so on, or plain ``low`` without a name. Codes: ``not_an_integer``,
        ``out_of_range``, ``out_of_order``.
        """
        if _is_count(low) and _is_count(best) and _is_count(high) and _in_order(low, best, high):
            return cls(low, best, high)
        raise InvalidInput(_faults((low, best, high), f"{name}_" if name else ""))

    @classmethod
    @lru_cache(maxsize=4_096, typed=True)  # files name the same few again and again
    def repaired(
        cls, low: int | None, best: int | None, high: int | None, *, name: str = ""
    ) -> tuple[Figure, bool]:
        """The figure in order, and whether its order was broken (VOCABULARY, Crosswalks).

        Where it was: low = the least of the stated, best as stated, high = the greatest of the stated. An end
        that was not stated stays so. Values that no figure may hold raise InvalidInput as in `checked`.
        """
        if not (_is_count(low) and _is_count(best) and _is_count(high)):
            raise InvalidInput(_faults((low, best, high), f"{name}_" if name else ""))
        if _in_order(low, best, high):
            return cls(low, best, high), False
        stated = [end for end in (low, best, high) if end is not None]
        least = None if low is None else min(stated)
        greatest = None if high is None else max(stated)
        return cls(least, best, greatest), True

    @property
    def is_stated(self) -> bool:
        """Whether any of the three is stated."""
        return self.low is not None or self.best is not None or self.high is not None

    @property
    def is_open(self) -> bool:
        """Whether something is stated but no upper end is: a sum over it has no upper end either."""
        return self.high is None and self.is_stated


UNSTATED = Figure(None, None, None)


def _is_count(value: object) -> TypeGuard[int | None]:
    # `type(...) is int` keeps bool out, which is an int to isinstance.
    return value is None or (type(value) is int and 0 <= value <= MAX_PEOPLE)


def _in_order(low: int | None, best: int | None, high: int | None) -> bool:
    if best is None:
        return low is None or high is None or low <= high
    return (low is None or low <= best) and (high is None or best <= high)


def _faults(values: tuple[object, object, object], prefix: str) -> list[Problem]:
    problems = []
    stated: list[tuple[str, int]] = []
    for end, value in zip(_ENDS, values, strict=True):
        if value is None:
            continue
        if type(value) is not int:
            problems.append(
                Problem(prefix + end, "not_an_integer", "must be a whole number of people or null")
            )
        elif not 0 <= value <= MAX_PEOPLE:
            problems.append(Problem(prefix + end, "out_of_range", f"must be from 0 to {MAX_PEOPLE}"))
        else:
            stated.append((end, value))
    for (lower, least), (upper, greatest) in pairwise(stated):
        if least > greatest:
            # Told at the outer end, which is the one that breaks the bracket around best.
            at, detail = (
                ("low", f"{least} is above {upper}, {greatest}")
                if lower == "low"
                else ("high", f"{greatest} is below {lower}, {least}")
            )
            problems.append(Problem(prefix + at, "out_of_order", f"{detail}; low <= best <= high must hold"))
    return problems

"""Which reports are independent of each other: five outlets that copy one agency are one origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from app.domain.assessment.said import NOBODY, Account
from app.domain.folding import fold
from app.domain.redaction import REDACTED

Key = TypeVar("Key")


class Trails(Generic[Key]):
    """Where reports lead: to those that they name, those that these name, and so on.

    `named`: of each report the one that it is derived from, and the one that it is of the same origin as.
    """

    def __init__(self, named: Mapping[Key, tuple[Key | None, Key | None]]) -> None:
        self._named = dict(named)

    def unknown(self) -> list[Key]:
        """Reports that are named, and of which it is not known yet whom they name."""
        keys = dict.fromkeys(key for pair in self._named.values() for key in pair if key is not None)
        return [key for key in keys if key not in self._named]

    def learn(self, named: Mapping[Key, tuple[Key | None, Key | None]]) -> None:
        self._named.update(named)

    def leads(self, start: Key) -> list[Key]:
        """All reports that it leads to."""
        seen: dict[Key, None] = {}
        following = [start]
        while following:
            for key in self._named[following.pop()]:
                if key is not None and key not in seen and key != start:
                    seen[key] = None
                    following.append(key)
        return list(seen)

    def repeats(self, start: Key) -> tuple[Key, ...]:
        """Those that it is derived from, the nearest first."""
        seen: list[Key] = []
        key = self._named[start][0]
        while key is not None and key not in seen and key != start:
            seen.append(key)
            key = self._named[key][0]
        return tuple(seen)


def spoken_for(name: str | None, source: str | None) -> str | None:
    """By what a source is known again: its name, and its id where the name was redacted."""
    return source if name == REDACTED else name


def marks_of(source: str | None, owner: str | None, leads: Iterable[object] = ()) -> tuple[object, ...]:
    """What makes a report not independent of others: its source's name, who owns that, the reports that it leads to."""
    itself = tuple(("itself", report) for report in leads)
    if source is None:
        return (*NOBODY, *itself)
    owned = () if owner is None else (("owner", fold(owner) or owner),)
    return (("source", fold(source) or source), *owned, *itself)


def origins(accounts: Iterable[Account]) -> dict[object, int]:
    """The number of each report's origin, from 1 on in the order of the accounts, by report.

    Reports are of one origin where they have a mark in common, or where others between them have.
    """
    roots: dict[object, object] = {}

    def root(mark: object) -> object:
        roots.setdefault(mark, mark)
        while roots[mark] != mark:
            roots[mark] = roots[roots[mark]]
            mark = roots[mark]
        return mark

    listed = list(accounts)
    for account in listed:
        own = root(("itself", account.report))
        for mark in account.marks:
            roots[root(mark)] = own
    numbers: dict[object, int] = {}
    return {
        account.report: numbers.setdefault(root(("itself", account.report)), len(numbers) + 1)
        for account in listed
    }

"""Keys and numbers that rise together."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 250


def runs_of(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Pairs (key, number) as runs in which both rise by one: by how much the number is greater, the first and the last key.

    What is created together is copied by runs sooner than row by row. None is longer than LONGEST: SQLite
    keeps in memory what a statement overwrites, until it ends.
    """
    runs: list[tuple[int, int, int]] = []
    for key, number in pairs:
        if runs and runs[-1][0] == number - key and runs[-1][2] == key - 1 and key - runs[-1][1] < LONGEST:
            runs[-1] = (number - key, runs[-1][1], key)
        else:
            runs.append((number - key, key, key))
    return runs

"""The families of a list, of one metric: what is taken away of each whole, and how much each part accounts for."""

from __future__ import annotations

from collections import defaultdict

from app.domain.contributions import Contribution
from app.domain.figures import Figure
from app.storage.totals import Families, ends_of, overlaps, parts_first


class Relations:
    """Of the incidents that contain others of the list or are contained in one, by internal key."""

    def __init__(self, found: Families, metric: str) -> None:
        self._found = found
        self._metric = metric
        self._taken = overlaps(found, metric)
        self.parts: dict[int, list[int]] = defaultdict(list)
        for key, (container, _) in found.items():
            if container is not None:
                self.parts[container].append(key)
        self.lessened = frozenset(key for key, ends in self._taken.items() if any(ends))
        """Those that count for less than they state."""
        self._accounts: dict[int, Figure] = {}

    @property
    def contained(self) -> int:
        """How many are part of another one of the list."""
        return sum(map(len, self.parts.values()))

    def container(self, key: int) -> int | None:
        """The nearest incident of the list that contains this one."""
        return self._found[key][0] if key in self._found else None

    def contribution(self, key: int, own: Figure) -> Contribution:
        """Of an incident of the list that is counted."""
        if key not in self._found:
            return Contribution(own)
        taken, parts = self._taken.get(key, (0, 0, 0)), len(self.parts.get(key, ()))
        return Contribution(own, taken, parts, self._found[key][0] is not None)

    def own(self, key: int) -> Figure:
        ends = ends_of(self._found[key][1], self._metric)
        return Figure(ends.low, ends.best, ends.high)

    def accounts_for(self, key: int) -> Figure:
        """How much of its whole a part accounts for: the larger of its own figure and its parts, end by end."""
        if not self._accounts:
            self._account()
        return self._accounts[key]

    def _account(self) -> None:
        for key in parts_first({key: container for key, (container, _) in self._found.items()}):
            own = self.own(key)
            below = [self._accounts[part] for part in self.parts.get(key, ())]
            self._accounts[key] = Figure(
                _larger(own.low, [each.low for each in below]),
                _larger(own.low if own.best is None else own.best, [each.best for each in below]),
                _larger(own.high, [each.high for each in below]),
            )


def _larger(own: int | None, parts: list[int | None]) -> int | None:
    """Where neither states anything, nothing is accounted for."""
    stated = [number for number in parts if number is not None]
    if not stated:
        return own
    return max(own or 0, sum(stated))

"""What was so at each change of the history, and which record each change was of."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.support.modelled.weighing import as_stored
from tests.support.modelled.world import Record, World


class Entry(NamedTuple):
    """A change that made a version: of several of one record in one act the last."""

    seq: int
    uid: str
    action: str


@dataclass
class Book:
    """`worlds[n]` is so from `ends[n]` on; between two ends lies one act, with its changes in their order."""

    ends: list[int]
    worlds: list[World] = field(default_factory=lambda: [{}])
    entries: list[Entry] = field(default_factory=list)
    amid: dict[int, World] = field(default_factory=dict)
    """What was so amid an act, once it was asked for."""

    @property
    def head(self) -> int:
        return self.ends[-1]

    def note(self, end: int, world: World, entries: list[Entry]) -> None:
        assert entries[-1].seq <= end
        self.ends.append(end)
        self.worlds.append(world)
        self.entries += sorted(entries)

    def ever(self, uid: str, name: str) -> set[object]:
        """All that a field of a record ever held, but what stood only amid an act."""
        return {world[uid][name] for world in self.worlds if uid in world}

    def forget(self, uid: str, blanks: Record) -> None:
        """What was redacted was never so. Figures that it led to stand, though nobody could tell any more how."""
        if "name" in blanks:
            self.worlds = [
                {one: as_stored(world, one) if "links" in world[one] else world[one] for one in world}
                for world in self.worlds
            ]
        self.worlds = [
            world if uid not in world else world | {uid: world[uid] | blanks} for world in self.worlds
        ]
        self.amid.clear()

    def at(self, seq: int) -> World:
        """What was so then; amid an act what its changes up to there had made so."""
        if seq <= self.ends[0]:
            return self.worlds[0]
        place = bisect_left(self.ends, seq)
        if self.ends[place] == seq:
            return self.worlds[place]
        if seq not in self.amid:
            self.amid[seq] = self._amid(seq, place)
        return self.amid[seq]

    def _amid(self, seq: int, place: int) -> World:
        before, after = self.worlds[place - 1], self.worlds[place]
        changed = {e.uid for e in self.entries if self.ends[place - 1] < e.seq <= seq}
        return {
            uid: as_stored(after if uid in changed else before, uid)
            for uid in after
            if uid in changed or uid in before
        }

    def before_act(self, seq: int) -> int:
        """Where the act began that made this change."""
        return self.ends[bisect_left(self.ends, seq) - 1]

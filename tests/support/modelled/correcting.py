"""Corrections: of two reports of an incident one corrects, and the other stands beside it until both are of one origin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from tests.support.modelled.asking import Asking
from tests.support.modelled.sight import Who
from tests.support.modelled.weighing import origins
from tests.support.modelled.world import Claim, Link, of_kind

OUTER = (Claim("killed", 1, 5, 9), Claim("wounded", 0, 3, 9))
INNER = (Claim("killed", 3, 4, 5), Claim("wounded", 2, 2, 5))
"""Whoever is left out, the figure tells of it."""


@dataclass
class Correction:
    """By an editor, `who`, of an incident of which nothing else is said."""

    asking: Asking
    who: Who

    def made(self, number: int, name: str) -> None:
        """The later report corrects, or the earlier one, which counts for nothing. `name`: how the one leads to the other then."""
        acting = self.asking.acting
        pairs = self._of_two_origins()
        while not pairs:
            self._another()
            pairs = self._of_two_origins()
        earlier, later = pairs[number % len(pairs)]
        shown = all(acting.world[report]["workflow"] == "published" for report in (earlier, later))
        acting.create(self.who, "incident", {"workflow": "published" if shown else "draft"})
        incident = of_kind(acting.world, "incident")[-1]["id"]
        corrects = later if number % 4 else earlier
        for report in (earlier, later) if number % 2 else (later, earlier):
            link = Link("corrects", INNER) if report == corrects else Link("describes", OUTER)
            acting.link(self.who, incident, report, link)
        self.asking.one(self.who, incident)
        source = acting.world[earlier]["source"]
        if source is not None:
            acting.amend(self.who, source, {"reliability": "A"})
            self.asking.one(self.who, incident)
        before = acting.book.head
        acting.amend(self.who, later, {name: earlier})
        self.asking.one(self.who, incident)
        self.asking.one(self.who, incident, before)

    def _of_two_origins(self) -> list[tuple[str, str]]:
        """Of each pair the earlier one first."""
        world = self.asking.acting.world
        standing = [each for each in of_kind(world, "report") if not each["deleted"]]
        ordered = [each["id"] for each in sorted(standing, key=lambda each: int(each["day"]))]
        return [
            (one, other)
            for one, other in combinations(ordered, 2)
            if world[one]["day"] < world[other]["day"]
            and len(set(origins(world, [one, other]).values())) == 2
        ]

    def _another(self) -> None:
        """A report of a source that nobody knew."""
        acting = self.asking.acting
        acting.create(self.who, "source", {})
        source = of_kind(acting.world, "source")[-1]["id"]
        acting.create(self.who, "report", {"workflow": "published", "source": source})

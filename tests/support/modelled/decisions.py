"""An editor decides that two incidents are two; one of them is merged with a third, and all of them are asked about."""

from __future__ import annotations

from itertools import permutations

from tests.support.modelled import roles
from tests.support.modelled.acting import WHO, Acting
from tests.support.modelled.asking import Asking
from tests.support.modelled.questions import Question
from tests.support.modelled.world import of_kind

EDITOR = WHO[-2]


class Decision:
    def __init__(self, acting: Acting, asking: Asking) -> None:
        self.acting = acting
        self.asking = asking

    def made(self, number: int) -> None:
        """Each act is foretold, also where it is refused: what was found to be two is not merged by a detour."""
        sight = self.acting.sight(EDITOR)
        standing = [
            record["id"] for record in of_kind(self.acting.world, "incident") if sight.sees(record["id"])
        ]
        threes = [
            (one, into, other)
            for one, into, other in permutations(standing[-8:], 3)
            if roles.merged(sight, one, into) == roles.merged(sight, into, other) == roles.OK
        ]
        if not threes:
            return
        one, into, other = threes[number % len(threes)]
        act, reader = self.acting, WHO[1]
        act.distinguish(EDITOR, *((one, other) if number % 2 else (other, one)))
        act.merge(EDITOR, one, other)
        self._looked_at()
        act.merge(EDITOR, one, into)
        then = act.book.head
        act.merge(EDITOR, into, other)
        self._looked_at()
        if number % 3 == 1:
            act.distinguish(EDITOR, other, into, back=True)
        act.unmerge(EDITOR, one)
        self._looked_at(then)
        for who in (reader, EDITOR):
            self.asking.history(who, one)
            self.asking.history(who, other)

    def _looked_at(self, seq: int | None = None) -> None:
        for at in {None, seq}:
            self.asking.doubles(EDITOR, at)
        self.asking.list(EDITOR, "incident", Question(), 100)

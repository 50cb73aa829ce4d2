"""What takes the place of a record that is deleted or merged: it is told by its id to whoever may know of it, and to nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.modelled.asking import Asking
from tests.support.modelled.following import Followed
from tests.support.modelled.sight import Who
from tests.support.modelled.world import of_kind

SHOWN = {"workflow": "published"}


@dataclass
class Replacement:
    """By an editor, `who`, of records of which nothing else is said; `reader` asks, `holding` is its copy."""

    asking: Asking
    who: Who
    reader: Who
    holding: Followed

    def made(self, number: int, kind: str) -> None:
        """The one leads to the other, and on to a third one once that took the other's place, while that is in sight. An incident
        was merged, or the other one was."""
        act = self.asking.acting
        one, other, third = (self._new(kind) for _ in range(3))
        self.holding.catch_up(100)
        self._replaced(one, other, merges=kind == "incident" and number % 4 != 3)
        first = act.book.head
        self._replaced(other, third, merges=kind == "incident" and number % 4 != 1)
        second = act.book.head
        self._asked(one, first)
        act.amend(self.who, third, {"sharing": "restricted"})
        self._asked(one, second)
        self.asking.one(self.reader, other)
        self.holding.catch_up(100)
        act.amend(self.who, third, {"sharing": "public"})
        act.delete(self.who, third)
        self._asked(one, second)

    def _new(self, kind: str) -> str:
        self.asking.acting.create(self.who, kind, SHOWN)
        return str(of_kind(self.asking.acting.world, kind)[-1]["id"])

    def _replaced(self, one: str, other: str, *, merges: bool) -> None:
        if merges:
            self.asking.acting.merge(self.who, one, other)
        else:
            self.asking.acting.delete(self.who, one, other)

    def _asked(self, uid: str, seq: int) -> None:
        """Of now, and of a moment."""
        self.asking.one(self.reader, uid)
        self.asking.one(self.reader, uid, seq)

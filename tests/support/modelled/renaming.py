"""Sources that are called otherwise than before: by which name each of them is told of the moments before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.modelled.asking import Asking
from tests.support.modelled.sight import Who


@dataclass
class Renaming:
    """By an editor, `who`, of a source that a report names; `reader` asks for both."""

    asking: Asking
    who: Who
    reader: Who

    def made(self, source: str, report: str, number: int) -> None:
        """It gets another name, then another pseudonym; in between it is protected, and is so no longer."""
        act = self.asking.acting
        name, pseudonym = {"name": f"Renamed {number}"}, {"pseudonym": f"Voice renamed {number}"}
        protects: tuple[dict[str, Any], ...] = ({"protected": True}, {"protected": False})
        orders = (
            (name, protects[0], pseudonym),
            (protects[0], pseudonym, protects[1]),
            (pseudonym, name),
        )
        first = act.book.head
        for changed in orders[number % len(orders)]:
            before = act.book.head
            act.amend(self.who, source, changed)
            self._asked(source, report, before)
        self._asked(source, report, first)
        self.asking.one(self.who, source, first)

    def _asked(self, source: str, report: str, seq: int) -> None:
        for uid in (source, report):
            self.asking.one(self.reader, uid, seq)

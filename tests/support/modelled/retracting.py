"""Why something was retracted: told as long as it is, whatever else is changed meanwhile, and as of then for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.modelled.asking import Asking
from tests.support.modelled.sight import Who

LEAVING: tuple[dict[str, Any], ...] = (
    {"title": "Told otherwise", "country": "IRQ"},
    {"killed": (1, 4, 8)},
    {"workflow": "in_review"},
)
"""Changes that leave it retracted."""
ENDING = ("discounted", "confirmed", "unreviewed")


@dataclass
class Retraction:
    """By an editor, `who`; `reader` asks, too."""

    asking: Asking
    who: Who
    reader: Who

    def made(self, uid: str, number: int) -> None:
        """It is retracted with a reason and changed; that ends; and it is said to be retracted without one."""
        act = self.asking.acting
        shown = {"sharing": "public", "source": None} if number % 4 else {}
        act.amend(self.who, uid, {"workflow": "published", "verification_status": "pending", **shown})
        act.do(self.who, uid, "retract")
        retracted = act.book.head
        act.amend(self.who, uid, LEAVING[number % len(LEAVING)])
        self._asked(uid)
        again = {"workflow": "published", "verification_status": ENDING[number % len(ENDING)]}
        act.amend(self.who, uid, again)
        self.asking.one(self.reader, uid, retracted)
        act.amend(self.who, uid, {"verification_status": "retracted"})
        self._asked(uid)
        self.asking.history(self.reader, uid)

    def _asked(self, uid: str, seq: int | None = None) -> None:
        for who in (self.who, self.reader):
            self.asking.one(who, uid, seq)

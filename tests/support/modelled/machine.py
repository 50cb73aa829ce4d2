"""What random writers and readers have in common: the records that there are, who follows them, and how one of them is picked."""

from __future__ import annotations

from hypothesis.stateful import RuleBasedStateMachine

from tests.support.api import Api
from tests.support.modelled.acting import Acting
from tests.support.modelled.asking import Asking
from tests.support.modelled.drawn import LOOKING
from tests.support.modelled.following import Followed
from tests.support.modelled.questions import Question


class Machine(RuleBasedStateMachine):
    """On an empty database each time."""

    api: Api

    def __init__(self) -> None:
        super().__init__()
        self.acting = Acting(self.api)
        self.asking = Asking(self.acting)
        everything = ("source", "report", "incident")
        self.followers = [
            Followed.begun(self.acting, who, everything, Question(), synced=False) for who in LOOKING
        ]

    def pick(self, kind: str, number: int) -> str | None:
        """A record, deleted or not; the newest ones by small numbers."""
        made = [uid for uid, record in self.acting.world.items() if record["kind"] == kind]
        return made[-1 - number % len(made)] if made else None

    def named(self, kind: str, number: int) -> str | None:
        """None as often as not."""
        return self.pick(kind, number // 2) if number % 2 else None

    def has(self, *kinds: str) -> bool:
        return all(self.pick(kind, 0) is not None for kind in kinds)

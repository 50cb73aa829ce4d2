"""Random readers and followers: what is told of now, of other moments, and of what was done."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.modelled.drawn import ANYBODY, KIND, LIMIT, NUMBERS, SEES
from tests.support.modelled.following import Followed
from tests.support.modelled.machine import Machine
from tests.support.modelled.questions import Question, question
from tests.support.modelled.sight import Who


class Readers(Machine):
    def question_of(self, kind: str, number: int) -> Question:
        return question(kind, number, lambda of: self.pick(of, number) or "none")

    def moment(self, number: int) -> int | None:
        """Now as often as not; else a change of the history, amid an act or not."""
        return None if number % 2 else self.acting.book.head - number // 2 % (self.acting.book.head + 1)

    @precondition(lambda self: self.acting.world)
    @rule(who=SEES, kind=KIND, number=NUMBERS, limit=LIMIT, when=NUMBERS)
    def lists(self, who: Who, kind: str, number: int, limit: int, when: int) -> None:
        self.asking.list(who, kind, self.question_of(kind, number), limit, self.moment(when))

    @precondition(lambda self: self.acting.world)
    @rule(who=ANYBODY, kind=KIND, number=NUMBERS, when=NUMBERS)
    def one(self, who: Who, kind: str, number: int, when: int) -> None:
        uid = self.pick(kind, number)
        if uid is not None:
            self.asking.one(who, uid, self.moment(when))

    @precondition(lambda self: self.has("incident"))
    @rule(who=SEES, number=NUMBERS, when=NUMBERS)
    def totals(self, who: Who, number: int, when: int) -> None:
        self.asking.total(who, self.question_of("incident", number), self.moment(when))

    @precondition(lambda self: self.acting.world)
    @rule(who=SEES, kind=KIND, number=NUMBERS)
    def history(self, who: Who, kind: str, number: int) -> None:
        uid = self.pick(kind, number)
        if uid is not None:
            self.asking.history(who, uid)

    @rule(
        who=SEES, kind=KIND, number=NUMBERS, synced=st.booleans(), alone=st.sampled_from([True, True, False])
    )
    def follow(self, who: Who, kind: str, number: int, synced: bool, alone: bool) -> None:
        kinds = (kind,) if alone else ("source", "report", "incident")
        asked = self.question_of(kind, number) if alone else Question()
        self.followers.append(Followed.begun(self.acting, who, kinds, asked, synced=synced))

    @precondition(lambda self: self.followers)
    @rule(number=NUMBERS, limit=LIMIT)
    def poll(self, number: int, limit: int) -> None:
        self.followers[number % len(self.followers)].poll(limit)

    @precondition(lambda self: self.followers)
    @rule(number=NUMBERS, limit=LIMIT)
    def catch_up(self, number: int, limit: int) -> None:
        self.followers[number % len(self.followers)].check(limit)

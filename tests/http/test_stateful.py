"""Random writers, readers and followers over HTTP against a plain model of records: every answer is what the model tells.

A failure tells all acts that led to it, and the seed that leads to them again. `INCIDENTS_TEST_EXAMPLES=200` runs longer;
`INCIDENTS_TEST_SHRINK=1` looks for the shortest run that fails, for some minutes.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test

from tests.conftest import SECRET
from tests.support.api import Api, Running
from tests.support.emptying import empty
from tests.support.history import check_history
from tests.support.modelled.acting import WHO
from tests.support.modelled.drawn import ACTS, CONTRIBUTOR, FOLLOWED_UP, LOOKING, PATCHES, SHARING, STAGE
from tests.support.modelled.places import PLACES, Place
from tests.support.modelled.questions import Question
from tests.support.modelled.rarer import Rarer
from tests.support.modelled.world import Claim, Link
from tests.support.modelled.writers import Writers

EXAMPLES = int(os.environ.get("INCIDENTS_TEST_EXAMPLES", "6"))
STEPS = 40
QUICK = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    phases=[Phase.generate, *([Phase.shrink] if "INCIDENTS_TEST_SHRINK" in os.environ else [])],
    suppress_health_check=list(HealthCheck),
)


def in_order(names: list[str]) -> st.SearchStrategy[list[tuple[str, dict[str, Any]]]]:
    """These acts, one after the other in any order."""
    drawn = {name: st.fixed_dictionaries((ACTS | FOLLOWED_UP)[name]) for name in names}
    return st.permutations(sorted(names)).flatmap(
        lambda order: st.tuples(*(st.tuples(st.just(name), drawn[name]) for name in order)).map(list)
    )


class Service(Writers, Rarer):
    """Who does and asks what: first something of everything, then at random."""

    def __init__(self) -> None:
        super().__init__()
        self.looked = self.acting.book.head

    @invariant()
    def look(self) -> None:
        """After each act one viewer in turn looks at some of what there is, and at how a record that it changed became so, or at what was
        so before; what was to change nothing did not."""
        self.acting.check_idle()
        book = self.acting.book
        if book.head == self.looked:
            return
        self.looked, turn = book.head, len(book.ends)
        who = LOOKING[turn % len(LOOKING)]
        self.asking.list(who, "incident", Question(), 100)
        match turn // len(LOOKING) % 4:
            case 0 | 2:
                self.asking.list(who, "report", Question(), 100)
            case 1:
                self.asking.list(who, "source", Question(), 100)
            case 3:
                self.asking.total(who, Question())
        if turn % 2:
            self.asking.history(who, book.entries[-1].uid)
        else:
            self.asking.list(who, [*PATCHES][turn // 6 % len(PATCHES)], Question(), 100, book.ends[-2])

    @initialize(
        levels=st.lists(SHARING, min_size=8, max_size=8),
        stages=st.lists(STAGE, min_size=6, max_size=6),
        acts=st.permutations(sorted(FOLLOWED_UP)).flatmap(lambda more: in_order([*ACTS, *more[:2]])),
    )
    def begin(self, levels: list[str], stages: list[str], acts: list[tuple[str, dict[str, Any]]]) -> None:
        """Something of everything, so that acts and questions have something to be about. Then each of the rarer acts once, since
        a run leaves out many rules, and two of those that are followed up."""
        beta, desk = (who for who in WHO if who.role == "editor")
        for level, protected in zip(levels, (False, True), strict=False):
            values = {"sharing": level, "protected": protected, "reliability": "B"}
            self.acting.create(beta, "source", values)
        for place, level in enumerate(levels[2:]):
            kind, plain = ("report", "incident")[place % 2], {"sharing": level, "workflow": stages[place]}
            more: dict[str, Any] = {"source": self.named("source", place + (kind == "report"))}
            if kind == "incident":
                more |= {"country": "SYR", "part_of": self.named("incident", place % 4)}
                more |= {"place": Place(*PLACES[place // 2])}
            self.acting.create(desk, kind, plain | more)
        mine = {"sharing": levels[-1], "workflow": "in_review", "place": Place(*PLACES[0], "settlement")}
        self.acting.create(CONTRIBUTOR, "incident", mine)
        for one, other in ((0, 0), (0, 1), (1, 1), (2, 2)):
            link = Link(claims=(Claim("killed", one, 3 + other, 8), Claim("wounded", other, None, None)))
            self.acting.link(desk, self.pick("incident", one) or "", self.pick("report", other) or "", link)
        for name, drawn in acts:
            getattr(self, name)(**drawn)

    def teardown(self) -> None:
        if not self.acting.sound:  # what went wrong is told already
            return
        for follower in self.followers:
            follower.check(100)
        for who, kind in zip(LOOKING, PATCHES, strict=True):
            self.asking.list(who, kind, Question(), 100, self.acting.book.head // 2)
        check_history(self.api.database)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_every_answer_is_what_a_plain_model_tells(api: Api, running: Running) -> None:
    def anew() -> Service:
        empty(api.database)
        service = type("Service", (Service,), {"api": Api(running, api.database, SECRET)})
        made: Service = service()
        return made

    run_state_machine_as_test(anew, settings=QUICK)

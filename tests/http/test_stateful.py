"""Random writers, readers and followers over HTTP against a plain model of records: every answer is what the model tells.

A failure tells all acts that led to it. `INCIDENTS_TEST_EXAMPLES=200` runs longer, each time otherwise;
`INCIDENTS_TEST_SHRINK=1` looks for the shortest run that fails, for some minutes.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import SECRET
from tests.support.api import Api, Running
from tests.support.emptying import empty
from tests.support.history import check_history
from tests.support.modelled.acting import WHO, Acting
from tests.support.modelled.asking import Asking
from tests.support.modelled.decisions import Decision
from tests.support.modelled.distinguishing import led_to
from tests.support.modelled.dividing import Share
from tests.support.modelled.drawn import (
    ACTS,
    ANYBODY,
    CONTRIBUTOR,
    FIGURES,
    KIND,
    LIMIT,
    LINK,
    LOOKING,
    NAMING,
    NUMBERS,
    PATCH,
    PATCHES,
    PLACE,
    REDACTABLE,
    SEES,
    SELDOM,
    SHARING,
    STAGE,
    WRITER,
)
from tests.support.modelled.following import Followed
from tests.support.modelled.mistakes import Mistake
from tests.support.modelled.places import CELLS, PLACES, Place
from tests.support.modelled.questions import Question, around, question
from tests.support.modelled.sight import Who
from tests.support.modelled.world import Claim, Link, of_kind

EXAMPLES = int(os.environ.get("INCIDENTS_TEST_EXAMPLES", "6"))
STEPS = 40
QUICK = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    derandomize="INCIDENTS_TEST_EXAMPLES" not in os.environ,
    phases=[Phase.generate, *([Phase.shrink] if "INCIDENTS_TEST_SHRINK" in os.environ else [])],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


class Service(RuleBasedStateMachine):
    """Who does and asks what, on an empty database each time."""

    api: Api

    def __init__(self) -> None:
        super().__init__()
        self.acting = Acting(self.api)
        self.asking = Asking(self.acting)
        everything = ("source", "report", "incident")
        self.followers = [
            Followed.begun(self.acting, who, everything, Question(), synced=False) for who in LOOKING
        ]
        self.looked = self.acting.book.head

    @invariant()
    def look(self) -> None:
        """After each act one viewer in turn looks at all that there is."""
        head = self.acting.book.head
        if head != self.looked:
            self.looked = head
            who = LOOKING[len(self.acting.book.ends) % len(LOOKING)]
            for kind in PATCHES:
                self.asking.list(who, kind, Question(), 100)
            self.asking.total(who, Question())

    def pick(self, kind: str, number: int) -> str | None:
        """A record, deleted or not; the newest ones by small numbers."""
        made = [uid for uid, record in self.acting.world.items() if record["kind"] == kind]
        return made[-1 - number % len(made)] if made else None

    def named(self, kind: str, number: int) -> str | None:
        """None as often as not."""
        return self.pick(kind, number // 2) if number % 2 else None

    def has(self, *kinds: str) -> bool:
        return all(self.pick(kind, 0) is not None for kind in kinds)

    @initialize(
        levels=st.lists(SHARING, min_size=8, max_size=8),
        stages=st.lists(STAGE, min_size=6, max_size=6),
        order=st.permutations(sorted(ACTS)),
        acts=st.fixed_dictionaries({name: st.fixed_dictionaries(drawn) for name, drawn in ACTS.items()}),
    )
    def begin(
        self, levels: list[str], stages: list[str], order: list[str], acts: dict[str, dict[str, Any]]
    ) -> None:
        """Something of everything, so that acts and questions have something to be about. Then each of the rarer acts once, since
        a run leaves out many rules."""
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
        for name in order:
            getattr(self, name)(**acts[name])

    @rule(who=WRITER, sharing=SHARING, protected=st.booleans(), reliability=st.sampled_from("ABF"))
    def source(self, who: Who, sharing: str, protected: bool, reliability: str) -> None:
        values = {"sharing": sharing, "protected": protected, "reliability": reliability}
        self.acting.create(who, "source", values)

    @rule(who=WRITER, sharing=SHARING, workflow=STAGE, of=NUMBERS)
    def report(self, who: Who, sharing: str, workflow: str, of: int) -> None:
        values = {"sharing": sharing, "workflow": workflow, "source": self.named("source", of)}
        self.acting.create(who, "report", values)

    @rule(
        who=WRITER,
        sharing=SHARING,
        workflow=STAGE,
        country=st.sampled_from(["SYR", "IRQ", None]),
        killed=st.none() | FIGURES,
        place=PLACE,
        of=NUMBERS,
        part=NUMBERS,
    )
    def incident(
        self,
        who: Who,
        sharing: str,
        workflow: str,
        country: str | None,
        killed: Any,
        place: Place | None,
        of: int,
        part: int,
    ) -> None:
        values = {"sharing": sharing, "workflow": workflow, "country": country, "place": place}
        values |= {"source": self.named("source", of), "part_of": self.named("incident", part)}
        self.acting.create(who, "incident", values if killed is None else values | {"killed": killed})

    @precondition(lambda self: self.acting.world)
    @rule(who=WRITER, number=NUMBERS, asked=PATCH, stale=SELDOM)
    def amend(self, who: Who, number: int, asked: tuple[str, dict[str, Any]], stale: bool) -> None:
        kind, values = asked
        uid = self.pick(kind, number)
        if uid is None:
            return
        for name, of in NAMING.items():
            if name in values:
                values = values | {name: self.named(of, values[name])}
        if "killed" in values:
            values.pop("by_hand", None)
        if "place" in values or self.acting.world[uid].get("place") is None:
            values.pop("to", None)
        self.acting.amend(who, uid, values, stale=stale)

    @precondition(lambda self: self.acting.world)
    @rule(kind=KIND, number=NUMBERS, limit=st.sampled_from([1, 1, 2]))
    def flickers(self, kind: str, number: int, limit: int) -> None:
        """Out of sight, in sight, and out of it again, while followers are amid their pages."""
        uid = self.pick(kind, number)
        if uid is not None:
            for sharing in ("restricted", "public", "restricted"):
                self.acting.amend(LOOKING[-1], uid, {"sharing": sharing})
                for follower in self.followers:
                    follower.poll(limit)

    @precondition(lambda self: self.has("incident"))
    @rule(who=SEES, by=WRITER, number=NUMBERS, at=st.sampled_from(PLACES), to=st.sampled_from([None, *CELLS]))
    def made_coarser(self, who: Who, by: Who, number: int, at: tuple[float, float], to: str | None) -> None:
        """A position is told more coarsely, or anew, and somebody asks where it was before; somebody would have it told otherwise."""
        seen = [uid for uid in self.acting.world if self.acting.sight(who).sees(uid)]
        shown = [uid for uid in seen if self.acting.world[uid]["kind"] == "incident"]
        uid = shown[number % len(shown)] if shown else self.pick("incident", number) or ""
        desk = LOOKING[-1]
        for place in (Place(*at), Place(*PLACES[number % len(PLACES)], to)):
            before = self.acting.book.head
            self.acting.amend(desk, uid, {"place": place})
        area = around(number)
        self.asking.list(who, "incident", area, 100, before)
        self.asking.list(who, "incident", Question(), 100, before)
        self.asking.total(who, area, before)
        withheld = [
            r["id"]
            for r in of_kind(self.acting.world, "incident")
            if r["partner"] == CONTRIBUTOR.partner and r["place"] is not None and r["place"].to is not None
        ]
        one, by = (withheld[0], CONTRIBUTOR) if withheld and number % 3 else (uid, by)
        if self.acting.world[one]["place"] is not None:
            self.acting.amend(by, one, {"to": [None, *CELLS][number % 4]})
            self.asking.list(desk, "incident", Question(), 100)

    @precondition(lambda self: self.has("incident", "report"))
    @rule(who=WRITER, one=NUMBERS, other=NUMBERS, link=LINK)
    def link(self, who: Who, one: int, other: int, link: Link) -> None:
        self.acting.link(who, self.pick("incident", one) or "", self.pick("report", other) or "", link)

    @precondition(lambda self: self.has("incident", "report"))
    @rule(**ACTS["passes_on"])
    def passes_on(self, who: Who, number: int, name: str, link: Link, protected: bool) -> None:
        """Of two reports, of one incident where there is such a one, the first leads to the other, whose source may be protected."""
        world, desk = self.acting.world, LOOKING[-1]
        incidents = of_kind(world, "incident")
        several = [each for each in incidents if len(each["links"]) > 1 and each["by_hand"] is None]
        incident = (several or incidents)[number % len(several or incidents)]
        reports = [*incident["links"]] if several else [each["id"] for each in of_kind(world, "report")]
        one = reports[number // 5 % len(reports)]
        other = reports[(number // 5 + 1 + number % max(len(reports) - 1, 1)) % len(reports)]
        self.acting.link(desk, incident["id"], one, link)
        self.asking.list(desk, "incident", Question(), 100)
        self.acting.amend(desk, one, {name: other})
        self.asking.list(desk, "incident", Question(), 100)
        if protected:
            source = world[other]["source"] or self.pick("source", number) or ""
            shown = {"sharing": "public", "workflow": "published"}
            self.acting.amend(desk, one, {"source": None, **shown})
            self.acting.amend(desk, other, {"source": source, **shown})
            self.acting.amend(desk, source, {"protected": True, "sharing": "public"})
            self.asking.list(who, "report", Question(), 100)

    @precondition(lambda self: self.has("incident", "report"))
    @rule(who=WRITER, one=NUMBERS, other=NUMBERS)
    def unlink(self, who: Who, one: int, other: int) -> None:
        """Of a link that is there, where there is one."""
        standing = [(r["id"], report) for r in self.acting.world.values() for report in r.get("links", ())]
        any_two = (self.pick("incident", one) or "", self.pick("report", other) or "")
        self.acting.unlink(who, *(standing[one % len(standing)] if standing and other % 5 else any_two))

    @precondition(lambda self: self.has("incident"))
    @rule(who=WRITER, number=NUMBERS, verb=st.sampled_from(["publish", "send-back", "retract"]), stale=SELDOM)
    def transition(self, who: Who, number: int, verb: str, stale: bool) -> None:
        self.acting.do(who, self.pick("incident", number) or "", verb, stale=stale)

    @precondition(lambda self: self.has("incident"))
    @rule(who=WRITER, one=NUMBERS, other=NUMBERS)
    def merge(self, who: Who, one: int, other: int) -> None:
        self.acting.merge(who, self.pick("incident", one) or "", self.pick("incident", other) or "")

    @precondition(lambda self: self.has("incident"))
    @rule(who=WRITER, number=NUMBERS, stale=SELDOM)
    def unmerge(self, who: Who, number: int, stale: bool) -> None:
        """Of what is merged, where there is such a one."""
        merged = [uid for uid, record in self.acting.world.items() if record["merged"]]
        uid = merged[number % len(merged)] if merged and number % 5 else self.pick("incident", number)
        self.acting.unmerge(who, uid or "", stale=stale)

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["mistakenly"])
    def mistakenly(self, number: int, meanwhile: list[int], limit: int) -> None:
        """Two are merged, something is changed, and the merge is undone."""
        Mistake(self.acting, LOOKING[-1]).made(number, meanwhile)
        self.followers[number % len(self.followers)].poll(limit)

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["split"])
    def split(self, who: Who, number: int, told: int, claims: bool, stale: bool) -> None:
        """Of one that has links, where there is one; a link goes whole or with a claim of it alone."""
        linked = [each["id"] for each in of_kind(self.acting.world, "incident") if each["links"]]
        uid = linked[number % len(linked)] if linked and number % 5 else self.pick("incident", number) or ""
        links = self.acting.world[uid]["links"]
        report = [*links][told % len(links)] if links else None
        shares = [self.share(uid, report, told, claims=claims)]
        if told % 3 == 0:
            shares.append(self.share(uid, None, told // 3, claims=False))
        self.acting.split(who, uid, shares, stale=stale)

    def share(self, uid: str, report: str | None, number: int, *, claims: bool) -> Share:
        values: dict[str, Any] = {"title": f"Split off {number % 7}"}
        if number % 4 == 1:
            values |= {"part_of": uid if number % 8 == 1 else self.pick("incident", number)}
        if number % 3 == 1:
            values |= {"source": self.named("source", number // 3)}
        if report is None:
            return Share(values, {})
        uids = [claim.uid for claim in self.acting.world[uid]["links"][report].claims]
        return Share(values, {report: uids[number % len(uids) :] if claims and uids else None})

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["dispute"])
    def dispute(self, who: Who, number: int, sharing: str, of: int, stale: bool) -> None:
        """Without a source as often as not: then the organisation itself speaks."""
        uid = self.pick("incident", number) or ""
        self.acting.dispute(who, uid, sharing, self.named("source", of), stale=stale)

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["distinguish"])
    def distinguish(self, who: Who, one: int, other: int, back: bool, stale: bool) -> None:
        """Of two that were said to be two, where there are such; an editor and somebody else ask for likely duplicates."""
        world = self.acting.world
        two = [(r["id"], name) for r in of_kind(world, "incident") for name in sorted(r["distinct"])]
        uid, named = (self.pick("incident", number) or "" for number in (one, other))
        if back and two and one % 5:
            uid, named = (led_to(world, each) for each in two[one % len(two)])
        self.acting.distinguish(who, uid, named, back=back, stale=stale)
        self.asking.doubles(WHO[-2], self.moment(other))
        self.asking.doubles(WHO[1])

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["decided"])
    def decided(self, number: int, limit: int) -> None:
        Decision(self.acting, self.asking).made(number)
        self.followers[number % len(self.followers)].poll(limit)

    @precondition(lambda self: self.acting.world)
    @rule(who=WRITER, kind=KIND, number=NUMBERS, other=NUMBERS, stale=SELDOM)
    def delete(self, who: Who, kind: str, number: int, other: int, stale: bool) -> None:
        uid = self.pick(kind, number)
        if uid is not None:
            self.acting.delete(who, uid, self.named(kind, other), stale=stale)

    @precondition(lambda self: self.acting.world)
    @rule(**ACTS["redact"])
    def redact(self, who: Who, kind: str, number: int, stale: bool, when: int) -> None:
        """By an admin more often than not, who alone may; somebody asks what was so before, and somebody says it anew."""
        mine = [uid for uid, r in self.acting.world.items() if (r["kind"], r["partner"]) == (kind, "alpha")]
        uid = mine[number % len(mine)] if mine and when % 2 else self.pick(kind, number)
        if uid is not None:
            names = REDACTABLE[kind]
            self.acting.redact(WHO[-1] if number % 3 else who, uid, names[number % len(names)], stale=stale)
            self.asking.list(LOOKING[number % 3], kind, Question(), 100, self.moment(2 * number))
            self.acting.amend(CONTRIBUTOR if when % 2 else who, uid, {names[0]: "Said anew"})

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

    def teardown(self) -> None:
        if not self.acting.sound:  # what went wrong is told already
            return
        for follower in self.followers:
            follower.check(100)
        for who in LOOKING:
            for kind in PATCHES:
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

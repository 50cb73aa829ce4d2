"""Random writers: each act by itself, by whoever may do it or not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.modelled.drawn import (
    FIGURES,
    KIND,
    LINK,
    LOOKING,
    NAMING,
    NUMBERS,
    PATCH,
    PLACE,
    SELDOM,
    SHARING,
    STAGE,
    WRITER,
)
from tests.support.modelled.machine import Machine
from tests.support.modelled.places import Place
from tests.support.modelled.sight import Who
from tests.support.modelled.world import Link


class Writers(Machine):
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

    @precondition(lambda self: self.has("incident", "report"))
    @rule(who=WRITER, one=NUMBERS, other=NUMBERS, link=LINK)
    def link(self, who: Who, one: int, other: int, link: Link) -> None:
        self.acting.link(who, self.pick("incident", one) or "", self.pick("report", other) or "", link)

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

    @precondition(lambda self: self.acting.world)
    @rule(who=WRITER, kind=KIND, number=NUMBERS, other=NUMBERS, stale=SELDOM)
    def delete(self, who: Who, kind: str, number: int, other: int, stale: bool) -> None:
        """Somebody asks what took its place, which may be out of their sight."""
        uid, instead = self.pick(kind, number), self.named(kind, other)
        if uid is not None:
            self.acting.delete(who, uid, instead, stale=stale)
            if instead is not None and instead == self.acting.world[uid]["replaced_by"]:
                self.acting.amend(LOOKING[-1], instead, {"sharing": "restricted"})
                self.asking.one(LOOKING[number % 2], uid)

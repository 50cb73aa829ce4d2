"""Random writers: acts that by chance alone would rarely meet what they are about, and what follows on them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.modelled import roles
from tests.support.modelled.acting import WHO
from tests.support.modelled.decisions import Decision
from tests.support.modelled.distinguishing import led_to
from tests.support.modelled.dividing import Share
from tests.support.modelled.drawn import ACTS, CONTRIBUTOR, KIND, LOOKING, NUMBERS, REDACTABLE
from tests.support.modelled.followed_up import FollowedUp
from tests.support.modelled.mistakes import Mistake
from tests.support.modelled.places import CELLS, PLACES, Place
from tests.support.modelled.questions import Question, around
from tests.support.modelled.sight import Who
from tests.support.modelled.world import LEVELS, STAGES, Link, effective, of_kind


class Rarer(FollowedUp):
    """`drawn.ACTS` tells what each of them is drawn with."""

    @precondition(lambda self: self.acting.world)
    @rule(kind=KIND, number=NUMBERS, limit=st.sampled_from([1, 1, 2]))
    def flickers(self, kind: str, number: int, limit: int) -> None:
        """Out of sight, in sight, and out of it again, while two followers are amid their pages."""
        uid = self.pick(kind, number)
        first = number % len(self.followers)
        if uid is not None:
            for sharing in ("restricted", "public", "restricted"):
                self.acting.amend(LOOKING[-1], uid, {"sharing": sharing})
                for follower in [*self.followers[first:], *self.followers[:first]][:2]:
                    follower.poll(limit)

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["made_coarser"])
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
            self.acting.amend(desk, source, {"protected": False, "sharing": "public"})
            self.acting.amend(desk, other, {"source": source, **shown})
            before = self.acting.book.head
            self.acting.amend(desk, other, {"title": "Told otherwise"})
            self.acting.amend(desk, source, {"protected": True})
            self.asking.list(who, "report", Question(), 100)
            self.asking.list(who, "report", Question(), 100, before)

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["mistakenly"])
    def mistakenly(self, number: int, meanwhile: list[int], limit: int) -> None:
        """Two are merged, something is changed, and the merge is undone."""
        Mistake(self.acting, LOOKING[-1]).made(number, meanwhile)
        self.followers[number % len(self.followers)].poll(limit)

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["split"])
    def split(self, who: Who, number: int, told: int, claims: bool, stale: bool) -> None:
        """Of one that has links, where there is one; a link goes whole or with a claim of it alone. Then of one that is shared by its
        source."""
        linked = [each["id"] for each in of_kind(self.acting.world, "incident") if each["links"]]
        uid = linked[number % len(linked)] if linked and number % 5 else self.pick("incident", number) or ""
        links = self.acting.world[uid]["links"]
        report = [*links][told % len(links)] if links else None
        shares = [self.share(uid, report, told, claims=claims)]
        if told % 3 == 0:
            shares.append(self.share(uid, None, told // 3, claims=False))
        self.acting.split(who, uid, shares, stale=stale)
        self.splits_alike(number, told)

    def splits_alike(self, number: int, told: int) -> None:
        """What is split off is shared as the incident is, and has come as far: that is not for a split to say."""
        desk, alike = LOOKING[-1], Share({"title": "Split off as it is"}, {})
        sight, world = self.acting.sight(desk), self.acting.world
        found = [
            each["id"]
            for each in of_kind(world, "incident")
            if each["sharing"] != effective(world, each)
            and roles.split(sight, each["id"], [alike]) == roles.OK
        ]
        if not found:
            self.acting.create(desk, "source", {"sharing": "partners"})
            self.acting.create(desk, "incident", {"source": self.pick("source", 0)})
            found = [self.pick("incident", 0) or ""]
        uid = found[number % len(found)]
        if told % 2:
            self.acting.split(desk, uid, [alike])
            self.asking.one(desk, self.pick("incident", 0) or "")
        else:
            stated = {"workflow": STAGES[number % 3]} if told % 8 == 0 else {"sharing": LEVELS[number % 4]}
            self.acting.split(desk, uid, [Share(stated, {})])

    def share(self, uid: str, report: str | None, number: int, *, claims: bool) -> Share:
        values: dict[str, Any] = {"title": f"Split off {number % 7}"}
        if number % 4 == 1:
            values |= {"part_of": uid if number % 8 == 1 else self.pick("incident", number)}
        if number % 3 == 1:
            values |= {"source": self.named("source", number // 3)}
        if number % 3 == 2:
            values |= {"source": self.shared_otherwise(uid, number // 3)}
        if report is None:
            return Share(values, {})
        uids = [claim.uid for claim in self.acting.world[uid]["links"][report].claims]
        return Share(values, {report: uids[number % len(uids) :] if claims and uids else None})

    def shared_otherwise(self, uid: str, number: int) -> str | None:
        """A source by which the incident would be shared with others than it is, where there is one."""
        world = self.acting.world
        told = effective(world, world[uid])
        sources = [each["id"] for each in of_kind(world, "source") if not each["deleted"]]
        found = [each for each in sources if effective(world, world[uid] | {"source": each}) != told]
        return found[number % len(found)] if found else None

    @precondition(lambda self: self.has("incident"))
    @rule(**ACTS["dispute"])
    def dispute(self, who: Who, number: int, sharing: str, of: int, stale: bool) -> None:
        """Of what is published more often than not; without a source as often as not: then the organisation itself speaks. The
        public asks whether it is told of it, then an editor publishes it."""
        shown = [
            each["id"]
            for each in of_kind(self.acting.world, "incident")
            if each["workflow"] == "published" and self.acting.sight(who).sees(each["id"])
        ]
        uid = shown[number % len(shown)] if shown and number % 5 else self.pick("incident", number) or ""
        there = len(self.acting.world)
        self.acting.dispute(who, uid, sharing, self.named("source", of), stale=stale)
        if len(self.acting.world) > there and number % 2:
            disputing = [*self.acting.world[uid]["links"]][-1]
            self.asking.list(LOOKING[0], "report", Question(), 100)
            self.acting.amend(LOOKING[-1], disputing, {"workflow": "published"})
            self.asking.one(LOOKING[0], uid)

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

"""Acts of several steps, each followed up by questions of its own: what chance alone would hardly ever put in this order."""

from __future__ import annotations

from itertools import permutations

from tests.support.modelled.correcting import Correction
from tests.support.modelled.drawn import CONTRIBUTOR, LOOKING
from tests.support.modelled.meddling import Meddling
from tests.support.modelled.overstepping import Overstepping
from tests.support.modelled.questions import Question
from tests.support.modelled.readers import Readers
from tests.support.modelled.renaming import Renaming
from tests.support.modelled.replacing import Replacement
from tests.support.modelled.retracting import Retraction
from tests.support.modelled.sight import Who
from tests.support.modelled.world import of_kind


class FollowedUp(Readers):
    """`drawn.FOLLOWED_UP` tells what each of them is drawn with."""

    def returns(self, who: Who, kind: str, number: int) -> None:
        """What somebody sees, and holds, is out of their sight for a while; what was done then is told as one with what came
        after."""
        sight = self.acting.sight(who)
        incidents = [each for each in of_kind(sight.world, "incident") if sight.sees(each["id"])]
        pairs = [(each["id"], report) for each in incidents for report in each["links"] if sight.sees(report)]
        if pairs:
            uid = pairs[number % len(pairs)][kind == "report"]
            holding = next(each for each in self.followers if each.who == who)
            holding.catch_up(100)
            self.acting.amend(LOOKING[-1], uid, {"title": "While away", "sharing": "restricted"})
            holding.check(100)
            self.acting.amend(LOOKING[-1], uid, {"sharing": "public"})
            self.asking.history(who, uid)

    def forgets(self, who: Who, number: int) -> None:
        """A report named a source that nothing else names, and that was called otherwise; it does so no longer."""
        sight, desk = self.acting.sight(who), LOOKING[-1]
        reports = [each["id"] for each in of_kind(sight.world, "report") if sight.sees(each["id"])]
        if not reports:
            self.acting.create(desk, "report", {"workflow": "published"})
            reports = [of_kind(self.acting.world, "report")[-1]["id"]]
        report = reports[number % len(reports)]
        self.acting.create(desk, "source", {})
        source = of_kind(self.acting.world, "source")[-1]["id"]
        self.acting.amend(desk, report, {"source": source})
        Renaming(self.asking, desk, who).made(source, report, number)
        before = self.acting.book.head
        self.acting.amend(desk, report, {"source": None})
        self.asking.list(who, "report", Question(), 100, before)

    def goes_through(self, who: Who, number: int) -> None:
        """An incident is published with a report that another one, which is public, rests on, too; it is retracted, and that is
        taken back."""
        desk, incidents = LOOKING[-1], of_kind(self.acting.world, "incident")
        shared = [
            (one["id"], other["id"], report)
            for one, other in permutations(incidents, 2)
            for report in one["links"]
            if report in other["links"]
        ]
        if shared:
            one, other, report = shared[number % len(shared)]
            for uid, workflow in ((other, "published"), (one, "draft"), (report, "in_review")):
                self.acting.amend(desk, uid, {"workflow": workflow})
            self.acting.do(desk, one, "publish")
            Retraction(self.asking, desk, who).made(one, number)
            self.asking.list(desk, "incident", Question(), 100)

    def leads_on(self, who: Who, kind: str, number: int) -> None:
        holding = next(each for each in self.followers if each.who == who)
        Replacement(self.asking, LOOKING[-1], who, holding).made(number, kind)

    def corrects(self, number: int, name: str) -> None:
        Correction(self.asking, LOOKING[-1]).made(number, name)

    def oversteps(self, number: int, some: int) -> None:
        """Of its own, and of what others' figures rest on."""
        Overstepping(self.acting, CONTRIBUTOR, LOOKING[-1]).tried(number, some)
        Meddling(self.asking, CONTRIBUTOR, LOOKING[-1]).tried(number)

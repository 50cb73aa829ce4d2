"""A contributor beside an editor's work: of its organisation's records it tries what is an editor's to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.support.modelled.acting import Acting
from tests.support.modelled.dividing import Share
from tests.support.modelled.sight import Who
from tests.support.modelled.weighing import LEADS
from tests.support.modelled.world import Claim, Link, Record, of_kind

Act = Callable[[], None]


@dataclass
class Overstepping:
    """`who` tries; `desk`, an editor, has published what it tries it on."""

    acting: Acting
    who: Who
    desk: Who

    def tried(self, number: int, some: int) -> None:
        """`some` of all tries that there are, each another one."""
        tries = list(self._tries(number))
        for place in range(some):
            tries[(number + place) % len(tries)]()

    def _tries(self, number: int) -> Iterator[Act]:
        incident = self._own("incident", workflow="published", by_hand=None)
        report = self._own("report", workflow="published")
        other = self._beside(incident, report, number)
        yield from self._of_published(incident, report)
        yield from (partial(self.acting.amend, self.who, report, {name: other}) for name in LEADS)
        yield from self._of_unpublished(self._own("incident", workflow="in_review"), incident)
        source = self._own("source", protected=True)
        yield partial(self.acting.amend, self.who, source, {"protected": False})
        yield from self._of_others(number)

    def _of_published(self, incident: str, report: str) -> Iterator[Act]:
        act, who = self.acting, self.who
        yield partial(act.amend, who, incident, {"title": "Mine"})
        yield partial(act.amend, who, incident, {"workflow": "draft"})
        yield partial(act.delete, who, incident)
        yield partial(act.do, who, incident, "send-back")
        yield partial(act.do, who, incident, "retract")
        yield partial(act.split, who, incident, [Share({"title": "Mine"}, {})])
        for uid in (report, self._without_figures()):
            yield partial(act.amend, who, uid, {"workflow": "in_review"})
        yield partial(act.delete, who, report)
        yield partial(act.unlink, who, incident, report)
        yield partial(act.link, who, incident, report, Link("corrects", (Claim("killed", 0, 0, 0),)))
        yield partial(act.redact, who, report, "title")

    def _of_unpublished(self, draft: str, other: str) -> Iterator[Act]:
        act, who = self.acting, self.who
        yield partial(act.do, who, draft, "publish")
        yield partial(act.do, who, draft, "send-back")
        yield partial(act.amend, who, draft, {"workflow": "published"})
        yield partial(act.amend, who, draft, {"verification_status": "confirmed"})
        yield partial(act.amend, who, draft, {"killed": (0, 1, 2)})
        yield partial(self._undoes_figures, draft)
        yield partial(act.merge, who, draft, other)

    def _undoes_figures(self, draft: str) -> None:
        """That an editor set by hand."""
        self.acting.amend(self.desk, draft, {"killed": (1, 2, 3)})
        self.acting.amend(self.who, draft, {"by_hand": None})
        self.acting.amend(self.desk, draft, {"by_hand": None})

    def _of_others(self, number: int) -> Iterator[Act]:
        """Of records of another organisation that it sees."""
        for kind in ("incident", "report", "source"):
            theirs = [each for each in self._seen(kind) if each["partner"] != self.who.partner]
            if theirs:
                uid = theirs[number % len(theirs)]["id"]
                yield partial(self.acting.amend, self.who, uid, {"sharing": "organisation"})
                yield partial(self.acting.delete, self.who, uid)

    def _seen(self, kind: str) -> list[Record]:
        sight = self.acting.sight(self.who)
        return [each for each in of_kind(sight.world, kind) if sight.sees(each["id"])]

    def _own(self, kind: str, **so: Any) -> str:
        """One of its organisation's that is so; made and, as it is not its to do, published where there is none."""
        mine = [
            each for each in self._seen(kind) if {"partner": self.who.partner, **so}.items() <= each.items()
        ]
        if mine:
            return str(mine[-1]["id"])
        return self._made(kind, so)

    def _made(self, kind: str, so: dict[str, Any]) -> str:
        made = {name: value for name, value in so.items() if name != "by_hand"}
        self.acting.create(self.who, kind, made | ({"workflow": "in_review"} if "workflow" in so else {}))
        uid = str(of_kind(self.acting.world, kind)[-1]["id"])
        if so.get("workflow") == "published":
            self.acting.amend(self.desk, uid, {"workflow": "published"})
        return uid

    def _without_figures(self) -> str:
        """A report of its organisation's that is published, and that no incident counts."""
        claiming = {
            report
            for each in of_kind(self.acting.world, "incident")
            for report, link in each["links"].items()
            if link.claims
        }
        mine = [each for each in self._seen("report") if each["partner"] == self.who.partner]
        shown = [
            each["id"] for each in mine if each["workflow"] == "published" and each["id"] not in claiming
        ]
        return shown[-1] if shown else self._made("report", {"workflow": "published"})

    def _beside(self, incident: str, report: str, number: int) -> str:
        """Another report, which says of the incident something else than the one."""
        shown = [each["id"] for each in self._seen("report") if each["workflow"] == "published"]
        others = [uid for uid in shown if uid != report]
        if not others:
            self.acting.create(self.desk, "report", {"workflow": "published"})
            others = [str(of_kind(self.acting.world, "report")[-1]["id"])]
        links = self.acting.world[incident]["links"]
        linked = [uid for uid in others if uid in links]
        other = (linked or others)[number % len(linked or others)]
        for uid, killed in ((other, 40), (report, 30)):
            claim = Claim("killed", killed, killed, killed)
            if uid not in links or all(each.metric != "killed" for each in links[uid].claims):
                self.acting.link(self.desk, incident, uid, Link("describes", (claim,)))
        return other

"""Others' figures: a contributor amends what is its organisation's, and incidents of another organisation rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.modelled.asking import Asking
from tests.support.modelled.questions import Question
from tests.support.modelled.sight import Who
from tests.support.modelled.weighing import LEADS
from tests.support.modelled.world import METRICS, Claim, Link, of_kind

MINE, THEIRS = (1, 4, 8), (0, 5, 9)
"""Whoever counts for less, or for nothing, the figure tells of it."""


@dataclass
class Meddling:
    """`who` amends; `desk`, an editor of another organisation, has the incidents."""

    asking: Asking
    who: Who
    desk: Who

    def tried(self, number: int) -> None:
        """Accepted while they are unpublished, and the figures follow; of what is published refused, whichever metric it is of."""
        lead, act = LEADS[number % 2], self.asking.acting
        source = self._made(self.who, "source", {})
        mine = self._made(self.who, "report", {"source": source, "workflow": "in_review"})
        again = self._made(self.desk, "report", {"source": source, "derived_from": mine})
        theirs = self._made(self.desk, "report", {"workflow": "published"})
        incidents = [
            self._resting_on(metric, report, theirs)
            for metric, report in zip(METRICS, (again, mine)[:: 1 if number // 2 % 2 else -1], strict=True)
        ]
        for uid, values in ((source, {"reliability": "A"}), (mine, {lead: theirs})):
            act.amend(self.who, uid, values)
        self.asking.list(self.desk, "incident", Question(), 100)
        act.do(self.desk, incidents[0], "publish")
        act.amend(self.who, mine, {lead: None})
        act.amend(self.desk, mine, {lead: None})
        amended = ((source, {"reliability": "F"}), (mine, {lead: theirs}))
        for uid, values in amended:
            act.amend(self.who, uid, values)
        act.do(self.desk, incidents[0], "send-back")
        act.do(self.desk, incidents[1], "publish")
        for uid, values in amended:
            act.amend(self.who, uid, values)
        act.link(self.who, incidents[1], mine, Link("describes", (Claim("killed", 0, 0, 0),)))
        for uid in incidents:
            act.unlink(self.who, uid, theirs)

    def _made(self, by: Who, kind: str, values: dict[str, Any]) -> str:
        self.asking.acting.create(by, kind, values)
        return str(of_kind(self.asking.acting.world, kind)[-1]["id"])

    def _resting_on(self, metric: str, mine: str, theirs: str) -> str:
        """An incident of which both say something; the one is corrected by the other where both are of one origin."""
        incident = self._made(self.desk, "incident", {"workflow": "in_review"})
        for report, role, said in ((mine, "describes", MINE), (theirs, "corrects", THEIRS)):
            self.asking.acting.link(self.desk, incident, report, Link(role, (Claim(metric, *said),)))
        return incident

"""What the history of a record tells of one version: what it was before, as far as the viewer could have read that, and is since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.modelled import telling
from tests.support.modelled.acting import Acting
from tests.support.modelled.sight import Who
from tests.support.modelled.telling import Document
from tests.support.modelled.weighing import figure
from tests.support.modelled.world import ENDS, METRICS, World

PLAIN = {
    "incident": (
        "title",
        "country",
        "sharing",
        "workflow",
        "verification_status",
        "retraction_reason",
        "part_of",
    ),
    "report": ("title", "sharing", "workflow", *telling.LEADS),
    "source": ("sharing", "reliability", "protected"),
}
"""Fields that are told wherever the viewer reads them otherwise than before, by a change that was of them."""
REDACTED = {"before": None, "after": None, "redacted": True}
FIGURES = {f"{metric}_{end}": metric for metric in METRICS for end in ENDS}


@dataclass
class Remembered:
    acting: Acting
    who: Who
    uid: str

    def check(self, item: dict[str, Any], older: int | None, why: str, *, follows: bool) -> None:
        """`older`: the version before this one that the viewer may know of, by its change; `follows`: none lies between."""
        before = None if older is None else self._document(older)
        after = self._document(item["seq"])
        told = {each["field"]: each for each in item["changes"]}
        if after is None:  # of a tombstone no more than that something was redacted
            assert all(each == REDACTED | {"field": name} for name, each in told.items()), why
            return
        if "reports" in item:
            self._check_links(item, why, follows=follows)
        known = after.keys() if before is None else after.keys() & before.keys()
        for name in told.keys() & known:
            of = {"field": name, "before": None if before is None else before[name], "after": after[name]}
            is_redacted = "redacted" in told[name]
            assert told[name] in ([of | REDACTED, of | {"redacted": True}] if is_redacted else [of]), why
        if before is None and follows:  # after a tombstone: it is as it was before that
            return
        moved = self._moved(item["seq"]) if follows else None
        for name in (*PLAIN[self.acting.world[self.uid]["kind"]], *FIGURES):
            if name in after and (moved is None or name in moved):
                differs = after[name] != (None if before is None else before.get(name))
                assert (name in told) == differs or "redacted" in told.get(name, ()), f"{name}: {why}"

    def _document(self, seq: int) -> Document | None:
        sight = self.acting.sight(self.who, seq)
        return telling.document(sight, self.uid) if sight.sees(self.uid) else None

    def _around(self, seq: int) -> tuple[World, World]:
        """What was so before the act that made the version, and once it had."""
        book = self.acting.book
        return book.at(book.before_act(seq)), book.at(seq)

    def _moved(self, seq: int) -> set[str]:
        """The fields that the act was of, whoever reads them."""
        was, now = self._around(seq)
        one, other = was[self.uid], now[self.uid]
        found = {name for name in other if name != "stored" and one[name] != other[name]}
        if "links" in other:
            found |= {name for name, of in FIGURES.items() if figure(was, one, of) != figure(now, other, of)}
        return found

    def _check_links(self, item: dict[str, Any], why: str, *, follows: bool) -> None:
        """Of reports that the viewer may know of, as the act left them; those at least that it changed."""
        seq = item["seq"]
        was, now = self._around(seq)
        links, told = now[self.uid]["links"], {each["report_id"]: each for each in item["reports"]}
        for uid, each in told.items():
            assert self.acting.sight(self.who, seq).knows(uid), why
            assert each["linked"] == (uid in links), why
            if uid in links:
                said = [(claim["metric"], *map(claim.get, ENDS)) for claim in each["claims"]]
                assert said == [(claim.metric, *claim.figure) for claim in links[uid].claims], why
        if follows:
            before = was[self.uid]["links"]
            changed = {uid for uid in {*links, *before} if links.get(uid) != before.get(uid)}
            known = {uid for uid in changed if self.acting.sight(self.who, seq).knows(uid)}
            assert known <= told.keys(), why

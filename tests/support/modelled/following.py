"""Followers of the feed over HTTP, whose copies are to be what the model would tell."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.mirrors import Mirror
from tests.support.modelled import telling
from tests.support.modelled.acting import Acting
from tests.support.modelled.asking import part
from tests.support.modelled.distinguishing import AMONG_EDITORS
from tests.support.modelled.questions import Question
from tests.support.modelled.sight import Sight, Who


@dataclass
class Followed:
    """`kinds`: one where a question is asked."""

    acting: Acting
    who: Who
    kinds: tuple[str, ...]
    asked: Question
    mirror: Mirror

    @classmethod
    def begun(
        cls, acting: Acting, who: Who, kinds: tuple[str, ...], asked: Question, *, synced: bool
    ) -> Followed:
        """With the lists of now; or with nothing, from the beginning of the history."""
        mirror = Mirror(acting.clients[who], {"kind": ",".join(kinds), **asked.params})
        if synced:
            mirror.sync()
        return cls(acting, who, kinds, asked, mirror)

    def poll(self, limit: int) -> None:
        """One page. Nobody hears of a record that it never could have seen, nor of a change that its history does not tell."""
        book = self.acting.book
        entries = {(entry.seq, entry.uid): entry.action for entry in book.entries}
        for item in self.mirror.poll(limit=limit):
            uid, why = item["id"], self._why()
            if item["event"] == "remove":
                moments = [*book.ends, *(entry.seq for entry in book.entries)]
                assert any(self._saw(uid, seq) for seq in moments), why
            for change in item["changes"]:
                assert entries.get((change["seq"], uid)) == change["action"], f"{item}\n{why}"
                assert self.who.is_editor or change["action"] not in AMONG_EDITORS, f"{item}\n{why}"
                assert self.acting.sight(self.who, change["seq"]).knows(uid), why

    def check(self, limit: int) -> None:
        """Caught up, the copy is what the lists tell, and what the model would."""
        while True:
            self.poll(limit)
            page = self.mirror.asked(limit=1).json()
            if not page["items"] and not page["more"]:
                break
        sight = self.acting.sight(self.who)
        expected = {
            told["id"]: told
            for kind in self.kinds
            for told in telling.listed(sight, kind, self.asked.matches)
        }
        why, copy = self._why(), self.mirror.copy
        assert copy.keys() == expected.keys(), why
        assert {uid: part(copy[uid], told) for uid, told in expected.items()} == expected, why
        assert copy == self.mirror.fresh(), why

    def _why(self) -> str:
        return "\n".join([f"{self.who} followed {self.kinds} {self.asked.params}, after", *self.acting.log])

    def _saw(self, uid: str, seq: int) -> bool:
        """Whether it might have seen the record then, whatever is so today."""
        then = self.acting.book.at(seq)
        return Sight(self.who, then).sees(uid)

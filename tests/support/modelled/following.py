"""Followers of the feed over HTTP, whose copies are to be what the model would tell."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.mirrors import Item, Mirror
from tests.support.modelled import telling
from tests.support.modelled.acting import Acting
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

    def poll(self, limit: int) -> bool:
        """One page; whether it held something. Nobody hears of a record that it never could have seen, nor of a change that its history does not tell; what
        is told is what is so now."""
        book = self.acting.book
        entries = {(entry.seq, entry.uid): entry.action for entry in book.entries}
        items = self.mirror.poll(limit=limit)
        for item in items:
            uid, why = item["id"], self._why()
            if item["event"] == "remove":
                moments = [*book.ends, *(entry.seq for entry in book.entries)]
                assert any(self._saw(uid, seq) for seq in moments), why
                assert (item["because"], item.get("tombstone")) == self._removed(item), why
            else:
                assert telling.part(item["record"], self._told(uid)) == self._told(uid), why
            for change in item["changes"]:
                assert entries.get((change["seq"], uid)) == change["action"], f"{item}\n{why}"
                assert self.who.is_editor or change["action"] not in AMONG_EDITORS, f"{item}\n{why}"
                assert self.acting.sight(self.who, change["seq"]).knows(uid), why
        return bool(items)

    def _told(self, uid: str) -> telling.Document:
        sight = self.acting.sight(self.who)
        assert sight.sees(uid), self._why()
        assert self.asked.matches(sight, sight.world[uid]), self._why()
        return telling.document(sight, uid)

    def _removed(self, item: Item) -> tuple[str, telling.Document | None]:
        """Why it is to be held no more, and what its 410 says where it was deleted; of what is out of sight nothing is told."""
        sight, uid = self.acting.sight(self.who), item["id"]
        if sight.sees(uid):
            assert not self.asked.matches(sight, sight.world[uid]), self._why()
            return "no_match", None
        if not sight.knows(uid):
            assert item["changes"] == [], self._why()
            return "out_of_sight", None
        when = {"deleted_at": item["tombstone"]["deleted_at"]}
        return "merged" if sight.world[uid]["merged"] else "deleted", telling.gone(sight, uid) | when

    def catch_up(self, limit: int) -> None:
        while self.poll(limit) or self.mirror.more:
            pass

    def check(self, limit: int) -> None:
        """Caught up, the copy is what the lists tell, and what the model would."""
        self.catch_up(limit)
        sight = self.acting.sight(self.who)
        expected = {
            told["id"]: told
            for kind in self.kinds
            for told in telling.listed(sight, kind, self.asked.matches)
        }
        why, copy = self._why(), self.mirror.copy
        assert copy.keys() == expected.keys(), why
        assert {uid: telling.part(copy[uid], told) for uid, told in expected.items()} == expected, why
        assert copy == self.mirror.fresh(), why

    def _why(self) -> str:
        return "\n".join([f"{self.who} followed {self.kinds} {self.asked.params}, after", *self.acting.log])

    def _saw(self, uid: str, seq: int) -> bool:
        """Whether it might have seen the record then, whatever is so today."""
        then = self.acting.book.at(seq)
        return Sight(self.who, then).sees(uid)

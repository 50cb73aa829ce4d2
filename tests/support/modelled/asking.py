"""Questions over HTTP, each answer compared with what the model would tell."""

from __future__ import annotations

from typing import Any

from tests.support.modelled import roles, telling
from tests.support.modelled.acting import Acting
from tests.support.modelled.distinguishing import AMONG_EDITORS, said
from tests.support.modelled.naming import let_slip
from tests.support.modelled.questions import Question
from tests.support.modelled.remembering import Remembered
from tests.support.modelled.sight import Who
from tests.support.modelled.telling import Document, part


def check_claims(document: Document, expected: list[Document], why: str) -> None:
    told = document["claims"]
    assert len(told) == len(expected), why
    assert [part(each, of) for each, of in zip(told, expected, strict=True)] == expected, why


class Asking:
    def __init__(self, acting: Acting) -> None:
        self.acting = acting

    def _get(self, who: Who, path: str, params: dict[str, Any], seq: int | None) -> Any:
        if seq is not None:
            params = {**params, "as_of": str(seq)}
        answer = self.acting.clients[who].get(path, params=params)
        slipped = [uid for uid in let_slip(self.acting.sight(who), answer.text) if uid not in path]
        assert not slipped, f"told of {slipped}: {self._why(who, path, params)}"
        return answer

    def _why(self, who: Who, *what: Any) -> str:
        return "\n".join([f"{who} asked {what}, after", *self.acting.log])

    def list(self, who: Who, kind: str, asked: Question, limit: int, seq: int | None = None) -> None:
        """In pages, and counted."""
        sight = self.acting.sight(who, seq)
        expected = telling.listed(sight, kind, asked.matches)
        params = {**asked.params, "sort": "id", "limit": str(limit), "count": "true"}
        if kind == "incident":
            params["include"] = "claims"
        answer = self._get(who, f"/v1/{kind}s", params, seq)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        told, count = page["items"], page["count"]
        while page["next"] is not None:
            page = self.acting.clients[who].get(page["next"]).json()
            told += page["items"]
        why = self._why(who, kind, asked.params, seq)
        assert [each["id"] for each in told] == [each["id"] for each in expected], why
        assert [part(each, of) for each, of in zip(told, expected, strict=True)] == expected, why
        assert count == len(expected), why
        if kind == "incident":
            for each in told:
                check_claims(each, telling.claimed(sight, each["id"]), why)

    def one(self, who: Who, uid: str, seq: int | None = None) -> None:
        sight = self.acting.sight(who, seq)
        expected = roles.absent(sight, uid) or 200
        kind = self.acting.world[uid]["kind"]
        evidence = {"include": "reports,claims"} if kind == "incident" else {}
        answer = self._get(who, f"/v1/{kind}s/{uid}", evidence, seq)
        why = self._why(who, uid, seq)
        assert answer.status_code == expected, why
        if expected != 404:
            told = telling.document(sight, uid) if expected == 200 else telling.gone(sight, uid)
            assert part(answer.json(), told) == told, why
            assert ("merged_into" in answer.json()) == (
                "merged_into" in told or (kind == "incident" and expected == 200)
            )
        if expected == 200 and kind == "incident":
            beside = [(report["id"], report["link_role"]) for report in answer.json()["reports"]]
            assert beside == telling.linked(sight, uid), why
            check_claims(answer.json(), telling.claimed(sight, uid), why)

    def total(self, who: Who, asked: Question, seq: int | None = None) -> None:
        expected = telling.total(self.acting.sight(who, seq), asked.matches, all_statuses=asked.of_status)
        answer = self._get(who, "/v1/totals", asked.params, seq)
        assert answer.status_code == 200, answer.text
        assert part(answer.json()["items"][0], expected) == expected, self._why(who, asked.params, seq)

    def doubles(self, who: Who, seq: int | None = None) -> int:
        """Likely duplicates: an editor is told apart those of which it was said that they are two; all others are told all of
        them. How many there are."""
        world = self.acting.sight(who, seq).world
        open_pairs = self._pairs(who, {}, seq)
        if not who.is_editor:
            return len(open_pairs)
        settled = self._pairs(who, {"settled": "true"}, seq)
        why = self._why(who, "duplicates", seq)
        assert not any(said(world, *pair) for pair in open_pairs), why
        assert all(said(world, *pair) for pair in settled), why
        return len(open_pairs) + len(settled)

    def _pairs(self, who: Who, params: dict[str, str], seq: int | None) -> list[tuple[str, str]]:
        answer = self._get(who, "/v1/incidents/duplicates", {**params, "limit": "1000"}, seq)
        assert answer.status_code == 200, answer.text
        found = [pair["incidents"] for pair in answer.json()["items"]]
        assert answer.json()["next"] is None
        return [(one["id"], other["id"]) for one, other in found]

    def history(self, who: Who, uid: str) -> None:
        """The versions that the viewer may know of, each with what made it; nothing of what came before them."""
        book, kind = self.acting.book, self.acting.world[uid]["kind"]
        answer = self._get(who, f"/v1/{kind}s/{uid}/history", {"limit": "100"}, None)
        why = self._why(who, "history of", uid)
        if not self.acting.sight(who).knows(uid):
            assert answer.status_code == 404, why
            return
        assert answer.status_code == 200, why
        items = answer.json()["items"][::-1]
        kept = () if who.is_editor else AMONG_EDITORS
        mine = [e for e in book.entries if e.uid == uid and e.action not in kept]
        known = [e for e in mine if self.acting.sight(who, e.seq).knows(uid)]
        told = [(item["seq"], item["steps"][-1]["action"]) for item in items]
        assert told == [(entry.seq, entry.action) for entry in known], why
        remembered = Remembered(self.acting, who, uid)
        for place, item in enumerate(items):
            assert all(book.before_act(item["seq"]) < step["seq"] <= item["seq"] for step in item["steps"]), (
                why
            )
            older = known[place - 1] if place else None
            follows = older is not None and mine.index(known[place]) == mine.index(older) + 1
            remembered.check(item, None if older is None else older.seq, why, follows=follows)

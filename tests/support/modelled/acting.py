"""Acts over HTTP and in the model at once: what is refused is refused as foretold and changes nothing."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.api import Api
from tests.support.modelled import distinguishing, dividing, effects, merging, roles
from tests.support.modelled.bodies import blank, blank_body, body_of, claimed, shared
from tests.support.modelled.book import Book, Entry
from tests.support.modelled.dividing import Share
from tests.support.modelled.effects import Actions
from tests.support.modelled.sight import Sight, Who
from tests.support.modelled.weighing import figure
from tests.support.modelled.world import METRICS, Link, Record, World, of_kind

WHO = (
    Who(),
    Who("reader", "alpha"),
    Who("contributor", "alpha"),
    Who("editor", "beta"),
    Who("editor", "desk"),
    Who("admin", "desk"),
)
REASON = "in error"
TODAY = 1_000_000
"""The day of a report that is filed by a dispute: later than those of all others."""
Patch = dict[str, Any]


def client_of(api: Api, who: Who) -> httpx.Client:
    return api.client(who.role, who.partner or "")


class Acting:
    def __init__(self, api: Api) -> None:
        self.api = api
        self.clients = {who: client_of(api, who) for who in WHO}
        self.world: World = {}
        self.book = Book([api.admin.get("/v1/changes/head").json()["seq"]])
        self.number = 0
        self.claims: set[str] = set()
        self.log: list[str] = []
        self.sound = True
        """Every act so far came to what was foretold."""
        self.idle = False
        """Something was sent that changes nothing, and it was not yet asked whether it did."""

    def sight(self, who: Who, seq: int | None = None) -> Sight:
        return Sight(who, self.world, None if seq is None else self.book.at(seq))

    def create(self, who: Who, kind: str, values: dict[str, Any]) -> None:
        self.number += 1
        record = blank(kind, self.number) | values | {"partner": who.partner}
        if "killed" in record:
            record["by_hand"] = {"killed": record.pop("killed"), "wounded": (None, None, None)}
        sent = blank_body(kind, record) | body_of(values)
        expected = roles.created(self.sight(who), record)
        answer = self._sent(who, "POST", f"/v1/{kind}s", expected, json=sent)
        if expected == 201:
            uid = answer["id"]
            self._became(self.world | {uid: record | {"id": uid}}, {uid: "create"})

    def amend(self, who: Who, uid: str, values: Patch, *, stale: bool = False) -> None:
        sight = self.sight(who)
        kind = self.world[uid]["kind"]
        after = effects.patched(self.world, uid, values)
        expected = roles.amended(
            sight,
            uid,
            after,
            stale=stale,
            places_anew="place" in values,
            restates=not self.world[uid]["redacted"].isdisjoint(values),
        )
        if expected == roles.OK and not who.is_editor and self._moves_figures(after):
            expected = 403
        self._sent(who, "PATCH", f"/v1/{kind}s/{uid}", expected, stale, json=body_of(values))
        if expected == roles.OK:
            self._became(*effects.amended(self.world, self._pseudonymous(after)))

    def _pseudonymous(self, after: Record) -> Record:
        """A source that is protected, and was given no pseudonym, gets one that says nothing."""
        if not after.get("protected") or after["pseudonym"] is not None:
            return after
        told = self.api.admin.get(f"/v1/sources/{after['id']}").json()["pseudonym"]
        assert told, self.log[-1]
        assert after["name"] not in told, self.log[-1]
        return after | {"pseudonym": told}

    def _moves_figures(self, after: Record) -> bool:
        """Whether a published incident would be told otherwise: an editor has to do that."""
        world, _ = effects.amended(self.world, after)
        return any(
            figure(self.world, incident, metric) != figure(world, world[incident["id"]], metric)
            for incident in of_kind(self.world, "incident")
            if incident["workflow"] == "published" and not incident["deleted"]
            for metric in METRICS
        )

    def link(self, who: Who, incident: str, report: str, link: Link) -> None:
        standing = self.world[incident]["links"].get(report)
        same = standing is not None and standing.says_as(link)
        expected = roles.linked(self.sight(who), incident, report, same=same)
        if expected == roles.OK and standing is None:
            expected = 201
        path = f"/v1/incidents/{incident}/reports/{report}"
        self._sent(who, "PUT", path, expected, json={"role": link.role, "claims": claimed(link)})
        if expected in (roles.OK, 201) and not same:
            self._became(*effects.linked(self.world, incident, report, self._named(incident, report, link)))

    def _named(self, incident: str, report: str, link: Link) -> Link:
        """The link with its claims as they are called from now on: as nothing was called before."""
        if not link.claims:
            return link
        told = self.api.admin.get(f"/v1/incidents/{incident}?include=claims").json()["claims"]
        uids = [claim["id"] for claim in told if claim["report_id"] == report]
        assert len({*uids, *self.claims}) == len(link.claims) + len(self.claims), self.log[-1]
        self.claims.update(uids)
        named = zip(link.claims, uids, strict=True)
        return link._replace(claims=tuple(claim._replace(uid=uid) for claim, uid in named))

    def unlink(self, who: Who, incident: str, report: str) -> None:
        there = report in self.world[incident]["links"]
        # Whose link it is, is asked only of one that is there.
        expected = roles.linked(self.sight(who), incident, report, same=not there)
        expected = 404 if expected == roles.OK and not there else expected
        path = f"/v1/incidents/{incident}/reports/{report}"
        self._sent(who, "DELETE", path, expected, params={"reason": REASON})
        if expected == roles.OK:
            self._became(*effects.linked(self.world, incident, report, None))

    def do(self, who: Who, uid: str, verb: str, *, stale: bool = False) -> None:
        expected = roles.done(self.sight(who), uid, verb, stale=stale)
        reason, _ = self._done(who, uid, verb, expected, stale=stale)
        if expected == roles.OK:
            self._became(*effects.done(self.world, uid, verb, reason))

    def merge(self, who: Who, uid: str, into: str) -> None:
        expected = roles.merged(self.sight(who), uid, into)
        reason, _ = self._done(who, uid, "merge", expected, into=into)
        if expected == roles.OK:
            self._became(*merging.merged(self.world, uid, into, reason))

    def unmerge(self, who: Who, uid: str, *, stale: bool = False) -> None:
        expected = roles.unmerged(self.sight(who), uid, stale=stale)
        _, answer = self._done(who, uid, "unmerge", expected, stale=stale)
        if expected == roles.OK:
            world, actions, lost = merging.unmerged(self.world, uid)
            self.sound = False
            told = {(each["what"], each["id"]) for each in answer["not_restored"]}
            assert told == lost, f"{lost} was foretold to be lost, and {told} was told: {self.log[-1]}"
            self._became(world, actions)

    def distinguish(self, who: Who, uid: str, other: str, *, back: bool = False, stale: bool = False) -> None:
        expected = roles.distinguished(self.sight(who), uid, other, stale=stale, back=back)
        verb = "undistinguish" if back else "distinguish"
        self._done(who, uid, verb, expected, stale=stale, other=other)
        if expected == roles.OK:
            act = distinguishing.undistinguished if back else distinguishing.distinguished
            self._became(*act(self.world, uid, other))

    def split(self, who: Who, uid: str, shares: list[Share], *, stale: bool = False) -> None:
        expected = roles.split(self.sight(who), uid, shares, stale=stale)
        parts = [
            {"incident": body_of(share.values), "reports": [shared(each) for each in share.links.items()]}
            for share in shares
        ]
        _, answer = self._done(who, uid, "split", expected, stale=stale, incidents=parts)
        if expected == roles.OK:
            self._became(*dividing.split(self.world, uid, shares, answer["split"]))

    def dispute(self, who: Who, uid: str, sharing: str, source: str | None, *, stale: bool = False) -> None:
        expected = roles.disputed(self.sight(who), uid, source, stale=stale)
        named = {} if source is None else {"source_id": source}
        _, answer = self._done(who, uid, "dispute", expected, stale=stale, sharing=sharing, **named)
        if expected == roles.OK:
            report = answer["dispute"]["report_id"]
            told = self.api.admin.get(f"/v1/reports/{report}").json()["source_id"]
            speaking = self.world[source] if source is not None else self._own_source(who, told)
            assert told == speaking["id"], self.log[-1]
            workflow = self.world[uid]["workflow"] if who.is_editor else "in_review"
            level = dividing.shared_of(self.world, uid, sharing)
            values = {"sharing": level, "workflow": workflow, "source": told, "partner": who.partner}
            filed = blank("report", 0) | {"day": TODAY, "title": None, "url": None, "id": report} | values
            self._became(*dividing.disputed(self.world, uid, filed, speaking))

    def _own_source(self, who: Who, uid: str) -> Record:
        """The organisation itself; it is new where none of that name is there that is not protected."""
        name = (who.partner or "").title()
        own = {"name": name, "partner": who.partner, "protected": False, "deleted": False}
        for source in of_kind(self.world, "source"):
            if own.items() <= source.items():
                return source
        return blank("source", 0) | own | {"pseudonym": None, "url": None, "id": uid}

    def _done(
        self, who: Who, uid: str, verb: str, expected: int, *, stale: bool = False, **more: Any
    ) -> tuple[str, dict[str, Any]]:
        self.number += 1
        reason = f"Reason {self.number}"
        path = f"/v1/incidents/{uid}/{verb}"
        return reason, self._sent(who, "POST", path, expected, stale, json={"reason": reason, **more})

    def redact(self, who: Who, uid: str, name: str, *, stale: bool = False) -> None:
        """A field, from all that was ever so."""
        self.number += 1
        kind, instead = self.world[uid]["kind"], effects.BLANKS.get(name)
        expected = roles.redacted(self.sight(who), uid, stale=stale)
        body = {"fields": [name], "reason": f"Reason {self.number}"}
        answer = self._sent(who, "POST", f"/v1/{kind}s/{uid}/redact", expected, stale, json=body)
        if expected == roles.OK:
            there = self.book.ever(uid, name) != {instead}
            self.sound = False
            assert (answer["redaction"]["records"] > 0) == there, self.log[-1]
            self.sound = True
            if there:
                self.book.forget(uid, {name: instead})
                self._became(*effects.redacted(self.world, uid, name))

    def delete(self, who: Who, uid: str, replaced_by: str | None = None, *, stale: bool = False) -> None:
        self.number += 1
        reason = f"Reason {self.number}"
        expected = roles.deleted(self.sight(who), uid, replaced_by, stale=stale)
        params = {"reason": reason} | ({} if replaced_by is None else {"replaced_by": replaced_by})
        self._sent(who, "DELETE", f"/v1/{self.world[uid]['kind']}s/{uid}", expected, stale, params=params)
        if expected == roles.OK:
            self._became(*effects.deleted(self.world, uid, reason, replaced_by))

    def _sent(
        self, who: Who, method: str, path: str, expected: int, stale: bool = False, **sent: Any
    ) -> dict[str, Any]:
        self.sound = False
        headers = {"If-Match": "0" if stale else "*"}
        expected = 401 if who.role == "public" else expected  # before anything is looked for
        answer = self.clients[who].request(method, path, headers=headers, **sent)
        self.log.append(f"{who.role}: {method} {path} {sent} -> {answer.status_code}")
        assert answer.status_code == expected, f"{expected} was foretold; {self.log[-1]} {answer.text}"
        self.idle = self.idle or answer.status_code >= 400
        body: dict[str, Any] = answer.json()
        self.sound = True
        return body

    def check_idle(self) -> None:
        """What was refused, or changes nothing, did not; of what came before another act, that one is told of no more than it did."""
        if self.idle:
            self.idle, self.sound = False, False
            head = self.api.admin.get("/v1/changes/head").json()["seq"]
            assert head == self.book.head, f"it was to change nothing, and did: {self.log[-1]}"
            self.sound = True

    def _became(self, after: World, actions: Actions) -> None:
        """Takes the world after an act for what is so, once the history tells of just these changes."""
        if not actions:
            self.idle = True
            return
        self.sound = False
        before, self.world = self.world, after
        head, entries = self._told()
        buried = [
            uid for uid in actions if uid in before and before[uid]["deleted"] and after[uid]["deleted"]
        ]
        told = {entry.uid: entry.action for entry in entries}
        entries += [self._last(uid) for uid in buried if uid not in told]
        told = {entry.uid: entry.action for entry in entries}
        assert actions.keys() <= told.keys(), f"{actions} and not {told}: {self.log[-1]}"
        for uid, action in told.items():
            of_figures = action == "assess" and after[uid]["kind"] == "incident"
            assert of_figures or actions.get(uid) == action, f"{actions} and not {told}: {self.log[-1]}"
        for record in of_kind(before, "incident"):
            now = after[record["id"]]
            if any(figure(before, record, metric) != figure(after, now, metric) for metric in METRICS):
                assert record["id"] in told, f"a figure changed, and no change tells of it: {self.log[-1]}"
        if entries:
            self.book.note(head, after, entries)
        assert head == self.book.head, self.log[-1]
        self.idle = False
        self.sound = True

    def _last(self, uid: str) -> Entry:
        """Of a tombstone, whose changes the feed does not tell: nobody could hold it."""
        path = f"/v1/{self.world[uid]['kind']}s/{uid}/history"
        (item,) = self.api.admin.get(path, params={"limit": 1}).json()["items"]
        assert item["seq"] > self.book.head, self.log[-1]
        return Entry(item["seq"], uid, item["steps"][-1]["action"])

    def _told(self) -> tuple[int, list[Entry]]:
        """What the feed tells an admin of what was just done."""
        place: str | int = self.book.head
        entries: list[Entry] = []
        while True:
            answer = self.api.admin.get("/v1/changes", params={"after": place, "limit": 1000})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            for item in page["items"]:
                entries += [Entry(each["seq"], item["id"], each["action"]) for each in item["changes"]]
            place = page["cursor"]
            if not page["more"]:
                return page["head"], sorted(entries)

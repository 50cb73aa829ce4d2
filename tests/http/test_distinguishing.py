"""Likely duplicates that an editor found to be two incidents: said, left out of the work list, taken back; what merges make of it."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from app.storage.pairing import walk
from tests.http.test_duplicates import LIST, head, ids, listed, many, of, strike
from tests.http.test_transitions import ANY, do, done, last_change
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.loopback import NO_TLS
from tests.support.state import problem, state_of

SETTLED = "&settled=true"
WHY = "an hour apart"


def two(client: httpx.Client, one: str, other: str, why: str = WHY) -> dict[str, Any]:
    return done(client, one, "distinguish", other=other, reason=why)


def back(client: httpx.Client, one: str, other: str) -> dict[str, Any]:
    return done(client, one, "undistinguish", other=other, reason="one after all")


def merged(api: Api, one: str, into: str) -> None:
    done(api.editor, one, "merge", into=into, reason="twice")


def pairs(client: httpx.Client, asked: str = "") -> set[frozenset[str]]:
    return {frozenset(ids(pair)) for pair in listed(client, asked)}


def distinct(api: Api, incident: str, **asked: Any) -> list[str]:
    found: list[str] = api.editor.get(f"/v1/incidents/{incident}", params=asked).json()["distinct_from"]
    return found


def called(api: Api, call: dict[str, Any]) -> httpx.Response:
    """A call as a pair tells it, with a reason."""
    body = {**call["body"], "reason": WHY}
    return api.editor.request(call["method"], call["href"], headers=call["headers"], json=body)


def test_a_pair_that_is_two_leaves_the_list_and_is_told_among_the_settled(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    (pair,) = listed(api.editor)
    assert (pair["settled"], pair["undistinguish"]) == (None, None)
    assert pair["distinguish"]["body"].keys() == {"other"}
    assert {pair["distinguish"]["href"].split("/")[-2], pair["distinguish"]["body"]["other"]} == {
        ours,
        theirs,
    }
    answer = called(api, pair["distinguish"])
    assert (answer.status_code, answer.json()["outcome"]) == (200, "updated"), answer.text
    assert (listed(api.editor), of(api.editor, ours), of(api.editor, theirs)) == ([], [], [])
    (settled,) = listed(api.editor, SETTLED)
    assert (settled["score"], settled["reasons"]) == (pair["score"], pair["reasons"])
    assert (settled["merge"], settled["distinguish"]) == (None, None)
    change = last_change(api, min(ours, theirs))
    assert settled["settled"] == [
        {
            "incidents": sorted((ours, theirs)),
            "seq": change["seq"],
            "at": change["at"],
            "partner": "desk",
            "reason": WHY,
        }
    ]
    for incident, other in ((ours, theirs), (theirs, ours)):
        assert of(api.editor, incident, settled=True) == [other]
        assert distinct(api, incident) == [other]
        assert last_change(api, incident)["reason"] == WHY
    answer = called(api, settled["undistinguish"])
    assert (answer.status_code, answer.json()["distinct_from"]) == (200, []), answer.text
    assert (pairs(api.editor), listed(api.editor, SETTLED)) == ({frozenset((ours, theirs))}, [])
    assert of(api.editor, theirs) == [ours]
    check_history(api.database)


def test_saying_it_again_changes_nothing_and_taking_back_what_nobody_said_is_refused(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    problem(do(api.editor, ours, "undistinguish", other=theirs, reason=WHY), 409, code="conflict")
    two(api.editor, ours, theirs)
    before = state_of(api.database)
    for one, other in ((ours, theirs), (theirs, ours)):
        assert two(api.editor, one, other, "and again")["outcome"] == "unchanged"
    assert state_of(api.database) == before
    back(api.editor, theirs, ours)
    before = state_of(api.database)
    told = problem(do(api.editor, ours, "undistinguish", other=theirs, reason=WHY), 409, code="conflict")
    assert "nobody said" in told["detail"]
    assert state_of(api.database) == before


def test_of_several_each_is_said_by_itself(api: Api) -> None:
    one, *others = (strike(api, partner, wording=None) for partner in ("alpha", "beta", "gamma"))
    for other in others:
        two(api.editor, one, other)
    assert distinct(api, one) == sorted(others)
    assert pairs(api.editor) == {frozenset(others)}
    back(api.editor, others[0], one)
    assert distinct(api, one) == others[1:]
    assert pairs(api.editor) == {frozenset(others), frozenset((one, others[0]))}


def test_what_came_in_between_is_not_overwritten(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    version = api.editor.get(f"/v1/incidents/{ours}").json()["version"]
    for verb in ("distinguish", "undistinguish"):
        problem(do(api.editor, ours, verb, {}, other=theirs, reason=WHY), 428)
        problem(do(api.editor, ours, verb, {"If-Match": f'"{version + 7}"'}, other=theirs, reason=WHY), 412)
    key = {"If-Match": f'"{version}"', "Idempotency-Key": "once"}
    answers = [do(api.editor, ours, "distinguish", key, other=theirs, reason=WHY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["version"] == version + 1


@pytest.mark.parametrize("verb", ["distinguish", "undistinguish"])
def test_what_makes_no_sense_is_named(api: Api, verb: str) -> None:
    ours, gone, away, kept = (strike(api, wording=None) for _ in range(4))
    assert api.editor.delete(f"/v1/incidents/{gone}?reason=forged", headers=ANY).status_code == 200
    merged(api, away, kept)
    before = state_of(api.database)
    unknown = "inc_00000000000000000000000000"
    for fields, body in (
        (("other",), {"other": ours}),
        (("other",), {"other": unknown}),
        (("other",), {"other": gone}),
        (("other",), {"other": away}),
        (("other",), {"other": "Mashhad"}),
        (("other",), {"other": None}),
        (("other",), {"other": [kept]}),
        (("other",), {}),
        (("reason",), {"other": kept, "reason": ""}),
        (("reason",), {"other": kept, "reason": "two\nlines"}),
        (("reason",), {"other": kept, "reason": "x" * 501}),
        (("into",), {"other": kept, "into": kept}),
    ):
        problem(do(api.editor, ours, verb, **{"reason": WHY, **body}), 422, *fields)
    problem(do(api.editor, ours, verb, other=kept), 422, "reason")
    for incident, status in ((unknown, 404), ("duplicates", 404), (gone, 410), (away, 410)):
        problem(do(api.editor, incident, verb, other=kept, reason=WHY), status)
    path = f"/v1/incidents/{ours}/{verb}"
    problem(api.editor.post(f"{path}?other={kept}", json={"reason": WHY}, headers=ANY), 400, "other")
    problem(api.editor.post(path, content=b"[]", headers={**ANY, "Content-Type": "application/json"}), 400)
    assert state_of(api.database) == before


def test_it_is_said_by_nothing_else(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    patch = api.editor.patch(f"/v1/incidents/{ours}", json={"distinct_from": [theirs]}, headers=ANY)
    problem(patch, 422, "distinct_from")
    problem(api.editor.post("/v1/incidents", json={"distinct_from": [theirs]}), 422, "distinct_from")
    two(api.editor, ours, theirs)
    api.patched(f"/v1/incidents/{ours}", title="Another title", date_start="2016-12-07")
    assert distinct(api, ours) == [theirs]
    split = done(api.editor, ours, "split", reason="two strikes", incidents=[{"incident": {}}])["split"]
    assert distinct(api, split[0]) == []
    assert distinct(api, ours) == [theirs]


def test_as_of_each_moment_it_is_what_was_said_then(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    both, moments = {frozenset((ours, theirs))}, [head(api)]
    two(api.editor, ours, theirs)
    moments.append(head(api))
    back(api.editor, theirs, ours)
    two(api.editor, theirs, ours, "the hospital counted twice")
    moments.append(head(api))
    back(api.editor, ours, theirs)
    for at, said, why in zip(
        moments, (False, True, True), (None, WHY, "the hospital counted twice"), strict=True
    ):
        assert pairs(api.editor, f"&as_of={at}") == (set() if said else both)
        found = listed(api.editor, f"{SETTLED}&as_of={at}")
        assert {frozenset(ids(pair)) for pair in found} == (both if said else set())
        assert [each["reason"] for pair in found for each in pair["settled"]] == [why] * said
        assert all(pair["undistinguish"] is None for pair in found)
        assert of(api.editor, ours, as_of=at, settled=True) == [theirs] * said
        assert distinct(api, theirs, as_of=at) == [ours] * said
    # Amid an act, too, when one of them says so and the other does not yet.
    for at in range(moments[0], head(api) + 1):
        told = [pairs(api.editor, f"{asked}&as_of={at}") for asked in ("", SETTLED)]
        assert sorted(map(len, told)) == [0, 1], at
    cited = api.editor.get(LIST, params={"as_of": moments[1], "settled": True, "citation": True}).json()
    again = api.editor.get(cited["citation"]["url"]).json()
    assert (again["items"], again["citation"]["as_cited"]) == (cited["items"], True)
    assert len(again["items"]) == 1


def test_the_history_of_both_tells_editors(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    two(api.editor, ours, theirs)
    back(api.editor, ours, theirs)
    for incident, other in ((ours, theirs), (theirs, ours)):
        items = api.editor.get(f"/v1/incidents/{incident}/history").json()["items"][:2]
        assert [item["steps"][0]["action"] for item in items] == ["undistinguish", "distinguish"]
        assert [item["steps"][0]["reason"] for item in items] == ["one after all", WHY]
        assert [item["changes"] for item in items] == [
            [{"field": "distinct_from", "before": [other], "after": []}],
            [{"field": "distinct_from", "before": [], "after": [other]}],
        ]


def test_two_are_not_merged_before_it_is_taken_back(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    two(api.editor, ours, theirs)
    before = state_of(api.database)
    for one, other in ((ours, theirs), (theirs, ours)):
        told = problem(do(api.editor, one, "merge", into=other, reason="twice"), 409, code="conflict")
        assert f"/v1/incidents/{one}/undistinguish" in told["detail"]
        assert all(uid in told["detail"] for uid in (ours, theirs))
    assert state_of(api.database) == before
    back(api.editor, theirs, ours)
    merged(api, theirs, ours)
    assert distinct(api, ours) == []


class Merged:
    """A strike, one that is another, and a second record of each."""

    def __init__(self, api: Api) -> None:
        self.api = api
        named = [strike(api, "alpha", wording=None) for _ in range(4)]
        self.one, self.other, self.again, self.anew = named
        two(api.editor, self.one, self.other)

    def open(self, *named: str) -> None:
        """These are the incidents that there are; of their pairs one is settled: the first two."""
        api = self.api
        settled = frozenset(named[:2])
        rest = {frozenset((a, b)) for a in named for b in named if a < b} - {settled}
        assert (pairs(api.editor), pairs(api.editor, SETTLED)) == (rest, {settled})
        assert set(of(api.editor, named[0])) == set(named[2:])
        (pair,) = listed(api.editor, SETTLED)
        (said,) = pair["settled"]
        assert said["incidents"] == sorted((self.one, self.other)), "of which it was said"
        assert (said["partner"], said["reason"]) == ("desk", WHY)


def test_it_holds_for_what_they_are_merged_into_as_long_as_they_are(api: Api) -> None:
    four = Merged(api)
    one, other, again, anew = four.one, four.other, four.again, four.anew
    four.open(one, other, again, anew)
    versions = {uid: api.editor.get(f"/v1/incidents/{uid}").json()["version"] for uid in (other, anew)}
    merged(api, one, again)
    four.open(again, other, anew)
    then = head(api)
    merged(api, other, anew)
    four.open(again, anew)
    for pair in ((again, anew), (anew, again)):
        told = problem(do(api.editor, pair[0], "merge", into=pair[1], reason="twice"), 409)
        assert all(uid in told["detail"] for uid in (one, other, pair[0], pair[1]))
    assert {frozenset(ids(p)) for p in listed(api.editor, f"{SETTLED}&as_of={then}")} == {
        frozenset((again, other))
    }
    done(api.editor, one, "unmerge", reason="one of its own")
    four.open(one, anew, again)
    done(api.editor, other, "unmerge", reason="one of its own")
    four.open(one, other, again, anew)
    assert api.editor.get(f"/v1/incidents/{other}").json()["version"] == versions[other] + 2
    check_history(api.database)


def test_it_holds_through_merges_of_what_was_merged(api: Api) -> None:
    four = Merged(api)
    merged(api, four.one, four.again)
    merged(api, four.again, four.anew)
    four.open(four.anew, four.other)
    problem(do(api.editor, four.other, "merge", into=four.anew, reason="twice"), 409)
    done(api.editor, four.again, "unmerge", reason="not that one")
    four.open(four.again, four.other, four.anew)


def test_it_is_taken_back_of_what_they_were_merged_into(api: Api) -> None:
    four = Merged(api)
    merged(api, four.one, four.again)
    two(api.editor, four.again, four.other, "and so is this")
    (pair,) = listed(api.editor, SETTLED)
    assert {each["reason"] for each in pair["settled"]} == {WHY, "and so is this"}
    assert called(api, pair["undistinguish"]).status_code == 200
    assert listed(api.editor, SETTLED) == []
    assert distinct(api, four.other) == []
    done(api.editor, four.one, "unmerge", reason="one of its own")
    assert distinct(api, four.one) == [], "it was taken back of that, too"
    merged(api, four.again, four.other)
    check_history(api.database)


def test_what_is_deleted_is_no_pair_and_nothing_is_left_to_do(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    two(api.editor, ours, theirs)
    assert api.editor.delete(f"/v1/incidents/{theirs}?reason=forged", headers=ANY).status_code == 200
    assert (listed(api.editor), listed(api.editor, SETTLED)) == ([], [])
    assert distinct(api, ours) == [theirs]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize(
    ("walked", "near", "compared"), [(1_000, 20_000, 50_000), (1, 20_000, 50_000), (2, 2, 50_000), (3, 3, 2)]
)
def test_pages_hold_each_pair_once_settled_or_not(
    api: Api, monkeypatch: pytest.MonkeyPatch, limit: int, walked: int, near: int, compared: int
) -> None:
    many(api)
    whole = [frozenset(ids(pair)) for pair in listed(api.editor)]
    assert len(whole) == 12
    settled = set(whole[:9]) | {whole[-1]}
    for pair in settled:
        two(api.editor, *sorted(pair))
    for name, value in (("MOST_WALKED", walked), ("MOST_NEAR", near), ("MOST_COMPARED", compared)):
        monkeypatch.setattr(walk, name, value)
    for asked, expected in (("", set(whole) - settled), (SETTLED, settled)):
        found = [frozenset(ids(pair)) for pair in listed(api.editor, asked, limit=limit)]
        assert (len(found), set(found)) == (len(expected), expected)


def test_a_page_is_filled_past_what_is_settled(api: Api) -> None:
    """Whoever emptied most of a day is not sent through empty pages."""
    many(api)
    whole = [frozenset(ids(pair)) for pair in listed(api.editor)]
    for pair in whole[:10]:
        two(api.editor, *sorted(pair))
    page = api.editor.get(f"{LIST}?limit=1").json()
    assert [frozenset(ids(pair)) for pair in page["items"]] == whole[10:11]


def test_settled_says_yes_or_no(api: Api) -> None:
    ours = strike(api, wording=None)
    for path in (LIST, f"/v1/incidents/{ours}/duplicates"):
        for value in ("yes", "", "1"):
            problem(api.editor.get(path, params={"settled": value}), 400, "settled")
        assert api.editor.get(path, params={"settled": "false"}).json() == api.editor.get(path).json()


@pytest.mark.parametrize("acts", [("distinguish", "distinguish"), ("distinguish", "merge")])
def test_two_at_once(api: Api, acts: tuple[str, str]) -> None:
    """Both say it, from either side; or one says it and the other merges them: who comes second is told."""
    headers = {"Authorization": api.editor.headers["Authorization"], **ANY}
    for _ in range(5):
        one, other = strike(api, wording=None), strike(api, "beta", wording=None)
        bodies = [
            (one, {"other": other, "reason": WHY}),
            (other, {"into" if acts[1] == "merge" else "other": one, "reason": WHY}),
        ]
        answers: list[httpx.Response] = []
        ready = threading.Barrier(2)

        def send(
            act: str, uid: str, body: dict[str, str], ready: threading.Barrier, answers: list[httpx.Response]
        ) -> None:
            with httpx.Client(base_url=api.running.url, headers=headers, timeout=30, verify=NO_TLS) as client:
                ready.wait(10)
                answers.append(client.post(f"/v1/incidents/{uid}/{act}", json=body))

        threads = [
            threading.Thread(target=send, args=(act, *body, ready, answers))
            for act, body in zip(acts, bodies, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        statuses = sorted(answer.status_code for answer in answers)
        told = [answer.text for answer in answers]
        if acts[1] == "merge":
            # Merged first, what is said names a tombstone; said first, the merge is refused.
            assert statuses[0] == 200, told
            assert statuses[1] in (409, 422), told
        else:
            assert statuses == [200, 200], told
            assert sorted(answer.json()["outcome"] for answer in answers) == ["unchanged", "updated"]
    check_history(api.database)


def test_why_it_was_said_can_be_redacted(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta")
    two(api.editor, ours, theirs, "Layla saw both")
    (pair,) = listed(api.editor, SETTLED)
    (said,) = pair["settled"]
    record = said["incidents"][0]
    body = {"fields": ["reason"], "changes": [said["seq"]], "reason": "Order of a court"}
    answer = api.admin.post(f"/v1/incidents/{record}/redact", json=body, headers=ANY)
    assert answer.status_code == 200, answer.text
    (pair,) = listed(api.editor, SETTLED)
    assert pair["settled"][0]["partner"] == "desk"
    for path in (f"{LIST}?settled=true", f"/v1/incidents/{ours}/history", f"/v1/incidents/{theirs}/history"):
        assert "Layla" not in api.editor.get(path).text
    assert listed(api.editor) == []

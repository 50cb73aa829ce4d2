"""Who may do what to an incident in which state, what comes of it, and what the history calls it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.history import check_history
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}
STATES = ("draft", "in_review", "published", "retracted", "merged")
TWO = {"distinguish", "undistinguish"}
POSSIBLE = {
    "draft": {"publish", "merge", "split", "dispute", *TWO},
    "in_review": {"publish", "send_back", "merge", "split", "dispute", *TWO},
    "published": {"send_back", "retract", "merge", "split", "dispute", *TWO},
    "retracted": {"dispute", *TWO},
    "merged": {"unmerge"},
}  # fmt: skip
VERBS = ("publish", "send_back", "retract", "merge", "unmerge", "split", "dispute", *sorted(TWO))
EDITORS = {"publish", "send_back", "retract", "merge", "unmerge", "split", *TWO}
ROLES = {
    "public": ("public", "nobody"),
    "reader": ("reader", "alpha"),
    "contributor of the owner": ("contributor", "alpha"),
    "contributor of another": ("contributor", "beta"),
    "editor": ("editor", "desk"),
    "admin": ("admin", "desk"),
}


def do(
    client: httpx.Client, uid: str, verb: str, headers: dict[str, str] = ANY, **body: Any
) -> httpx.Response:
    path = f"/v1/incidents/{uid}/{verb.replace('_', '-')}"
    return client.post(path, json=body, headers=headers)


def done(client: httpx.Client, uid: str, verb: str, **body: Any) -> dict[str, Any]:
    answer = do(client, uid, verb, **body)
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json()
    return record


def in_state(api: Api, state: str) -> str:
    """An incident of alpha's, with a report that says four were killed."""
    alpha, _ = (
        api.client("editor", "alpha"),
        api.editor,
    )  # so that their keys are there before states are compared
    workflow = "published" if state in ("retracted", "merged") else state
    uid: str = api.incident(alpha, workflow=workflow)["id"]
    said = [{"metric": "killed", "best": 4, "low": 4, "high": 4}]
    api.report(alpha, workflow=workflow, incidents=[{"incident_id": uid, "claims": said}])
    if state == "retracted":
        done(api.editor, uid, "retract", reason="it was another day")
    if state == "merged":
        done(api.editor, uid, "merge", reason="twice", into=api.incident(alpha)["id"])
    return uid


def body_of(api: Api, verb: str, state: str) -> dict[str, Any]:
    """What the transition needs to be told, of an incident in this state."""
    body: dict[str, Any] = {"reason": "because"}
    if verb == "merge":
        workflow = state if state in ("draft", "in_review") else "published"
        body["into"] = api.incident(api.client("editor", "alpha"), workflow=workflow)["id"]
    if verb in TWO:
        body["other"] = api.incident(api.client("editor", "alpha"))["id"]
    if verb == "split":
        body["incidents"] = [{"incident": {"title": "The other"}}]
    return body


def last_change(api: Api, uid: str) -> dict[str, Any]:
    return [change for change in check_history(api.database) if change["record"] == uid][-1]


def expected_status(verb: str, role: str, state: str) -> int:
    if role == "public":
        return 401
    if role == "contributor of another" and state in ("draft", "in_review"):
        return 404
    if state == "merged" and verb != "unmerge":
        return 410
    if role == "reader" or (verb in EDITORS and not role.startswith(("editor", "admin"))):
        return 403
    return 200 if verb in POSSIBLE[state] else 409


@pytest.mark.parametrize("verb", VERBS)
def test_each_transition_by_role_and_state(api: Api, verb: str) -> None:
    for state in STATES:
        refused = in_state(api, state)
        for role, who in ROLES.items():
            client, expected = api.client(*who), expected_status(verb, role, state)
            uid = in_state(api, state) if expected == 200 else refused
            body = body_of(api, verb, state)
            if verb == "undistinguish" and expected == 200:
                done(api.editor, uid, "distinguish", **body)
            before = state_of(api.database)
            answer = do(client, uid, verb, **body)
            assert answer.status_code == expected, (verb, role, state, answer.text)
            if expected == 200:
                told = last_change(api, uid)
                assert (told["action"], told["reason"]) == (verb, "because"), (role, state)
                continue
            assert state_of(api.database) == before, (verb, role, state)
            document = problem(answer, expected)
            if expected == 409:
                assert document["state"] == state
                assert set(document["possible"]) == POSSIBLE[state]
            if expected == 403:
                assert "ask for" in document["detail"] or "is needed" in document["detail"]


def test_publishing_shows_it_with_its_reports(api: Api) -> None:
    uid = in_state(api, "draft")
    assert api.public.get(f"/v1/incidents/{uid}").status_code == 404
    sent = api.editor.post(f"/v1/incidents/{uid}/publish", headers=ANY)
    assert (sent.status_code, sent.json()["workflow"]) == (200, "published")
    seen = api.public.get(f"/v1/incidents/{uid}?include=reports").json()
    assert (seen["killed_best"], len(seen["reports"])) == (4, 1)
    assert last_change(api, uid)["reason"] is None


def test_sending_back_goes_one_step(api: Api) -> None:
    uid = in_state(api, "published")
    back = done(api.editor, uid, "send_back", reason="the date is not sure")
    assert back["workflow"] == "in_review"
    assert api.public.get(f"/v1/incidents/{uid}").status_code == 404
    assert api.public.get("/v1/totals").json()["items"][0]["incidents"] == 0
    assert done(api.editor, uid, "send_back", reason="write it anew")["workflow"] == "draft"
    document = problem(do(api.editor, uid, "send_back", reason="again"), 409, code="transition-does-not-fit")
    assert "draft" in document["detail"]


def test_what_is_retracted_stays_and_says_why_and_is_not_counted(api: Api) -> None:
    uid = in_state(api, "published")
    tag = api.public.get("/v1/totals").headers["etag"]
    assert api.public.get("/v1/totals").json()["items"][0]["killed_best"] == 4
    done(api.editor, uid, "retract", reason="the hospital named another town")
    seen = api.public.get(f"/v1/incidents/{uid}").json()
    assert (seen["verification_status"], seen["workflow"]) == ("retracted", "published")
    assert seen["retraction_reason"] == "the hospital named another town"
    totals = api.public.get("/v1/totals", headers={"If-None-Match": tag})
    assert totals.json()["items"][0]["incidents"] == 0
    csv = api.public.get("/v1/incidents?f=csv&fields=retraction_reason").text
    assert "the hospital named another town" in csv
    again = api.patched(f"/v1/incidents/{uid}", title="Still retracted")
    assert again["retraction_reason"] == "the hospital named another town"
    back = api.patched(f"/v1/incidents/{uid}", verification_status="contested")
    assert back["retraction_reason"] is None
    by_patch = api.patched(f"/v1/incidents/{uid}", verification_status="retracted")
    assert (by_patch["verification_status"], by_patch["retraction_reason"]) == ("retracted", None)
    problem(api.editor.patch(f"/v1/incidents/{uid}", json={"retraction_reason": "x"}, headers=ANY), 422)


@pytest.mark.parametrize("verb", VERBS)
def test_conditions_and_repetition(api: Api, verb: str) -> None:
    state = next(state for state in STATES if verb in POSSIBLE[state])
    uid = in_state(api, state)
    body = body_of(api, verb, state)
    if verb == "undistinguish":
        done(api.editor, uid, "distinguish", **body)
    version = last_change(api, uid)["version"]
    before = state_of(api.database)
    problem(do(api.editor, uid, verb, {}, **body), 428)
    for stale in (version - 1, version + 1):
        problem(do(api.editor, uid, verb, {"If-Match": f'"{stale}"'}, **body), 412)
    problem(do(api.editor, "inc_01je7pysj4ez3v6p9b7q2v5w8x", verb, {}, **body), 404)
    assert state_of(api.database) == before
    headers = {"If-Match": f'"{version}"', "Idempotency-Key": "once"}
    first, second = (do(api.editor, uid, verb, headers, **body) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert second.headers["idempotency-replayed"] == "true"
    assert first.content == second.content
    now = api.editor.get(f"/v1/incidents/{first.json()['id']}").json()["version"]
    assert first.headers["etag"].startswith(f'"{now}.')


@pytest.mark.parametrize("verb", VERBS)
def test_bad_input_names_what_is_wrong(api: Api, verb: str) -> None:
    state = next(state for state in STATES if verb in POSSIBLE[state])
    uid, beside = in_state(api, state), body_of(api, verb, state)
    del beside["reason"]
    before = state_of(api.database)
    path = f"/v1/incidents/{uid}/{verb.replace('_', '-')}"
    for body, field in (
        ({"reason": "x" * 501}, "reason"),
        ({"reason": " "}, "reason"),
        ({"reason": "two\nlines"}, "reason"),
        ({"reason": 7}, "reason"),
        ({"reason": "r", "why": "r"}, "why"),
        *([({}, "reason"), ({"reason": None}, "reason")] if verb != "publish" else []),
    ):
        problem(api.editor.post(path, json=beside | body, headers=ANY), 422, field)
    problem(api.editor.post(f"{path}?force=true", json={"reason": "r"}, headers=ANY), 400, "force")
    problem(api.editor.post(path, content=b"[]", headers={**ANY, "Content-Type": "application/json"}), 400)
    problem(api.editor.post(path, content=b"a=b", headers=ANY), 415)
    assert state_of(api.database) == before

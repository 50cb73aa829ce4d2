"""The history of a record: field by field, by whom and why, and nothing in it that may not be seen today."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.query.fields import Kind
from app.storage.past import NOT_CHANGES, OF_SOURCE
from tests.support.api import Api
from tests.support.state import problem

ANY = {"If-Match": "*"}
Item = dict[str, Any]


def told(client: httpx.Client, path: str, **params: Any) -> list[Item]:
    """Every page of a history, the newest first."""
    items: list[Item] = []
    answer = client.get(f"{path}/history", params=params)
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next"] is None:
            return items
        answer = client.get(page["next"])


def differences(item: Item) -> dict[str, tuple[Any, Any]]:
    return {change["field"]: (change["before"], change["after"]) for change in item["changes"]}


def test_what_was_changed_by_whom_and_why(api: Api) -> None:
    incident = api.incident(title="First", killed_best=4, assessment_reason="as reported")["id"]
    path = f"/v1/incidents/{incident}"
    api.patched(path, killed_best=6, assessment_reason="a second body was found")
    api.patched(path, by=api.client("editor", "beta"), title="Second", summary="More of it")
    last, counted, first = told(api.public, path)
    assert differences(last) == {"title": ("First", "Second"), "summary": (None, "More of it")}
    assert (last["partner"], last["version"], last["steps"][0]["action"]) == ("beta", 3, "amend")
    assert differences(counted) == {
        "killed_best": (4, 6),
        "assessment_reason": ("as reported", "a second body was found"),
    }
    assert counted["steps"] == [
        {"seq": counted["seq"], "action": "amend", "reason": "a second body was found"}
    ]
    assert first["steps"][0]["action"] == "create"
    assert differences(first)["killed_best"] == (None, 4)
    assert differences(first)["title"] == (None, "First")
    assert "tags" not in differences(first), "nothing is no change"
    for client, knows in ((api.public, False), (api.editor, True), (api.client("editor", "beta"), False)):
        assert ("key" in told(client, path)[1]) is knows


def test_what_was_before_the_publication_is_not_told_to_readers(api: Api) -> None:
    incident = api.incident(api.contributor, workflow="draft", title="A first guess", place="Wrong place")[
        "id"
    ]
    path = f"/v1/incidents/{incident}"
    api.patched(path, title="What is known", place="Mashhad")
    api.patched(path, workflow="published")
    api.patched(path, summary="More is known")
    public = told(api.public, path)
    assert [item["version"] for item in public] == [4, 3]
    assert public[1]["steps"][0]["action"] == "publish"
    assert differences(public[1])["title"] == (None, "What is known")
    assert "guess" not in str(public)
    assert "Wrong" not in str(public)
    for client in (api.contributor, api.editor):
        assert [item["version"] for item in told(client, path)] == [4, 3, 2, 1]
    assert differences(told(api.contributor, path)[2])["place"] == ("Wrong place", "Mashhad")


def test_a_time_out_of_sight_is_passed_over(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='Open')['id']}"
    api.patched(path, workflow="draft")
    api.patched(path, title="Worked on")
    api.patched(path, title="Worked on again", summary="Not shown then")
    api.patched(path, summary=None, workflow="published")
    last, first = told(api.public, path)
    assert differences(last) == {"title": ("Open", "Worked on again")}
    assert [step["action"] for step in last["steps"]] == ["publish"]
    assert first["version"] == 1
    assert len(told(api.editor, path)) == 5


def test_a_position_that_was_withheld_since_is_not_in_the_past_either(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(lon=37.1357, lat=36.2246, location_precision='exact_point')['id']}"
    api.patched(path, lon=37.1468, title="Moved")
    api.patched(path, location_generalised_to="admin1")
    for client in (api.public, api.contributor):
        text = client.get(f"{path}/history").text
        assert not [number for number in ("37.1357", "36.2246", "37.1468") if number in text]
    assert "37.1357" in api.editor.get(f"{path}/history").text


def test_a_source_that_was_protected_since_has_no_former_name(api: Api) -> None:
    source = api.source(name="Xaviera Quillfeather", notes="Quillfeather Lane", owner="Quillfeather Press")[
        "id"
    ]
    report = api.report(source_id=source, url="https://quillfeather.example/1")["id"]
    incident = api.incident(source_id=source)["id"]
    linked = api.editor.put(f"/v1/incidents/{incident}/reports/{report}", json={"claims": []})
    assert linked.status_code == 201
    api.patched(f"/v1/sources/{source}", protected=True, pseudonym="Source 7")
    api.patched(f"/v1/reports/{report}", title="Another title")
    for path in (f"/v1/sources/{source}", f"/v1/reports/{report}", f"/v1/incidents/{incident}"):
        for client in (api.public, api.contributor):
            assert "uillfeather" not in client.get(f"{path}/history").text, path
        assert "Quillfeather" in api.editor.get(f"{path}/history").text


def test_what_may_not_be_seen_today_has_no_history(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='Open once')['id']}"
    api.patched(path, sharing="restricted")
    for client in (api.public, api.contributor):
        problem(client.get(f"{path}/history"), 404)
    assert len(told(api.editor, path)) == 2


def test_the_history_outlives_the_record(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='A hoax')['id']}"
    assert api.editor.delete(f"{path}?reason=it never happened", headers=ANY).status_code == 200
    buried, first = told(api.public, path)
    assert buried["steps"] == [{"seq": buried["seq"], "action": "delete", "reason": "it never happened"}]
    assert buried["changes"] == []
    assert differences(first)["title"] == (None, "A hoax")
    problem(api.public.get("/v1/incidents/inc_00000000000000000000000000/history"), 404)


def test_links_come_and_go_with_their_claims_and_hidden_reports_are_not_named(api: Api) -> None:
    incident = api.incident()["id"]
    path = f"/v1/incidents/{incident}"
    shown, hidden = api.report()["id"], api.report(sharing="restricted")["id"]
    for report, words in ((shown, "dozens"), (hidden, "hundreds")):
        claims = [{"metric": "killed", "wording": words}]
        assert api.editor.put(f"{path}/reports/{report}", json={"claims": claims}).status_code == 201
    assert api.editor.delete(f"{path}/reports/{shown}?reason=of another day").status_code == 200
    ended, secret, linked, _ = told(api.public, path)
    assert ended["reports"] == [{"report_id": shown, "linked": False}]
    assert ended["steps"][0]["reason"] == "of another day"
    assert (linked["reports"][0]["report_id"], linked["reports"][0]["claims"][0]["wording"]) == (
        shown,
        "dozens",
    )
    assert linked["reports"][0]["claims"][0]["id"].startswith("clm_")
    assert secret["reports"] == []
    assert hidden not in str(told(api.public, path))
    assert hidden in str(told(api.editor, path))


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_tell_the_same_as_the_whole(api: Api, limit: int) -> None:
    path = f"/v1/incidents/{api.incident(workflow='draft')['id']}"
    for number in range(3):
        api.patched(path, title=f"Title {number}")
    api.patched(path, workflow="published")
    for number in range(3):
        api.patched(path, title=f"Public title {number}")
    for client in (api.public, api.editor):
        assert told(client, path, limit=limit) == told(client, path, limit=100)


def test_what_changed_adds_up_to_what_is_so(api: Api) -> None:
    """Replayed from the oldest on, a history gives the record as the same viewer reads it now."""
    source = api.source(name="An outlet")["id"]
    path = f"/v1/incidents/{api.incident(lon=37.1, lat=36.2, source_id=source)['id']}"
    report = api.report(source_id=source)["id"]
    api.editor.put(f"{path}/reports/{report}", json={"claims": [{"metric": "killed", "wording": "61"}]})
    for change in (
        {"place_names": {"ar": "المشهد"}, "tags": ["a", "b"]},
        {"sharing": "partners"},
        {"location_generalised_to": "admin1", "attributions": [{"actor": "Air force"}]},
        {"sharing": "public", "tags": [], "date_end": "2016-12-08"},
        {"source_id": api.source(name="Another")["id"], "verification_status": "contested"},
    ):
        api.patched(path, **change)
    said = {"other": api.incident()["id"], "reason": "an hour apart"}
    assert api.editor.post(f"{path}/distinguish", json=said, headers={"If-Match": "*"}).status_code == 200
    api.patched(path, title="The first strike")
    follow = {*NOT_CHANGES, *OF_SOURCE}
    for client in (api.public, api.contributor, api.editor):
        now = {name: value for name, value in client.get(path).json().items() if name not in follow}
        replayed = dict.fromkeys(now) | {
            "place_names": {},
            "attributions": [],
            "tags": [],
            "distinct_from": [],
        }
        for item in reversed(told(client, path)):
            for name, (before, after) in differences(item).items():
                assert replayed.get(name) in (before, [], {}), name
                replayed[name] = after
        assert {name: replayed[name] for name in now} == now


@pytest.mark.parametrize("kind", [Kind.incident, Kind.report, Kind.source])
def test_bad_questions(api: Api, kind: Kind) -> None:
    record = {Kind.incident: api.incident, Kind.report: api.report, Kind.source: api.source}[kind]()["id"]
    path = f"/v1/{kind}s/{record}/history"
    for query, field in (
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("cursor=abc", "cursor"),
        ("as_of=3", "as_of"),
        ("fields=title", "fields"),
    ):
        assert problem(api.editor.get(f"{path}?{query}"), 400)["errors"][0]["field"] == field
    for gone in ("/v1/partners", "/v1/keys"):
        assert api.admin.get(f"{gone}/x/history").status_code == 404

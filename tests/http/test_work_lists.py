"""What waits for an analyst: records without a link, and wordings that no rule understood."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.indexes import check_indexes
from tests.support.state import problem

CLAIM = {"metric": "killed", "best": 4}


def ids(client: httpx.Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def both(api: Api, incident: dict[str, Any], **report: Any) -> str:
    """A report that is linked to the incident; its id."""
    linked = [{"incident_id": incident["id"], "claims": [CLAIM]}]
    filed: str = api.report(incidents=linked, **report)["id"]
    return filed


def test_records_without_a_link_and_the_others(api: Api) -> None:
    alone, told = api.incident(), api.incident()
    lonely, telling = api.report()["id"], both(api, told)
    for client in (api.public, api.contributor, api.editor):
        assert ids(client, "/v1/incidents?linked=false") == [alone["id"]]
        assert ids(client, "/v1/incidents?linked=true") == [told["id"]]
        assert ids(client, "/v1/reports?linked=false") == [lonely]
        assert ids(client, "/v1/reports?linked=true") == [telling]
        assert client.get("/v1/totals?linked=false").json()["items"][0]["incidents"] == 1
    searched = api.public.post("/v1/incidents/search", json={"linked": False})
    assert [item["id"] for item in searched.json()["items"]] == [alone["id"]]
    # The link ends, or what was linked goes: both are alone again.
    unlinked = api.editor.delete(f"/v1/incidents/{told['id']}/reports/{telling}?reason=another+strike")
    assert unlinked.status_code == 200
    assert set(ids(api.editor, "/v1/incidents?linked=false")) == {alone["id"], told["id"]}
    gone = api.editor.delete(f"/v1/reports/{both(api, told)}?reason=forged", headers={"If-Match": "*"})
    assert gone.status_code == 200
    assert ids(api.editor, "/v1/incidents?linked=true") == []


def test_a_link_that_a_viewer_may_not_see_does_not_count(api: Api) -> None:
    """It is told as `report_count` and `incident_count` tell it: nobody learns of a link by being without."""
    incident = api.incident()
    report = both(api, incident, workflow="draft")
    hidden = api.incident(sharing="restricted")
    telling = both(api, hidden)
    for client, sees in ((api.public, False), (api.contributor, False), (api.editor, True)):
        assert (incident["id"] in ids(client, "/v1/incidents?linked=true")) is sees
        assert (incident["id"] in ids(client, "/v1/incidents?linked=false")) is not sees
        assert (telling in ids(client, "/v1/reports?linked=false")) is not sees
        assert client.get(f"/v1/incidents/{incident['id']}").json()["report_count"] == sees
        assert client.get(f"/v1/reports/{telling}").json()["incident_count"] == sees
    api.patched(f"/v1/reports/{report}", workflow="published")
    assert incident["id"] in ids(api.public, "/v1/incidents?linked=true")


def test_what_had_no_link_then_is_found_as_of_then(api: Api) -> None:
    """Also what was deleted since: what is kept of links is of now."""
    gone, told = api.incident(), api.incident()
    lonely = api.report()["id"]
    then = api.public.get("/v1/changes/head").json()["seq"]
    both(api, told)
    assert api.editor.put(f"/v1/incidents/{told['id']}/reports/{lonely}", json={}).status_code == 201
    deleted = api.editor.delete(f"/v1/incidents/{gone['id']}?reason=twice", headers={"If-Match": "*"})
    assert deleted.status_code == 200
    for client in (api.public, api.contributor, api.editor):
        assert ids(client, "/v1/incidents?linked=false") == ids(client, "/v1/reports?linked=false") == []
        assert set(ids(client, f"/v1/incidents?linked=false&as_of={then}")) == {gone["id"], told["id"]}
        assert ids(client, f"/v1/reports?linked=false&as_of={then}") == [lonely]


def test_who_follows_what_has_no_link_is_told_when_one_comes_and_ends(api: Api) -> None:
    incident = api.incident()["id"]
    start = api.public.get("/v1/changes/head").json()["seq"]
    report = both(api, {"id": incident})

    def events(client: httpx.Client, after: int) -> list[tuple[str, str | None]]:
        answer = client.get(f"/v1/changes?kind=incident&linked=false&after={after}")
        return [(item["event"], item.get("because")) for item in answer.json()["items"]]

    linked = api.public.get("/v1/changes/head").json()["seq"]
    assert [events(client, start) for client in (api.public, api.editor)] == [[("remove", "no_match")]] * 2
    ended = api.editor.delete(f"/v1/incidents/{incident}/reports/{report}?reason=another+strike")
    assert ended.status_code == 200
    assert [events(client, linked) for client in (api.public, api.editor)] == [[("put", None)]] * 2


def test_of_links_that_come_together_each_counts(api: Api) -> None:
    """By a merge links come to an incident that had one out of sight; the last of them is of a report that everybody may read."""
    hidden, other = api.incident(), api.incident()
    for workflow in ("draft", "draft", "published"):
        both(api, other, workflow=workflow)
    both(api, hidden, workflow="draft")
    assert ids(api.public, "/v1/incidents?linked=false") == [hidden["id"]]
    body = {"into": hidden["id"], "reason": "recorded twice"}
    merged = api.editor.post(f"/v1/incidents/{other['id']}/merge", json=body, headers={"If-Match": "*"})
    assert merged.status_code == 200, merged.text
    assert ids(api.public, "/v1/incidents?linked=false") == []
    check_indexes(api.database)


@pytest.mark.parametrize(
    "path", ["/v1/incidents?linked=yes", "/v1/reports?linked=", "/v1/sources?linked=true"]
)
def test_linked_is_true_or_false_and_not_of_sources(api: Api, path: str) -> None:
    assert problem(api.editor.get(path), 400)["errors"][0]["field"] == "linked"


def wording(api: Api, words: str, metric: str = "killed", **incident: Any) -> tuple[str, str]:
    """A report that says so of an incident of its own; the ids of both."""
    of = api.incident(**incident)["id"]
    said = {"incident_id": of, "claims": [{"metric": metric, "wording": words}]}
    source = api.source()["id"]
    report = api.report(title="Said so", source_id=source, language="en", incidents=[said])
    return of, report["id"]


def test_wordings_that_no_rule_understood_the_last_first(api: Api) -> None:
    first = wording(api, "a great many")
    wording(api, "4 killed")
    second = wording(api, "عشرات القتلى", "wounded", title="A strike", country="SYR", place="Aghir")
    api.report(incidents=[{"incident_id": first[0], "claims": [{"metric": "killed", "best": 4}]}])
    items = api.public.get("/v1/claims?unread=true").json()["items"]
    assert [(i["incident_id"], i["report_id"]) for i in items] == [second, first]
    newest = items[0]
    assert (newest["wording"], newest["best"], newest["wording_rule"]) == ("عشرات القتلى", None, "v1")
    told = {
        "incident_title": "A strike",
        "date_start": "2016-12-06",
        "country": "SYR",
        "place": "Aghir",
        "report_title": "Said so",
        "date_published": "2016-12-06",
        "language": "en",
        "source_name": "An outlet",
    }
    assert {name: newest[name] for name in told} == told
    assert [i["best"] for i in api.public.get("/v1/claims?unread=false").json()["items"]] == [4, 4]
    assert len(api.public.get("/v1/claims").json()["items"]) == 4
    assert [i["id"] for i in api.public.get("/v1/claims?unread=true&metric=killed").json()["items"]] == [
        items[1]["id"]
    ]
    # Put right, it is gone from the list.
    link = {"claims": [{"metric": "killed", "wording": "dozens"}]}
    api.editor.put(f"/v1/incidents/{first[0]}/reports/{first[1]}", json=link)
    assert [i["id"] for i in api.public.get("/v1/claims?unread=true").json()["items"]] == [newest["id"]]


def test_a_claim_is_listed_to_those_who_see_its_incident_and_its_report(api: Api) -> None:
    of, report = wording(api, "a great many")
    for path, change in (
        (f"/v1/incidents/{of}", {"sharing": "restricted"}),
        (f"/v1/incidents/{of}", {"sharing": "public"}),
        (f"/v1/reports/{report}", {"sharing": "restricted"}),
    ):
        api.patched(path, **change)
        sees = change["sharing"] == "public"
        assert len(ids(api.public, "/v1/claims")) == len(ids(api.contributor, "/v1/claims")) == sees
        assert len(ids(api.editor, "/v1/claims")) == 1
    api.patched(f"/v1/reports/{report}", sharing="public")
    assert len(ids(api.public, "/v1/claims")) == 1
    assert api.editor.delete(f"/v1/incidents/{of}?reason=twice", headers={"If-Match": "*"}).status_code == 200
    assert ids(api.editor, "/v1/claims") == []


def test_a_protected_source_is_told_by_its_pseudonym(api: Api) -> None:
    of = api.incident()["id"]
    source = api.source(name="Somebody", protected=True, pseudonym="Source 7")["id"]
    said = [{"incident_id": of, "claims": [{"metric": "killed", "wording": "a great many"}]}]
    api.report(source_id=source, incidents=said)
    for client, name in ((api.public, "Source 7"), (api.contributor, "Source 7"), (api.editor, "Somebody")):
        assert [i["source_name"] for i in client.get("/v1/claims").json()["items"]] == [name]


def test_pages_of_claims_hold_each_once_while_others_are_written(api: Api) -> None:
    recorded = []
    for n in range(7):
        wording(api, f"a great many, {n}")
        recorded = [item["id"] for item in api.public.get("/v1/claims").json()["items"]]
    found: list[str] = []
    following: str | None = "/v1/claims?unread=true&limit=3"
    while following:
        answer = api.public.get(following)
        found += [item["id"] for item in answer.json()["items"]]
        following = answer.json()["next"]
        assert ("link" in answer.headers) is (following is not None)
        wording(api, "a great many more")
    assert found == recorded
    same = api.public.get(
        "/v1/claims", headers={"If-None-Match": api.public.get("/v1/claims").headers["etag"]}
    )
    assert same.status_code == 304


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("unread=perhaps", "unread"),
        ("metric=dead", "metric"),
        ("metric=", "metric"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=abc", "cursor"),
        ("sort=id", "sort"),
        ("country=SYR", "country"),
    ],
)
def test_what_makes_no_sense_of_claims_is_named(api: Api, asked: str, field: str) -> None:
    assert problem(api.public.get(f"/v1/claims?{asked}"), 400)["errors"][0]["field"] == field


def test_a_cursor_of_another_list_is_none_of_claims(api: Api) -> None:
    for _ in range(2):
        wording(api, "a great many")
    other = api.public.get("/v1/incidents?limit=1").json()["next"].split("cursor=")[1]
    assert problem(api.public.get(f"/v1/claims?cursor={other}"), 400)["errors"][0]["code"] == "invalid_cursor"

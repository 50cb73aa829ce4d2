"""POST, PATCH, DELETE and PUT: what they keep, what they change, and what they say of it."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import orjson

from tests.support.api import Api
from tests.support.history import check_history
from tests.support.loopback import NO_TLS
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}


def read(api: Api, record: dict[str, Any], kind: str = "incidents") -> dict[str, Any]:
    answer = api.editor.get(f"/v1/{kind}/{record['id']}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_what_is_posted_is_what_is_read(api: Api) -> None:
    body = {
        "code": "A-1",
        "title": "A market was hit",
        "summary": "Two lines\nof text",
        "date_start": "2016-12-05",
        "date_end": "2016-12-06",
        "date_precision": "several_days",
        "date_basis": "stated",
        "time_of_day": "morning",
        "country": "SYR",
        "admin1": "Aleppo",
        "admin1_code": "SY02",
        "place": "Mashhad",
        "place_names": {"ar": "المشهد"},
        "lon": 37.14,
        "lat": 36.19,
        "location_precision": "neighbourhood",
        "event_type": "air_or_drone_strike",
        "cause": "heavy_explosive",
        "attributions": [
            {"actor": "Somebody", "actor_type": "unknown", "role": "target", "status": "contested"}
        ],
        "tags": ["market", "حلب"],
        "external_id": "mine-1",
    }
    answer = api.editor.post("/v1/incidents", json=body)
    assert answer.status_code == 201
    created = answer.json()
    assert created.pop("outcome") == "created"
    assert {name: created[name] for name in body} == body
    assert created["version"] == 1
    assert answer.headers["location"].endswith(f"/v1/incidents/{created['id']}")
    # What is read may be compressed, and says so in its tag; answers to writes never are.
    again = api.editor.get(answer.headers["location"], headers={"Accept-Encoding": "identity"})
    assert again.json() == created
    assert again.headers["etag"] == answer.headers["etag"]


def test_a_merge_patch_keeps_clears_merges_and_replaces(api: Api) -> None:
    record = api.incident(
        summary="Kept",
        place="Aleppo",
        place_names={"en": "Aleppo", "ar": "حلب"},
        tags=["a", "b"],
        lon=37.1,
        lat=36.2,
    )
    path = f"/v1/incidents/{record['id']}"
    changed = api.patched(path, place=None, place_names={"en": None, "fr": "Alep"}, tags=["c"], title="New")
    assert changed["summary"] == "Kept"
    assert changed["place"] is None
    assert changed["place_names"] == {"ar": "حلب", "fr": "Alep"}
    assert changed["tags"] == ["c"]
    assert changed["title"] == "New"
    assert (changed["lon"], changed["lat"]) == (37.1, 36.2)
    cleared = api.patched(path, place_names=None, lon=None, lat=None, summary=None)
    assert (cleared["place_names"], cleared["lon"], cleared["lat"], cleared["summary"]) == (
        {},
        None,
        None,
        None,
    )
    assert cleared["title"] == "New"


def test_an_empty_name_is_not_stated_and_does_not_lock_the_record(api: Api) -> None:
    record = api.incident(place_names={"en": " ", "ar": "حلب"}, title="  ")
    assert record["place_names"] == {"ar": "حلب"}
    assert record["title"] is None
    assert api.patched(f"/v1/incidents/{record['id']}", summary="Later")["summary"] == "Later"


def test_versions_and_etags_grow(api: Api) -> None:
    record = api.incident()
    path = f"/v1/incidents/{record['id']}"
    tag = api.editor.get(path).headers["etag"]
    for version in (2, 3, 4):
        answer = api.editor.patch(path, json={"title": f"Title {version}"}, headers={"If-Match": tag})
        assert answer.status_code == 200
        assert answer.json()["version"] == version
        assert answer.json()["outcome"] == "updated"
        assert answer.headers["etag"] != tag
        tag = answer.headers["etag"]
        assert api.editor.get(path, headers={"Accept-Encoding": "identity"}).headers["etag"] == tag
    for bare in ("4", '"4"'):
        same = api.editor.patch(path, json={"title": "Title 4"}, headers={"If-Match": bare})
        assert (same.json()["outcome"], same.json()["version"]) == ("unchanged", 4)
    assert len(check_history(api.database)) == api.database.read(lambda reader: reader.revision())


def test_updated_at_grows_and_created_at_stays(api: Api) -> None:
    record = api.incident()
    changed = api.patched(f"/v1/incidents/{record['id']}", title="Later")
    assert changed["created_at"] == record["created_at"]
    assert changed["updated_at"] >= record["updated_at"]


def test_of_two_editors_who_read_the_same_the_second_is_told(api: Api) -> None:
    record = api.incident()
    path = f"/v1/incidents/{record['id']}"
    tag = api.editor.get(path).headers["etag"]
    answers: list[httpx.Response] = []

    def edit(n: int) -> None:
        with httpx.Client(
            base_url=api.running.url, headers=api.editor.headers, timeout=30, verify=NO_TLS
        ) as client:
            answers.append(client.patch(path, json={"title": f"By {n}"}, headers={"If-Match": tag}))

    threads = [threading.Thread(target=edit, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]
    won = next(a for a in answers if a.status_code == 200).json()
    now = read(api, record)
    assert (now["title"], now["version"]) == (won["title"], 2)


def test_a_tombstone_says_why_and_what_replaces_it(api: Api) -> None:
    gone, kept = api.incident(title="Twice"), api.incident(title="Once")
    path = f"/v1/incidents/{gone['id']}"
    question = f"{path}?reason=Recorded%20twice&replaced_by={kept['id']}"
    answer = api.editor.delete(question, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "deleted")
    for client in (api.public, api.editor):
        told = problem(client.get(path), 410, code="gone")
        assert told["reason"] == "Recorded twice"
        assert told["replaced_by"] == kept["id"]
        assert told["deleted_at"].endswith("Z")
        problem(client.get(f"{path}/claims"), 410)
    for method in ("PATCH", "DELETE"):
        body: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        problem(
            api.editor.request(
                method, f"{path}?reason=a" if method == "DELETE" else path, headers=ANY, **body
            ),
            410,
        )
    assert [i["id"] for i in api.public.get("/v1/incidents").json()["items"]] == [kept["id"]]
    assert api.public.get("/v1/totals").json()["items"][0]["incidents"] == 1


def test_a_deleted_draft_is_not_told_to_those_who_could_not_read_it(api: Api) -> None:
    draft = api.incident(workflow="draft")
    api.editor.delete(f"/v1/incidents/{draft['id']}?reason=a", headers=ANY)
    problem(api.public.get(f"/v1/incidents/{draft['id']}"), 404)
    problem(api.editor.get(f"/v1/incidents/{draft['id']}"), 410)


def test_a_source_that_is_named_cannot_be_deleted(api: Api) -> None:
    source = api.source()
    report = api.report(source_id=source["id"])
    before = state_of(api.database)
    path = f"/v1/sources/{source['id']}?reason=a"
    problem(api.editor.delete(path, headers=ANY), 409)
    assert state_of(api.database) == before
    api.patched(f"/v1/reports/{report['id']}", source_id=None)
    assert api.editor.delete(path, headers=ANY).status_code == 200


def test_linking_replacing_and_unlinking(api: Api) -> None:
    incident, report = api.incident(), api.report()
    path = f"/v1/incidents/{incident['id']}/reports/{report['id']}"
    claim = {"metric": "killed", "wording": "4 civilians killed", "victim_status": "civilian"}
    first = api.editor.put(path, json={"role": "describes", "note": "A note", "claims": [claim]})
    assert (first.status_code, first.json()["outcome"]) == (201, "updated")
    document = first.json()
    assert document["killed_best"] == 4
    assert [(r["id"], r["link_role"], r["note"]) for r in document["reports"]] == [
        (report["id"], "describes", "A note")
    ]
    assert [c["wording"] for c in document["claims"]] == ["4 civilians killed"]
    assert document["report_count"] == 1
    same = api.editor.put(path, json={"role": "describes", "note": "A note", "claims": [claim]})
    assert (same.status_code, same.json()["outcome"], same.json()["version"]) == (
        200,
        "unchanged",
        document["version"],
    )
    other = api.editor.put(path, json={"role": "mentions", "claims": [{"metric": "killed", "best": 5}]})
    assert (other.status_code, other.json()["killed_best"], other.json()["report_count"]) == (200, 5, 1)
    ended = api.editor.delete(f"{path}?reason=Another%20place").json()
    assert (ended["killed_best"], ended["report_count"], ended["claims"], ended["reports"]) == (
        None,
        0,
        [],
        [],
    )
    problem(api.editor.delete(f"{path}?reason=again"), 404)
    assert check_history(api.database)[-1]["reason"] == "Another place"


def test_deleting_a_report_takes_its_claims_out_of_the_figures(api: Api) -> None:
    incident, report = api.incident(), api.report()
    claims = [{"metric": "killed", "best": 7, "qualifier": "exact"}]
    api.editor.put(f"/v1/incidents/{incident['id']}/reports/{report['id']}", json={"claims": claims})
    assert read(api, incident)["killed_best"] == 7
    assert api.editor.delete(f"/v1/reports/{report['id']}?reason=Forged", headers=ANY).status_code == 200
    now = read(api, incident)
    assert (now["killed_best"], now["report_count"]) == (None, 0)
    assert api.public.get(f"/v1/incidents/{incident['id']}/claims").json()["items"] == []


def test_every_change_is_told_in_the_history(api: Api) -> None:
    start = len(check_history(api.database))
    incident, report = api.incident(title="Before"), api.report()
    api.patched(f"/v1/incidents/{incident['id']}", title="After")
    claims = [{"metric": "killed", "best": 1}]
    api.editor.put(f"/v1/incidents/{incident['id']}/reports/{report['id']}", json={"claims": claims})
    api.editor.delete(f"/v1/incidents/{incident['id']}/reports/{report['id']}?reason=r1")
    api.editor.delete(f"/v1/incidents/{incident['id']}?reason=r2", headers=ANY)
    issued = [c for c in check_history(api.database)[start:] if c["kind"] in ("incident", "report")]
    actions = ["create", "create", "amend", "link", "unlink", "delete"]
    assert [c["action"] for c in issued] == actions
    assert all(c["partner"] == "desk" and c["api_key"].startswith("key_") for c in issued)
    amended = issued[2]
    assert orjson.loads(amended["before"]) == {"title": "Before"}
    assert orjson.loads(amended["after"]) == {"title": "After"}
    assert [c["reason"] for c in issued[4:]] == ["r1", "r2"]
    assert [c["version"] for c in issued if c["record"] == incident["id"]] == [1, 2, 3, 4, 5]


def test_a_refused_write_leaves_no_trace_in_the_middle_of_a_call(api: Api) -> None:
    """The source and the first incident are sound; the last claim is not."""
    _ = api.editor
    before = state_of(api.database)
    body = {
        "source": {"name": "An outlet"},
        "incidents": [
            {"incident": {"title": "one"}, "claims": [{"metric": "killed", "best": 1}]},
            {
                "incident": {"title": "two", "part_of": "inc_nobody"},
                "claims": [{"metric": "killed", "best": 1}],
            },
        ],
    }
    problem(api.editor.post("/v1/reports", json=body), 422, "incidents[1].incident.part_of")
    assert state_of(api.database) == before

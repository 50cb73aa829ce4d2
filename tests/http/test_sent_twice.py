"""A request that is sent twice is done once: by the partner's own id, and by Idempotency-Key."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import select, update

from app.storage.tables import idempotency_keys
from app.storage.types import timestamp_of
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.loopback import NO_TLS
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}


def at_once(api: Api, count: int, send: Any) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    ready = threading.Barrier(count)
    headers = dict(api.editor.headers)

    def one(n: int) -> None:
        with httpx.Client(base_url=api.running.url, headers=headers, timeout=30, verify=NO_TLS) as client:
            ready.wait(20)
            answers.append(send(client, n))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == count
    return answers


@pytest.mark.parametrize("kind", ["incidents", "reports", "sources"])
def test_the_same_body_again_changes_nothing_and_another_amends(api: Api, kind: str) -> None:
    field = "name" if kind == "sources" else "title"
    body = {"external_id": "mine-1", field: "First"}
    first = api.contributor.post(f"/v1/{kind}", json=body)
    assert (first.status_code, first.json()["outcome"]) == (201, "created")
    before = state_of(api.database)
    again = api.contributor.post(
        f"/v1/{kind}",
        content=orjson.dumps(dict(reversed(body.items()))),
        headers={"Content-Type": "application/json"},
    )
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert again.json()["id"] == first.json()["id"]
    assert state_of(api.database) == before
    changed = api.contributor.post(f"/v1/{kind}", json={**body, field: "Second"})
    assert (changed.status_code, changed.json()["outcome"], changed.json()[field]) == (
        200,
        "updated",
        "Second",
    )
    assert (changed.json()["id"], changed.json()["version"]) == (first.json()["id"], 2)
    same = api.contributor.post(f"/v1/{kind}", json={**body, field: "Second"})
    assert same.json()["outcome"] == "unchanged"


def test_what_was_amended_in_between_is_not_undone_by_the_same_body(api: Api) -> None:
    body = {"external_id": "mine-1", "title": "First"}
    record = api.contributor.post("/v1/incidents", json=body).json()
    api.patched(f"/v1/incidents/{record['id']}", title="By an editor")
    again = api.contributor.post("/v1/incidents", json=body).json()
    assert (again["outcome"], again["title"]) == ("unchanged", "By an editor")


def test_each_partner_has_its_own_ids(api: Api) -> None:
    body = {"external_id": "mine-1", "title": "First"}
    records = [
        api.client("contributor", partner).post("/v1/incidents", json=body) for partner in ("alpha", "beta")
    ]
    assert [r.status_code for r in records] == [201, 201]
    assert records[0].json()["id"] != records[1].json()["id"]
    seen = [i["external_id"] for i in api.client("contributor", "beta").get("/v1/incidents").json()["items"]]
    assert seen == ["mine-1"]


def test_a_report_sent_twice_brings_nothing_twice(api: Api) -> None:
    incident = {"external_id": "i", "title": "one"}
    claims = [{"metric": "killed", "wording": "4 killed"}]
    body = {
        "external_id": "r",
        "source": {"external_id": "s", "name": "An outlet"},
        "incidents": [{"incident": incident, "claims": claims}],
    }
    first = api.editor.post("/v1/reports", json=body).json()
    before = state_of(api.database)
    again = api.editor.post("/v1/reports", json=body).json()
    assert (again["outcome"], again["id"]) == ("unchanged", first["id"])
    assert state_of(api.database) == before
    more = {
        **body,
        "incidents": [{"incident": incident, "claims": [{"metric": "killed", "wording": "5 killed"}]}],
    }
    third = api.editor.post("/v1/reports", json=more).json()
    assert (third["outcome"], third["id"]) == ("updated", first["id"])
    items = api.editor.get("/v1/incidents").json()["items"]
    assert [(i["killed_best"], i["report_count"]) for i in items] == [(5, 1)]
    nameless = {**body, "title": "x", "incidents": [{"incident": {"title": "no id"}}]}
    before = state_of(api.database)
    problem(api.editor.post("/v1/reports", json=nameless), 409)
    assert state_of(api.database) == before


def test_one_external_id_from_many_at_once_is_one_record(api: Api) -> None:
    body = {"external_id": "raced", "title": "a"}
    answers = at_once(api, 6, lambda client, n: client.post("/v1/incidents", json=body))
    assert sorted(a.status_code for a in answers) == [200] * 5 + [201]
    assert len({a.json()["id"] for a in answers}) == 1
    assert state_of(api.database)["incidents"] == 1


def test_a_replay_gives_the_same_answer(api: Api) -> None:
    key = {"Idempotency-Key": "once-1"}
    first = api.editor.post("/v1/incidents", json={"title": "a"}, headers=key)
    assert "idempotency-replayed" not in first.headers
    before = state_of(api.database)
    again = api.editor.post("/v1/incidents", json={"title": "a"}, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("etag", "location", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert state_of(api.database) == before


def test_a_key_with_another_request_is_refused(api: Api) -> None:
    key = {"Idempotency-Key": "once-1"}
    record = api.editor.post("/v1/incidents", json={"title": "a"}, headers=key).json()
    _ = api.admin
    before = state_of(api.database)
    for response in (
        api.editor.post("/v1/incidents", json={"title": "b"}, headers=key),
        api.editor.post("/v1/sources", json={"title": "a"}, headers=key),
        api.editor.patch(f"/v1/incidents/{record['id']}", json={"title": "a"}, headers=key | ANY),
        api.editor.delete(f"/v1/incidents/{record['id']}?reason=a", headers=key | ANY),
    ):
        problem(response, 422, code="idempotency-key-reused")
    assert state_of(api.database) == before
    other = api.contributor.post("/v1/incidents", json={"title": "b"}, headers=key)
    assert other.status_code == 201, "another API key has its own"


def test_patches_deletions_and_links_are_done_once_too(api: Api) -> None:
    incident, report = api.incident(), api.report()
    path = f"/v1/incidents/{incident['id']}"
    sends = (
        lambda key: api.editor.patch(path, json={"title": "b"}, headers={"If-Match": '"1"', **key}),
        lambda key: api.editor.put(f"{path}/reports/{report['id']}", json={"note": "n"}, headers=key),
        lambda key: api.editor.delete(f"{path}/reports/{report['id']}?reason=a", headers=key),
        lambda key: api.editor.delete(f"{path}?reason=a", headers=ANY | key),
    )
    for n, send in enumerate(sends):
        key = {"Idempotency-Key": f"once-{n}"}
        first = send(key)
        before = state_of(api.database)
        again = send(key)
        assert first.status_code in (200, 201), first.text
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert state_of(api.database) == before


def test_a_refused_request_does_not_use_up_the_key(api: Api) -> None:
    key = {"Idempotency-Key": "once-1"}
    problem(api.editor.post("/v1/incidents", json={"title": 1}, headers=key), 422, "title")
    assert api.editor.post("/v1/incidents", json={"title": "a"}, headers=key).status_code == 201


def test_an_answer_is_forgotten_after_its_time(api: Api) -> None:
    key = {"Idempotency-Key": "once-1"}
    api.editor.post("/v1/incidents", json={"title": "a"}, headers=key)
    with api.database.writing.begin() as connection:
        old = timestamp_of("2020-01-01T00:00:00.000+00:00")
        connection.execute(update(idempotency_keys).values(created_at=old))
    again = api.editor.post("/v1/incidents", json={"title": "a"}, headers=key)
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert state_of(api.database)["incidents"] == 2


def test_one_key_from_many_at_once_is_done_once(api: Api) -> None:
    headers = {"Idempotency-Key": "raced"}
    answers = at_once(
        api, 6, lambda client, n: client.post("/v1/incidents", json={"title": "a"}, headers=headers)
    )
    assert {a.status_code for a in answers} == {201}, [a.text for a in answers]
    assert len({a.json()["id"] for a in answers}) == 1
    assert sorted("idempotency-replayed" in a.headers for a in answers) == [False] + [True] * 5
    assert state_of(api.database)["incidents"] == 1


def test_secrets_of_keys_are_not_kept(api: Api) -> None:
    headers = {"Idempotency-Key": "issue-1"}
    body = {"partner": "desk", "role": "reader"}
    _ = api.editor
    first = api.admin.post("/v1/keys", json=body, headers=headers)
    assert first.status_code == 201
    secret = first.json()["key"]
    assert api.public.get("/v1/incidents", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    again = api.admin.post("/v1/keys", json=body, headers=headers)
    assert again.json() == {**first.json(), "key": None}
    assert again.headers["idempotency-replayed"] == "true"
    rotated = api.admin.post(
        f"/v1/keys/{first.json()['id']}/rotate", headers={"Idempotency-Key": "r"}
    ).json()["key"]
    assert rotated not in (None, secret)
    problem(api.public.get("/v1/incidents", headers={"Authorization": f"Bearer {secret}"}), 401)
    with api.database.writing.begin() as connection:
        kept = connection.execute(select(idempotency_keys.c.body)).scalars().all()
    told = repr(kept) + repr(check_history(api.database)) + api.admin.get("/v1/keys").text
    for text in (secret, rotated):
        assert text not in told
        assert text[15:47] not in told


def test_many_writers_at_once_leave_one_gap_free_history(api: Api) -> None:
    incident = api.incident()
    start = len(check_history(api.database))

    def send(client: httpx.Client, n: int) -> httpx.Response:
        for k in range(5):
            client.post("/v1/incidents", json={"title": f"{n}.{k}"})
        return client.patch(f"/v1/incidents/{incident['id']}", json={"title": f"by {n}"}, headers=ANY)

    answers = at_once(api, 5, send)
    assert {a.status_code for a in answers} == {200}, [a.text for a in answers]
    changes = check_history(api.database)
    assert len(changes) - start == 5 * 5 + 5
    assert api.editor.get(f"/v1/incidents/{incident['id']}").json()["version"] == 6

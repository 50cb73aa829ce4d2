"""Keys, ids, routes and methods that are not there, or no longer good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.access.keys import new_key
from app.storage.tables import api_keys
from tests.support.api import Api
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}
NOBODY = "inc_01je7pysj4ez3v6p9b7q2v5w8x"


@pytest.mark.parametrize("change", ["expired", "revoked", "deleted partner", "tampered", "unknown"])
def test_a_key_that_is_no_longer_good(api: Api, change: str) -> None:
    key = api.key("editor", "gone")
    issued = api.admin.get("/v1/keys?partner=gone").json()["items"][0]
    if change == "expired":
        with api.database.writing.begin() as connection:
            past = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(update(api_keys).where(api_keys.c.uid == issued["id"]).values(expires_at=past))
    elif change == "revoked":
        answer = api.admin.delete(f"/v1/keys/{issued['id']}?reason=lost", headers=ANY)
        assert answer.status_code == 200, answer.text
    elif change == "deleted partner":
        partner = next(p for p in api.admin.get("/v1/partners").json()["items"] if p["slug"] == "gone")
        answer = api.admin.delete(f"/v1/partners/{partner['id']}?reason=closed", headers=ANY)
        assert answer.status_code == 200, answer.text
    elif change == "tampered":
        key = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
    else:
        key = new_key(api.secret).text
    before = state_of(api.database)
    headers = {"Authorization": f"Bearer {key}"}
    for response in (
        api.public.get("/v1/incidents", headers=headers),
        api.public.get("/v1/totals", headers=headers),
        api.public.post("/v1/incidents", json={"title": "a"}, headers=headers),
    ):
        problem(response, 401, code="unauthenticated")
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert state_of(api.database) == before


def test_what_is_no_key_at_all(api: Api) -> None:
    for header in (
        "",
        "Bearer",
        "Bearer a b",
        "Basic YTpi",
        "irk_abc",
        "Bearer irk_abc",
        "Bearer " + "a" * 5000,
    ):
        problem(api.public.get("/v1/incidents", headers={"Authorization": header}), 401)
    problem(api.public.post("/v1/incidents", json={}), 401)
    problem(api.client("reader").post("/v1/incidents", json={}), 403)
    problem(api.editor.post("/v1/keys", json={"partner": "desk", "role": "admin"}), 403)


def test_ids_that_are_not_there(api: Api) -> None:
    incident, report = api.incident(), api.report()
    _ = api.admin
    before = state_of(api.database)
    for uid in (
        NOBODY,
        "inc_",
        "%00",
        "%ED%A0%80",
        "a" * 65,
        "..%2f..",
        "'%20OR%201=1--",
        report["id"],
        "%F0%9F%92%A3",
    ):
        path = f"/v1/incidents/{uid}"
        for response in (
            api.public.get(path),
            api.public.get(f"{path}/claims"),
            api.editor.patch(path, json={"title": "a"}, headers=ANY),
            api.editor.delete(f"{path}?reason=a", headers=ANY),
            api.editor.put(f"{path}/reports/{report['id']}", json={}),
            api.editor.put(
                f"/v1/incidents/{incident['id']}/reports/{uid if uid != report['id'] else NOBODY}", json={}
            ),
            api.editor.delete(f"{path}/reports/{report['id']}?reason=a"),
            api.admin.post(f"/v1/keys/{uid}/rotate"),
        ):
            problem(response, 404)
    problem(api.editor.delete(f"/v1/incidents/{incident['id']}/reports/{report['id']}?reason=a"), 404)
    assert state_of(api.database) == before


def test_routes_and_methods_that_are_not_there(api: Api) -> None:
    for path in ("/v1/nothing", "/v2/incidents", "/v1/incidents/a/b", "/%00", "/%ED%A0%80", "//v1/incidents"):
        problem(api.public.get(path), 404, code="no-such-route")
    for method, path, allowed in (
        ("PUT", "/v1/incidents", {"GET", "HEAD", "POST"}),
        ("DELETE", "/v1/incidents", {"GET", "HEAD", "POST"}),
        ("POST", f"/v1/incidents/{NOBODY}", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("GET", f"/v1/incidents/{NOBODY}/reports/{NOBODY}", {"PUT", "DELETE"}),
        ("POST", "/v1/totals", {"GET", "HEAD"}),
        ("GET", f"/v1/keys/{NOBODY}/rotate", {"POST"}),
        ("PATCH", f"/v1/keys/{NOBODY}", {"GET", "HEAD", "DELETE"}),
        ("TRACE", "/v1/incidents", {"GET", "HEAD", "POST"}),
    ):
        response = api.public.request(method, path)
        problem(response, 405, code="method-not-allowed")
        assert set(response.headers["allow"].split(", ")) == allowed, (method, path)


def test_the_request_id_is_the_callers_where_it_is_sound(api: Api) -> None:
    given = api.public.get("/v1/nothing", headers={"X-Request-ID": "partner-4711"})
    assert problem(given, 404)["request_id"] == "partner-4711"
    for odd in ("a b", "a" * 65, "<script>", ""):
        other = api.public.get("/v1/nothing", headers={"X-Request-ID": odd})
        assert problem(other, 404)["request_id"] != odd

"""Wrong questions, keys, conditions and routes: refused with the parameter at fault, never read as "everything"."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import update

from app.query import cursor as cursors
from app.query.cursor import Cursor
from app.storage.tables import api_keys
from tests.support.api import Api
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}
NOBODY = "inc_01je7pysj4ez3v6p9b7q2v5w8x"

WRONG: list[tuple[str, str]] = [
    ("nonsense=1", "nonsense"),
    ("Country=SYR", "Country"),
    ("country[]=SYR", "country[]"),
    ("=1", ""),
    ("offset=10", "offset"),
    ("country=SYR&country=IRQ", "country"),
    ("limit=1&limit=1", "limit"),
    ("country=XXX", "country"),
    ("country=", "country"),
    ("country=SYR,", "country"),
    ("country=SYR,XXX", "country"),
    ("event_type=magic", "event_type"),
    ("verification_status=confirmed,maybe", "verification_status"),
    ("admin1=", "admin1"),
    ("admin1=%20", "admin1"),
    ("admin1=%00", "admin1"),
    ("place=%ED%A0%80", "place"),
    ("place=%FF", "place"),
    ("place=" + "a" * 4001, "place"),
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=1000000000", "limit"),
    ("limit=1001", "limit"),
    ("limit=abc", "limit"),
    ("limit=1.0", "limit"),
    ("limit=", "limit"),
    ("limit=%D9%A3", "limit"),
    ("limit=99999999999999999999999999", "limit"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=a,b,c,d", "bbox"),
    ("bbox=nan,1,2,3", "bbox"),
    ("bbox=1,2,3,inf", "bbox"),
    ("bbox=0,0,4239,1", "bbox"),
    ("bbox=0,2,1,1", "bbox"),
    ("bbox=0,-91,1,1", "bbox"),
    ("bbox=", "bbox"),
    ("near=37,36", "radius"),
    ("radius=5", "near"),
    ("near=37&radius=5", "near"),
    ("near=37,36,1&radius=5", "near"),
    ("near=a,b&radius=5", "near"),
    ("near=nan,1&radius=5", "near"),
    ("near=1_0,1&radius=5", "near"),
    ("near=%D9%A3,1&radius=5", "near"),
    ("near=4239,36&radius=5", "near"),
    ("near=37,91&radius=5", "near"),
    ("near=37,36&radius=0", "radius"),
    ("near=37,36&radius=-1", "radius"),
    ("near=37,36&radius=nan", "radius"),
    ("near=37,36&radius=inf", "radius"),
    ("near=37,36&radius=1e999", "radius"),
    ("near=37,36&radius=1e9", "radius"),
    ("near=37,36&radius=" + "9" * 3000, "radius"),
    ("date=2016-13", "date"),
    ("date=2017-02-30", "date"),
    ("date=0000", "date"),
    ("date=10000", "date"),
    ("date=yesterday", "date"),
    ("date=", "date"),
    ("date=..", "date"),
    ("date=../..", "date"),
    ("date=2016/2017/2018", "date"),
    ("date=2017/2016", "date"),
    ("date=2016-12-06T00:00:00Z", "date"),
    ("date_match=within", "date_match"),
    ("date=2016&date_match=around", "date_match"),
    ("killed_at_least=-1", "killed_at_least"),
    ("killed_at_least=1.5", "killed_at_least"),
    ("killed_at_least=true", "killed_at_least"),
    ("killed_at_least=" + "9" * 30, "killed_at_least"),
    ("killed_at_least=2000000001", "killed_at_least"),
    ("wounded_at_most=", "wounded_at_most"),
    ("certainty=certain", "certainty"),
    ("killed_at_least=1&certainty=sure", "certainty"),
    ("q=", "q"),
    ("q=%20", "q"),
    ("q=%22%27*", "q"),
    ("q=%00", "q"),
    ("q=%ED%A0%80", "q"),
    ("%00=1", "?"),
]
PAGING: list[tuple[str, str]] = [
    ("sort=title", "sort"),
    ("sort=", "sort"),
    ("sort=--date_start", "sort"),
    ("sort=date_start,id", "sort"),
    ("sort=+date_start", "sort"),
    ("fields=nonsense", "fields"),
    ("fields=", "fields"),
    ("fields=id,,title", "fields"),
    ("fields=lon_exact", "fields"),
    ("fields=search_text", "fields"),
    ("include=sources", "include"),
    ("include=", "include"),
    ("count=yes", "count"),
    ("count=1", "count"),
    ("cursor=", "cursor"),
    ("cursor=abc", "cursor"),
    ("cursor=%2B%2B%2B%2B", "cursor"),
    ("cursor=" + "a" * 2000, "cursor"),
    ("cursor=%D9%A3", "cursor"),
]


def test_wrong_parameters_of_lists_and_totals(api: Api) -> None:
    api.incident()
    before = state_of(api.database)
    for question, field in WRONG:
        problem(api.public.get(f"/v1/incidents?{question}"), 400, field, code="invalid-parameter")
        if field != "limit":
            problem(api.public.get(f"/v1/totals?{question}"), 400, field)
    for question, field in PAGING:
        problem(api.public.get(f"/v1/incidents?{question}"), 400, field, code="invalid-parameter")
        problem(api.public.get(f"/v1/totals?{question}"), 400, question.partition("=")[0])
    assert state_of(api.database) == before


def test_wrong_parameters_of_the_other_kinds(api: Api) -> None:
    for path, field in (
        ("/v1/reports?killed_at_least=1", "killed_at_least"),
        ("/v1/reports?date_match=within&date=2016", "date_match"),
        ("/v1/reports?bbox=0,0,1,1", "bbox"),
        ("/v1/sources?protected=1", "protected"),
        ("/v1/sources?sort=name", "sort"),
        ("/v1/sources?include=reports", "include"),
        ("/v1/sources?date=2016", "date"),
        ("/v1/keys?role=god", "role"),
        ("/v1/partners?q=a", "q"),
        ("/v1/fields?kind=victims", "kind"),
        ("/v1/fields?what=1", "what"),
        ("/v1?what=1", "what"),
        ("/health/live?what=1", "what"),
        ("/health/ready?what=1", "what"),
        (f"/v1/incidents/{NOBODY}?country=SYR", "country"),
        (f"/v1/incidents/{NOBODY}?fields=nonsense", "fields"),
        (f"/v1/incidents/{NOBODY}/claims?limit=1", "limit"),
    ):
        problem(api.public.get(path), 400, field)
    incident = api.incident()
    before = state_of(api.database)
    for method, path, field in (
        ("POST", "/v1/incidents?dry_run=true", "dry_run"),
        ("PATCH", f"/v1/incidents/{incident['id']}?force=1", "force"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a&force=1", "force"),
        ("DELETE", f"/v1/incidents/{incident['id']}", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=%20", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason={'a' * 501}", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a%0Ab", "reason"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a&replaced_by={NOBODY}", "replaced_by"),
        ("DELETE", f"/v1/incidents/{incident['id']}?reason=a&replaced_by={incident['id']}", "replaced_by"),
    ):
        body = {"json": {}} if method in ("POST", "PATCH") else {}
        problem(api.editor.request(method, path, headers=ANY, **body), 400, field)  # type: ignore[arg-type]
    assert state_of(api.database) == before


def test_a_cursor_that_was_altered_or_belongs_elsewhere(api: Api) -> None:
    for n in range(3):
        api.incident(title=f"incident {n}")
        api.report(title=f"report {n}")
    page = api.public.get("/v1/incidents?limit=1").json()
    cursor = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
    wrong = {
        cursor[:-1],
        cursor[1:],
        cursor[:20],
        cursor + "A",
        cursor + "=",
        f" {cursor}",
        cursor.swapcase(),
    }
    for at in range(0, len(cursor), 3):
        other = "A" if cursor[at] != "A" else "B"
        wrong.add(cursor[:at] + other + cursor[at + 1 :])
    wrong.add(
        cursors.encode(Cursor("2016-12-06", NOBODY), order="incident:-date_start", secret="guessed" * 9)
    )
    for token in wrong:
        problem(api.public.get("/v1/incidents", params={"limit": 1, "cursor": token}), 400, "cursor")
    for path in (
        "/v1/incidents?sort=date_start&",
        "/v1/incidents?sort=-killed_best&",
        "/v1/incidents?sort=id&",
        "/v1/reports?",
        "/v1/sources?",
    ):
        problem(api.public.get(f"{path}cursor={cursor}"), 400, "cursor")


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
        from app.access.keys import new_key

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


def test_rings_of_parts_are_refused(api: Api) -> None:
    whole = api.incident(title="whole")
    part = api.incident(title="part", part_of=whole["id"])
    piece = api.incident(title="piece", part_of=part["id"])
    before = state_of(api.database)
    for of in (whole, part, piece):
        response = api.editor.patch(f"/v1/incidents/{whole['id']}", json={"part_of": of["id"]}, headers=ANY)
        assert problem(response, 422, "part_of")["errors"][0]["code"] == "ring"
    problem(api.editor.delete(f"/v1/incidents/{part['id']}?reason=a", headers=ANY), 409)
    assert state_of(api.database) == before


def test_two_who_close_a_ring_from_both_ends_at_once(api: Api) -> None:
    """Each alone is sound; together they would make a ring."""
    for n in range(4):
        a, b = api.incident(title=f"a{n}"), api.incident(title=f"b{n}")
        answers: list[int] = []

        def join(one: str, other: str, answers: list[int] = answers) -> None:
            with httpx.Client(base_url=api.running.url, headers=api.editor.headers, timeout=30) as client:
                path = f"/v1/incidents/{one}"
                answers.append(client.patch(path, json={"part_of": other}, headers=ANY).status_code)

        threads = [
            threading.Thread(target=join, args=pair) for pair in ((a["id"], b["id"]), (b["id"], a["id"]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 500 not in answers
        parents = [api.editor.get(f"/v1/incidents/{i['id']}").json()["part_of"] for i in (a, b)]
        assert None in parents, answers


def test_external_ids_that_collide(api: Api) -> None:
    first, second = api.incident(external_id="one"), api.incident(external_id="two")
    before = state_of(api.database)
    path = f"/v1/incidents/{second['id']}"
    problem(api.editor.patch(path, json={"external_id": "one"}, headers=ANY), 409, code="conflict")
    assert state_of(api.database) == before
    api.editor.delete(f"/v1/incidents/{first['id']}?reason=wrong", headers=ANY)
    before = state_of(api.database)
    problem(api.editor.post("/v1/incidents", json={"external_id": "one"}), 409)
    problem(api.editor.patch(path, json={"external_id": "one"}, headers=ANY), 409)
    assert state_of(api.database) == before
    admin = api.admin.post("/v1/partners", json={"slug": "desk", "name": "Again"})
    problem(admin, 409)


def test_conditions_that_do_not_hold(api: Api) -> None:
    incident = api.incident()
    path = f"/v1/incidents/{incident['id']}"
    api.patched(path, title="Second")
    before = state_of(api.database)
    for send in (
        lambda headers: api.editor.patch(path, json={"title": "lost"}, headers=headers),
        lambda headers: api.editor.delete(f"{path}?reason=lost", headers=headers),
    ):
        problem(send({}), 428, code="precondition-required")
        for stale in (
            '"1"',
            "1",
            'W/"1"',
            '"1.2.abc"',
            '"9"',
            '"x"',
            '""',
            "x",
            '"-2"',
            '"2e0"',
            '"999999999999"',
        ):
            problem(send({"If-Match": stale}), 412, code="precondition-failed")
        problem(send({"If-Match": '"1", "2"'}), 400, "If-Match")
    problem(
        api.editor.post("/v1/incidents", json={}, headers={"Idempotency-Key": "a b"}), 400, "Idempotency-Key"
    )
    long = {"Idempotency-Key": "k" * 201}
    problem(api.editor.post("/v1/incidents", json={}, headers=long), 400, "Idempotency-Key")
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

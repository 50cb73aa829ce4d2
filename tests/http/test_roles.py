"""Who may do what: the roles, and the keys that carry them."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.access import keys
from app.storage.tables import api_keys, changes, idempotency_keys
from app.storage.types import now
from tests.conftest import SECRET
from tests.support.api import Api

ANY = {"If-Match": "*"}
SAID = [{"metric": "killed", "best": 4}]
ROLES = ("public", "reader", "contributor", "editor", "admin")


def _attempt(client: httpx.Client, method: str, path: str, body: Any = None) -> int:
    params = {"reason": "because"} if method == "DELETE" else None
    return client.request(method, path, json=body, params=params, headers=ANY).status_code


class Stage(dict[str, str]):
    """What the acts are done to, made when it is first named: alpha's own, unless it is called theirs."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def __missing__(self, name: str) -> str:
        api, alpha, beta = self.api, self.api.client("editor", "alpha"), self.api.client("editor", "beta")
        assessed = {"killed_best": 2, "assessment_reason": "seen"}
        makers: dict[str, Callable[[], dict[str, Any]]] = {
            "own": lambda: api.incident(alpha, workflow="draft"),
            "out": lambda: api.incident(alpha),
            "counted": lambda: api.incident(alpha, workflow="draft", **assessed),
            "verified": lambda: api.incident(alpha, workflow="draft", verification_status="confirmed"),
            "theirs": lambda: api.incident(beta),
            "unseen": lambda: api.incident(beta, workflow="draft"),
            "rep_own": lambda: api.report(alpha, workflow="draft"),
            "rep_out": lambda: api.report(alpha),
            "rep_theirs": lambda: api.report(beta),
            "src_own": lambda: api.source(alpha),
            "partner": lambda: api.posted("/v1/partners", {"slug": "zebra", "name": "Z"}, api.admin),
        }
        self[name] = makers[name]()["id"]
        return self[name]


# Status by role: public, reader, contributor, editor, admin. The act is done to alpha's records unless named otherwise.
ACTS: dict[str, tuple[str, str, Any, tuple[int, int, int, int, int]]] = {
    "create a draft": ("POST", "/v1/incidents", {"title": "A"}, (401, 403, 201, 201, 201)),
    "create a published one": ("POST", "/v1/incidents", {"workflow": "published"}, (401, 403, 403, 201, 201)),
    "create for review": ("POST", "/v1/incidents", {"workflow": "in_review"}, (401, 403, 201, 201, 201)),
    "create a verified one": ("POST", "/v1/incidents", {"verification_status": "confirmed"}, (401, 403, 403, 201, 201)),
    "create with figures": ("POST", "/v1/incidents", {"killed_best": 3, "assessment_reason": "r"}, (401, 403, 403, 201, 201)),
    "amend the own draft": ("PATCH", "/v1/incidents/{own}", {"title": "B"}, (401, 403, 200, 200, 200)),
    "amend what is published": ("PATCH", "/v1/incidents/{out}", {"title": "B"}, (401, 403, 403, 200, 200)),
    "amend another's": ("PATCH", "/v1/incidents/{theirs}", {"title": "B"}, (401, 403, 403, 200, 200)),
    "amend another's draft": ("PATCH", "/v1/incidents/{unseen}", {"title": "B"}, (401, 404, 404, 200, 200)),
    "publish": ("PATCH", "/v1/incidents/{own}", {"workflow": "published"}, (401, 403, 403, 200, 200)),
    "verify": ("PATCH", "/v1/incidents/{own}", {"verification_status": "corroborated"}, (401, 403, 403, 200, 200)),
    "mark as pending": ("PATCH", "/v1/incidents/{own}", {"verification_status": "pending"}, (401, 403, 200, 200, 200)),
    "take a verification back": ("PATCH", "/v1/incidents/{verified}", {"verification_status": "pending"}, (401, 403, 403, 200, 200)),
    "set figures": ("PATCH", "/v1/incidents/{own}", {"killed_best": 9, "assessment_reason": "r"}, (401, 403, 403, 200, 200)),
    "change set figures": ("PATCH", "/v1/incidents/{counted}", {"killed_best": 9}, (401, 403, 403, 200, 200)),
    "drop set figures": ("PATCH", "/v1/incidents/{counted}", {"assessment_rule": "envelope"}, (401, 403, 403, 200, 200)),
    "change their reason": ("PATCH", "/v1/incidents/{counted}", {"assessment_reason": "other"}, (401, 403, 403, 200, 200)),
    "amend beside set figures": ("PATCH", "/v1/incidents/{counted}", {"title": "B"}, (401, 403, 200, 200, 200)),
    "delete the own draft": ("DELETE", "/v1/incidents/{own}", None, (401, 403, 200, 200, 200)),
    "delete what is published": ("DELETE", "/v1/incidents/{out}", None, (401, 403, 403, 200, 200)),
    "delete another's": ("DELETE", "/v1/incidents/{theirs}", None, (401, 403, 403, 200, 200)),
    "delete another's draft": ("DELETE", "/v1/incidents/{unseen}", None, (401, 404, 404, 200, 200)),
    "file a report": ("POST", "/v1/reports", {"title": "A"}, (401, 403, 201, 201, 201)),
    "file a published report": ("POST", "/v1/reports", {"workflow": "published"}, (401, 403, 403, 201, 201)),
    "file a published incident": ("POST", "/v1/reports", {"incidents": [{"incident": {"workflow": "published"}}]}, (401, 403, 403, 201, 201)),
    "publish a report": ("PATCH", "/v1/reports/{rep_own}", {"workflow": "published"}, (401, 403, 403, 200, 200)),
    "withdraw a report": ("PATCH", "/v1/reports/{rep_out}", {"workflow": "draft"}, (401, 403, 403, 200, 200)),
    "withdraw by leaving out": ("PATCH", "/v1/reports/{rep_out}", {"workflow": None}, (401, 403, 403, 200, 200)),
    "amend the own report": ("PATCH", "/v1/reports/{rep_out}", {"title": "B"}, (401, 403, 200, 200, 200)),
    "amend another's report": ("PATCH", "/v1/reports/{rep_theirs}", {"title": "B"}, (401, 403, 403, 200, 200)),
    "delete a published report": ("DELETE", "/v1/reports/{rep_out}", None, (401, 403, 403, 200, 200)),
    "link a draft": ("PUT", "/v1/incidents/{theirs}/reports/{rep_own}", {}, (401, 403, 201, 201, 201)),
    "link what is published": ("PUT", "/v1/incidents/{out}/reports/{rep_out}", {"claims": SAID}, (401, 403, 403, 201, 201)),
    "link another's report": ("PUT", "/v1/incidents/{own}/reports/{rep_theirs}", {}, (401, 403, 403, 201, 201)),
    "record a source": ("POST", "/v1/sources", {"name": "A"}, (401, 403, 201, 201, 201)),
    "amend the own source": ("PATCH", "/v1/sources/{src_own}", {"notes": "B"}, (401, 403, 200, 200, 200)),
    "add a partner": ("POST", "/v1/partners", {"slug": "gamma", "name": "G"}, (401, 403, 403, 403, 201)),
    "rename a partner": ("PATCH", "/v1/partners/{partner}", {"name": "G"}, (401, 404, 404, 404, 200)),
    "remove a partner": ("DELETE", "/v1/partners/{partner}", None, (401, 404, 404, 404, 200)),
    "issue a key": ("POST", "/v1/keys", {"partner": "alpha", "role": "reader"}, (401, 403, 403, 403, 201)),
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_is_its_own(api: Api, role: str) -> None:
    """Reader and contributor are of the organisation that owns most of it, editor and admin of another."""
    client = {
        "public": api.public,
        "reader": api.client("reader"),
        "contributor": api.contributor,
        "editor": api.client("editor", "gazette"),
        "admin": api.client("admin", "gazette"),
    }[role]
    wrong: dict[str, str] = {}
    stage = Stage(api)
    for name, (method, path, body, statuses) in ACTS.items():
        named = re.findall(r"{(\w+)}", path)
        got = _attempt(client, method, path.format(**{key: stage[key] for key in named}), body)
        expected = statuses[ROLES.index(role)]
        if got != expected:
            wrong[name] = f"{got}, not {expected}"
        for key in named if got < 400 and "partner" not in named else ():
            del stage[key]  # it was done: the next act is tried on a fresh one
    assert wrong == {}


def _figure(api: Api, incident: str) -> tuple[Any, ...]:
    one = api.public.get(f"/v1/incidents/{incident}").json()
    total = api.public.get("/v1/totals").json()["items"][0]["killed_best"]
    return one["killed_low"], one["killed_best"], one["killed_high"], total


def test_a_draft_says_nothing_of_what_is_published_until_an_editor_publishes_it(api: Api) -> None:
    incident = api.incident()["id"]
    linked = [{"incident_id": incident, "claims": SAID}]
    sent = {"title": "A report", "external_id": "r-1", "incidents": linked}
    report = api.posted("/v1/reports", sent, api.contributor)["id"]
    path = f"/v1/incidents/{incident}/reports/{report}"
    assert _figure(api, incident) == (None, None, None, None)
    more = [{"metric": "killed", "best": 9}]
    assert api.contributor.put(path, json={"claims": more}).status_code == 200
    assert _figure(api, incident) == (None, None, None, None)
    assert api.public.get(f"/v1/incidents/{incident}/claims").json()["items"] == []
    api.patched(f"/v1/reports/{report}", workflow="published")
    assert _figure(api, incident)[1] == 9
    assert len(api.public.get(f"/v1/incidents/{incident}/claims").json()["items"]) == 1


def test_publishing_an_incident_publishes_its_reports_and_what_they_say_elsewhere(api: Api) -> None:
    other = api.incident(title="The other")["id"]
    linked = [{"incident": {"title": "The one"}, "claims": SAID}, {"incident_id": other, "claims": SAID}]
    report = api.posted("/v1/reports", {"title": "A report", "incidents": linked}, api.contributor)
    one = next(i["id"] for i in report["incidents"] if i["id"] != other)
    assert api.public.get(f"/v1/reports/{report['id']}").status_code == 404
    api.patched(f"/v1/incidents/{one}", workflow="published")
    published = api.public.get(f"/v1/reports/{report['id']}", params={"include": "incidents"}).json()
    assert published["workflow"] == "published"
    assert {i["id"]: i["killed_best"] for i in published["incidents"]} == {one: 4, other: 4}


def test_a_report_published_with_its_incident_keeps_its_sharing(api: Api) -> None:
    linked = [{"incident": {"title": "It", "sharing": "public"}, "claims": SAID}]
    body = {"title": "A report", "sharing": "organisation", "incidents": linked}
    report = api.posted("/v1/reports", body, api.contributor)
    one = report["incidents"][0]["id"]
    api.patched(f"/v1/incidents/{one}", workflow="published")
    read = api.public.get(f"/v1/incidents/{one}", params={"include": "reports,claims"}).json()
    assert (read["reports"], read["claims"], read["report_count"]) == ([], [], 0)
    assert api.public.get(f"/v1/reports/{report['id']}").status_code == 404


def _counted(api: Api) -> tuple[str, str, str, dict[str, Any]]:
    """A published incident with two published reports of the contributor's: incident, report, source, as it was sent."""
    incident = api.incident()["id"]
    source = api.posted("/v1/sources", {"name": "A", "reliability": "A"}, api.contributor)["id"]
    linked = [{"incident_id": incident, "claims": SAID}]
    sent = {
        "title": "A",
        "external_id": "r-1",
        "source_id": source,
        "date_published": "2016-12-07",
        "incidents": linked,
    }
    report = api.posted("/v1/reports", sent, api.contributor)["id"]
    api.patched(f"/v1/reports/{report}", workflow="published")
    other = [{"incident_id": incident, "claims": [{"metric": "killed", "best": 7}]}]
    grade_b = api.source(name="B", reliability="B")["id"]
    api.report(incidents=other, source_id=grade_b)
    assert _figure(api, incident)[1] == 4
    return incident, report, source, sent


def test_a_contributor_cannot_move_a_published_figure(api: Api) -> None:
    """By no way round: the link, the report sent again, its date or source, the source's grade, withdrawal, deletion."""
    incident, report, source, sent = _counted(api)
    client, before = api.contributor, _figure(api, incident)
    other = api.posted("/v1/sources", {"name": "C", "reliability": "E"}, client)["id"]
    louder = [{"incident_id": incident, "claims": [{"metric": "killed", "best": 400}]}]
    attempts: list[tuple[str, str, Any]] = [
        ("PUT", f"/v1/incidents/{incident}/reports/{report}", {"claims": louder[0]["claims"]}),
        ("DELETE", f"/v1/incidents/{incident}/reports/{report}", None),
        ("POST", "/v1/reports", {**sent, "incidents": louder}),
        ("POST", "/v1/reports", {**sent, "workflow": "draft", "title": "B"}),
        ("PATCH", f"/v1/reports/{report}", {"source_id": other}),
        ("PATCH", f"/v1/reports/{report}", {"source_id": None}),
        ("PATCH", f"/v1/reports/{report}", {"workflow": "in_review"}),
        ("PATCH", f"/v1/sources/{source}", {"reliability": "E"}),
        ("DELETE", f"/v1/reports/{report}", None),
    ]
    for method, path, body in attempts:
        assert _attempt(client, method, path, body) == 403, (method, path, body)
        assert _figure(api, incident) == before, (method, path, body)
    corrected = {**sent, "title": "Another headline"}
    assert _attempt(client, "POST", "/v1/reports", corrected) == 200
    assert _figure(api, incident) == before


# Keys


def _reads(api: Api, key: str, path: str = "/v1/incidents") -> httpx.Response:
    return api.public.get(path, headers={"Authorization": f"Bearer {key}"})


def _refused(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer")


def _spoilt(key: str) -> dict[str, str]:
    other = "0" if key[-1] != "0" else "1"
    return {
        "Bearer " + key[:-1]: "cut",
        "Bearer " + key[:-1] + other: "checksum",
        "Bearer " + key[:20] + key[19:]: "longer",
        "Bearer irk_é": "not ASCII",
        "Bearer": "no key",
        "Basic " + key: "other scheme",
        key: "no scheme",
    }


def test_a_key_that_is_not_whole_is_refused_also_for_reading(api: Api) -> None:
    key = api.key("reader")
    assert _reads(api, key).status_code == 200
    for header, why in _spoilt(key).items():
        for path in ("/v1/incidents", "/v1/incidents/inc_none", "/v1/totals", "/v1/fields"):
            answer = api.public.get(path, headers={"Authorization": header.encode()})
            assert _refused(answer), (why, path, answer.status_code)


def test_a_sound_key_of_another_service_is_unknown(api: Api) -> None:
    known = api.key("reader")
    foreign = keys.new_key("another secret").text
    stolen_prefix = keys.new_key("another secret")
    with api.database.writing.begin() as connection:
        row = connection.execute(select(api_keys.c.id, api_keys.c.prefix)).first()
        assert row is not None
        connection.execute(
            update(api_keys).where(api_keys.c.id == row.id).values(prefix=stolen_prefix.prefix)
        )
    told = [_reads(api, key) for key in (foreign, stolen_prefix.text, known)]
    assert all(_refused(answer) for answer in told)
    assert len({answer.json()["detail"] for answer in told}) == 1


SEARCHES = ("/v1/incidents/search", "/v1/reports/search", "/v1/sources/search")
"""Questions too long for an address: posted, but they read."""


def test_anonymous_writes_are_asked_for_a_key(api: Api) -> None:
    routes = api.public.get("/openapi.json").json()["paths"]
    writes = [
        (m, p)
        for p, methods in routes.items()
        for m in methods
        if m in ("post", "put", "patch", "delete") and p not in SEARCHES
    ]
    assert len(writes) > 15
    for method, path in writes:
        url = path.format(id="inc_none", report_id="rep_none")
        answer = api.public.request(method, url, json=None if method == "delete" else {})
        assert _refused(answer), (method, path, answer.status_code)


def test_a_key_is_shown_once_and_only_its_keyed_hash_is_kept(api: Api) -> None:
    body = {"partner": "desk", "role": "contributor", "label": "for the tests"}
    headers = {"Idempotency-Key": "once"}
    issued = api.admin.post("/v1/keys", json=body, headers=headers)
    key = issued.json()["key"]
    assert issued.headers["cache-control"] == "no-store"
    assert _reads(api, key).status_code == 200
    assert api.admin.post("/v1/keys", json=body, headers=headers).json()["key"] is None
    uid, secret = issued.json()["id"], key.split("_")[2]
    assert secret not in api.admin.get("/v1/keys").text + api.admin.get(f"/v1/keys/{uid}").text
    with api.database.reading.connect() as connection:
        row = connection.execute(select(api_keys).where(api_keys.c.uid == uid)).one()
        assert row.hash == hmac.digest(SECRET.encode(), b"api-key\x00" + key.encode(), hashlib.sha256)
        for table in (api_keys, changes, idempotency_keys):
            kept = str([tuple(r) for r in connection.execute(select(table))])
            assert secret not in kept
            assert table is api_keys or row.hash.hex() not in kept


def test_a_key_ends_when_it_expires_is_revoked_or_loses_its_partner(api: Api) -> None:
    expiring, revoked, orphaned = api.key("reader"), api.key("reader"), api.key("reader", "gone")
    listed = {item["prefix"]: item["id"] for item in api.admin.get("/v1/keys").json()["items"]}

    def uid(key: str) -> str:
        return listed[key.split("_")[1]]

    with api.database.writing.begin() as connection:
        past = {"expires_at": now() - timedelta(seconds=1)}
        connection.execute(update(api_keys).where(api_keys.c.uid == uid(expiring)).values(**past))
    assert _attempt(api.admin, "DELETE", f"/v1/keys/{uid(revoked)}") == 200
    partners = {item["slug"]: item["id"] for item in api.admin.get("/v1/partners").json()["items"]}
    assert _attempt(api.admin, "DELETE", f"/v1/partners/{partners['gone']}") == 200
    for key in (expiring, revoked, orphaned):
        assert _refused(_reads(api, key))
    assert api.admin.get(f"/v1/keys/{uid(revoked)}").json()["revoked_at"] is not None


def test_a_rotated_key_stops_at_once_and_its_successor_takes_over(api: Api) -> None:
    old = api.key("contributor")
    mine = _reads(api, old, "/v1/keys").json()["items"]
    uid = next(item["id"] for item in mine if item["prefix"] == old.split("_")[1])
    url, with_old = f"/v1/keys/{uid}/rotate", {"Authorization": f"Bearer {old}"}
    rotated = api.public.post(url, headers=with_old)
    assert (rotated.status_code, rotated.json()["role"], rotated.json()["partner"]) == (
        201,
        "contributor",
        "alpha",
    )
    assert _refused(_reads(api, old))
    assert _refused(api.public.post(url, headers=with_old))
    assert _reads(api, rotated.json()["key"]).status_code == 200


@pytest.mark.parametrize("role", ["reader", "contributor", "editor"])
def test_keys_of_others_are_an_admins(api: Api, role: str) -> None:
    """A colleague's key is seen but not touched; another organisation's is not there."""
    client, colleague, stranger = api.client(role), api.key("reader"), api.key("reader", "beta")
    listed = {item["prefix"]: item["id"] for item in api.admin.get("/v1/keys").json()["items"]}
    for key, status in ((colleague, 403), (stranger, 404)):
        path = f"/v1/keys/{listed[key.split('_')[1]]}"
        assert client.get(path).status_code == (200 if status == 403 else 404)
        assert _attempt(client, "DELETE", path) == status
        assert _attempt(client, "POST", f"{path}/rotate") == status
        assert _reads(api, key).status_code == 200

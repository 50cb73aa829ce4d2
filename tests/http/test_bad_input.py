"""Wrong bodies: each is refused with the field at fault, and leaves nothing half written."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.support.api import Api
from tests.support.state import problem, state_of

JSON = {"Content-Type": "application/json"}
ANY = {"If-Match": "*"}
NOBODY = "inc_01je7pysj4ez3v6p9b7q2v5w8x"
REASON = {"assessment_reason": "the hospital's list"}
DEEP = 10_000


def standing(api: Api) -> dict[str, Any]:
    """The state of the database once the keys of all who ask are issued."""
    _ = api.editor, api.admin, api.contributor
    return state_of(api.database)


def refused(api: Api, response: httpx.Response, before: dict[str, Any], status: int, *fields: str) -> None:
    problem(response, status, *fields)
    assert state_of(api.database) == before


NOT_JSON: list[bytes] = [
    b"",
    b"{",
    b'{"title": }',
    b"{'title': 1}",
    b'{"title": "a"} {}',
    b'{"lon": NaN}',
    b'{"lon": Infinity}',
    b'{"lon": -Infinity}',
    b'{"lon": 1e999, "lat": 1}',
    b'{"title": "\\ud800"}',
    b'{"title": "\\udc00"}',
    b'{"\\ud800": 1}',
    b'{"title": "\xed\xa0\x80"}',
    b'{"title": "\xff"}',
    b"\xff\xfe{\x00}\x00",
    b'{"title": "a\x00b"}',
    b'{"title": 0x10}',
    b"[" * DEEP + b"]" * DEEP,
    b'{"place_names":' * DEEP + b"1" + b"}" * DEEP,
    b'{"tags":' + b"[" * DEEP,
]


def test_what_is_not_json(api: Api) -> None:
    incident = api.incident()
    before = standing(api)
    for body in NOT_JSON:
        for method, path, headers in (
            ("POST", "/v1/incidents", JSON),
            ("POST", "/v1/reports", JSON),
            ("PATCH", f"/v1/incidents/{incident['id']}", JSON | ANY),
        ):
            response = api.editor.request(method, path, content=body, headers=headers)
            assert problem(response, 400, "", code="malformed-body")["errors"][0]["code"] == "malformed_json"
        assert state_of(api.database) == before, body[:40]


def test_a_member_that_stands_twice(api: Api) -> None:
    incident = api.incident()
    before = standing(api)
    for body, name in (
        ('{"title": "a", "title": "b"}', "title"),
        ('{"title": "a", "tags": [], "tags": []}', "tags"),
        ('{"place_names": {"en": "a", "e\\u006e": "b"}}', "en"),
        ('{"attributions": [{"actor": "a", "role": "target", "role": "target"}]}', "role"),
    ):
        for method, path in (("POST", "/v1/incidents"), ("PATCH", f"/v1/incidents/{incident['id']}")):
            response = api.editor.request(method, path, content=body, headers=JSON | ANY)
            told = problem(response, 400, name, code="malformed-body")
            assert told["errors"][0]["code"] == "repeated_member"
    assert state_of(api.database) == before


def test_a_body_that_is_no_object(api: Api) -> None:
    before = standing(api)
    for body in ("[]", "1", '"text"', "null", "true", "[{}]"):
        response = api.editor.post("/v1/incidents", content=body, headers=JSON)
        assert problem(response, 400, "")["errors"][0]["code"] == "wrong_type"
    assert state_of(api.database) == before


def test_a_body_that_is_not_said_to_be_json(api: Api) -> None:
    incident = api.incident()
    before = standing(api)
    path = f"/v1/incidents/{incident['id']}"
    for kind in ("text/plain", "application/xml", "multipart/form-data", "", "json"):
        for method, where in (("POST", "/v1/incidents"), ("PATCH", path)):
            headers = {**ANY, **({"Content-Type": kind} if kind else {})}
            response = api.editor.request(method, where, content=b'{"title": "a"}', headers=headers)
            problem(response, 415, code="unsupported-media-type")
    assert state_of(api.database) == before


def test_nesting_that_json_allows_and_no_form_has(api: Api) -> None:
    incident = api.incident()
    before = standing(api)
    path = f"/v1/incidents/{incident['id']}"
    for depth in (100, 254, 255, 600, 980, 1000, 1020):
        objects = '{"place_names":' + '{"en":' * depth + "1" + "}" * (depth + 1)
        posted = api.editor.post("/v1/incidents", content=objects, headers=JSON)
        refused(api, posted, before, 422, "place_names.en")
        patched = api.editor.patch(path, content=objects, headers=JSON | ANY)
        refused(api, patched, before, 422, "place_names.en")
        lists = '{"tags":' + "[" * depth + "]" * depth + "}"
        refused(api, api.editor.patch(path, content=lists, headers=JSON | ANY), before, 422, "tags[0]")


def _answer_to(api: Api, head: str, pieces: list[bytes]) -> str:
    """The answer to a request that is never sent to its end."""
    address = urlsplit(api.running.url)
    authorization = api.editor.headers["Authorization"]
    start = f"POST /v1/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n{head}\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=20) as connection:
        connection.sendall(start.encode())
        with suppress(OSError):  # the service may have hung up by now
            for piece in pieces:
                connection.sendall(piece)
        return connection.recv(4096).decode()


def test_fifty_megabytes_that_say_so_are_not_read(api: Api) -> None:
    before = standing(api)
    answer = _answer_to(api, "Content-Type: application/json\r\nContent-Length: 50000000\r\n", [])
    assert answer.startswith("HTTP/1.1 413 "), answer
    assert "application/problem+json" in answer
    assert state_of(api.database) == before


def test_fifty_megabytes_in_chunks_are_not_all_read(api: Api) -> None:
    before = standing(api)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    # Just beyond the limit, and no end: an answer that comes now came without waiting for the rest.
    enough = api.running.settings.limits.body_bytes // 0x10000 + 1
    head = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    answer = _answer_to(api, head, [chunk] * enough)
    assert answer.startswith("HTTP/1.1 413 "), answer
    assert "application/problem+json" in answer
    assert state_of(api.database) == before


def test_a_body_just_under_the_limit_is_read(api: Api) -> None:
    most = api.running.settings.limits.body_bytes
    body = b'{"title":"a"}'.ljust(most)
    assert api.editor.post("/v1/incidents", content=body, headers=JSON).status_code == 201
    response = api.editor.post("/v1/incidents", content=body + b" ", headers=JSON)
    problem(response, 413, code="too-large")


WRONG_INCIDENTS: list[tuple[dict[str, Any], str]] = [
    ({"nonsense": 1}, "nonsense"),
    ({"id": NOBODY}, "id"),
    ({"version": 3}, "version"),
    ({"partner": "beta"}, "partner"),
    ({"effective_sharing": "public"}, "effective_sharing"),
    ({"title": 1}, "title"),
    ({"title": ["a"]}, "title"),
    ({"title": True}, "title"),
    ({"title": "a\0b"}, "title"),
    ({"title": "a\x1bb"}, "title"),
    ({"title": "a" * 501}, "title"),
    ({"summary": "a" * 50_001}, "summary"),
    ({"killed_best": True, **REASON}, "killed_best"),
    ({"killed_best": "3", **REASON}, "killed_best"),
    ({"killed_best": 3.0, **REASON}, "killed_best"),
    ({"killed_best": 2.5, **REASON}, "killed_best"),
    ({"killed_best": -1, **REASON}, "killed_best"),
    ({"killed_best": 10**30, **REASON}, "killed_best"),
    ({"killed_best": 2**31, **REASON}, "killed_best"),
    ({"killed_best": 2**63, **REASON}, "killed_best"),
    ({"killed_best": 3}, "assessment_reason"),
    ({"killed_low": 5, "killed_best": 4, **REASON}, "killed_low"),
    ({"wounded_best": 5, "wounded_high": 4, **REASON}, "wounded_high"),
    ({"killed_civilians_low": 5, "killed_civilians_high": 4, **REASON}, "killed_civilians_low"),
    ({"date_start": "2016-12-06", "date_end": "2016-12-05"}, "date_end"),
    ({"date_end": "2016-12-05"}, "date_end"),
    ({"date_start": "0000-01-01"}, "date_start"),
    ({"date_start": "10000-01-01"}, "date_start"),
    ({"date_start": "+010000-01-01"}, "date_start"),
    ({"date_start": "2016-13-01"}, "date_start"),
    ({"date_start": "2017-02-30"}, "date_start"),
    ({"date_start": "2016-12"}, "date_start"),
    ({"date_start": "2016-12-06T00:00:00Z"}, "date_start"),
    ({"date_start": "yesterday"}, "date_start"),
    ({"date_start": 20161206}, "date_start"),
    ({"date_start": True}, "date_start"),
    ({"date_precision": "day"}, "date_precision"),
    ({"date_start": "2016-12-06", "date_precision": "hour"}, "date_precision"),
    ({"lon": 4239, "lat": 36}, "lon"),
    ({"lon": 36, "lat": 91}, "lat"),
    ({"lon": 37.1}, "lat"),
    ({"lat": 36.1}, "lon"),
    ({"lon": "NaN", "lat": 1}, "lon"),
    ({"lon": 1, "lat": "Infinity"}, "lat"),
    ({"lon": "37.1", "lat": 1}, "lon"),
    ({"lon": True, "lat": 1}, "lon"),
    ({"lon": 10**30, "lat": 1}, "lon"),
    ({"lon": 1, "lat": 1, "location_generalised_to": "unknown"}, "location_generalised_to"),
    ({"location_generalised_to": "admin1"}, "location_generalised_to"),
    (
        {"lon": 1, "lat": 1, "location_precision": "admin1", "location_generalised_to": "settlement"},
        "location_generalised_to",
    ),
    ({"country": "XXX"}, "country"),
    ({"country": "Syria"}, "country"),
    ({"country": 1}, "country"),
    ({"event_type": "magic"}, "event_type"),
    ({"event_type": None}, "event_type"),
    ({"verification_status": "true"}, "verification_status"),
    ({"workflow": "live"}, "workflow"),
    ({"sharing": "everyone"}, "sharing"),
    ({"source_id": "src_nobody"}, "source_id"),
    ({"source_id": "src_\0"}, "source_id"),
    ({"source_id": 7}, "source_id"),
    ({"source_id": "s" * 65}, "source_id"),
    ({"part_of": NOBODY}, "part_of"),
    ({"part_of": "\0"}, "part_of"),
    ({"tags": "a"}, "tags"),
    ({"tags": ["a", ""]}, "tags[1]"),
    ({"tags": ["a", "  "]}, "tags[1]"),
    ({"tags": ["a\0"]}, "tags[0]"),
    ({"tags": [1]}, "tags[0]"),
    ({"tags": ["a"] * 51}, "tags"),
    ({"place_names": {"not a language": "a"}}, "place_names.not a language"),
    ({"place_names": {"en": None}}, "place_names.en"),
    ({"place_names": {"en": "\0"}}, "place_names.en"),
    ({"place_names": ["en"]}, "place_names"),
    ({"attributions": [{"actor": "a\0"}]}, "attributions[0].actor"),
    ({"attributions": [{"actor": " "}]}, "attributions[0].actor"),
    ({"attributions": [{"actor": "a", "who": 1}]}, "attributions[0].who"),
    ({"attributions": [{"actor": "a", "role": "hero"}]}, "attributions[0].role"),
    ({"attributions": [{}]}, "attributions[0].actor"),
    ({"external_id": ""}, "external_id"),
    ({"external_id": "  "}, "external_id"),
    ({"external_id": "x" * 201}, "external_id"),
    ({"external_id": 5}, "external_id"),
    ({"assessment_rule": "guess"}, "assessment_rule"),
    ({"assessment_rule": "envelope", "killed_best": 3, **REASON}, "assessment_rule"),
]


def test_a_wrong_incident(api: Api) -> None:
    before = standing(api)
    for body, field in WRONG_INCIDENTS:
        problem(api.editor.post("/v1/incidents", json=body), 422, field)
        filed = {"title": "r", "incidents": [{"incident": {}}, {"incident": body}]}
        problem(api.editor.post("/v1/reports", json=filed), 422, f"incidents[1].incident.{field}")
        assert state_of(api.database) == before, body


def test_a_wrong_patch_leaves_the_record_as_it_was(api: Api) -> None:
    incident = api.incident(external_id="mine")
    path = f"/v1/incidents/{incident['id']}"
    before = standing(api)
    for body, field in WRONG_INCIDENTS:
        if body in ({"place_names": {"en": None}}, {"event_type": None}, {"date_precision": "day"}):
            continue  # null clears in a patch; the stored date has that precision
        response = api.editor.patch(path, json=body, headers=ANY)
        if "date_end" in body and "date_start" not in body:
            problem(response, 422, "date_end")
        else:
            problem(response, 422, field)
    assert state_of(api.database) == before
    assert api.editor.get(path).json() == {k: v for k, v in incident.items() if k != "outcome"}


def test_a_patch_with_an_unknown_key_that_is_null(api: Api) -> None:
    records = {"incidents": api.incident(), "reports": api.report(), "sources": api.source()}
    before = standing(api)
    for kind, record in records.items():
        response = api.editor.patch(f"/v1/{kind}/{record['id']}", json={"nonsense": None}, headers=ANY)
        refused(api, response, before, 422, "nonsense")


WRONG_CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({}, "metric"),
    ({"metric": "killed"}, "wording"),
    ({"metric": "eaten", "best": 1}, "metric"),
    ({"metric": "killed", "best": True}, "best"),
    ({"metric": "killed", "best": -1}, "best"),
    ({"metric": "killed", "low": 3, "high": 2}, "low"),
    ({"metric": "killed", "best": 3, "high": 2}, "high"),
    ({"metric": "killed", "wording": "a\0"}, "wording"),
    ({"metric": "killed", "best": 1, "credibility": 1}, "credibility"),
    ({"metric": "killed", "best": 1, "credibility": "0"}, "credibility"),
    ({"metric": "killed", "best": 1, "unknown": 1}, "unknown"),
]


def test_a_wrong_claim(api: Api) -> None:
    incident, report = api.incident(), api.report()
    path = f"/v1/incidents/{incident['id']}/reports/{report['id']}"
    before = standing(api)
    good = {"metric": "killed", "best": 1}
    for claim, field in WRONG_CLAIMS:
        refused(api, api.editor.put(path, json={"claims": [good, claim]}), before, 422, f"claims[1].{field}")
        filed = {"incidents": [{"incident": {}, "claims": [good, claim]}]}
        response = api.editor.post("/v1/reports", json=filed)
        refused(api, response, before, 422, f"incidents[0].claims[1].{field}")


def test_a_wrong_filed_report(api: Api) -> None:
    source = api.source()
    before = standing(api)
    good = {"name": "Another outlet"}
    for body, field in (
        ({"source": good, "source_id": source["id"]}, "source"),
        ({"source": {"name": ""}}, "source.name"),
        ({"source": {**good, "reliability": "G"}}, "source.reliability"),
        ({"source": good, "incidents": [{}]}, "incidents[0].incident"),
        ({"source": good, "incidents": [{"incident_id": NOBODY}]}, "incidents[0].incident_id"),
        ({"source": good, "incidents": [{"incident_id": "\0"}]}, "incidents[0].incident_id"),
        ({"source": good, "incidents": [{"incident": {"part_of": NOBODY}}]}, "incidents[0].incident.part_of"),
        ({"source": good, "incidents": {}}, "incidents"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "http://a:99999/"}, "url"),
        ({"content_hash": "sha256:abc"}, "content_hash"),
        ({"language": "english, please"}, "language"),
        ({"date_published": "2016-12-06", "date_retrieved": "2016-12-05"}, "date_retrieved"),
    ):
        refused(api, api.editor.post("/v1/reports", json=body), before, 422, field)


def test_wrong_sources_partners_and_keys(api: Api) -> None:
    before = standing(api)
    for path, body, field in (
        ("sources", {}, "name"),
        ("sources", {"name": "a\0"}, "name"),
        ("sources", {"name": "a", "protected": "yes"}, "protected"),
        ("sources", {"name": "a", "protected": 1}, "protected"),
        ("sources", {"source_type": "private_protected", "protected": False, "name": "a"}, "protected"),
        ("sources", {"name": "a", "pseudonym": "a", "protected": True}, "pseudonym"),
        ("partners", {"slug": "Ab", "name": "a"}, "slug"),
        ("partners", {"slug": "a\0", "name": "a"}, "slug"),
        ("partners", {"slug": "a-b"}, "name"),
        ("keys", {"partner": "nobody", "role": "reader"}, "partner"),
        ("keys", {"partner": "\0", "role": "reader"}, "partner"),
        ("keys", {"partner": "desk", "role": "god"}, "role"),
        ("keys", {"partner": "desk", "role": "reader", "expires_in_days": 0}, "expires_in_days"),
        ("keys", {"partner": "desk", "role": "reader", "expires_in_days": True}, "expires_in_days"),
        ("keys", {"partner": "desk", "role": "reader", "expires_in_days": 10**9}, "expires_in_days"),
    ):
        refused(api, api.admin.post(f"/v1/{path}", json=body), before, 422, field)


def test_all_faults_are_told_at_once_and_not_without_end(api: Api) -> None:
    response = api.editor.post("/v1/incidents", json={"title": 1, "lon": "x", "country": "XXX", "b": 1})
    problem(response, 422, "title", "lon", "country", "b")
    many = api.editor.post("/v1/incidents", json={f"k{n}": n for n in range(10_000)})
    assert len(problem(many, 422)["errors"]) == 100

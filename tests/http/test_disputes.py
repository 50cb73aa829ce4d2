"""A dispute is evidence: kept with its reason, seen by those who may, and changing nothing that is published by itself."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from tests.http.test_transitions import ANY, do, done
from tests.support.api import Api
from tests.support.loopback import NO_TLS
from tests.support.state import problem, state_of

Record = dict[str, Any]
REASON = "our correspondent was there: no strike that day"


@pytest.fixture
def uid(api: Api) -> str:
    """A published incident of alpha's with one report of four killed."""
    alpha = api.client("editor", "alpha")
    uid: str = api.incident(alpha, verification_status="single_source")["id"]
    said = [{"metric": "killed", "low": 4, "best": 4, "high": 4}]
    source = api.source(alpha)["id"]
    api.report(alpha, source_id=source, incidents=[{"incident_id": uid, "claims": said}])
    return uid


def read(client: httpx.Client, uid: str) -> Record:
    record: Record = client.get(f"/v1/incidents/{uid}?include=reports").json()
    return record


def test_another_partner_disputes_and_an_editor_publishes_it(api: Api, uid: str) -> None:
    beta, before = api.client("contributor", "beta"), read(api.public, uid)
    answer = done(beta, uid, "dispute", reason=REASON, url="https://example.org/correction", language="en")
    report = answer["dispute"]["report_id"]
    for client in (beta, api.client("reader", "beta"), api.editor):
        (shown,) = [r for r in read(client, uid)["reports"] if r["id"] == report]
        assert (shown["link_role"], shown["excerpt"], shown["partner"]) == ("disputes", REASON, "beta")
        assert (shown["source_name"], shown["url"]) == ("Beta", "https://example.org/correction")
        assert (shown["workflow"], shown["sharing"]) == ("in_review", "public")
    for client in (api.public, api.contributor):
        assert REASON not in client.get(f"/v1/incidents/{uid}?include=reports,claims").text
        assert REASON not in client.get(f"/v1/incidents/{uid}/explain").text
        assert client.get(f"/v1/reports/{report}").status_code == 404
        assert client.get("/v1/incidents?q=correspondent").json()["items"] == []
        assert [i["name"] for i in client.get("/v1/sources").json()["items"]] == ["An outlet"]
    assert read(api.editor, uid)["proposed_status"] == "contested"
    now = read(api.public, uid)
    moved = {name for name in now if now[name] != before[name]}
    assert moved <= {"version", "updated_at"}, "neither a figure nor the status"
    assert api.public.get("/v1/totals").json()["items"][0]["killed_best"] == 4
    api.patched(f"/v1/reports/{report}", workflow="published")
    (shown,) = [r for r in read(api.public, uid)["reports"] if r["id"] == report]
    assert (shown["link_role"], shown["excerpt"]) == ("disputes", REASON)
    assert read(api.public, uid)["verification_status"] == "single_source"
    assert read(api.public, uid)["killed_best"] == 4


def test_the_organisation_is_recorded_as_a_source_once(api: Api, uid: str) -> None:
    """Also where it disputes two incidents at once."""
    others = [api.incident()["id"] for _ in range(3)]
    key = api.client("contributor", "beta").headers

    def act(incident: str) -> None:
        with httpx.Client(base_url=api.running.url, headers=key, timeout=30, verify=NO_TLS) as client:
            done(client, incident, "dispute", reason=REASON)

    threads = [threading.Thread(target=act, args=(incident,)) for incident in (uid, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    named = [s for s in api.editor.get("/v1/sources").json()["items"] if s["name"] == "Beta"]
    assert [source["partner"] for source in named] == ["beta"]


def test_a_dispute_is_shared_no_wider_than_the_incident(api: Api) -> None:
    shared = api.incident(sharing="partners")["id"]
    beta = api.client("contributor", "beta")
    report = done(beta, shared, "dispute", reason=REASON)["dispute"]["report_id"]
    assert api.editor.get(f"/v1/reports/{report}").json()["sharing"] == "partners"
    report = done(beta, shared, "dispute", reason=REASON, sharing="organisation")["dispute"]["report_id"]
    assert api.editor.get(f"/v1/reports/{report}").json()["sharing"] == "organisation"


def test_an_editors_dispute_is_public_at_once_and_changes_no_figure(api: Api, uid: str) -> None:
    source = api.source(name="A hospital", source_type="hospital_or_medical")["id"]
    answer = done(api.editor, uid, "dispute", reason=REASON, source_id=source)
    seen = read(api.public, uid)
    assert [(r["link_role"], r["source_name"]) for r in seen["reports"]][1:] == [("disputes", "A hospital")]
    assert (seen["killed_best"], seen["verification_status"]) == (4, "single_source")
    assert answer["proposed_status"] == "contested"


def test_a_dispute_is_withdrawn_like_any_report(api: Api, uid: str) -> None:
    beta = api.client("contributor", "beta")
    report = done(beta, uid, "dispute", reason=REASON)["dispute"]["report_id"]
    assert beta.delete(f"/v1/reports/{report}?reason=checked", headers=ANY).status_code == 200
    assert read(api.editor, uid)["proposed_status"] == "single_source"
    assert len(read(api.editor, uid)["reports"]) == 1


def test_bad_input(api: Api, uid: str) -> None:
    hidden = api.source(sharing="restricted")["id"]
    beta = api.client("contributor", "beta")
    before = state_of(api.database)
    for name, value in (
        ("source_id", hidden),
        ("source_id", "src_none"),
        ("url", "ftp://x"),
        ("sharing", "world"),
        ("language", "??"),
        ("claims", []),
    ):
        problem(do(beta, uid, "dispute", reason=REASON, **{name: value}), 422, name)
    assert state_of(api.database) == before

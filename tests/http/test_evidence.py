"""Which rule makes a figure of claims, which reports are independent, and what status the claims speak for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.state import problem

ANY = {"If-Match": "*"}
Figure = tuple[int | None, int | None, int | None]


def killed(record: dict[str, Any]) -> Figure:
    return record["killed_low"], record["killed_best"], record["killed_high"]


def told(
    api: Api,
    incident: str,
    best: int | None,
    *,
    source: dict[str, Any] | None = None,
    role: str = "describes",
    **report: Any,
) -> str:
    """A report of a source of its own that says so many; its id."""
    source_id = api.source(**(source or {"name": f"Outlet {best}"}))["id"]
    filed: str = api.report(source_id=source_id, **report)["id"]
    linked(api, incident, filed, best, role)
    return filed


def linked(api: Api, incident: str, report: str, best: int | None, role: str = "describes") -> None:
    claims = [] if best is None else [{"metric": "killed", "best": best, "qualifier": "exact"}]
    link = {"role": role, "claims": claims}
    answer = api.editor.put(f"/v1/incidents/{incident}/reports/{report}", json=link)
    assert answer.status_code in (200, 201), answer.text


def now(api: Api, incident: str) -> dict[str, Any]:
    record: dict[str, Any] = api.editor.get(f"/v1/incidents/{incident}").json()
    return record


def test_each_rule_by_its_name(api: Api) -> None:
    incident = api.incident()["id"]
    told(api, incident, 61, source={"name": "Agency", "reliability": "B"}, date_published="2016-12-06")
    told(api, incident, 40, source={"name": "Paper", "reliability": "D"}, date_published="2016-12-08")
    told(api, incident, 61, source={"name": "Hospital", "reliability": "C"}, date_published="2016-12-07")
    for rule, figure in (
        ("envelope", (40, 61, 61)),
        ("lowest", (40, 40, 40)),
        ("highest", (61, 61, 61)),
        ("median", (61, 61, 61)),
        ("latest", (40, 40, 40)),
        ("best_source", (61, 61, 61)),
        ("corroborated_only", (61, 61, 61)),
    ):
        record = api.patched(f"/v1/incidents/{incident}", assessment_rule=rule)
        assert (record["assessment_rule"], killed(record)) == (rule, figure)
    assert record["proposed_status"] == "contested"
    assert record["spread"] == 21


def test_an_incident_may_name_its_rule_when_it_is_recorded(api: Api) -> None:
    incident = api.incident(assessment_rule="corroborated_only")
    told(api, incident["id"], 61)
    assert killed(now(api, incident["id"])) == (None, None, None)
    told(api, incident["id"], 61, source={"name": "Another"})
    assert killed(now(api, incident["id"])) == (61, 61, 61)
    refused = api.editor.post("/v1/incidents", json={"assessment_rule": "average"})
    assert problem(refused, 422)["errors"][0]["field"] == "assessment_rule"


def test_five_outlets_that_copy_one_agency_count_once(api: Api) -> None:
    incident = api.incident(assessment_rule="corroborated_only")["id"]
    wire = told(api, incident, 61, source={"name": "Agency"})
    copies = [told(api, incident, 61, source={"name": f"Paper {n}"}, derived_from=wire) for n in range(2)]
    copies += [
        told(api, incident, 61, source={"name": f"Site {n}"}, same_origin_as=copies[0]) for n in range(2)
    ]
    told(api, incident, 61, source={"name": "Agency in Arabic", "owner": "Agency group"})
    record = now(api, incident)
    assert record["proposed_status"] == "corroborated", "the sister is not known to be one yet"
    sources = api.editor.get("/v1/sources?limit=100").json()["items"]
    agency = next(s for s in sources if s["name"] == "Agency")
    api.patched(f"/v1/sources/{agency['id']}", owner="AGENCY  Group")
    record = now(api, incident)
    assert (record["proposed_status"], killed(record)) == ("single_source", (None, None, None))
    # One of them was there itself, after all.
    api.patched(f"/v1/reports/{copies[3]}", same_origin_as=None)
    record = now(api, incident)
    assert (record["proposed_status"], killed(record)) == ("corroborated", (61, 61, 61))


def test_what_a_report_leads_to_counts_for_those_that_lead_to_it(api: Api) -> None:
    """The two papers copy each one site; when it turns out that these copy one agency, the papers are one voice."""
    incident = api.incident()["id"]
    sites = [api.report(source_id=api.source(name=f"Site {n}")["id"])["id"] for n in range(2)]
    for n, site in enumerate(sites):
        told(api, incident, 10 + n, source={"name": f"Paper {n}"}, derived_from=site)
    assert now(api, incident)["proposed_status"] == "contested"
    agency = api.report(source_id=api.source(name="Agency")["id"])["id"]
    for site in sites:
        api.patched(f"/v1/reports/{site}", derived_from=agency)
    assert (now(api, incident)["proposed_status"], now(api, incident)["spread"]) == ("single_source", None)


def test_a_correction_replaces_what_its_source_said(api: Api) -> None:
    incident = api.incident()["id"]
    told(api, incident, 61, source={"name": "Agency"}, date_published="2016-12-06")
    told(api, incident, 58, source={"name": "Agency"}, date_published="2016-12-08", role="corrects")
    assert killed(now(api, incident)) == (58, 58, 58)
    told(api, incident, 61, source={"name": "Another"}, date_published="2016-12-05")
    assert killed(now(api, incident)) == (58, 58, 61)


@pytest.mark.parametrize("name", ["derived_from", "same_origin_as"])
def test_a_report_does_not_lead_to_itself_or_to_nothing(api: Api, name: str) -> None:
    report = api.report()["id"]
    for wrong in (report, "rep_00000000000000000000000000"):
        answer = api.editor.patch(f"/v1/reports/{report}", json={name: wrong}, headers=ANY)
        assert problem(answer, 422)["errors"][0]["field"] == name
    hidden = api.report(api.client("contributor", "beta"), workflow="draft")["id"]
    answer = api.contributor.post("/v1/reports", json={name: hidden})
    assert problem(answer, 422)["errors"][0]["code"] == "unknown_id"


def test_reports_do_not_pass_each_other_on_in_a_ring(api: Api) -> None:
    first = api.report()["id"]
    second = api.report(derived_from=first)["id"]
    third = api.report(derived_from=second)["id"]
    answer = api.editor.patch(f"/v1/reports/{first}", json={"derived_from": third}, headers=ANY)
    assert problem(answer, 422)["errors"][0]["code"] == "ring"
    assert api.public.get(f"/v1/reports/{third}").json()["derived_from"] == second


def test_nobody_learns_whom_a_protected_source_repeats(api: Api) -> None:
    """Nor, of what is open, that it repeats a protected one."""
    protected = api.source(name="Somebody", protected=True, owner="Their paper")["id"]
    theirs = api.report(source_id=protected)["id"]
    open_report = api.report(source_id=api.source(name="Paper")["id"], derived_from=theirs)["id"]
    api.patched(f"/v1/reports/{theirs}", same_origin_as=open_report)
    for client, seen in ((api.public, False), (api.contributor, False), (api.editor, True)):
        assert client.get(f"/v1/reports/{theirs}").json()["same_origin_as"] == (open_report if seen else None)
        assert client.get(f"/v1/reports/{open_report}").json()["derived_from"] == (theirs if seen else None)
        assert client.get(f"/v1/sources/{protected}").json()["owner"] == ("Their paper" if seen else None)
        found = client.get("/v1/sources", params={"owner": "Their paper"}).json()["items"]
        assert len(found) == seen


def test_conflicts_are_an_editors_view_the_widest_first(api: Api) -> None:
    apart: dict[str, int] = {}
    for low, high in ((4, 61), (10, 12), (100, 300)):
        incident = api.incident()["id"]
        told(api, incident, low)
        told(api, incident, high)
        apart[incident] = high - low
    agreed = api.incident()["id"]
    told(api, agreed, 7)
    items = api.editor.get("/v1/incidents?conflicted=true").json()["items"]
    assert [(i["id"], i["spread"]) for i in items] == sorted(apart.items(), key=lambda each: -each[1])
    assert [i["id"] for i in api.editor.get("/v1/incidents?conflicted=false").json()["items"]] == [agreed]
    assert len(api.editor.get("/v1/incidents?conflicted=true&sort=date_start&limit=2").json()["items"]) == 2
    assert api.editor.get("/v1/totals?conflicted=true").json()["items"][0]["incidents"] == 3
    assert len(api.editor.get("/v1/incidents?proposed_status=single_source").json()["items"]) == 1
    for client in (api.public, api.contributor):
        for asked in (
            "conflicted=true",
            "proposed_status=contested",
            "sort=-spread",
            "filter=spread > 3",
            "fields=spread",
        ):
            answer = client.get(f"/v1/incidents?{asked}")
            assert answer.status_code == 400, (asked, answer.text)
        assert not {"spread", "proposed_status"} & client.get(f"/v1/incidents/{agreed}").json().keys()


def test_figures_set_by_hand_stay_and_the_claims_still_speak(api: Api) -> None:
    incident = api.incident(killed_best=50, assessment_reason="counted at the morgue")["id"]
    told(api, incident, 61)
    told(api, incident, 4)
    record = now(api, incident)
    assert (killed(record), record["spread"]) == ((None, 50, None), 57)


def test_what_contributors_may_not_change_they_do_not_change_by_a_detour(api: Api) -> None:
    """A contributor's own report leads to another: where that moves a published figure an editor has to do it."""
    incident = api.incident(assessment_rule="corroborated_only")["id"]
    source = api.source(api.contributor, name="Ours")["id"]
    ours = api.report(api.contributor, source_id=source, workflow="draft")["id"]
    api.patched(f"/v1/reports/{ours}", workflow="published")
    linked(api, incident, ours, 61)
    other = told(api, incident, 61, source={"name": "Agency"})
    assert killed(now(api, incident)) == (61, 61, 61)
    for path, change in (
        (f"/v1/reports/{ours}", {"same_origin_as": other}),
        (f"/v1/sources/{source}", {"name": "Agency"}),
    ):
        answer = api.contributor.patch(path, json=change, headers=ANY)
        assert problem(answer, 403)["title"]
    assert killed(now(api, incident)) == (61, 61, 61)


def test_statuses_follow_when_a_report_is_published_or_goes(api: Api) -> None:
    incident = api.incident()["id"]
    told(api, incident, 61)
    draft = told(api, incident, 61, source={"name": "Second"}, workflow="draft")
    assert now(api, incident)["proposed_status"] == "single_source"
    api.patched(f"/v1/reports/{draft}", workflow="published")
    assert now(api, incident)["proposed_status"] == "corroborated"
    gone: httpx.Response = api.editor.delete(f"/v1/reports/{draft}?reason=forged", headers=ANY)
    assert gone.status_code == 200
    assert now(api, incident)["proposed_status"] == "single_source"

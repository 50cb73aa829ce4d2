"""Why an incident carries its figures: every claim with what became of it, as the viewer may see it."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from app.domain.assessment.rules import RULES
from tests.support.api import Api
from tests.support.state import problem

Explained = dict[str, Any]


def filed(
    api: Api,
    incident: str,
    *claims: dict[str, Any],
    source: dict[str, Any],
    role: str = "describes",
    **report: Any,
) -> str:
    """A report of a new source that claims so of people killed; its id."""
    source_id = api.source(**source)["id"]
    uid: str = api.report(source_id=source_id, **report)["id"]
    told = {"role": role, "claims": [{"metric": "killed", **claim} for claim in claims]}
    assert api.editor.put(f"/v1/incidents/{incident}/reports/{uid}", json=told).status_code == 201
    return uid


def explained(client: httpx.Client, incident: str) -> Explained:
    answer = client.get(f"/v1/incidents/{incident}/explain")
    assert answer.status_code == 200, answer.text
    told: Explained = answer.json()
    return told


def uses(told: Explained, report: str, metric: str = "killed") -> list[tuple[str, list[str], str | None]]:
    """What became of a report's claims in a figure: use, the ends that it gives, the report that takes its place."""
    return [
        (use["use"], use["gives"], use["by"])
        for claim in told["claims"]
        if claim["report_id"] == report
        for use in claim["uses"]
        if use["metric"] == metric
    ]


@pytest.fixture
def told_twice(api: Api) -> dict[str, str]:
    """An agency says 61 and corrects itself, a protected source says dozens, a paper passes on the agency."""
    incident = api.incident(title="Strikes on Aleppo", country="SYR")["id"]
    agency = {"name": "Agency", "source_type": "news_agency", "reliability": "B"}
    private = {
        "name": "Xaviera Quillfeather",
        "protected": True,
        "pseudonym": "Aleppo source 1",
        "reliability": "C",
    }
    first = filed(api, incident, {"wording": "61 killed"}, source=agency, date_published="2016-12-06")
    dozens = filed(api, incident, {"wording": "dozens"}, source=private, date_published="2016-12-06")
    paper = filed(api, incident, {"wording": "61 people"}, source={"name": "Paper"}, derived_from=first)
    right = filed(
        api, incident, {"wording": "58 killed"}, source=agency, role="corrects", date_published="2016-12-08"
    )
    return {"incident": incident, "first": first, "dozens": dozens, "paper": paper, "right": right}


def test_each_claim_and_what_became_of_it(api: Api, told_twice: dict[str, str]) -> None:
    ids = told_twice
    told = explained(api.public, ids["incident"])
    killed = told["figures"][0]
    assert (killed["low"], killed["best"], killed["high"]) == (24, 58, None)
    assert killed["in_words"] == "58 (at least 24)"
    assert told["follows"] is True
    assert uses(told, ids["first"]) == [("corrected", [], ids["right"])]
    assert uses(told, ids["right"]) == [("used", ["best"], None)]
    assert uses(told, ids["dozens"]) == [("used", ["low"], None)]
    assert told["independent_origins"] == 2
    by_id = {report["id"]: report for report in told["reports"]}
    assert by_id[ids["dozens"]]["origin"] not in {
        by_id[ids[n]]["origin"] for n in ("first", "right", "paper")
    }
    assert by_id[ids["dozens"]]["source_name"] == "Aleppo source 1"
    assert by_id[ids["dozens"]]["reliability"] == "C"
    wordings = {
        claim["report_id"]: (claim["wording"], claim["in_words"], claim["wording_rule"])
        for claim in told["claims"]
    }
    assert wordings[ids["dozens"]] == ("dozens", "at least 24", "v1")
    assert killed["decided"]["action"] == "link"
    assert "key" not in killed["decided"]
    for client, knows in ((api.editor, True), (api.admin, True), (api.client("editor", "beta"), False)):
        assert ("key" in explained(client, ids["incident"])["figures"][0]["decided"]) is knows


def test_what_only_passes_on_another_stands_back_while_that_is_weighed(
    api: Api, told_twice: dict[str, str]
) -> None:
    """The first report is corrected and is not weighed any more; the paper that passes it on is of its origin."""
    ids = told_twice
    told = explained(api.public, ids["incident"])
    assert uses(told, ids["paper"]) in ([("repeated", [], ids["first"])], [("corrected", [], ids["right"])])
    api.editor.delete(f"/v1/incidents/{ids['incident']}/reports/{ids['right']}?reason=again")
    told = explained(api.public, ids["incident"])
    assert uses(told, ids["paper"]) == [("repeated", [], ids["first"])]
    assert uses(told, ids["first"]) == [("used", ["best"], None)]


def test_nothing_of_a_protected_source_but_what_it_is_published_under(
    api: Api, told_twice: dict[str, str]
) -> None:
    for client in (api.public, api.contributor):
        for form in ("json", "html"):
            answer = client.get(f"/v1/incidents/{told_twice['incident']}/explain?f={form}")
            assert "Quillfeather" not in answer.text
            assert "Aleppo source 1" in answer.text
            assert not {"proposed_status", "spread"} & ({} if form == "html" else answer.json()).keys()
    editors = explained(api.editor, told_twice["incident"])
    assert "Xaviera Quillfeather" in {report["source_name"] for report in editors["reports"]}
    assert editors["proposed_status"] == "corroborated"


def test_whose_paper_a_protected_source_belongs_to_is_not_told_by_what_counts(api: Api) -> None:
    """It and a paper have one owner. Editors see one origin; to others the explanation knows nothing of that."""
    incident = api.incident(assessment_rule="median")["id"]
    filed(api, incident, {"best": 10}, source={"name": "Hidden", "protected": True, "owner": "Group"})
    filed(api, incident, {"best": 20}, source={"name": "Paper", "owner": "Group"})
    assert explained(api.editor, incident)["independent_origins"] == 1
    public = explained(api.public, incident)
    assert public["independent_origins"] == 2
    assert {report["origin"] for report in public["reports"]} == {1, 2}


def test_figures_that_rest_on_what_is_withheld_are_said_not_to_follow(api: Api) -> None:
    incident = api.incident()["id"]
    shown = filed(api, incident, {"best": 20, "qualifier": "exact"}, source={"name": "Paper"})
    hidden = filed(
        api, incident, {"best": 35, "qualifier": "exact"}, source={"name": "Diary"}, sharing="restricted"
    )
    public, editors = explained(api.public, incident), explained(api.editor, incident)
    assert (public["follows"], editors["follows"]) == (False, True)
    assert public["figures"][0]["high"] == 35, "as the record has it"
    assert [report["id"] for report in public["reports"]] == [shown]
    page = api.public.get(f"/v1/incidents/{incident}/explain?f=html").text
    assert "do not follow from what is shown" in page
    assert hidden not in page


def test_what_counts_for_nothing_says_why(api: Api) -> None:
    incident = api.incident()["id"]
    report = filed(
        api,
        incident,
        {"best": 10},
        {"best": 4, "victim_status": "civilian"},
        {"best": 2, "covers": "part"},
        {"best": 500, "covers": "wider"},
        {"metric": "displaced", "best": 1000},
        {"wording": "nobody counted"},
        source={"name": "Paper"},
    )
    filed(api, incident, {"best": 99}, source={"name": "Draft"}, workflow="draft")
    told = explained(api.editor, incident)
    of = {(claim["best"], use["metric"]): use["use"] for claim in told["claims"] for use in claim["uses"]}
    assert of == {
        (10, "killed"): "used",
        (4, "killed"): "among_them",
        (4, "killed_civilians"): "used",
        (2, "killed"): "covers_part",
        (500, "killed"): "covers_wider",
        (1000, "displaced"): "other_metric",
        (None, "killed"): "no_figure",
        (99, "killed"): "not_published",
    }
    assert told["follows"] is True
    assert all(use["because"] for claim in told["claims"] for use in claim["uses"])
    assert {claim["report_id"] for claim in explained(api.public, incident)["claims"]} == {report}


def test_an_editors_own_figure_has_its_reason_and_the_claims_beside_it(api: Api) -> None:
    incident = api.incident(killed_best=50, assessment_reason="counted at the morgue")["id"]
    report = filed(api, incident, {"best": 61}, source={"name": "Paper"})
    told = explained(api.public, incident)
    assert (told["assessment_rule"], told["assessment_reason"]) == ("assessed", "counted at the morgue")
    assert told["follows"] is None
    assert uses(told, report) == [("set_by_hand", [], None)]
    api.patched(f"/v1/incidents/{incident}", killed_best=52, assessment_reason="counted again")
    decided = explained(api.public, incident)["figures"][0]["decided"]
    assert (decided["reason"], decided["partner"]) == ("counted again", "desk")
    api.patched(f"/v1/incidents/{incident}", title="A title decides no figure")
    assert explained(api.public, incident)["figures"][0]["decided"] == decided


@pytest.mark.parametrize("another", range(3))
def test_the_figures_always_follow_from_what_an_editor_is_shown(
    api: Api, another: int, chance: random.Random
) -> None:
    number = lambda: chance.choice([None, 0, 4, 10, 24, 61, 200])  # noqa: E731
    incident = api.incident()["id"]
    reports: list[str] = []
    for n in range(6):
        claims = []
        for _ in range(chance.randint(0, 3)):
            ends = sorted(end for end in (number(), number(), number()) if end is not None)
            claims.append(
                {
                    "metric": chance.choice(["killed", "wounded"]),
                    "wording": chance.choice(["dozens", "at least 7", "no idea"]),
                    **dict(zip(("low", "best", "high"), ends, strict=False)),
                    "victim_status": chance.choice(["unknown", "unknown", "civilian"]),
                    "covers": chance.choice(["whole", "whole", "part"]),
                }
            )
        leads = {
            name: chance.choice(reports)
            for name in ("derived_from", "same_origin_as")
            if reports and chance.random() < 0.3
        }
        source = {"name": f"Source {chance.randint(0, 3)}", "reliability": chance.choice("ABCF")}
        reports.append(
            filed(
                api,
                incident,
                *claims,
                source=source,
                role=chance.choice(["describes", "describes", "corrects", "mentions"]),
                date_published=f"2016-12-0{n + 1}",
                workflow=chance.choice(["published", "published", "draft"]),
                **leads,
            )
        )
    for rule in RULES:
        api.patched(f"/v1/incidents/{incident}", assessment_rule=rule)
        told = explained(api.editor, incident)
        assert told["follows"] is True, rule
        record = api.editor.get(f"/v1/incidents/{incident}").json()
        for figure in told["figures"]:
            ends = [record[f"{figure['metric']}_{end}"] for end in ("low", "best", "high")]
            assert [figure["low"], figure["best"], figure["high"]] == ends


def test_the_explanation_of_another_day_is_that_of_its_claims(api: Api, told_twice: dict[str, str]) -> None:
    """Before the correction the agency's first figure counted; the paper passed it on."""
    ids = told_twice
    path = f"/v1/incidents/{ids['incident']}"
    versions = api.public.get(f"{path}/history").json()["items"]
    before = versions[1]["seq"]
    told = api.public.get(f"{path}/explain?as_of={before}").json()
    assert (told["figures"][0]["best"], told["follows"]) == (61, True)
    assert uses(told, ids["first"]) == [("used", ["best"], None)]
    assert uses(told, ids["paper"]) == [("repeated", [], ids["first"])]
    assert ids["right"] not in str(told)
    assert (told["as_of"]["seq"], told["revision"]) == (before, before)
    assert told["head"] == api.public.get(f"/v1/changes/head?at={before}").json()["head"]
    assert told["figures"][0]["decided"]["seq"] <= before
    page = api.public.get(f"{path}/explain?f=html&as_of={before}")
    assert f"as of change {before}" in page.text
    assert ids["right"] not in page.text
    problem(api.public.get(f"{path}/explain?as_of=0"), 404)


def test_the_page_is_for_people_and_runs_nothing(api: Api) -> None:
    evil = "<script>alert(1)</script>"
    incident = api.incident(title=f"غارات {evil}")["id"]
    filed(
        api,
        incident,
        {"wording": f"61 {evil}", "best": 61},
        source={"name": f"Paper {evil}"},
        title=evil,
        url="https://paper.example/1",
    )
    page = api.public.get(f"/v1/incidents/{incident}/explain", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'href="https://paper.example/1"' in page.text
    assert "as of change" in page.text
    again = api.public.get(
        f"/v1/incidents/{incident}/explain?f=html", headers={"If-None-Match": page.headers["etag"]}
    )
    assert again.status_code == 304
    as_json = api.public.get(
        f"/v1/incidents/{incident}/explain", headers={"If-None-Match": page.headers["etag"]}
    )
    assert as_json.status_code == 200


def test_a_reason_from_before_the_publication_is_not_told_to_readers(api: Api) -> None:
    incident = api.incident(workflow="draft")["id"]
    filed(api, incident, {"low": 5, "high": 5}, source={"name": "Paper"})
    wrong = filed(api, incident, {"low": 9, "high": 9}, source={"name": "Diary"})
    api.editor.delete(f"/v1/incidents/{incident}/reports/{wrong}?reason=Quillfeather made it up")
    api.patched(f"/v1/incidents/{incident}", workflow="published")
    for client, seen in ((api.public, None), (api.editor, "Quillfeather made it up")):
        decided = explained(client, incident)["figures"][0]["decided"]
        assert (decided["action"], decided["reason"]) == ("unlink", seen)


def test_bad_questions(api: Api) -> None:
    incident = api.incident()["id"]
    path = f"/v1/incidents/{incident}/explain"
    assert problem(api.public.get(path + "?metric=killed"), 400)["errors"][0]["field"] == "metric"
    assert problem(api.public.get(path + "?f=csv"), 400)["errors"][0]["field"] == "f"
    assert explained(api.public, incident)["claims"] == []
    assert "No report is linked" in api.public.get(path + "?f=html").text

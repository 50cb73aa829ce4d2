"""Figures follow from claims by the rule; an editor may set them with a reason, and go back to the rule."""

from __future__ import annotations

from typing import Any

from app.domain.example import aleppo_report
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}
Figure = tuple[int | None, int | None, int | None]


def figure(record: dict[str, Any], metric: str = "killed") -> Figure:
    return record[f"{metric}_low"], record[f"{metric}_best"], record[f"{metric}_high"]


def claimed(
    api: Api, incident: dict[str, Any], *claims: dict[str, Any], grade: str = "F", **report: Any
) -> dict[str, Any]:
    """The incident once another report of a source of that grade claims so; its `report` beside it."""
    source = api.source(reliability=grade)
    filed = api.report(source_id=source["id"], **report)
    path = f"/v1/incidents/{incident['id']}/reports/{filed['id']}"
    answer = api.editor.put(path, json={"claims": [{"metric": "killed", **claim} for claim in claims]})
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "report": filed["id"]}


def test_wording_alone_fills_the_interval_and_is_kept(api: Api) -> None:
    for wording, expected, qualifier in (
        ("61 civilians killed", (61, 61, 61), "exact"),
        ("at least 3 dead", (3, None, None), "at_least"),
        ("more than 20 people", (21, None, None), "at_least"),
        ("up to 9", (None, None, 9), "at_most"),
        ("around 500", (None, 500, None), "about"),
        ("10 to 15", (10, None, 15), "range"),
        ("several killed", (3, None, None), "vague_quantity"),
        ("dozens of fleeing civilians", (24, None, None), "vague_quantity"),
        ("hundreds", (200, None, None), "vague_quantity"),
        ("nobody counted them", (None, None, None), "unknown"),
    ):
        incident = api.incident()
        record = claimed(api, incident, {"wording": wording})
        assert figure(record) == expected, wording
        claim = api.public.get(f"/v1/incidents/{incident['id']}/claims").json()["items"][0]
        assert (claim["wording"], claim["qualifier"], claim["wording_rule"]) == (wording, qualifier, "v1")
        assert (claim["low"], claim["best"], claim["high"]) == expected


def test_null_is_not_zero(api: Api) -> None:
    unstated = api.incident()
    assert figure(unstated) == (None, None, None)
    zero = claimed(api, api.incident(), {"best": 0, "qualifier": "exact"})
    assert figure(zero) == (0, 0, 0)
    assert figure(zero, "wounded") == (None, None, None)
    ids = [i["id"] for i in api.public.get("/v1/incidents?killed_at_most=0").json()["items"]]
    assert ids == [zero["id"]]
    total = api.public.get("/v1/totals").json()["items"][0]
    assert (
        total["killed_best"],
        total["killed_unknown"],
        total["wounded_best"],
        total["wounded_unknown"],
    ) == (0, 1, None, 2)


def test_several_reports_span_an_envelope_and_the_best_graded_source_gives_the_best(api: Api) -> None:
    incident = api.incident()
    assert figure(claimed(api, incident, {"low": 10, "best": 12, "high": 15}, grade="C")) == (10, 12, 15)
    assert figure(claimed(api, incident, {"low": 8, "best": 9, "high": 11}, grade="E")) == (8, 12, 15)
    assert figure(claimed(api, incident, {"low": 11, "best": 14, "high": 20}, grade="A")) == (8, 14, 20)
    last = claimed(api, incident, {"low": 9}, grade="B")
    assert figure(last) == (8, 14, None), "one report leaves the upper end open"
    ended = api.editor.delete(f"/v1/incidents/{incident['id']}/reports/{last['report']}?reason=a").json()
    assert figure(ended) == (8, 14, 20)
    assert ended["assessment_rule"] == "envelope"


def test_a_new_grade_of_a_source_moves_the_best(api: Api) -> None:
    incident = api.incident()
    claimed(api, incident, {"best": 10}, grade="B")
    claimed(api, incident, {"best": 20}, grade="D")
    record = api.editor.get(f"/v1/incidents/{incident['id']}").json()
    assert record["killed_best"] == 10
    weak = next(s for s in api.editor.get("/v1/sources").json()["items"] if s["reliability"] == "D")
    api.patched(f"/v1/sources/{weak['id']}", reliability="A")
    assert api.editor.get(f"/v1/incidents/{incident['id']}").json()["killed_best"] == 20


def test_claims_of_a_part_or_of_more_stay_beside_the_figure(api: Api) -> None:
    incident = api.incident()
    record = claimed(api, incident, {"best": 3, "covers": "part"}, {"best": 500, "covers": "wider"})
    assert figure(record) == (None, None, None)
    assert len(api.public.get(f"/v1/incidents/{incident['id']}/claims").json()["items"]) == 2


def test_civilians_are_told_apart_and_not_added_twice(api: Api) -> None:
    record = claimed(
        api,
        api.incident(),
        {"best": 10, "qualifier": "exact"},
        {"best": 4, "qualifier": "exact", "victim_status": "civilian"},
    )
    assert figure(record) == (10, 10, 10)
    assert figure(record, "killed_civilians") == (4, 4, 4)


def test_of_a_published_incident_only_published_reports_count(api: Api) -> None:
    incident = api.incident()
    record = claimed(api, incident, {"best": 6}, workflow="draft")
    assert figure(record) == (None, None, None)
    api.patched(f"/v1/reports/{record['report']}", workflow="published")
    assert api.public.get(f"/v1/incidents/{incident['id']}").json()["killed_best"] == 6
    api.patched(f"/v1/reports/{record['report']}", workflow="in_review")
    assert api.public.get(f"/v1/incidents/{incident['id']}").json()["killed_best"] is None


def test_an_editor_sets_figures_with_a_reason_and_goes_back_to_the_rule(api: Api) -> None:
    incident = api.incident()
    claimed(api, incident, {"low": 10, "best": 12, "high": 15})
    path = f"/v1/incidents/{incident['id']}"
    before = state_of(api.database)
    problem(api.editor.patch(path, json={"killed_best": 11}, headers=ANY), 422, "assessment_reason")
    assert state_of(api.database) == before
    reason = "The hospital's list names eleven."
    set_by_hand = api.patched(path, killed_low=11, killed_best=11, killed_high=11, assessment_reason=reason)
    assert figure(set_by_hand) == (11, 11, 11)
    assert (set_by_hand["assessment_rule"], set_by_hand["assessment_reason"]) == ("assessed", reason)
    assert check_history(api.database)[-1]["reason"] == reason
    more = claimed(api, incident, {"best": 40})
    assert figure(more) == (11, 11, 11), "what a person set stays until a person changes it"
    back = api.patched(path, assessment_rule="envelope")
    assert figure(back) == (10, 12, None)
    assert (back["assessment_rule"], back["assessment_reason"]) == ("envelope", None)


def test_contributors_do_not_set_figures_by_hand_nor_publish(api: Api) -> None:
    _ = api.contributor
    before = state_of(api.database)
    figures = {"killed_best": 3, "assessment_reason": "I know"}
    problem(api.contributor.post("/v1/incidents", json=figures), 403)
    problem(api.contributor.post("/v1/incidents", json={"workflow": "published"}), 403)
    problem(api.contributor.post("/v1/incidents", json={"verification_status": "confirmed"}), 403)
    filed = {"incidents": [{"incident": figures}]}
    problem(api.contributor.post("/v1/reports", json=filed), 403)
    assert state_of(api.database) == before


def test_dates_follow_from_the_wording_of_the_report(api: Api) -> None:
    for wording, dates, precision in (
        ("yesterday", ("2016-12-05", "2016-12-05"), "day"),
        ("today", ("2016-12-06", "2016-12-06"), "day"),
        ("last night", ("2016-12-05", "2016-12-06"), "part_of_day"),
        ("last month", ("2016-11-01", "2016-11-30"), "month"),
    ):
        body = {"date_published": "2016-12-06", "incidents": [{"date_wording": wording, "incident": {}}]}
        report = api.posted("/v1/reports", body)
        incident = api.editor.get(f"/v1/reports/{report['id']}?include=incidents").json()["incidents"][0]
        assert (incident["date_start"], incident["date_end"]) == dates
        assert (incident["date_precision"], incident["date_basis"]) == (precision, "inferred_from_relative")
        assert incident["date_wording"] == wording
    stated = {"date_start": "2016-12-01"}
    body = {"date_published": "2016-12-06", "incidents": [{"date_wording": "yesterday", "incident": stated}]}
    report = api.posted("/v1/reports", body)
    incident = api.editor.get(f"/v1/reports/{report['id']}?include=incidents").json()["incidents"][0]
    assert incident["date_start"] == "2016-12-01", "what is stated wins"


def test_what_a_filed_report_brings_inherits_from_it(api: Api) -> None:
    body = {
        "sharing": "organisation",
        "workflow": "in_review",
        "source": {"name": "An outlet", "sharing": "partners"},
        "incidents": [{"incident": {}}, {"incident": {"sharing": "restricted", "workflow": "draft"}}],
    }
    report = api.posted("/v1/reports", body)
    told = api.editor.get(f"/v1/reports/{report['id']}?include=incidents").json()
    first, second = told["incidents"]
    assert (first["sharing"], first["workflow"], first["source_id"]) == (
        "organisation",
        "in_review",
        told["source_id"],
    )
    assert (second["sharing"], second["workflow"], second["effective_sharing"]) == (
        "restricted",
        "draft",
        "restricted",
    )
    wide = {
        "source": {"name": "b", "sharing": "organisation"},
        "incidents": [{"incident": {"sharing": "public"}}],
    }
    other = api.posted("/v1/reports", {**wide, "workflow": "published"})
    assert other["effective_sharing"] == "organisation"
    problem(api.public.get(f"/v1/reports/{other['id']}"), 404)
    assert api.public.get("/v1/incidents").json()["items"] == []


def test_the_example_of_record(api: Api) -> None:
    report = api.posted("/v1/reports", {**aleppo_report(), "workflow": "published"})
    assert report["outcome"] == "created"
    items = api.public.get("/v1/incidents?source=" + report["source_id"]).json()["items"]
    figures = {
        i["external_id"] or i["title"]: (figure(i), figure(i, "wounded"), i["date_start"]) for i in items
    }
    assert figures == {
        "Air strikes on besieged Aleppo": ((61, 61, 61), (200, 200, 200), "2016-12-05"),
        "Mashhad neighbourhood targeted": ((4, 4, 4), (None, None, None), "2016-12-06"),
        "Fleeing civilians killed as eastern neighbourhoods are taken": (
            (24, None, None),
            (None, None, None),
            "2016-12-06",
        ),
        "Missile near the council buildings in the Aghir neighbourhood": (
            (3, None, None),
            (None, None, None),
            "2016-12-06",
        ),
    }
    assert {i["source_name"] for i in items} == {"Aleppo source 1"}
    total = api.public.get("/v1/totals").json()["items"][0]
    assert (total["killed_low"], total["killed_best"], total["killed_high"], total["killed_open"]) == (
        92,
        92,
        None,
        2,
    )


def test_a_reason_stays_with_the_rule_that_it_was_given_with(api: Api) -> None:
    """Why claims decide is worth a word, too; what somebody said of an earlier rule says nothing of the next one."""
    why = "two hospitals report"
    incident = api.incident(assessment_reason=why)
    path = f"/v1/incidents/{incident['id']}"
    assert incident["assessment_reason"] == why
    assert api.editor.patch(path, json={}, headers=ANY).json()["outcome"] == "unchanged"
    assert api.patched(path, title="another")["assessment_reason"] == why
    problem(api.editor.patch(path, json={"killed_best": 3}, headers=ANY), 422, "assessment_reason")
    by_hand = api.patched(path, killed_best=3, assessment_reason="the list of the morgue")
    assert by_hand["assessment_reason"] == "the list of the morgue"
    assert api.patched(path, assessment_rule="envelope")["assessment_reason"] is None

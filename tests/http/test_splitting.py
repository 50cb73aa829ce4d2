"""One incident that was two: links and claims go where they belong, and nobody is counted otherwise than before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.test_merging import killed, matter, read, reported, total
from tests.http.test_transitions import ANY, do, done, last_change
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.state import problem, state_of

Record = dict[str, Any]


@pytest.fixture
def whole(api: Api) -> str:
    uid: str = api.incident(api.client("editor", "alpha"), killed_best=61, assessment_reason="r")["id"]
    return uid


@pytest.fixture
def uid(api: Api, whole: str) -> str:
    """Alpha's incident, part of a day, of two reports; the second tells of two strikes."""
    uid: str = api.incident(
        api.client("editor", "alpha"), title="Two strikes", part_of=whole, code="S-1", external_id="s1",
        lon=37.16, lat=36.21, location_precision="street_or_landmark", location_generalised_to="admin2",
    )["id"]  # fmt: skip
    reported(api, "07", (uid, killed(4)))
    said = [killed(3, wording="three"), killed(9, wording="nine")]
    linked = [{"incident_id": uid, "claims": said, "note": "by telephone"}]
    api.report(date_published="2016-12-08", incidents=linked)
    return uid


def test_links_and_claims_go_to_the_new_ones(api: Api, uid: str, whole: str) -> None:
    before, counted = read(api, uid), total(api)
    first, second = (report["id"] for report in before["reports"])
    nine = next(claim["id"] for claim in before["claims"] if claim["best"] == 9)
    parts = [
        {"incident": {"title": "At noon", "date_end": "2016-12-07"}, "reports": [{"report_id": first}]},
        {"incident": {"title": "At dusk", "lon": None, "lat": None, "location_generalised_to": None},
         "reports": [{"report_id": second, "claims": [nine]}]},
    ]  # fmt: skip
    answer = done(api.editor, uid, "split", reason="two strikes", incidents=parts)
    noon, dusk = (read(api, new) for new in answer["split"])
    left = read(api, uid)
    assert [(r["id"], r["note"]) for r in left["reports"]] == [(second, "by telephone")]
    assert [c["best"] for c in left["claims"]] == [3]
    assert [r["id"] for r in noon["reports"]] == [first]
    assert [(c["id"], c["best"]) for c in dusk["claims"]] == [(nine, 9)]
    assert [(r["id"], r["note"]) for r in dusk["reports"]] == [(second, "by telephone")]
    assert [i["killed_best"] for i in (left, noon, dusk)] == [3, 4, 9]
    for new in (noon, dusk):
        for name in ("workflow", "sharing", "country", "partner", "part_of", "verification_status"):
            assert new[name] == before[name], name
        assert (new["code"], new["external_id"]) == (None, None)
    assert (noon["title"], noon["date_end"], dusk["lon"]) == ("At noon", "2016-12-07", None)
    assert (noon["lon_exact"], noon["lon"]) == (before["lon_exact"], before["lon"]), "as coarse as it was"
    assert total(api) == (counted[0] + 2, 61), "its container counts the same people once"
    told = last_change(api, uid)
    assert (told["action"], told["reason"]) == ("split", "two strikes")
    created = [c for c in check_history(api.database) if c["record"] in answer["split"]]
    assert [(c["action"], c["reason"]) for c in created] == [("create", "two strikes")] * 2
    check_indexes(api.database)


def test_merging_puts_together_again_what_was_split(api: Api, uid: str) -> None:
    before = matter(read(api, uid))
    second = before["reports"][1]["id"]
    parts = [{"incident": {"title": "other"}, "reports": [{"report_id": second}]}]
    (new,) = done(api.editor, uid, "split", reason="r", incidents=parts)["split"]
    done(api.editor, new, "merge", into=uid, reason="one after all")
    after = matter(read(api, uid))
    for name in ("claims", "killed_low", "killed_best", "killed_high", "report_count", "part_of"):
        assert after[name] == before[name], name


def test_a_strike_is_split_off_as_a_part(api: Api, whole: str) -> None:
    report = reported(api, "07", (whole, killed(4)))
    parts = [{"incident": {"part_of": whole}, "reports": [{"report_id": report}]}]
    (new,) = done(api.editor, whole, "split", reason="r", incidents=parts)["split"]
    assert (read(api, new)["part_of"], read(api, new)["killed_best"]) == (whole, 4)
    assert read(api, whole)["killed_best"] == 61, "an editor set it"
    assert total(api) == (2, 61)


def test_bad_input_names_its_place_and_changes_nothing(api: Api, uid: str) -> None:
    record = read(api, uid)
    first, second = (report["id"] for report in record["reports"])
    of_first = next(c["id"] for c in record["claims"] if c["report_id"] == first)
    of_second = next(c["id"] for c in record["claims"] if c["report_id"] == second)
    other = api.report()["id"]
    before = state_of(api.database)
    one = {"report_id": first}
    for incidents, field in (
        ([], "incidents"),
        (None, "incidents"),
        ([{"reports": [one, one]}], "incidents[0].reports[1].report_id"),
        ([{"reports": [one]}, {"reports": [one]}], "incidents[1].reports[0].report_id"),
        ([{"reports": [{"report_id": other}]}], "incidents[0].reports[0].report_id"),
        ([{"reports": [{"report_id": second, "claims": [of_first]}]}], "incidents[0].reports[0].claims"),
        ([{"reports": [{"report_id": second, "claims": []}]}], "incidents[0].reports[0].claims"),
        (
            [{"reports": [{"report_id": second, "claims": [of_second]}]}] * 2,
            "incidents[1].reports[0].claims",
        ),
        ([{"incident": {"workflow": "draft"}}], "incidents[0].incident.workflow"),
        ([{"incident": {"sharing": "public"}}], "incidents[0].incident.sharing"),
        ([{"incident": {"nonsense": 1}}], "incidents[0].incident.nonsense"),
        (
            [{"incident": {"date_start": "2017-01-01", "date_end": "2016-01-01"}}],
            "incidents[0].incident.date_end",
        ),
        ([{"incident": {"part_of": "inc_none"}}], "incidents[0].incident.part_of"),
        ([{"incident": 4}], "incidents[0].incident"),
        ([{"links": []}], "incidents[0].links"),
    ):
        answer = do(api.editor, uid, "split", reason="r", incidents=incidents)
        problem(answer, 422, field)
    assert state_of(api.database) == before


def test_nothing_is_told_more_widely_by_a_split(api: Api) -> None:
    closed = api.source(sharing="restricted")["id"]
    uid = api.incident(source_id=closed)["id"]
    answer = do(api.editor, uid, "split", reason="r", incidents=[{"incident": {"source_id": None}}])
    assert "restricted" in problem(answer, 409)["detail"]
    (new,) = done(api.editor, uid, "split", reason="r", incidents=[{}])["split"]
    assert api.public.get(f"/v1/incidents/{new}").status_code == 404
    assert api.editor.delete(f"/v1/incidents/{new}?reason=r", headers=ANY).status_code == 200

"""Incidents that may be one, recorded twice: pairs in a list, and those of one incident."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.storage.pairing import walk
from tests.support.api import Api
from tests.support.state import problem

LIST = "/v1/incidents/duplicates"
MASHHAD = {
    "title": "Mashhad neighbourhood targeted",
    "place": "Mashhad",
    "admin1": "Aleppo",
    "location_precision": "neighbourhood",
    "date_start": "2016-12-06",
}


def strike(api: Api, partner: str = "alpha", wording: str | None = "4 killed", **values: Any) -> str:
    """The strike as an organisation recorded it; its id."""
    editor = api.client("editor", partner)
    incident: str = api.incident(editor, **{**MASHHAD, **values})["id"]
    if wording is not None:
        claims = [{"metric": "killed", "wording": wording}]
        api.report(editor, incidents=[{"incident_id": incident, "claims": claims}])
    return incident


def ids(pair: dict[str, Any]) -> set[str]:
    return {incident["id"] for incident in pair["incidents"]}


def listed(client: httpx.Client, asked: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """All pairs, over all pages."""
    found: list[dict[str, Any]] = []
    following: str | None = f"{LIST}?limit={limit}{asked}"
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        assert ("link" in answer.headers) is (page["next"] is not None)
        found += page["items"]
        following = page["next"]
    return found


def of(client: httpx.Client, incident: str, **asked: Any) -> list[str]:
    answer = client.get(f"/v1/incidents/{incident}/duplicates", params=asked)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(item["incidents"][0]["id"] == incident for item in items)
    return [item["incidents"][1]["id"] for item in items]


def test_a_strike_that_two_partners_recorded(api: Api) -> None:
    ours = strike(api)
    theirs = strike(
        api,
        "beta",
        "several killed",
        title="غارة على حي المشهد",
        place="المشهد",
        place_names={"en": "Al-Mashhad"},
        date_start="2016-12-07",
        workflow="draft",
    )
    strike(api, "beta", place="Al-Firdaws")
    strike(api, "beta", date_start="2016-11-06")
    strike(api, "beta", "2 killed")
    for incident, other in ((ours, theirs), (theirs, ours)):
        assert of(api.editor, incident) == [other]
    answer = api.editor.get(f"/v1/incidents/{theirs}/duplicates").json()
    (pair,) = answer["items"]
    assert (answer["compared"], answer["whole"], answer["next"]) == (3, True, None)
    assert (pair["days_apart"], pair["metres_apart"]) == (1, None)
    assert pair["score"] == sum(reason["points"] for reason in pair["reasons"])
    told = {reason["reason"]: reason["in_words"] for reason in pair["reasons"]}
    assert told["dates"] == "A day apart: 2016-12-07 and 2016-12-06."
    assert told["place"] == "The place has the same name, Al-Mashhad."
    assert told["killed"] == "Of the killed both can be true: at least 3, and 4."
    assert told["partner"] == "Two organisations recorded them."
    # The published one stays.
    version = api.editor.get(f"/v1/incidents/{theirs}").json()["version"]
    assert pair["merge"] == {
        "method": "POST",
        "href": f"{api.running.url}/v1/incidents/{theirs}/merge",
        "headers": {"If-Match": f'"{version}"'},
        "body": {"into": ours},
    }
    (again,) = listed(api.editor)
    assert ids(again) == {ours, theirs}
    assert (again["score"], again["merge"]) == (pair["score"], pair["merge"])


def test_whoever_has_a_key_is_told_of_what_it_sees(api: Api) -> None:
    ours, theirs = strike(api), strike(api, "beta", sharing="organisation")
    assert problem(api.public.get(LIST), 401)["title"]
    assert problem(api.public.get(f"/v1/incidents/{ours}/duplicates"), 401)["title"]
    for client, sees in ((api.contributor, False), (api.client("reader", "beta"), True), (api.editor, True)):
        assert of(client, ours) == ([theirs] if sees else [])
        pairs = listed(client)
        assert len(pairs) == sees
        assert [pair["merge"] is not None for pair in pairs] == [client is api.editor] * sees


def test_a_withheld_position_is_not_guessed_from_the_score(api: Api) -> None:
    """Two strikes in one street, the place of one published to the town: the distance is that of what is published."""
    near = {"place": None, "title": "A strike", "location_precision": "exact_point", "lat": 36.19}
    strike(api, lon=37.131, **near)
    withheld = strike(api, "beta", lon=37.13, location_generalised_to="settlement", **near)
    public = api.public.get(f"/v1/incidents/{withheld}").json()
    assert public["lon"] != 37.13
    for client in (api.contributor, api.editor):
        (pair,) = client.get(f"/v1/incidents/{withheld}/duplicates").json()["items"]
        assert pair["metres_apart"] > 500


def test_what_is_part_of_another_is_no_double_of_it(api: Api) -> None:
    """Nor what is part of its part, which is the same day, place and figure."""
    whole = strike(api, wording=None)
    part = strike(api, wording=None, part_of=whole)
    within = strike(api, wording=None, part_of=part)
    assert listed(api.editor) == []
    sibling = strike(api, "beta", wording=None, part_of=whole)
    assert {frozenset(ids(pair)) for pair in listed(api.editor)} == {
        frozenset((sibling, part)),
        frozenset((sibling, within)),
    }
    assert of(api.editor, whole) == []


def test_two_of_one_report_are_told_apart_by_it(api: Api) -> None:
    incidents = [strike(api, wording=None, title=None), strike(api, wording=None, title=None)]
    before = api.editor.get(f"/v1/incidents/{incidents[0]}/duplicates").json()["items"][0]["score"]
    linked = [{"incident_id": incident, "claims": []} for incident in incidents]
    report = api.report(incidents=linked, workflow="draft")["id"]
    (other,) = api.contributor.get(f"/v1/incidents/{incidents[0]}/duplicates").json()["items"]
    assert other["score"] == before, "a report that a viewer may not see changes nothing for it"
    assert of(api.editor, incidents[0]) == []
    assert listed(api.editor) == []
    api.patched(f"/v1/reports/{report}", workflow="published")
    assert of(api.contributor, incidents[0]) == []


def test_what_is_deleted_is_no_double(api: Api) -> None:
    first, second = strike(api), strike(api, "beta")
    gone = api.editor.delete(f"/v1/incidents/{second}?reason=forged", headers={"If-Match": "*"})
    assert gone.status_code == 200
    assert (of(api.editor, first), listed(api.editor)) == ([], [])
    assert api.editor.get(f"/v1/incidents/{second}/duplicates").status_code == 410


def test_an_incident_without_a_date_or_within_a_year_is_compared_with_nothing(api: Api) -> None:
    strike(api)
    for dates in ({"date_start": None}, {"date_start": "2016-01-01", "date_end": "2016-12-31"}):
        vague = strike(api, "beta", **dates)
        answer = api.editor.get(f"/v1/incidents/{vague}/duplicates").json()
        assert (answer["items"], answer["compared"]) == ([], 0)
    assert listed(api.editor) == []


def test_an_incident_of_several_days_is_found_from_either_side(api: Api) -> None:
    days = strike(api, date_start="2016-11-10", date_end="2016-12-06")
    day = strike(api, "beta")
    assert (of(api.editor, days), of(api.editor, day)) == ([day], [days])
    assert [ids(pair) for pair in listed(api.editor)] == [{days, day}]


def many(api: Api) -> list[str]:
    """Five records of one strike, and pairs of others on days before."""
    found = [strike(api, partner, wording=None) for partner in ("alpha", "beta", "gamma", "alpha", "beta")]
    for day in ("2016-10-01", "2016-10-20"):
        found += [strike(api, partner, wording=None, date_start=day) for partner in ("alpha", "beta")]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize(
    ("walked", "near", "compared"),
    [(1_000, 20_000, 50_000), (1, 20_000, 50_000), (2, 2, 50_000), (1_000, 1, 1), (3, 3, 2)],
)
def test_pages_hold_each_pair_once_wherever_they_end(
    api: Api, monkeypatch: pytest.MonkeyPatch, limit: int, walked: int, near: int, compared: int
) -> None:
    many(api)
    whole = [sorted(ids(pair)) for pair in listed(api.editor)]
    assert len(whole) == 12
    newest = [max(i["date_start"] for i in pair["incidents"]) for pair in listed(api.editor)]
    assert newest == sorted(newest, reverse=True)
    for name, value in (("MOST_WALKED", walked), ("MOST_NEAR", near), ("MOST_COMPARED", compared)):
        monkeypatch.setattr(walk, name, value)
    found = [sorted(ids(pair)) for pair in listed(api.editor, limit=limit)]
    assert sorted(found) == sorted(whole)


def test_one_of_a_pair_at_least_is_asked_for(api: Api) -> None:
    """A draft beside what is published: asking for drafts finds the pair, whichever of the two is the later."""
    drafts = [
        strike(api, "beta", workflow="draft", date_start="2016-12-05"),
        strike(api, "beta", workflow="draft", date_start="2016-12-07"),
    ]
    published = strike(api)
    found = [ids(pair) for pair in listed(api.editor, "&workflow=draft", limit=1)]
    assert sorted(map(sorted, found)) == sorted(sorted((draft, published)) for draft in drafts)
    assert [ids(pair) for pair in listed(api.editor, "&workflow=draft&date=2016-12-05")] == [
        {drafts[0], published}
    ]
    assert len(listed(api.editor, "&partner=alpha,beta&filter=killed_best%20%3D%204")) == 2
    assert listed(api.editor, "&country=IRQ") == []
    assert len(listed(api.editor, "&q=mashhad")) == 2
    generous = api.editor.get(f"{LIST}?q=mashhed").json()
    assert (len(generous["items"]), generous["read_as"]) == (2, {"mashhed": ["mashhad"]})


def test_the_likeliest_come_first_and_a_score_may_be_asked_for(api: Api) -> None:
    incident = strike(api)
    later = strike(api, "beta", date_start="2016-12-07", wording="several killed", title=None)
    same = strike(api, "beta")
    assert of(api.editor, incident) == [same, later]
    assert of(api.editor, incident, limit=1) == [same]
    answer = api.editor.get(f"/v1/incidents/{incident}/duplicates").json()["items"]
    scores = [pair["score"] for pair in answer]
    assert of(api.editor, incident, score_at_least=scores[0]) == [same]
    assert all(pair["score"] >= scores[0] for pair in listed(api.editor, f"&score_at_least={scores[0]}"))


def test_nothing_has_changed_is_told_without_looking(api: Api) -> None:
    incident = strike(api)
    for path in (LIST, f"/v1/incidents/{incident}/duplicates"):
        tag = api.editor.get(path).headers["etag"]
        assert api.editor.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert api.contributor.get(path, headers={"If-None-Match": tag}).status_code == 200
        strike(api, "beta", wording=None)
        assert api.editor.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("limit=0", "limit"),
        ("limit=100001", "limit"),
        ("score_at_least=44", "score_at_least"),
        ("score_at_least=101", "score_at_least"),
        ("score_at_least=high", "score_at_least"),
        ("cursor=abc", "cursor"),
        ("sort=score", "sort"),
        ("count=true", "count"),
        ("countri=SYR", "countri"),
        ("linked=perhaps", "linked"),
    ],
)
def test_what_makes_no_sense_is_named(api: Api, asked: str, field: str) -> None:
    assert problem(api.editor.get(f"{LIST}?{asked}"), 400)["errors"][0]["field"] == field
    incident = strike(api, wording=None)
    if field != "linked":
        answer = api.editor.get(f"/v1/incidents/{incident}/duplicates?{asked}")
        assert problem(answer, 400)["errors"][0]["field"] == field


def test_of_an_incident_that_is_not_there(api: Api) -> None:
    for unknown in ("inc_00000000000000000000000000", "duplicates", "x" * 100):
        assert api.editor.get(f"/v1/incidents/{unknown}/duplicates").status_code == 404
    assert problem(api.contributor.get(f"{LIST}?conflicted=true"), 400)["errors"][0]["field"] == "conflicted"


def head(api: Api) -> int:
    return api.database.read(lambda reader: reader.revision())


def test_pairs_are_told_as_of_a_change(api: Api) -> None:
    one, other = strike(api), strike(api, "beta")
    then = head(api)
    was, of_one = listed(api.editor), of(api.editor, one)
    assert ([ids(pair) for pair in was], of_one) == ([{one, other}], [other])
    api.patched(f"/v1/incidents/{other}", date_start="2011-01-01")
    assert (listed(api.editor), of(api.editor, one)) == ([], [])
    then_again = listed(api.editor, f"&as_of={then}")
    # What is done is done now: nothing is offered.
    assert then_again == [{**pair, "merge": None, "distinguish": None} for pair in was]
    assert was[0]["merge"] is not None
    assert was[0]["distinguish"] is not None
    assert of(api.editor, one, as_of=then) == of_one
    assert listed(api.editor, f"&as_of={then}&q=mashhad") == then_again
    assert listed(api.editor, f"&as_of={then}&q=damascus") == []
    deleted = api.editor.delete(f"/v1/incidents/{other}", params={"reason": "r"}, headers={"If-Match": "*"})
    assert deleted.status_code == 200
    assert of(api.editor, one, as_of=then) == of_one
    assert of(api.editor, one, as_of=then - 1) == [other]
    assert listed(api.editor, "&as_of=1") == []
    problem(api.editor.get(LIST, params={"as_of": "soon"}), 400, "as_of")


def test_what_tells_two_apart_is_that_of_then(api: Api) -> None:
    """A report linked to both, and one that is part of the other."""
    one, other = strike(api, wording=None), strike(api, "beta", wording=None)
    moments = [head(api)]
    api.patched(f"/v1/incidents/{other}", part_of=one)
    moments.append(head(api))
    api.patched(f"/v1/incidents/{other}", part_of=None)
    report = api.report(api.editor)["id"]
    for incident in (one, other):
        assert api.editor.put(f"/v1/incidents/{incident}/reports/{report}", json={}).status_code == 201
    moments.append(head(api))
    unlinked = api.editor.delete(f"/v1/incidents/{one}/reports/{report}", params={"reason": "r"})
    assert unlinked.status_code == 200
    found = [listed(api.editor, f"&as_of={at}") for at in moments]
    assert [len(pairs) for pairs in found[:2]] == [1, 0]
    reasons = [{reason["reason"] for reason in pair["reasons"]} for pair in (*found[0], *found[2])]
    assert "report" not in reasons[0]
    assert all("report" in each for each in reasons[1:])
    assert [pair["score"] for pair in found[2]] == [found[0][0]["score"] - 30][: len(found[2])]


@pytest.mark.parametrize("hiding", [{"sharing": "restricted"}, {"workflow": "draft"}])
def test_a_pair_of_then_is_not_told_where_one_is_out_of_sight_today(api: Api, hiding: dict[str, str]) -> None:
    one, other = strike(api), strike(api, "beta")
    then, reader = head(api), api.client("reader", "gamma")
    assert len(listed(reader, f"&as_of={then}")) == 1
    api.patched(f"/v1/incidents/{other}", **hiding)
    assert listed(reader, f"&as_of={then}") == []
    assert of(reader, one, as_of=then) == []
    answer = reader.get(f"/v1/incidents/{other}/duplicates", params={"as_of": then})
    assert answer.status_code == 404
    assert len(listed(api.editor, f"&as_of={then}")) == 1


def test_a_place_that_was_generalised_since_speaks_for_no_pair_of_then(api: Api) -> None:
    exact = {"lon": 37.16, "lat": 36.2, "location_precision": "exact_point", "place": "The house"}
    one, other = strike(api, **exact), strike(api, "beta", **exact)
    then, reader = head(api), api.client("reader", "gamma")
    assert listed(reader, f"&as_of={then}")[0]["metres_apart"] == 0
    api.patched(f"/v1/incidents/{other}", location_generalised_to="admin1", place=None)
    told = api.client("reader", "gamma").get(LIST, params={"as_of": then}).text
    assert '"metres_apart":0' not in told
    assert told.count("The house") <= 1, "of the one that may be told alone"
    assert one in told or '"items":[]' in told
    assert listed(api.editor, f"&as_of={then}")[0]["metres_apart"] == 0


def test_pages_of_pairs_go_on_as_of_the_same_change_and_are_cited(api: Api) -> None:
    for day in range(1, 4):
        for partner in ("alpha", "beta"):
            strike(api, partner, date_start=f"2016-{day + 3:02}-01")
    assert len(listed(api.editor)) == 3
    then, found, following = head(api), [], f"{LIST}?limit=1&citation=true"
    while following:
        page = api.editor.get(following).json()
        assert page["as_of"]["seq"] == page["citation"]["seq"] == then
        found += [ids(pair) for pair in page["items"]]
        again = api.editor.get(page["citation"]["url"]).json()
        assert again["items"] == page["items"]
        assert again["citation"]["as_cited"] is True
        strike(api, "delta", date_start="2016-05-01")
        following = page["next"]
    assert len(found) == 3
    plain = dict(httpx.URL(api.editor.get(f"{LIST}?limit=1").json()["next"]).params)
    problem(api.editor.get(LIST, params={**plain, "as_of": then}), 400, "cursor")
    one = next(iter(found[0]))
    cited = api.editor.get(f"/v1/incidents/{one}/duplicates", params={"citation": "true"}).json()
    again = api.editor.get(cited["citation"]["url"])
    assert (again.json()["items"], again.json()["citation"]["as_cited"]) == (cited["items"], True)
    assert again.headers["as-of"].startswith(f"{cited['as_of']['seq']};")

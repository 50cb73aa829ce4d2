"""Totals by groups and facets over HTTP: nobody counted twice, nothing put where it is not known to be."""

from __future__ import annotations

from typing import Any

import pytest

from app.query.grouping import DIMENSIONS, FACETS
from tests.support.api import Api
from tests.support.counting import ENDS, Item, fault, grouped, stated


def killed(items: list[Item], *names: str) -> list[tuple[Any, ...]]:
    return [(*(item[name] for name in names), item["incidents"], item["killed_best"]) for item in items]


def test_the_ungrouped_answer_is_as_it_was(api: Api) -> None:
    stated(api, 5)
    body = api.public.get("/v1/totals").content
    assert body == (
        b'{"items":[{"incidents":1,"killed_low":5,"killed_best":5,"killed_high":5,"killed_unknown":0,"killed_open":0,'
        b'"killed_no_best":0,"wounded_low":null,"wounded_best":null,"wounded_high":null,"wounded_unknown":1,'
        b'"wounded_open":0,"wounded_no_best":0,"killed_civilians_low":null,"killed_civilians_best":null,'
        b'"killed_civilians_high":null,"killed_civilians_unknown":1,"killed_civilians_open":0,'
        b'"killed_civilians_no_best":0}],"counting":{"rule":"each_family_once",'
        b'"of_a_family":"the larger of the containing incident and the sum of its parts, end by end",'
        b'"low":"the sum of lows; an incident without a low adds nothing to it",'
        b'"best":"the sum of best figures; where only a low is stated, the low stands in",'
        b'"high":"the sum of highs; null where any incident leaves the upper end open",'
        b'"not_counted":["discounted","retracted"]}}'
    )


def test_dimensions_come_first_and_by_name(api: Api) -> None:
    stated(api, 4, event_type="grenade")
    item = grouped(api, "group_by=month,country,event_type")[0]
    assert list(item)[:6] == ["month", "country", "event_type", "incidents", "killed_low", "killed_best"]
    assert (item["month"], item["country"], item["event_type"]) == ("2016-12", "SYR", "grenade")


@pytest.mark.parametrize(
    ("period", "name", "of_the_year_before"),
    [
        ("year", "2016", "2015"),
        ("quarter", "2016-Q4", "2015-Q4"),
        ("month", "2016-12", "2015-12"),
        ("week", "2016-W49", "2015-W53"),
        ("day", "2016-12-06", "2015-12-31"),
    ],
)
def test_periods_have_their_names(api: Api, period: str, name: str, of_the_year_before: str) -> None:
    stated(api, 4)
    stated(api, 2, date_start="2015-12-31")
    assert killed(grouped(api, f"group_by={period}"), period) == [(of_the_year_before, 1, 2), (name, 1, 4)]


def test_a_week_belongs_to_the_year_of_its_thursday(api: Api) -> None:
    stated(api, 1, date_start="2016-01-03")
    stated(api, 2, date_start="2016-01-04")
    stated(api, 4, date_start="0001-01-01")
    stated(api, 8, date_start="9999-12-31")
    weeks = ["0001-W01", "2015-W53", "2016-W01", "9999-W52"]
    assert [item["week"] for item in grouped(api, "group_by=week")] == weeks


def test_what_spans_two_months_is_put_into_neither(api: Api) -> None:
    stated(api, 1, date_start="2016-11-30", date_end="2016-12-01")
    stated(api, 2, date_start="2016-12-01", date_end="2016-12-31")
    stated(api, 4, date_start=None)
    assert killed(grouped(api, "group_by=month"), "month") == [("2016-12", 1, 2), (None, 2, 5)]
    assert killed(grouped(api, "group_by=quarter"), "quarter") == [("2016-Q4", 2, 3), (None, 1, 4)]
    told = api.public.get("/v1/totals?group_by=month").json()["counting"]["time"]
    assert told == "an incident whose dates span several months is counted under null"


def test_a_whole_counts_in_its_own_group_what_its_parts_leave(api: Api) -> None:
    whole = stated(api, 61, date_start="2016-11-20", date_end="2016-12-10")
    stated(api, 20, part_of=whole, date_start="2016-11-25")
    stated(api, 30, part_of=whole, date_start="2016-12-05")
    items = grouped(api, "group_by=month")
    assert killed(items, "month") == [("2016-11", 1, 20), ("2016-12", 1, 30), (None, 1, 11)]
    assert sum(item["killed_best"] for item in items) == 61
    stated(api, 40, part_of=whole, date_start="2016-12-06")
    assert killed(grouped(api, "group_by=month"), "month") == [
        ("2016-11", 1, 20),
        ("2016-12", 2, 70),
        (None, 1, 0),
    ]
    # Of the two Decembers alone, nothing is known of the whole.
    assert killed(grouped(api, "group_by=month&date=2016-12&date_match=within"), "month") == [
        ("2016-12", 2, 70)
    ]


def test_the_first_items_are_right_where_the_database_tells_no_more(api: Api) -> None:
    whole = stated(api, 61, country="IRQ")
    stated(api, 20, part_of=whole, country="SYR")
    stated(api, 5, country="LBN")
    response = api.public.get("/v1/totals?group_by=country&limit=1").json()
    assert killed(response["items"], "country") == [("IRQ", 1, 41)]
    assert response["more"] is True
    last = api.public.get("/v1/totals?group_by=country&limit=3&sort=-country").json()
    assert killed(last["items"], "country") == [("SYR", 1, 20), ("LBN", 1, 5), ("IRQ", 1, 41)]
    assert last["more"] is False


def test_a_hidden_part_takes_nothing_away(api: Api) -> None:
    whole = stated(api, 61)
    stated(api, 30, part_of=whole, workflow="draft", country="IRQ")
    assert killed(grouped(api, "group_by=country"), "country") == [("SYR", 1, 61)]
    assert killed(grouped(api, "group_by=country", api.editor), "country") == [("IRQ", 1, 30), ("SYR", 1, 31)]


def test_an_incident_is_counted_once_under_each_of_its_actors(api: Api) -> None:
    both = [
        {"actor": "Air force", "role": "alleged_perpetrator"},
        {"actor": "Ground force", "role": "alleged_perpetrator"},
        {"actor": "Air force", "role": "target"},
    ]
    stated(api, 5, attributions=both)
    stated(api, 3, attributions=both[1:2])
    stated(api, 1)
    items = grouped(api, "group_by=actor")
    assert killed(items, "actor") == [("Air force", 1, 5), ("Ground force", 2, 8), (None, 1, 1)]
    counting = api.public.get("/v1/totals?group_by=actor").json()["counting"]
    assert counting["items_add_up"] is False
    assert "each actor" in counting["actor"]


def test_actors_are_counted_in_the_roles_that_are_asked_for(api: Api) -> None:
    struck = [
        {"actor": "Air force", "role": "alleged_perpetrator"},
        {"actor": "Villagers", "role": "victim_group"},
    ]
    stated(api, 5, attributions=struck)
    stated(api, 3, attributions=[{"actor": "Air force", "role": "target"}])
    stated(api, 1)
    by = "group_by=actor&actor_role="
    assert killed(grouped(api, f"{by}alleged_perpetrator"), "actor") == [("Air force", 1, 5), (None, 2, 4)]
    assert killed(grouped(api, f"{by}victim_group"), "actor") == [("Villagers", 1, 5), (None, 2, 4)]
    both = f"{by}target,alleged_perpetrator"
    assert killed(grouped(api, both), "actor") == [("Air force", 2, 8), (None, 1, 1)]
    # Beside a name the role also chooses the incidents.
    named = f"{by}alleged_perpetrator&actor=Air%20force"
    assert killed(grouped(api, named), "actor") == [("Air force", 1, 5)]
    counting = api.public.get(f"/v1/totals?{both}").json()["counting"]
    assert "as alleged_perpetrator or target" in counting["actor"]
    facet = api.public.get("/v1/incidents/facets?facets=actor&actor_role=victim_group").json()
    assert facet["facets"]["actor"] == [
        {"value": None, "incidents": 2},
        {"value": "Villagers", "incidents": 1},
    ]
    assert "as victim_group" in facet["counting"]["actor"]


def test_sources_are_the_incidents_own_and_those_of_its_reports(api: Api) -> None:
    own = api.source(name="The desk")["id"]
    hidden = api.source(name="Quillfeather", protected=True, pseudonym="Source 7")["id"]
    closed = api.source(name="The closed one", sharing="restricted")["id"]
    incident = stated(api, 5, source_id=own)
    for source in (own, hidden, closed):
        api.report(source_id=source, incidents=[{"incident_id": incident}])
    stated(api, 2)
    public = grouped(api, "group_by=source")
    assert {(i["source"], i["source_name"], i["incidents"]) for i in public} == {
        (own, "The desk", 1),
        (hidden, "Source 7", 1),
        (None, None, 1),
    }
    assert list(public[0])[:3] == ["source", "source_name", "incidents"]
    named = {i["source_name"] for i in grouped(api, "group_by=source", api.editor)}
    assert named == {"The desk", "Quillfeather", "The closed one", None}
    facet = api.public.get("/v1/incidents/facets?facets=source").text
    assert "Quillfeather" not in facet
    assert closed not in facet


def test_a_province_is_never_put_on_its_capital(api: Api) -> None:
    here = {"lon": 37.16, "lat": 36.2}
    stated(api, 1, **here, location_precision="settlement")
    stated(api, 2, **here, location_precision="admin2")
    stated(api, 4, **here, location_precision="admin1")
    stated(api, 8, **here, location_precision="country")
    stated(api, 16, **here, location_precision="unknown")
    stated(api, 32)
    assert killed(grouped(api, "group_by=cell"), "cell") == [("37,36", 2, 3), (None, 4, 60)]
    assert killed(grouped(api, "group_by=cell&cell_degrees=0.1"), "cell") == [
        ("37.1,36.2", 1, 1),
        (None, 5, 62),
    ]
    assert killed(grouped(api, "group_by=cell&cell_degrees=10"), "cell") == [("30,30", 2, 3), (None, 4, 60)]


def test_only_the_published_position_is_used(api: Api) -> None:
    exact = {"lon": 37.004, "lat": 36.004, "location_precision": "exact_point"}
    stated(api, 1, **exact, location_generalised_to="settlement")
    stated(api, 2, **exact, location_generalised_to="admin1")
    for by in (api.public, api.editor):
        items = grouped(api, "group_by=cell&cell_degrees=0.1", by)
        assert killed(items, "cell") == [("37,36", 1, 1), (None, 1, 2)]


def test_points_on_an_edge_and_at_the_ends_of_the_map(api: Api) -> None:
    for number, (lon, lat) in enumerate([(36.3, -36.3), (-0.1, 0.0), (180.0, 90.0), (-180.0, -90.0)]):
        stated(api, 2**number, lon=lon, lat=lat, location_precision="exact_point")
    cells = {item["cell"]: item["killed_best"] for item in grouped(api, "group_by=cell&cell_degrees=0.1")}
    assert cells == {"36.3,-36.3": 1, "-0.1,0": 2, "179.9,89.9": 4, "-180,-90": 8}


def test_order_limit_and_more(api: Api) -> None:
    stated(api, 1, admin1="b")
    stated(api, 3, admin1="a")
    api.incident(admin1="c")
    stated(api, 2)
    names = {
        "": ["a", "b", "c", None],
        "&sort=-admin1": ["c", "b", "a", None],
        "&sort=killed_best": ["b", None, "a", "c"],
        "&sort=-killed_best": ["a", None, "b", "c"],
        "&sort=-incidents": ["a", "b", "c", None],
    }
    for question, expected in names.items():
        for limit in (1, 2, 4):
            answer = api.public.get(f"/v1/totals?group_by=admin1{question}&limit={limit}").json()
            assert [item["admin1"] for item in answer["items"]] == expected[:limit], question
            assert answer["more"] is (limit < 4)


def test_missing_months_are_told_as_nothing_found_and_not_as_nobody_killed(api: Api) -> None:
    stated(api, 1, date_start="2016-10-05")
    stated(api, 2)
    stated(api, 4, date_start=None)
    items = grouped(api, "group_by=month&fill=zero")
    assert [(i["month"], i["incidents"], i["filled"]) for i in items] == [
        ("2016-10", 1, False),
        ("2016-11", 0, True),
        ("2016-12", 1, False),
        (None, 1, False),
    ]
    empty = items[1]
    for metric in ("killed", "wounded", "killed_civilians"):
        assert [empty[f"{metric}_{end}"] for end in ENDS] == [None] * 3
        assert [empty[f"{metric}_{count}"] for count in ("unknown", "open", "no_best")] == [0] * 3
    bounded = grouped(api, "group_by=month&fill=zero&date=2016-09/2017-01")
    assert [i["month"] for i in bounded] == [f"2016-{m:02}" for m in (9, 10, 11, 12)] + ["2017-01"]
    assert [i["month"] for i in grouped(api, "group_by=month&fill=zero&date=2016-09/..&limit=2")] == [
        "2016-09",
        "2016-10",
    ]
    nothing = grouped(api, "group_by=day&fill=zero&date=2020-02-28/2020-03-01")
    assert [i["day"] for i in nothing] == ["2020-02-28", "2020-02-29", "2020-03-01"]
    assert grouped(api, "group_by=day&fill=zero&country=USA") == []


def test_missing_months_are_filled_for_each_combination_that_was_found(api: Api) -> None:
    stated(api, 1, date_start="2016-11-05", country="IRQ")
    stated(api, 2)
    items = grouped(api, "group_by=month,country&fill=zero")
    assert [(i["month"], i["country"], i["killed_best"]) for i in items] == [
        ("2016-11", "IRQ", 1),
        ("2016-11", "SYR", None),
        ("2016-12", "IRQ", None),
        ("2016-12", "SYR", 2),
    ]


@pytest.mark.parametrize(
    ("question", "field", "says"),
    [
        ("group_by=colour", "group_by", "must be one of year"),
        ("group_by=", "group_by", "empty"),
        ("group_by=country,country", "group_by", "twice"),
        ("group_by=country,admin1,admin2,cause", "group_by", "3 at most"),
        ("group_by=month,year", "group_by", "one period"),
        ("group_by=country&sort=month", "sort", "must be one of country"),
        ("group_by=country&sort=killed_unknown", "sort", "must be one of"),
        ("group_by=country&limit=0", "limit", "from 1 to 10000"),
        ("group_by=country&limit=10001", "limit", "from 1 to 10000"),
        ("group_by=country&cell_degrees=1", "cell_degrees", "needs group_by=cell"),
        ("group_by=cell&cell_degrees=0.09", "cell_degrees", "from 0.1 to 10"),
        ("group_by=cell&cell_degrees=10.01", "cell_degrees", "from 0.1 to 10"),
        ("group_by=cell&cell_degrees=0.125", "cell_degrees", "two decimals"),
        ("group_by=cell&cell_degrees=nan", "cell_degrees", "from 0.1 to 10"),
        ("group_by=cell&fill=zero", "fill", "as the first"),
        ("group_by=country,month&fill=zero", "fill", "as the first"),
        ("group_by=month&fill=one", "fill", "zero"),
        ("group_by=day&fill=zero&date=0001/9999", "fill", "100,000"),
        ("sort=incidents", "sort", "needs group_by"),
        ("limit=1", "limit", "needs group_by"),
        ("fill=zero", "fill", "needs group_by"),
        ("cell_degrees=1", "cell_degrees", "needs group_by"),
        ("actor_role=target", "actor_role", "needs actor"),
        ("group_by=country&actor_role=target", "actor_role", "needs actor"),
        ("group_by=actor&actor_role=culprit", "actor_role", "alleged_perpetrator"),
        ("group_by=actor&actor_role=", "actor_role", "empty"),
        ("group_by=month&colour=red", "colour", "no such parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, question: str, field: str, says: str) -> None:
    assert says in fault(api.public.get(f"/v1/totals?{question}"), field)


def test_every_dimension_and_facet_answers(api: Api) -> None:
    stated(api, 1)
    for name in DIMENSIONS:
        assert [item["incidents"] for item in grouped(api, f"group_by={name}")] == [1]
    for start in (0, 6):
        names = FACETS[start : start + 10]
        told = api.public.get("/v1/incidents/facets", params={"facets": ",".join(names)}).json()
        assert list(told["facets"]) == list(names)
        assert all([v["incidents"] for v in values] == [1] for values in told["facets"].values())


@pytest.mark.parametrize(
    "path", ["/v1/totals?group_by=month,actor", "/v1/incidents/facets?facets=country,source"]
)
def test_nothing_changed_is_told_without_counting(api: Api, path: str) -> None:
    stated(api, 1)
    first = api.public.get(path)
    again = api.public.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    stated(api, 2)
    assert api.public.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    assert api.editor.get(path).headers["etag"] != api.public.get(path).headers["etag"]

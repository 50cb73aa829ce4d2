"""`filter=`: what CQL2 finds over HTTP, what it may not ask, and what is said of a question that makes no sense."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from tests.support.api import Api
from tests.support.state import problem, state_of

LISTS = ("incidents", "reports", "sources")
SQUARE = "POLYGON((37 36, 38 36, 38 37, 37 37, 37 36))"
RING = f"{SQUARE[:-1]}, (37.1 36.1, 37.3 36.1, 37.3 36.3, 37.1 36.3, 37.1 36.1))"


def found(api: Api, question: str, kind: str = "incidents", **more: Any) -> set[str]:
    answer = api.public.get(f"/v1/{kind}", params={"filter": question, "limit": 1000, **more})
    assert answer.status_code == 200, answer.text
    return {item["name" if kind == "sources" else "title"] for item in answer.json()["items"]}


@pytest.fixture
def four(api: Api) -> Api:
    """a: Aleppo, one day; b: Mosul, a month; c: neither date nor place nor figure; d: coarse, far away."""
    figures = {"assessment_reason": "the hospital's list"}
    api.incident(title="a", country="SYR", place="Sukkarī", date_start="2016-12-06", lon=37.15, lat=36.18, killed_low=30, killed_best=61, killed_high=70, **figures)  # fmt: skip
    api.incident(title="b", country="IRQ", place="Mosul", date_start="2016-12-01", date_end="2016-12-31", lon=37.5, lat=36.5, killed_best=5, event_type="armed_clash", **figures)  # fmt: skip
    api.incident(title="c", country=None, date_start=None, summary="100% sure_thing")
    api.incident(title="d", country="SYR", place="السكري", date_start="2015-01-01", lon=0, lat=0, killed_low=0, killed_best=0, killed_high=0, **figures)  # fmt: skip
    return api


def test_what_is_found(four: Api) -> None:
    for question, letters in {
        "killed_best >= 5": "ab",
        "killed_best = 0": "d",
        "NOT killed_best >= 5": "d",
        "killed_best IS NULL": "c",
        "killed_best BETWEEN 5 AND 60.5": "b",
        "killed_high - killed_low > 30": "a",
        "killed_best * 2 = 10": "b",
        "killed_low / killed_best < 1": "a",
        "killed_best % 2 = 1": "ab",
        "(0 - killed_best) % 2 = -1": "ab",
        "killed_best DIV 10 = 6": "a",
        "(0 - killed_best) div 10 = -6": "a",
        "killed_best % 0 = killed_best OR killed_best div 0 >= 0": "",
        "killed_best ^ 2 = 25": "b",
        "killed_best ^ 0 = 1": "abd",
        "killed_best ^ -1 > 0": "ab",
        "(0 - killed_best) ^ 0.5 >= 0": "d",
        "killed_best ^ 8 > 0": "ab",
        "killed_best ^ 9 > 0": "b",
        "country IN ('SYR', 'IRQ') AND NOT country = 'IRQ'": "ad",
        "country <> 'SYR'": "b",
        "event_type = 'armed_clash'": "b",
        "title > 'a' AND title < 'd'": "bc",
        "place LIKE 'Suk%'": "a",
        "place LIKE 'suk%'": "",
        "CASEI(place) LIKE CASEI('SUK%')": "a",
        "ACCENTI(CASEI(place)) = ACCENTI(CASEI('sukkari'))": "a",
        "place = 'السكري'": "d",
        r"summary LIKE '100\% sure\_%'": "c",
        r"summary LIKE '100\%sure%'": "",
        "summary LIKE '____ sure%'": "c",
        "date_start = DATE('2016-12-06')": "a",
        "date_start < '2016-01-01'": "d",
        "T_INTERSECTS(INTERVAL(date_start, date_end), DATE('2016-12-07'))": "b",
        "T_DURING(INTERVAL(date_start, date_end), INTERVAL('2016-12-01', '2016-12-31'))": "a",
        "T_BEFORE(date_end, INTERVAL('2016-12-07', '..'))": "ad",
        "T_DISJOINT(INTERVAL(date_start, date_end), INTERVAL('..', '2016-11-30'))": "ab",
        "updated_at > TIMESTAMP('2016-12-06T00:00:00Z')": "abcd",
        "created_at < DATE('2016-12-06')": "",
        f"S_INTERSECTS(geometry, {SQUARE})": "ab",
        f"S_INTERSECTS(geometry, {RING})": "b",
        f"S_DISJOINT(geometry, {SQUARE})": "d",
        f"NOT S_INTERSECTS(geometry, {SQUARE})": "d",
        "S_WITHIN(geometry, POLYGON((37.15 36, 38 36, 38 36.3, 37.15 36.3, 37.15 36)))": "",
        "S_INTERSECTS(geometry, POLYGON((37.15 36, 38 36, 38 36.3, 37.15 36.3, 37.15 36)))": "a",
        "S_INTERSECTS(geometry, BBOX(-1, -1, 1, 1))": "d",
        "S_INTERSECTS(geometry, POINT(37.5 36.5))": "b",
        "geometry IS NULL": "c",
        "report_count = 0": "abcd",
        '"killed_best" > 60 or TITLE = \'x\' or title = \'c\''.replace("TITLE", "title"): "ac",
        "1 = 1": "abcd",
        "1 > 2": "",
        "killed_best < 1e300": "abd",
        "killed_best = 5000000000": "",
    }.items():  # fmt: skip
        assert found(four, question) == set(letters), question


def test_the_same_in_json(four: Api) -> None:
    asked = {
        "op": "and",
        "args": [
            {"op": ">=", "args": [{"property": "killed_best"}, 5]},
            {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [37, 36, 37.2, 36.2]}]},
        ],
    }
    text = orjson.dumps(asked).decode()
    assert found(four, text) == found(four, text, **{"filter-lang": "cql2-json"}) == {"a"}
    answer = four.public.get("/v1/incidents", params={"filter": text, "filter-lang": "cql2-text"})
    problem(answer, 400, "filter")


def test_beside_plain_parameters_and_on_every_list(four: Api) -> None:
    assert found(four, "killed_best >= 0", country="SYR", bbox="37,36,38,37") == {"a"}
    four.report(title="r", date_published="2018-01-01")
    four.source(name="Agency X")
    four.report(title="s", source_id=four.source(name="Agency Y")["id"])
    assert found(four, "date_published > DATE('2017-12-31')", "reports") == {"r"}
    assert found(four, "source_name LIKE '%Y'", "reports") == {"s"}
    assert found(four, "CASEI(name) LIKE 'agency%'", "sources") == {"Agency Y"}, (
        "only what is cited is public"
    )
    answer = four.public.get("/v1/reports", params={"filter": "S_INTERSECTS(geometry, POINT(1 2))"})
    assert "a report has no geometry" in problem(answer, 400, "filter")["detail"]


def test_pages_keep_the_question(four: Api) -> None:
    ask = {"filter": "killed_best >= 0", "limit": 1, "count": "true", "sort": "-killed_best"}
    page = four.public.get("/v1/incidents", params=ask).json()
    assert page["count"] == 3
    seen = [page["items"][0]["title"]]
    while page["next"]:
        parts = urlsplit(page["next"])
        page = four.public.get(f"{parts.path}?{parts.query}").json()
        seen.append(page["items"][0]["title"])
    assert seen == ["a", "b", "d"]


def test_totals_of_a_question(four: Api) -> None:
    total = four.public.get("/v1/totals", params={"filter": "place LIKE 'Suk%' OR place = 'Mosul'"}).json()
    assert (total["items"][0]["incidents"], total["items"][0]["killed_best"]) == (2, 66)


SENSELESS = {
    "": "is empty",
    "killed_best >=": "at line 1, column 15: is not CQL2; expected",
    "killed_best = 1 AND\n  bogus = 2": "at line 2, column 3: there is no field 'bogus'",
    "geometry = 1": "geometry goes with S_INTERSECTS",
    "killed_best = 'many'": "killed_best (a number) cannot be compared with text",
    "killed_best = NULL": "IS NULL",
    "title": "neither true nor false",
    "tags = 'x'": "holds a list",
    "event_type = 'airstrike'": "is never 'airstrike'; it is one of: air_or_drone_strike",
    "date_start = DATE('2016-13-01')": "no month 13",
    "date_start = TIMESTAMP('2016-12-06T00:00:00Z')": "date_start (a date) cannot be compared with a moment",
    "updated_at > TIMESTAMP('yesterday')": "must be a moment",
    "T_AFTER(date_start, 5)": "a date, a moment or an interval is expected",
    "T_MEETS(date_start, INTERVAL('2016-01-01', '..'))": "compares two intervals",
    "T_AFTER(DATE('2016-01-01'), DATE('2015-01-01'))": "asks nothing of the records",
    "T_DURING(INTERVAL(date_start, date_end), INTERVAL('2017-01-01', '2016-01-01'))": "ends before it starts",
    "S_TOUCHES(geometry, POINT(1 2))": "no operation 's_touches'",
    "S_INTERSECTS(geometry, POINT(1000 2))": "not a longitude and a latitude",
    "S_INTERSECTS(geometry, BBOX(1, 2, 3))": "the area must be four numbers",
    "S_INTERSECTS(geometry, BBOX(1000000, 2, 3, 4))": "from -180 to 180",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))": "not valid: Self-intersection",
    "S_INTERSECTS(geometry, LINESTRING(0 0, 1 1))": "must be one of Point",
    "killed_best % 1e300 = 1": "a number to calculate with",
    "title ^ 2 = 1": "^ is for numbers",
    "killed_best * 1e300 > 1": "a number to calculate with",
    "killed_best = 1e400": "beyond all bounds",
    "title LIKE 'a\\'": "cannot end in \\",
    "title LIKE '" + "%a" * 11 + "'": "10 times % at most",
    "title LIKE title": "a pattern in quotes",
    "foo(title) = 'x'": "no operation 'foo'",
    "(title = 'a'": "( is never closed",
    "title = 'a')": "nothing is open",
    "(" * 51 + "title = 'a'" + ")" * 51: "deeper than 50",
    "NOT " * 51 + "title = 'a'": "deeper than 50",
    "(" * 40 + "title = 'a" + ")" * 40: "cql2-json",
    "title = 'a'" + " OR title = 'a'" * 300: "more than 300 things",
    "title IN (" + ", ".join(["'a'"] * 1_001) + ")": "1 to 1,000 values",
    "title = 'a\x00b'": "may not hold",
    '{"op": "=", "args": [{"property": "bogus"}, 1]}': "at args[0]: there is no field 'bogus'",
    '{"op": "="}': "`op` and `args`",
    '{"op": "=", "args": [{"property": "title"}]}': "= takes 2 operands, not 1",
    '{"op": "and", "args": [true]}': "two operands or more",
    '{"op": "=", "args": [{"property": "title"}, null]}': "IS NULL",
    '{"op"': "is not JSON",
}


def test_a_question_that_makes_no_sense_is_told_where(four: Api) -> None:
    for question, words in SENSELESS.items():
        answer = four.public.get("/v1/incidents", params={"filter": question})
        told = problem(answer, 400, "filter")
        assert words in told["errors"][0]["detail"], (question, told["errors"])


def test_questions_that_would_take_the_parser_too_long_are_refused_at_once(api: Api) -> None:
    for question in (
        "(" * 49 + "a = ",
        "title IN (" * 45 + "1 1" + ")" * 45,
        "(" * 30 + "x" + ")" * 29,
        "(" * 5_000,
    ):
        assert api.public.get("/v1/incidents", params={"filter": question}).status_code == 400
    assert api.public.get("/v1/incidents", params={"filter": "a" * 20_001}).status_code == 400
    assert api.public.get("/v1/incidents").status_code == 200


def test_an_unknown_language(api: Api) -> None:
    asked = {"filter": "title = 'a'", "filter-lang": "sql"}
    problem(api.public.get("/v1/incidents", params=asked), 400, "filter-lang")
    problem(api.public.get("/v1/incidents", params={"filter-lang": "cql2-text"}), 400, "filter-lang")


def test_what_a_viewer_may_not_see_cannot_be_asked_for(api: Api) -> None:
    api.incident(title="open")
    hidden = api.incident(title="hidden", sharing="restricted", killed_best=7, assessment_reason="x")
    drawn = api.incident(title="coarse", lon=37.12345, lat=36.12345, location_precision="exact_point", location_generalised_to="admin2", external_id="theirs-1")  # fmt: skip
    assert found(api, "1 = 1") == {"open", "coarse"}
    assert found(api, "NOT title = 'open'") == {"coarse"}
    assert found(api, f"id = '{hidden['id']}' OR killed_best = 7") == set()
    answer = api.public.get("/v1/incidents", params={"filter": "lon_exact > 0"})
    assert problem(answer, 400, "filter")["errors"][0]["code"] == "unknown_field"
    editor = api.editor.get("/v1/incidents", params={"filter": "lon_exact = 37.12345", "fields": "title"})
    assert [item["title"] for item in editor.json()["items"]] == ["coarse"]
    near = "S_INTERSECTS(geometry, BBOX(37.1234, 36.1234, 37.1235, 36.1235))"
    assert found(api, near) == set(), "the exact position answers nobody"
    assert found(api, "external_id = 'theirs-1'") == found(api, "external_id IS NOT NULL") == set()
    assert drawn["lon"] != 37.12345


def test_a_protected_source_answers_nothing(api: Api) -> None:
    source = api.source(name="A Doctor", pseudonym="Source 7", source_type="private_protected")
    report = api.report(title="told", source_id=source["id"], url="https://example.org/doctor")
    api.incident(title="i", source_id=source["id"])
    for kind, question in (
        ("reports", "url LIKE '%doctor%'"),
        ("reports", "source_name = 'A Doctor'"),
        ("incidents", "source_name = 'A Doctor'"),
        ("sources", "name = 'A Doctor'"),
    ):
        assert found(api, question, kind) == set(), question
    assert found(api, "source_name = 'Source 7'", "reports") == {"told"}
    assert found(api, f"source_id = '{source['id']}' AND id = '{report['id']}'", "reports") == {"told"}


def test_a_question_in_a_body(four: Api) -> None:
    area = {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [-1, -1, 38, 37]}]}
    body = {
        "filter": area,
        "country": ["SYR", "IRQ"],
        "limit": 2,
        "count": True,
        "fields": "title",
        "sort": "id",
    }
    first = four.public.post("/v1/incidents/search", json=body).json()
    assert ([item["title"] for item in first["items"]], first["count"]) == (["a", "b"], 3)
    parts = urlsplit(first["next"])
    assert parts.path == "/v1/incidents/search"
    second = four.public.post(f"{parts.path}?{parts.query}", json=body).json()
    assert ([item["title"] for item in second["items"]], second["next"]) == (["d"], None)
    text = four.public.post(
        "/v1/incidents/search", json={"filter": "killed_best = 0", "f": "csv", "fields": "title"}
    )
    assert text.text.splitlines()[1].endswith("d")
    corners = [[round(37 + n / 10_000, 4), 36.0] for n in range(4_000)] + [[37.5, 37.0], [37.0, 36.0]]
    polygon = {"type": "Polygon", "coordinates": [corners]}
    long = {"filter": {"op": "s_intersects", "args": [{"property": "geometry"}, polygon]}}
    assert len(orjson.dumps(long)) > 20_000
    found = four.public.post("/v1/incidents/search", json=long).json()["items"]
    assert {item["title"] for item in found} == {"a"}


def test_a_body_that_asks_nothing_sensible(api: Api) -> None:
    for body, field in (
        ({"bogus": 1}, "bogus"),
        ({"limit": {"n": 1}}, "limit"),
        ({"filter": ["title"]}, "filter"),
        ({"country": [{}]}, "country"),
        ({"country": None}, "country"),
        ({"limit": 0}, "limit"),
        ({"filter": {"op": "like"}}, "filter"),
        ({"cursor": "made up"}, "cursor"),
    ):
        answer = api.public.post("/v1/incidents/search", json=body)
        assert answer.status_code in (400, 422), answer.text
        assert {fault["field"] for fault in answer.json()["errors"]} == {field}
    assert (
        api.public.post(
            "/v1/incidents/search", content="[]", headers={"Content-Type": "application/json"}
        ).status_code
        == 400
    )
    twice = api.public.post("/v1/incidents/search?limit=1", json={"limit": 2})
    problem(twice, 400, "limit")
    before = state_of(api.database)
    for kind in LISTS:
        assert api.public.post(f"/v1/{kind}/search", json={}).status_code == 200
    assert state_of(api.database) == before, "a question changes nothing"
    assert api.public.get("/v1/incidents/search").status_code == 404, "no id of an incident"

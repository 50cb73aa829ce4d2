"""Pages of features: what is in them, where and when, how many, and that they are those of ``/v1``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.settings import LimitSettings
from tests.ogc.conftest import FAR_AND_WIDE, World, everything
from tests.support.api import Api, serving
from tests.support.loopback import NO_TLS

ITEMS = "/ogc/collections/incidents/items"
WITHOUT_POSITION = {"nowhere", "neither"}
WITHOUT_DATE = {"no_date", "neither"}


def link(page: dict[str, Any], rel: str) -> dict[str, Any] | None:
    return next((each for each in page["links"] if each["rel"] == rel), None)


def test_a_page_is_a_feature_collection(world: World) -> None:
    answer = world.public.get(ITEMS, params={"limit": 5})
    assert answer.headers["content-type"] == "application/geo+json"
    page = answer.json()
    assert page["type"] == "FeatureCollection"
    assert page["numberReturned"] == len(page["features"]) == 5
    assert page["numberMatched"] == len(FAR_AND_WIDE)
    made = datetime.fromisoformat(page["timeStamp"])
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)
    self, alternate, following = (link(page, rel) for rel in ("self", "alternate", "next"))
    assert self is not None
    assert alternate is not None
    assert following is not None
    assert self["href"] == str(answer.request.url)
    assert self["type"] == following["type"] == "application/geo+json"
    assert alternate["type"] == "text/html"
    assert world.public.get(alternate["href"]).headers["content-type"].startswith("text/html")
    assert f'<{following["href"]}>; rel="next"' in answer.headers["link"]


def test_pages_are_disjoint_and_complete(world: World) -> None:
    records = [record["id"] for record in world.public.get("/v1/incidents").json()["items"]]
    for limit in (1, 2, 5, 11, 12, 13):
        assert [f["id"] for f in everything(world.public, "incidents", limit=limit)] == records, limit


@pytest.mark.parametrize("collection", ["incidents", "reports"])
def test_a_feature_says_what_the_record_says(world: World, collection: str) -> None:
    records = {r["id"]: r for r in world.public.get(f"/v1/{collection}").json()["items"]}
    features = everything(world.public, collection)
    assert len(features) == len(records)
    for feature in features:
        record = records[feature["id"]]
        assert feature["type"] == "Feature"
        assert feature["properties"] == record
        lon, lat = record.get("lon"), record.get("lat")
        expected = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
        assert feature["geometry"] == expected


def test_a_limit_above_the_most_is_the_most(world: World) -> None:
    page = world.public.get(ITEMS, params={"limit": 10**15}).json()
    assert page["numberReturned"] == len(FAR_AND_WIDE)


def test_a_limit_that_is_none_is_refused(world: World) -> None:
    for limit in ("abc", "-1", "1.5", "0", "", "1e2", "+1", "٣", "9" * 30):
        world.refused(limit=limit)


BOXES = {
    "36,35,38,37": {"aleppo", "aleppo_again", "idlib"},
    "36,35,0,38,37,5000": {"aleppo", "aleppo_again", "idlib"},
    "37.16,36.2,37.16,36.2": {"aleppo", "aleppo_again"},
    "179,-20,-179,-10": {"fiji_east", "fiji_west"},
    "179,-20,180,-10": {"fiji_east"},
    "-180,-20,-179,-10": {"fiji_west"},
    "-180,85,180,90": {"north_pole"},
    "-180,-90,180,-85": {"south_pole"},
    "0,0,0,0": {"null_island"},
    "-180,-90,180,90": FAR_AND_WIDE.keys() - WITHOUT_POSITION,
    "1,1,2,2": set(),
}


def test_a_box_holds_what_lies_in_it_and_what_lies_nowhere(world: World) -> None:
    for bbox, inside in BOXES.items():
        assert world.found(bbox=bbox) == inside | WITHOUT_POSITION, bbox
        assert world.found("reports", bbox=bbox) == {"early", "late", "undated"}


NO_BOXES = (
        "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "a,b,c,d", "", "1,2,3,nan", "1,2,3,inf", "0,10,5,5", "0,-91,1,1", "0,0,1,91",
        "1000000,0,1000001,1", "1;2;3;4",
)  # fmt: skip


@pytest.mark.parametrize("collection", ["incidents", "reports"])
def test_a_box_that_is_none_is_refused(world: World, collection: str) -> None:
    for bbox in NO_BOXES:
        world.refused(collection, bbox=bbox)


TIMES = {
    "2016-12-06": {"aleppo", "nowhere", "whole_year"},
    "2016-12-06T09:30:00Z": {"aleppo", "nowhere", "whole_year"},
    "2016-12-06t09:30:00.123z": {"aleppo", "nowhere", "whole_year"},
    "2016-12-07T01:00:00+02:00": {"aleppo", "nowhere", "whole_year"},
    "2016-12-06T23:00:00-02:00": {"aleppo_again", "whole_year"},
    "2016-12-06/2016-12-07": {"aleppo", "aleppo_again", "nowhere", "whole_year"},
    "2016-12-06T00:00:00Z/2016-12-07T23:59:59Z": {"aleppo", "aleppo_again", "nowhere", "whole_year"},
    "2016-12-06T/2016-12-07T": {"aleppo", "aleppo_again", "nowhere", "whole_year"},
    "2017-01-15": {"idlib"},
    "../2015-12-31": {"null_island"},
    "/2015-12-31": {"null_island"},
    "2018-05-02/..": {"fiji_west", "north_pole", "south_pole"},
    "2018-05-02/": {"fiji_west", "north_pole", "south_pole"},
    "2019-01-01T00:00:00Z/..": {"north_pole", "south_pole"},
    "1900-01-01/1900-12-31": set(),
    "0001-01-01/9999-12-31": FAR_AND_WIDE.keys() - WITHOUT_DATE,
}


def test_a_time_holds_what_meets_it_and_what_has_none(world: World) -> None:
    for when, meeting in TIMES.items():
        assert world.found(datetime=when) == meeting | WITHOUT_DATE, when


def test_reports_have_a_time_too(world: World) -> None:
    assert world.found("reports", datetime="2016-12-05") == {"early", "undated"}
    assert world.found("reports", datetime="2016-12-06/..") == {"late", "undated"}


NO_TIMES = (
        "2016-13-01", "2016-02-30", "2016-12-06T25:00:00Z", "2016-12-06T10:61:00Z", "2016-12-06T10:00:00", "2016-12-06 10:00:00Z",
        "2016", "2016-12", "yesterday", "", "..", "/", "../..", "../", "2016-12-07/2016-12-06", "2016-12-06/2016-12-07/2016-12-08",
        "2016-12-06/x", "0000-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", "２016-12-06",
)  # fmt: skip


def test_a_time_that_is_none_is_refused(world: World) -> None:
    for when in NO_TIMES:
        world.refused(datetime=when)


def test_box_and_time_and_property_hold_together(world: World) -> None:
    asked = {"bbox": "36,35,38,37", "datetime": "2016-12-01/2016-12-31", "filter": "killed_best >= 1"}
    assert world.found(**asked) == {"aleppo", "nowhere"}
    assert world.found(**asked, admin1="Aleppo") == {"aleppo"}


def test_pages_with_what_is_not_known_are_disjoint_and_complete(world: World) -> None:
    """Box and time each also match what has none: four kinds of records, walked one after another."""
    box, when = "-180,-90,180,90", "0001-01-01/9999-12-31"
    questions = ({"bbox": box}, {"datetime": when}, {"bbox": box, "datetime": when})
    for asked in questions:
        for limit in (1, 2, 3, 5, 9, 10, 11, 12, 50):
            assert world.found(**asked, limit=limit) == FAR_AND_WIDE.keys(), (asked, limit)
            page = world.public.get(ITEMS, params={**asked, "limit": limit}).json()
            assert page["numberMatched"] == len(FAR_AND_WIDE)
            assert page["numberReturned"] == min(limit, len(FAR_AND_WIDE))
    found = everything(world.public, "incidents", bbox=box, limit=5)
    assert {world.names[feature["id"]] for feature in found[-2:]} == WITHOUT_POSITION
    for cursor in ("2.", "9.", "0.x", "1.AAAA", "1", ".", "1.."):
        world.refused(bbox=box, cursor=cursor)
    following = httpx.URL(
        world.public.get(ITEMS, params={"bbox": box, "limit": 1}).json()["links"][-1]["href"]
    )
    token = following.params["cursor"]
    assert token.startswith("0.")
    world.refused(bbox=box, cursor=f"1{token[1:]}")


def test_an_unknown_parameter_is_refused(world: World) -> None:
    for name in ("nothing", "killed", "tags", "attributions", "lon_exact", "bbox-crs", "crs", "q"):
        problem = world.refused(**{name: "1"})
        assert problem["errors"][0]["code"] == "unknown_parameter"


def test_a_parameter_twice_is_refused(world: World) -> None:
    answer = world.public.get(f"{ITEMS}?country=SYR&country=FJI")
    assert answer.status_code == 400


def test_a_made_up_cursor_is_refused(world: World) -> None:
    for cursor in ("x", "", "AAAA", "é"):
        world.refused(cursor=cursor)


def test_a_cursor_of_reports_is_none_of_incidents(world: World) -> None:
    page = world.public.get("/ogc/collections/reports/items", params={"limit": 1}).json()
    following = link(page, "next")
    assert following is not None
    cursor = httpx.URL(following["href"]).params["cursor"]
    world.refused(cursor=cursor)


def test_a_page_that_is_known_is_not_sent_again(own_world: World) -> None:
    first = own_world.public.get(ITEMS)
    tag = first.headers["etag"]
    assert tag.startswith('W/"'), "each answer has its own timeStamp"
    again = own_world.public.get(ITEMS, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["etag"]) == (304, tag)
    page = own_world.public.get(ITEMS, headers={"If-None-Match": tag, "Accept": "text/html"})
    assert page.status_code == 200, "a page is no GeoJSON"
    own_world.api.incident(title="later")
    assert own_world.public.get(ITEMS, headers={"If-None-Match": tag}).status_code == 200


def test_a_change_between_pages_neither_repeats_nor_loses(own_world: World) -> None:
    first = own_world.public.get(ITEMS, params={"limit": 4}).json()
    later = own_world.api.incident(title="later", date_start="2030-01-01")["id"]
    gone = first["features"][0]["id"]
    assert own_world.api.editor.delete(
        f"/v1/incidents/{gone}", params={"reason": "a test"}, headers={"If-Match": "*"}
    ).is_success
    ids = [f["id"] for f in first["features"]]
    following = link(first, "next")
    while following is not None:
        page = own_world.public.get(following["href"]).json()
        ids += [f["id"] for f in page["features"]]
        following = link(page, "next")
    assert len(ids) == len(set(ids))
    assert set(ids) == set(own_world.ids.values())
    assert later not in ids


def test_links_lead_to_where_the_service_says_it_is(api: Api) -> None:
    """Behind a proxy the service is told its address."""
    api.incident()
    api.incident()
    server = api.running.settings.server.model_copy(update={"public_url": "https://records.example.org/api/"})
    settings = api.running.settings.model_copy(update={"server": server})
    with serving(settings) as running, httpx.Client(base_url=running.url, verify=NO_TLS) as client:
        for path in ("", "/collections", "/collections/incidents/items?limit=1"):
            for each in client.get(f"/ogc{path}").json()["links"]:
                assert each["href"].startswith("https://records.example.org/api/ogc"), each
        document = client.get("/ogc/api").json()
        assert document["servers"][0]["url"] == "https://records.example.org/api/ogc"


def test_what_is_beyond_counting_is_not_counted(world: World) -> None:
    limits = LimitSettings(count_maximum=10, page_default=5, page_maximum=7)
    settings = world.api.running.settings.model_copy(update={"limits": limits})
    with serving(settings) as running, httpx.Client(base_url=running.url, verify=NO_TLS) as client:
        page = client.get(ITEMS).json()
        assert "numberMatched" not in page, "12 are more than 10, and nobody knows how many more"
        assert page["numberReturned"] == 5
        assert client.get(ITEMS, params={"country": "SYR", "limit": 100}).json()["numberReturned"] == 7
        counted = client.get(ITEMS, params={"country": "FJI"}).json()
        assert counted["numberMatched"] == counted["numberReturned"] == 2
        assert (
            client.get(ITEMS, params={"bbox": "-180,-90,180,90", "killed_best": 50}).json()["numberMatched"]
            == 1
        )
        document = client.get("/ogc/api").json()
        parameters = document["paths"]["/collections/incidents/items"]["get"]["parameters"]
        limit = next(p["schema"] for p in parameters if p["name"] == "limit")
        assert (limit["default"], limit["maximum"]) == (5, 7)


def test_an_address_is_quoted(world: World) -> None:
    page = world.public.get(ITEMS, params={"filter": "title = 'O''Neill''s \"quoted\" ÉTÉ'"}).json()
    assert [world.names[f["id"]] for f in page["features"]] == ["neither"]
    self = link(page, "self")
    assert self is not None
    assert re.fullmatch(r"[!-~]+", self["href"])
    assert world.public.get(self["href"]).json()["features"] == page["features"]

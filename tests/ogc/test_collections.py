"""Collections: what they say of themselves, how far they reach, what may be asked of them."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from tests.ogc.conftest import World
from tests.support.api import Api

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"


def test_the_list_holds_what_each_says_alone(world: World) -> None:
    document = world.public.get("/ogc/collections").json()
    assert [each["id"] for each in document["collections"]] == ["incidents", "reports"]
    assert {link["rel"] for link in document["links"]} >= {"self", "alternate"}
    for each in document["collections"]:
        assert each == world.public.get(f"/ogc/collections/{each['id']}").json()
        assert each["itemType"] == "feature"
        found = {(link["rel"], link["type"]): link["href"] for link in each["links"]}
        assert ("self", "application/json") in found
        assert ("alternate", "text/html") in found
        assert ("items", "application/geo+json") in found
        assert (QUERYABLES, "application/schema+json") in found
        for (_, media_type), href in found.items():
            answer = world.public.get(href)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(media_type)


def test_extents_say_how_far_the_records_reach(world: World) -> None:
    extent = world.public.get("/ogc/collections/incidents").json()["extent"]
    assert extent["spatial"]["bbox"] == [[-179.5, -90.0, 179.5, 90.0]]
    assert extent["temporal"]["interval"] == [["2015-06-01T00:00:00Z", "2019-12-31T23:59:59Z"]]
    extent = world.public.get("/ogc/collections/reports").json()["extent"]
    assert "spatial" not in extent, "reports have no position, and no box is made up"
    assert extent["temporal"]["interval"] == [["2016-12-05T00:00:00Z", "2017-02-01T23:59:59Z"]]


def test_nothing_has_no_extent(api: Api) -> None:
    assert "extent" not in api.public.get("/ogc/collections/incidents").json()


def test_an_extent_is_that_of_what_the_viewer_may_see(own_world: World) -> None:
    own_world.api.incident(title="theirs", lon=-70.0, lat=80.0, date_start="2001-01-01", sharing="restricted")
    own_world.api.incident(title="draft", lon=-70.0, lat=80.0, date_start="2001-01-01", workflow="draft")
    own_world.api.patched(f"/v1/incidents/{own_world.ids['south_pole']}", sharing="restricted")

    def extent(client: Any) -> Any:
        return client.get("/ogc/collections/incidents").json()["extent"]

    public, editor = extent(own_world.public), extent(own_world.api.editor)
    assert public["spatial"]["bbox"] == [[-179.5, -17.0, 179.5, 90.0]]
    assert public["temporal"]["interval"][0] == ["2015-06-01T00:00:00Z", "2019-01-01T23:59:59Z"]
    assert editor["spatial"]["bbox"] == [[-179.5, -90.0, 179.5, 90.0]]
    assert editor["temporal"]["interval"][0][0] == "2001-01-01T00:00:00Z"


def test_a_change_is_seen_at_once_and_no_change_costs_nothing(own_world: World) -> None:
    first = own_world.public.get("/ogc/collections/incidents")
    kept = own_world.public.get(
        "/ogc/collections/incidents", headers={"If-None-Match": first.headers["etag"], "Accept": "*/*"}
    )
    assert kept.status_code == 304
    own_world.api.incident(title="later", date_start="2022-02-02")
    again = own_world.public.get(
        "/ogc/collections/incidents", headers={"If-None-Match": first.headers["etag"], "Accept": "*/*"}
    )
    assert again.status_code == 200
    assert again.json()["extent"]["temporal"]["interval"][0][1] == "2022-02-02T23:59:59Z"


INCIDENTS = "/ogc/collections/incidents"


def test_collections_say_what_was_so_then(own_world: World) -> None:
    then = own_world.api.database.read(lambda reader: reader.revision())
    was = {path: own_world.public.get(path).json() for path in (INCIDENTS, "/ogc/collections")}
    for name in ("north_pole", "south_pole", "null_island"):
        own_world.api.patched(
            f"/v1/incidents/{own_world.ids[name]}", lon=1.0, lat=1.0, date_start="2016-12-05"
        )
    own_world.api.incident(title="later", date_start="2022-02-02")
    asked = {"as_of": then}
    told = own_world.public.get(INCIDENTS, params=asked)
    assert (
        told.json()["extent"] == was[INCIDENTS]["extent"] != own_world.public.get(INCIDENTS).json()["extent"]
    )
    assert told.headers["as-of"].startswith(f"{then};")
    assert told.json()["as_of"]["seq"] == then
    listed = own_world.public.get("/ogc/collections", params=asked).json()
    extents = [each["extent"] for each in listed["collections"]]
    assert extents == [each["extent"] for each in was["/ogc/collections"]["collections"]]
    for each in (*listed["collections"], told.json()):
        for link in each["links"]:
            assert ("as_of=" in link["href"]) is (link["rel"] != QUERYABLES)
            assert own_world.public.get(link["href"]).status_code == 200
    for path in (INCIDENTS, "/ogc/collections"):
        page = own_world.public.get(path, params={**asked, "f": "html"}).text
        assert f"items?f=html&amp;as_of={then}" in page
        assert own_world.public.get(
            path, params=asked, headers={"If-None-Match": told.headers["etag"]}
        ).status_code in (200, 304)
    for text in ("yesterday", "99999999"):
        assert own_world.public.get(INCIDENTS, params={"as_of": text}).status_code == 400
    assert "extent" not in own_world.public.get(INCIDENTS, params={"as_of": 0}).json()


def test_an_extent_of_then_tells_nothing_that_is_out_of_sight_today(own_world: World) -> None:
    exact = {"lon": -70.5, "lat": 80.5, "location_precision": "exact_point"}
    hidden = own_world.api.incident(title="hidden", date_start="2001-01-01", **exact)["id"]
    coarse = own_world.api.incident(
        title="coarse", date_start="2016-12-05", lon=-179.9, lat=-89.9, location_precision="exact_point"
    )["id"]
    then = own_world.api.database.read(lambda reader: reader.revision())
    own_world.api.patched(f"/v1/incidents/{hidden}", sharing="restricted")
    own_world.api.patched(f"/v1/incidents/{coarse}", location_generalised_to="admin1")

    def extent(client: Any) -> Any:
        return client.get(INCIDENTS, params={"as_of": then}).json()["extent"]

    public, editor = extent(own_world.public), extent(own_world.api.editor)
    assert public["spatial"]["bbox"] == [[-179.5, -90.0, 179.5, 90.0]]
    assert public["temporal"]["interval"][0][0] == "2015-06-01T00:00:00Z"
    assert editor["spatial"]["bbox"] == [[-179.9, -90.0, 179.5, 90.0]]
    assert editor["temporal"]["interval"][0][0] == "2001-01-01T00:00:00Z"
    # What may be seen decides anew with every change.
    own_world.api.patched(f"/v1/incidents/{hidden}", sharing="public")
    assert extent(own_world.public)["temporal"]["interval"][0][0] == "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("path", [INCIDENTS, "/ogc/collections"])
def test_collections_are_cited(own_world: World, path: str) -> None:
    first = own_world.public.get(path, params={"citation": "true"}).json()
    own_world.api.incident(title="later", date_start="2022-02-02")
    again = own_world.public.get(first["citation"]["url"]).json()
    assert again["citation"]["as_cited"] is True
    assert again.get("extent") == first.get("extent")
    assert (
        first["citation"]["url"]
        in own_world.public.get(path, params={"cite": first["citation"]["cite"], "f": "html"}).text
    )
    own_world.api.patched(f"/v1/incidents/{own_world.ids['null_island']}", sharing="restricted")
    assert own_world.public.get(first["citation"]["url"]).json()["citation"]["as_cited"] is False


@pytest.mark.parametrize("path", ["nothing", "sources", "nothing/items", "nothing/queryables", "Incidents"])
def test_an_unknown_collection_is_not_there(api: Api, path: str) -> None:
    answer = api.public.get(f"/ogc/collections/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("collection", ["incidents", "reports"])
def test_queryables_are_a_schema_that_is_closed(api: Api, collection: str) -> None:
    answer = api.public.get(f"/ogc/collections/{collection}/queryables")
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    jsonschema_rs.validator_for(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == str(answer.request.url)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    for name, each in schema["properties"].items():
        assert "type" in each or each["format"].startswith("geometry-"), name
    assert ("geometry" in schema["properties"]) == (collection == "incidents")


def test_queryables_are_the_viewers(api: Api) -> None:
    path = "/ogc/collections/incidents/queryables"
    public, editor = (set(client.get(path).json()["properties"]) for client in (api.public, api.editor))
    exact = {"lon_exact", "lat_exact", "location_precision_exact"}
    assert editor - public == {*exact, "proposed_status", "spread"}
    document = api.public.get("/ogc/api").text
    assert "lon_exact" not in document
    assert "proposed_status" not in document
    assert "lon_exact" in api.editor.get("/ogc/api").text

"""Programs that people have: OWSLib, and GDAL, read what ``/v1`` gives, by every page and with every kind of filter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from owslib.ogcapi.features import Features

from tests.ogc.conftest import FAR_AND_WIDE, World
from tests.support.many import many_incidents

MANY = 1_030
"""More than GDAL's largest page here, so that it has to follow `next`."""


def of_v1(client: httpx.Client, kind: str = "incidents", **asked: Any) -> set[str]:
    """All ids of a list."""
    found: set[str] = set()
    address: str | None = f"/v1/{kind}"
    parameters: dict[str, Any] | None = {"fields": "id", "limit": 500, **asked}
    while address is not None:
        page = client.get(address, params=parameters).json()
        found |= {record["id"] for record in page["items"]}
        address, parameters = page["next"], None
    return found


# OWSLib


def by_owslib(features: Features, collection: str, **asked: Any) -> set[str]:
    found: list[str] = []
    while True:
        page = features.collection_items(collection, **asked)
        found += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            assert len(found) == len(set(found))
            return set(found)
        asked = dict(httpx.URL(following[0]).params)
        asked |= {"bbox": asked["bbox"].split(",")} if "bbox" in asked else {}


def test_owslib_finds_its_way(world: World) -> None:
    features = Features(f"{world.api.running.url}/ogc")
    assert features.feature_collections() == ["incidents", "reports"]
    assert features.api()["openapi"].startswith("3.0")
    assert (
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in features.conformance()["conformsTo"]
    )
    assert features.collection("incidents")["extent"]["spatial"]["bbox"] == [[-179.5, -90.0, 179.5, 90.0]]
    assert "killed_best" in features.collection_queryables("incidents")["properties"]
    uid = world.ids["aleppo"]
    assert features.collection_item("incidents", uid)["properties"]["killed_best"] == 5


def test_owslib_reads_what_v1_gives(world: World) -> None:
    features, public = Features(f"{world.api.running.url}/ogc"), world.public
    without = {world.ids["nowhere"], world.ids["neither"]}
    undated = {world.ids["no_date"], world.ids["neither"]}
    assert by_owslib(features, "incidents", limit=5) == of_v1(public)
    assert by_owslib(features, "reports", limit=2) == of_v1(public, "reports")
    for box in ((36, 35, 38, 37), (179, -20, -179, -10)):
        expected = of_v1(public, bbox=",".join(map(str, box))) | without
        assert by_owslib(features, "incidents", bbox=list(box), limit=2) == expected
    expected = of_v1(public, date="2016-12-06/2017-01-15") | undated
    assert by_owslib(features, "incidents", datetime_="2016-12-06/2017-01-15", limit=2) == expected
    asked = "killed_best >= 5 AND CASEI(admin1) = CASEI('ALEPPO')"
    assert (
        by_owslib(features, "incidents", filter=asked) == of_v1(public, filter=asked) == {world.ids["aleppo"]}
    )
    assert by_owslib(features, "incidents", country="FJI", limit=1) == of_v1(public, country="FJI")


def test_owslib_brings_a_key(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # It keeps the headers of one client for all that come after.
    monkeypatch.setattr("owslib.ogcapi.REQUEST_HEADERS", {})
    draft = own_world.api.incident(title="draft", workflow="draft")["id"]
    headers = {"Authorization": f"Bearer {own_world.api.key('editor', 'desk')}"}
    features = Features(f"{own_world.api.running.url}/ogc", headers=headers)
    assert draft in by_owslib(features, "incidents")


# GDAL: in a process of its own, since it holds the interpreter while it waits for this one's server.

GDAL = """
import json, sys
import pyogrio
address, asked = sys.argv[1], json.loads(sys.argv[2])
found = []
for layer, options in asked:
    if "bbox" in options:
        options["bbox"] = tuple(options["bbox"])
    _, _, geometry, fields = pyogrio.raw.read(address, layer=layer, columns=["id"], **options)
    found.append([list(fields[0]), sum(each is not None for each in geometry) if geometry is not None else 0])
info = pyogrio.read_info(address, layer="incidents")
types = dict(zip(info["fields"], map(str, info["dtypes"])))
layers = [list(each) for each in pyogrio.list_layers(address)]
print(json.dumps({"found": found, "geometry": info["geometry_type"], "types": types, "crs": info["crs"], "layers": layers}))
"""


def by_gdal(world: World, *asked: tuple[str, dict[str, Any]], key: str = "") -> dict[str, Any]:
    """What GDAL reads: `found` has ids and the number of geometries for each (layer, options)."""
    environment = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": key} if key else {}
    run = subprocess.run(
        [sys.executable, "-c", GDAL, f"OAPIF:{world.api.running.url}/ogc", json.dumps(asked)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1", **environment},
        cwd=Path(__file__).parents[2],
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_gdal_reads_what_v1_gives(world: World) -> None:
    public, ids = world.public, world.ids
    questions: list[tuple[dict[str, Any], set[str]]] = [
        ({}, of_v1(public)),
        ({"bbox": (36, 35, 38, 37)}, of_v1(public, bbox="36,35,38,37")),
        ({"where": "country = 'FJI'"}, of_v1(public, country="FJI")),
        ({"where": "killed_best = 5"}, {ids["aleppo"]}),
        ({"where": "killed_best = 0"}, {ids["aleppo_again"]}),
        ({"where": "killed_best >= 7 AND country = 'SYR'"}, of_v1(public, filter="killed_best >= 7")),
        ({"where": "title = 'O''Neill''s \"quoted\" ÉTÉ'"}, {ids["neither"]}),
        ({"where": f"id = '{ids['idlib']}'"}, {ids["idlib"]}),
        ({"where": "date_start >= '2018-01-01' AND date_start <= '2018-05-01'"}, {ids["fiji_east"]}),
        (
            {"bbox": (36, 35, 38, 37), "where": "admin1 = 'Aleppo'"},
            of_v1(public, bbox="36,35,38,37", filter="admin1 = 'Aleppo'"),
        ),
    ]
    told = by_gdal(world, *(("incidents", options) for options, _ in questions), ("reports", {}))
    for (options, expected), (found, _) in zip(questions, told["found"], strict=False):
        assert len(found) == len(set(found)), options
        # GDAL leaves out by itself what has no geometry where a box is asked for; of a time it asks the server alone.
        unknown = {ids["no_date"], ids["neither"]} if "date_start" in str(options) else set()
        assert set(found) - unknown == expected, options
    everything, with_geometry = told["found"][0]
    assert len(everything) == len(FAR_AND_WIDE)
    assert with_geometry == len(FAR_AND_WIDE) - 2
    assert set(told["found"][-1][0]) == of_v1(public, "reports")
    assert told["geometry"] == "Point"
    assert told["crs"] in ("OGC:CRS84", "EPSG:4326")
    assert told["types"]["killed_best"] == "int32"
    assert told["types"]["date_start"] == "datetime64[D]"
    assert [name for name, _ in told["layers"]] == ["incidents", "reports"]


def test_gdal_follows_every_page(own_world: World) -> None:
    made = many_incidents(
        own_world.api.database,
        own_world.api.local,
        MANY - len(FAR_AND_WIDE),
        each=lambda n: {"external_id": f"many-{n}", "lon": 30 + n / 100, "lat": 30.0},
        date_start="2016-12-06",
        country="SYR",
    )
    ((found, _),) = by_gdal(own_world, ("incidents", {}))["found"]
    assert len(found) == len(set(found)) == MANY
    assert set(found) == of_v1(own_world.public) >= set(made)


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_gdal_brings_a_key(own_world: World, role: str) -> None:
    draft = own_world.api.incident(title="draft", workflow="draft")["id"]
    key = own_world.api.key(role, "desk")
    ((found, _),) = by_gdal(own_world, ("incidents", {}), key=key)["found"]
    assert (draft in found) == (draft in of_v1(own_world.api.client(role, "desk")))
    assert own_world.ids["aleppo"] in found

"""Exact positions that were marked are published coarser, stored so, and said to be so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.storage.tables import incidents
from tests.support.api import Api

EXACT = {"lon": 37.16123456, "lat": 36.20654321}
CELLS = {  # degrees to a side, as the documentation states them
    "within_100m": 0.001,
    "street_or_landmark": 0.005,
    "neighbourhood": 0.01,
    "settlement": 0.05,
    "admin3": 0.25,
    "admin2": 0.25,
    "admin1": 1.0,
    "part_of_country": 2.5,
    "country": 5.0,
}
NOT_EDITORS = [("public", ""), ("contributor", "alpha"), ("reader", "beta")]
ANY = {"If-Match": "*"}


def _marked(api: Api, to: str = "settlement", **more: Any) -> dict[str, Any]:
    return api.incident(
        api.client("editor", "alpha"),
        **{**EXACT, "location_precision": "exact_point", "location_generalised_to": to, **more},
    )


def _ids(api: Api, viewer: tuple[str, str], **params: Any) -> list[str]:
    answer = api.client(*viewer).get("/v1/incidents", params=params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_the_published_position_is_the_middle_of_its_cell(api: Api) -> None:
    for to, cell in CELLS.items():
        public = api.public.get(f"/v1/incidents/{_marked(api, to)['id']}").json()
        assert (public["location_precision"], public["location_generalised_to"]) == (to, to)
        for name, offset in (("lon", 180), ("lat", 90)):
            published, exact = public[name], EXACT[name]
            assert published != exact
            assert abs(published - exact) <= cell / 2 + 1e-9
            assert ((published + offset) / cell) % 1 == pytest.approx(0.5, abs=1e-4)


def test_what_is_stored_for_everybody_is_the_coarse_position(api: Api) -> None:
    marked = _marked(api)
    with api.database.reading.connect() as connection:
        row = connection.execute(select(incidents).where(incidents.c.uid == marked["id"])).one()
        box = (
            "SELECT minlon, minlat FROM incidents_box"
            if api.database.is_embedded
            else ("SELECT ST_X(geometry), ST_Y(geometry) FROM incidents")
        )
        indexed = connection.exec_driver_sql(box).one()
    assert (row.lon, row.lat) == (37.175, 36.225)
    assert tuple(indexed) == pytest.approx((37.175, 36.225), abs=1e-5)


def test_editors_read_both_positions(api: Api) -> None:
    one = api.editor.get(f"/v1/incidents/{_marked(api)['id']}").json()
    assert (one["lon"], one["lat"], one["location_precision"]) == (37.175, 36.225, "settlement")
    assert (one["lon_exact"], one["lat_exact"]) == (EXACT["lon"], EXACT["lat"])
    assert one["location_precision_exact"] == "exact_point"


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_the_exact_position_is_nowhere(api: Api, viewer: tuple[str, str]) -> None:
    marked = _marked(api)["id"]
    report = api.report(incidents=[{"incident_id": marked}])["id"]
    client = api.client(*viewer)
    for path in (
        f"/v1/incidents/{marked}",
        "/v1/incidents",
        f"/v1/reports/{report}?include=incidents",
        "/v1/reports?include=incidents",
        "/v1/fields",
    ):
        text = client.get(path).text
        assert not any(hidden in text for hidden in ("37.161", "36.206", "_exact", "exact_point")) or (
            path == "/v1/fields" and "lon_exact" not in text
        )
    for name in ("lon_exact", "lat_exact", "location_precision_exact"):
        refused, nonsense = (client.get("/v1/incidents", params={"fields": n}) for n in (name, "nonsense"))
        assert (refused.status_code, nonsense.status_code) == (400, 400)
        told = refused.json()["errors"][0]["detail"].replace(name, "nonsense")
        assert told == nonsense.json()["errors"][0]["detail"]


@pytest.mark.parametrize("viewer", [*NOT_EDITORS, ("editor", "desk")])
def test_boxes_and_distances_know_only_the_coarse_position(api: Api, viewer: tuple[str, str]) -> None:
    marked = _marked(api)["id"]
    around_exact, around_coarse = "37.161,36.206,37.162,36.207", "37.174,36.224,37.176,36.226"
    assert _ids(api, viewer, bbox=around_exact) == []
    assert _ids(api, viewer, near=f"{EXACT['lon']},{EXACT['lat']}", radius="500") == []
    assert _ids(api, viewer, location_precision="exact_point") == []
    assert _ids(api, viewer, bbox=around_coarse) == [marked]
    assert _ids(api, viewer, near="37.175,36.225", radius="1") == [marked]
    assert _ids(api, viewer, location_precision="settlement") == [marked]
    counted = api.client(*viewer).get("/v1/totals", params={"bbox": around_exact}).json()["items"][0]
    assert counted["incidents"] == 0


def test_a_change_starts_from_the_exact_position_not_from_the_coarse_one(api: Api) -> None:
    path = f"/v1/incidents/{_marked(api, 'country')['id']}"
    kept = api.patched(path, title="Another title")
    assert (kept["lon"], kept["lon_exact"], kept["location_precision"]) == (37.5, EXACT["lon"], "country")
    finer = api.patched(path, location_generalised_to="neighbourhood")
    assert (finer["lon"], finer["lat"], finer["location_precision"]) == (37.165, 36.205, "neighbourhood")
    moved = api.patched(path, lon=40.0, lat=35.0)
    assert (moved["lon"], moved["lon_exact"]) == (40.005, 40.0)
    assert _ids(api, ("public", ""), bbox="37,36,38,37") == []
    lifted = api.patched(path, location_generalised_to=None)
    assert (lifted["lon"], lifted["lon_exact"], lifted["location_precision"]) == (40.0, None, "exact_point")


@pytest.mark.parametrize("to", ["exact_point", "within_100m", "international", "unknown"])
def test_a_position_is_not_generalised_to_what_is_no_coarser(api: Api, to: str) -> None:
    body = {**EXACT, "location_precision": "street_or_landmark", "location_generalised_to": to}
    answer = api.editor.post("/v1/incidents", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "location_generalised_to")


LIFTING: list[dict[str, Any]] = [
    {"location_generalised_to": None},
    {"location_generalised_to": "within_100m"},
    {"location_generalised_to": "neighbourhood", "lon": 37.2},
    {"location_generalised_to": "part_of_country"},
]


@pytest.mark.parametrize("patch", LIFTING)
def test_only_an_editor_lifts_it(api: Api, patch: dict[str, Any]) -> None:
    """An editor withheld the place on a partner's draft: a change that keeps it unknown must not tell it."""
    path = f"/v1/incidents/{_marked(api, 'settlement', workflow='draft')['id']}"
    answer = api.contributor.patch(path, json=patch, headers=ANY)
    assert answer.status_code == 403, answer.text
    assert api.contributor.patch(path, json={"title": "Other"}, headers=ANY).json()["lon"] == 37.175


def test_whoever_states_the_position_anew_says_how_closely_it_is_told(api: Api) -> None:
    path = f"/v1/incidents/{_marked(api, 'settlement', workflow='draft')['id']}"
    stated = {"lon": 37.3, "lat": 36.3, "location_generalised_to": None}
    one = api.contributor.patch(path, json=stated, headers=ANY)
    assert (one.status_code, one.json()["lon"]) == (200, 37.3)

"""How far an incident may have been from its point: areas made wider and narrower by that much, over every edge of the map."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.places import (
    EARTH_RADIUS_M,
    GENERALISABLE,
    Box,
    Point,
    earth_distance_m,
    generalise,
    is_coarser,
    split_box,
)
from app.domain.reach import HALFWAY_ROUND_M, REACH_M, WORLD, narrowed, widened
from app.domain.vocabulary import LocationPrecision

edges = st.sampled_from([-180.0, -179.99, 0.0, 179.99, 180.0])
# To a tenth of a millimetre: an area that leaves out less than a float can tell from 360 degrees has no edge to come near.
lons = st.floats(-180, 180).map(lambda degrees: round(degrees, 9)) | edges
lats = st.floats(-90, 90) | st.sampled_from([-90.0, -89.99, -75.0, 0.0, 62.0, 89.99, 90.0])
reaches = st.sampled_from([100.0, 1_000.0, 25_000.0, 300_000.0, 1_000_000.0]) | st.floats(1, 1.2e7)


@st.composite
def areas(draw: st.DrawFn) -> tuple[Box, ...]:
    south, north = sorted((draw(lats), draw(lats)))
    if draw(st.integers(0, 5)) == 0:
        return (Box(-180.0, south, 180.0, north),)
    return split_box(draw(lons), south, draw(lons), north)


def moved(lon: float, lat: float, bearing: float, metres: float) -> tuple[float, float]:
    """Where somebody comes who walks along a great circle."""
    angle, start = metres / EARTH_RADIUS_M, math.radians(lat)
    sine = math.sin(start) * math.cos(angle) + math.cos(start) * math.sin(angle) * math.cos(bearing)
    end = math.asin(max(-1.0, min(1.0, sine)))
    turned = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(start), math.cos(angle) - math.sin(start) * sine
    )
    return (lon + math.degrees(turned) + 540) % 360 - 180, math.degrees(end)


def held(boxes: tuple[Box, ...], lon: float, lat: float) -> bool:
    return any(box.holds(lon, lat) for box in boxes)


walks = st.tuples(st.floats(0, 1), st.floats(0, 2 * math.pi), st.floats(0, 1), st.floats(0, 1))


def starting(boxes: tuple[Box, ...], along: float, up: float, which: float) -> tuple[float, float]:
    box = boxes[int(which * (len(boxes) - 1) + 0.5)]
    return (
        min(box.maxlon, box.minlon + along * (box.maxlon - box.minlon)),
        min(box.maxlat, box.minlat + up * (box.maxlat - box.minlat)),
    )


@settings(max_examples=2000, deadline=None)
@given(area=areas(), metres=reaches, walk=walks, part=st.floats(0, 1))
@example(area=(Box(170.0, -90.0, 180.0, 90.0),), metres=25_000.0, walk=(1.0, 0.0, 1.0, 0.0), part=1.0)
def test_whoever_walks_out_of_an_area_is_still_in_the_wider_one(
    area: tuple[Box, ...], metres: float, walk: tuple[float, float, float, float], part: float
) -> None:
    along, bearing, up, which = walk
    lon, lat = moved(*starting(area, along, up, which), bearing, part * metres)
    assert held(widened(area, metres), lon, lat)


@settings(max_examples=2000, deadline=None)
@given(area=areas(), metres=reaches, walk=walks, part=st.floats(0, 1))
@example(area=(WORLD,), metres=1_000_000.0, walk=(1.0, 0.0, 1.0, 0.0), part=1.0)
def test_whoever_walks_from_the_narrower_area_stays_in_the_area(
    area: tuple[Box, ...], metres: float, walk: tuple[float, float, float, float], part: float
) -> None:
    along, bearing, up, which = walk
    inner = narrowed(area, metres)
    if inner:
        lon, lat = starting(inner, along, up, which)
        assert held(area, lon, lat)
        assert held(area, *moved(lon, lat, bearing, part * metres))


def test_the_wider_area_is_little_wider() -> None:
    strip = (Box(170.0, -90.0, 180.0, 90.0), Box(-180.0, -90.0, -160.0, 90.0))
    assert not held(widened(strip, 25_000), 38.0, 35.0)
    assert not held(widened(strip, 25_000), 168.0, 59.0)
    assert held(widened(strip, 25_000), 38.0, 89.9)
    assert held(narrowed(strip, 25_000), 175.0, 35.0)
    here = (Box(37.0, 36.0, 38.0, 37.0),)
    assert len(widened(here, 30_000)) == len(narrowed(here, 30_000)) == 1
    (wide,) = widened(here, 30_000)
    corner = earth_distance_m(wide.minlon, wide.minlat, 37.0, 36.0)
    assert 30_000 < corner < 30_000 * math.sqrt(2) * 1.02
    assert narrowed(here, 60_000) == ()


def test_at_the_ends_of_the_scale() -> None:
    here = (Box(37.0, 36.0, 38.0, 37.0),)
    assert widened(here, 0) == narrowed(here, 0) == here
    assert widened(here, math.inf) == widened(here, HALFWAY_ROUND_M) == (WORLD,)
    assert narrowed(here, math.inf) == ()
    assert narrowed((WORLD,), math.inf) == narrowed((WORLD,), 1_000) == (WORLD,)
    across = split_box(179.0, -1.0, -179.0, 1.0)
    assert widened(narrowed(across, 1_000), 1_000)[0].minlon == pytest.approx(179.0, abs=1e-3)
    assert len(widened((Box(179.9, 0.0, 180.0, 1.0),), 100_000)) == 2


def test_a_coarser_precision_has_room_for_the_finer_ones_and_for_the_cell_of_its_own_grid() -> None:
    """So the published precision alone tells what a generalised point may stand for."""
    assert list(REACH_M) == list(LocationPrecision)
    for coarse, width in GENERALISABLE.items():
        cell = Point(0.0, 0.0)  # a corner of cells of every width, where they are widest on the ground
        centre = generalise(cell, coarse)
        assert abs(centre.lon) == pytest.approx(width / 2)
        from_the_centre = earth_distance_m(cell.lon, cell.lat, centre.lon, centre.lat)
        for fine in LocationPrecision:
            if is_coarser(coarse, fine):
                assert REACH_M[fine] + from_the_centre <= REACH_M[coarse], (fine, coarse)

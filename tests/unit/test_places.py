"""Places: points, boxes and circles over every edge of the map, generalisation, country codes and names."""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import countries
from app.domain.folding import fold
from app.domain.places import (
    EARTH_RADIUS_M,
    GENERALISABLE,
    Box,
    Point,
    boxes_around,
    check_country,
    country_from_name,
    earth_distance_m,
    generalise,
    is_coarser,
    split_box,
)
from app.domain.vocabulary import LocationPrecision
from app.errors import InvalidInput

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

edges = st.sampled_from([-180.0, -179.999999, 0.0, 179.999999, 180.0])
lons = st.floats(-180, 180) | edges
lats = st.floats(-90, 90) | st.sampled_from([-90.0, -89.999999, 0.0, 89.999999, 90.0])
points = st.builds(Point, lons, lats)
grids = st.sampled_from(sorted(GENERALISABLE))


values = st.floats() | st.booleans() | st.text() | st.none() | st.integers()


def problems(*args: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        Point.checked(*args)
    return [(p.field, p.code) for p in caught.value.problems]


@given(lons, lats)
def test_points_are_kept_to_eight_decimals(lon: float, lat: float) -> None:
    point = Point.checked(lon, lat)
    assert point is not None
    assert abs(point.lon - lon) <= 5.1e-9
    assert abs(point.lat - lat) <= 5.1e-9
    assert Point.checked(point.lon, point.lat) == point
    assert math.copysign(1, point.lon) == 1 or point.lon != 0
    assert math.copysign(1, point.lat) == 1 or point.lat != 0


@given(values, values)
def test_points_are_in_range_or_refused(lon: Any, lat: Any) -> None:
    try:
        point = Point.checked(lon, lat)
    except InvalidInput as fault:
        assert {p.field for p in fault.problems} <= {"lon", "lat"}  # noqa: PT017
        return
    assert (point is None) == (lon is None and lat is None)
    assert point is None or (-180 <= point.lon <= 180 and -90 <= point.lat <= 90)


def test_faults_of_points() -> None:
    assert Point.checked(None, None) is None
    assert problems(37.1, None) == [("lat", "required")]
    assert problems(None, 36.2) == [("lon", "required")]
    assert problems(math.nan, math.inf) == [("lon", "not_a_number"), ("lat", "not_a_number")]
    assert problems(True, "36") == [("lon", "not_a_number"), ("lat", "not_a_number")]
    assert problems(180.1, -90.1) == [("lon", "out_of_range"), ("lat", "out_of_range")]
    assert problems(10**400, 0) == [("lon", "out_of_range")]
    with pytest.raises(InvalidInput, match="swapped"):
        Point.checked(36.2, 137.1)


@given(points, grids)
def test_generalised_points_stay_in_their_cell(point: Point, to: LocationPrecision) -> None:
    size = GENERALISABLE[to]
    centre = generalise(point, to)
    assert abs(centre.lon - point.lon) <= size / 2 + 1e-7
    assert abs(centre.lat - point.lat) <= size / 2 + 1e-7
    assert -180 < centre.lon < 180
    assert -90 < centre.lat < 90
    assert generalise(centre, to) == centre


@given(points, grids, st.floats(-0.499, 0.499), st.floats(-0.499, 0.499))
def test_a_cell_gives_one_answer_for_all_its_points(
    point: Point, to: LocationPrecision, east: float, north: float
) -> None:
    centre = generalise(point, to)
    size = GENERALISABLE[to]
    assert generalise(Point(centre.lon + east * size, centre.lat + north * size), to) == centre


@pytest.mark.parametrize(
    "to", [LocationPrecision.exact_point, LocationPrecision.international, LocationPrecision.unknown]
)
def test_there_is_no_grid_for_the_others(to: LocationPrecision) -> None:
    with pytest.raises(InvalidInput, match="location_generalised_to"):
        generalise(Point(37.1, 36.2), to)


def test_coarser_cells_are_never_smaller() -> None:
    sizes = [GENERALISABLE[p] for p in LocationPrecision if p in GENERALISABLE]
    assert sizes == sorted(sizes)
    assert len(sizes) == len(LocationPrecision) - 3


@given(st.sampled_from(LocationPrecision), st.sampled_from(LocationPrecision))
def test_coarseness_is_a_strict_order(a: LocationPrecision, b: LocationPrecision) -> None:
    assert is_coarser(a, b) + is_coarser(b, a) == (a is not b)
    assert not is_coarser(LocationPrecision.exact_point, a)
    assert not is_coarser(a, LocationPrecision.unknown)
    assert is_coarser(LocationPrecision.country, LocationPrecision.settlement)


def holds(boxes: tuple[Box, ...], lon: float, lat: float) -> bool:
    return any(box.holds(lon, lat) for box in boxes)


@given(lons, lats, lons, lats, lons, lats)
def test_a_box_holds_what_lies_between(
    w: float, s: float, e: float, n: float, lon: float, lat: float
) -> None:
    s, n = min(s, n), max(s, n)
    boxes = split_box(w, s, e, n)
    assert len(boxes) == (1 if w <= e else 2)
    assert all(box.minlon <= box.maxlon for box in boxes)
    across = w <= lon <= e if w <= e else (lon >= w or lon <= e)
    assert holds(boxes, lon, lat) == (across and s <= lat <= n)
    assert Box.parse(f"{w!r},{s!r},{e!r},{n!r}", "bbox") == boxes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "four numbers") for text in ("", "1,2,3", "1,2,3,4,5", "1,2,3,x", "1,2,3,nan", "1,2,3,inf", "1,2,3,1_0",
                                              "1,2,3,٤", "1,2,,4", "1,2,3,4" + " " * 500)),
        ("35,-91,40,38", "minlat must be"), ("10,20,30,1e9", "maxlat must be"),
        ("36,100,37,120", "longitude comes first"), ("170,10,190,20", "antimeridian"),
        ("1,20,3,10", "minlat .* above maxlat"),
    ],
)  # fmt: skip
def test_bad_boxes_are_told(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=f"bbox: .*{said}"):
        Box.parse(text, "bbox")


def test_boxes_are_read() -> None:
    assert Box.parse("35.5, 32, 42.4, 37.3", "bbox") == (Box(35.5, 32, 42.4, 37.3),)
    assert Box.parse("170,-20,-170,-10", "bbox") == (Box(170, -20, 180, -10), Box(-180, -20, -170, -10))
    assert Box.parse("1,2,-100,3,4,9000", "bbox") == (Box(1, 2, 3, 4),)


def away(point: Point, angle: float, bearing: float) -> tuple[float, float]:
    """Where one comes to, going that far (radians) that way: computed apart from the code under test."""
    lat = math.radians(point.lat)
    sine = math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(bearing)
    sine = min(1.0, max(-1.0, sine))
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(lat), math.cos(angle) - math.sin(lat) * sine
    )
    lon = (point.lon + math.degrees(turn) + 540) % 360 - 180
    return lon, math.degrees(math.asin(sine))


radii = st.floats(0, 25_000_000) | st.floats(0, 10) | st.sampled_from([1e3, 2e4, 3e5, 4e6])
# Due east and due west are where a box is most easily too narrow.
bearings = st.floats(0, 2 * math.pi) | st.sampled_from([math.pi / 2, 3 * math.pi / 2])


@settings(max_examples=400)
@given(points, radii, bearings, st.floats(0, 1) | st.just(1 - 1e-9))
def test_boxes_around_hold_the_circle(point: Point, radius: float, bearing: float, part: float) -> None:
    boxes = boxes_around(point, radius)
    lon, lat = away(point, part * radius / EARTH_RADIUS_M, bearing)
    if earth_distance_m(point.lon, point.lat, lon, lat) <= radius:
        assert holds(boxes, lon, lat)
    assert holds(boxes, point.lon, point.lat)
    assert abs(point.lon) != 180 or holds(boxes, -point.lon, point.lat)


@given(points, radii)
def test_boxes_around_are_boxes_and_do_not_overlap(point: Point, radius: float) -> None:
    boxes = boxes_around(point, radius)
    for box in boxes:
        assert -180 <= box.minlon <= box.maxlon <= 180
        assert -90 <= box.minlat <= box.maxlat <= 90
    assert len(boxes) == 1 or boxes[1].maxlon < boxes[0].minlon


@given(st.builds(Point, lons, st.floats(-60, 60)), st.floats(100, 100_000))
def test_boxes_around_hold_little_more(point: Point, radius: float) -> None:
    boxes = boxes_around(point, radius)
    width = sum(box.maxlon - box.minlon for box in boxes) * math.cos(math.radians(point.lat))
    assert math.radians(width) * EARTH_RADIUS_M < 2.2 * radius + 10
    assert math.radians(boxes[0].maxlat - boxes[0].minlat) * EARTH_RADIUS_M < 2.01 * radius + 10


@pytest.mark.parametrize("radius", [-1.0, math.nan, math.inf])
def test_a_radius_is_a_length(radius: float) -> None:
    with pytest.raises(InvalidInput, match="radius"):
        boxes_around(Point(0, 0), radius)


@given(points, points)
def test_distance_is_symmetric_and_bounded(a: Point, b: Point) -> None:
    there = earth_distance_m(a.lon, a.lat, b.lon, b.lat)
    assert there == pytest.approx(earth_distance_m(b.lon, b.lat, a.lon, a.lat), abs=1e-6)
    assert 0 <= there <= math.pi * EARTH_RADIUS_M
    assert earth_distance_m(a.lon, a.lat, a.lon, a.lat) == 0


def test_distances() -> None:
    degree = math.pi * EARTH_RADIUS_M / 180
    assert earth_distance_m(0, 0, 0, 1) == pytest.approx(degree)
    assert earth_distance_m(179.5, 0, -179.5, 0) == pytest.approx(degree)
    assert earth_distance_m(0, 0, 180, 0) == pytest.approx(math.pi * EARTH_RADIUS_M)
    assert earth_distance_m(37.16, 36.2, 36.29, 33.51) == pytest.approx(
        309_700, rel=0.002
    )  # Aleppo, Damascus


def test_country_codes() -> None:
    assert check_country("SYR") == check_country("syr") == "SYR"
    assert check_country("XKX") == "XKX"  # Kosovo: user-assigned
    for wrong, meant in [("SY", "SYR"), ("760", "SYR"), ("Syria", "SYR"), ("GER", "DEU"), ("SYRR", "SYR"),
                         ("XK", "XKX"), ("UK", "GBR"), ("SYR ", "SYR"), ("Ukrane", "UKR")]:  # fmt: skip
        with pytest.raises(InvalidInput, match=rf"country: .*mean {meant}\?") as caught:
            check_country(wrong)
        assert caught.value.problems[0].code == "unknown_country"


@given(st.text(max_size=6) | st.text() | st.none() | st.integers())
def test_what_is_not_a_code_is_refused(code: object) -> None:
    try:
        known = check_country(code, "c")
    except InvalidInput as fault:
        assert [p.field for p in fault.problems] == ["c"]  # noqa: PT017
    else:
        assert isinstance(code, str)
        assert known == code.upper()
        assert len(known) == 3


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Syria", "SYR"), ("Syrian Arab Republic", "SYR"), ("SYRIA", "SYR"), ("Côte d’Ivoire", "CIV"),
        ("Cote d'Ivoire", "CIV"), ("Ivory Coast", "CIV"), ("Congo", "COG"), ("DR Congo (Zaire)", "COD"),
        ("Congo (Kinshasa)", "COD"), ("Congo, The Democratic Republic of the", "COD"), ("Republic of the Congo", "COG"),
        ("Iran", "IRN"), ("Islamic Republic of Iran", "IRN"), ("Yemen (North Yemen)", "YEM"),
        ("Russia (Soviet Union)", "RUS"), ("Serbia (Yugoslavia)", "SRB"), ("Türkiye", "TUR"), ("Turkey", "TUR"),
        ("Kingdom of eSwatini (Swaziland)", "SWZ"), ("The Gambia", "GMB"), ("the netherlands", "NLD"),
        ("Palestine", "PSE"), ("Kosovo", "XKX"), ("South Korea", "KOR"), ("North Korea", "PRK"), ("U.K.", "GBR"),
        ("USA", "USA"), ("Niger", "NER"), ("Nigeria", "NGA"), ("Guinea", "GIN"), ("Guinea-Bissau", "GNB"),
        ("Equatorial Guinea", "GNQ"), ("Sudan", "SDN"), ("South Sudan", "SSD"), ("Dominica", "DMA"),
        ("Dominican Republic", "DOM"), ("Vietnam", "VNM"), ("Viet Nam", "VNM"), ("Laos", "LAO"), ("the Philippines", "PHL"),
    ],
)  # fmt: skip
def test_country_names(name: str, code: str) -> None:
    assert country_from_name(name) == code


@pytest.mark.parametrize(
    "name", ["", "Korea", "Virgin Islands", "Atlantis", "SYR", "Yugoslavia", "Soviet Union", "x" * 999]
)
def test_names_that_fit_none_or_several(name: str) -> None:
    assert country_from_name(name) is None


def test_an_alias_never_takes_another_countrys_own_name() -> None:
    own = {fold(name): c.alpha_3 for c in countries._countries() for name in countries._own_names(c)}
    aliases = [(fold(alias), code) for code, names in countries._ALIASES.items() for alias in names]
    assert [(alias, code) for alias, code in aliases if own.get(alias, code) != code] == []
    assert len({alias for alias, _ in aliases}) == len(set(aliases))
    assert all(check_country(code) == code for code in countries._ALIASES)
    assert all(check_country(code) == code for code in countries._MISTAKEN.values())
    assert all(country_from_name(name) == code for name, code in own.items())


@pytest.mark.parametrize("file", ["ucdp_ged211_176k.csv.gz", "ucdp_ged_syria_2016_2019.csv.gz"])
def test_every_country_of_the_real_files_is_known(file: str) -> None:
    if not (DATA / file).exists():
        pytest.skip(f"the real data is absent: no {file} in ../shared/data")
    with gzip.open(DATA / file, "rt", encoding="utf-8", newline="") as lines:
        names = {row["country"] for row in csv.DictReader(lines)}
    assert names
    assert {name for name in names if country_from_name(name) is None} == set()
    assert len({country_from_name(name) for name in names}) == len(names)

"""How far from its point an incident may truly have been, by the precision of the point.

A point known to a settlement, a province or a country only stands for it. Whoever asks for what surely lies in an area
has to stay away from its edge by that much; whoever asks for what may lie in it has to look beyond its edge by as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from math import asin, cos, degrees, inf, pi, radians, sin

from app.domain.places import EARTH_RADIUS_M, Box, split_box
from app.domain.vocabulary import LocationPrecision

REACH_M: dict[LocationPrecision, float] = {
    LocationPrecision.exact_point: 0,
    LocationPrecision.within_100m: 100,
    LocationPrecision.street_or_landmark: 1_000,
    # UCDP's "within 25 km of a known point" is read as neighbourhood (VOCABULARY, Crosswalks).
    LocationPrecision.neighbourhood: 25_000,
    LocationPrecision.settlement: 30_000,
    LocationPrecision.admin3: 150_000,
    # From one end to the other, no district of Syria spans 260 km, and no governorate 390.
    LocationPrecision.admin2: 300_000,
    LocationPrecision.admin1: 500_000,
    LocationPrecision.part_of_country: 1_000_000,
    LocationPrecision.country: inf,
    LocationPrecision.international: inf,
    LocationPrecision.unknown: inf,
}
"""Metres; infinite where the point sets no bound. Each is room enough for the finer ones, and for the cell to which
`places.generalise` moves a point: what a generalised point may stand for is told by its published precision alone."""

REACHES: tuple[tuple[float, tuple[LocationPrecision, ...]], ...] = tuple(
    (reach, tuple(precisions)) for reach, precisions in groupby(REACH_M, key=REACH_M.__getitem__)
)
"""Each reach with the precisions that have it, shortest first."""

HALFWAY_ROUND_M = pi * EARTH_RADIUS_M
"""Nothing is farther away."""
WORLD = Box(-180.0, -90.0, 180.0, 90.0)
_ALL_BUT = 90 - 1e-3
SLACK = 1e-5
"""Degrees against rounding, always to the safe side: about a metre."""


def widened(boxes: tuple[Box, ...], metres: float) -> tuple[Box, ...]:
    """Boxes that hold every position from which the area is within `metres`, and little more.

    `boxes` is one area as `Box.parse` gives it: two of them meet at the antimeridian.
    """
    if metres == 0:
        return boxes
    if metres >= HALFWAY_ROUND_M:
        return (WORLD,)
    west, east, minlat, maxlat = _edges(boxes)
    pad = _degrees_of(metres)
    found: list[Box] = []
    for south, north in _strips(max(minlat - pad, -90.0), min(maxlat + pad, 90.0), pad):
        half = _half_width(metres, max(abs(south), abs(north)))
        # Beyond a pole lie all longitudes.
        if half >= _ALL_BUT or east - west + 2 * half >= 360:
            found.append(Box(-180.0, south, 180.0, north))
        else:
            found.extend(_within_range(west - half, east + half, south, north))
    return tuple(found)


def narrowed(boxes: tuple[Box, ...], metres: float) -> tuple[Box, ...]:
    """Boxes of positions around which everything within `metres` lies in the area; none where it is too small.

    Where the area goes all the way round, the antimeridian is no edge, and a pole that it holds is none either.
    """
    if metres == 0:
        return boxes
    west, east, minlat, maxlat = _edges(boxes)
    all_round = east - west >= 360
    if metres >= HALFWAY_ROUND_M:
        return boxes if all_round and minlat <= -90 and maxlat >= 90 else ()
    pad = _degrees_of(metres)
    lowest = minlat if all_round and minlat <= -90 else minlat + pad
    highest = maxlat if all_round and maxlat >= 90 else maxlat - pad
    if lowest > highest:
        return ()
    if all_round:
        return (Box(-180.0, lowest, 180.0, highest),)
    found: list[Box] = []
    for south, north in _strips(lowest, highest, pad):
        half = _half_width(metres, max(abs(south), abs(north)))
        if half < _ALL_BUT and west + half <= east - half:
            found.extend(_within_range(west + half, east - half, south, north))
    return tuple(found)


def _strips(south: float, north: float, pad: float) -> Iterator[tuple[float, float]]:
    """The latitudes in parts, so that an area that comes near a pole is not as wide everywhere as it is there."""
    edges = {edge for lat in (60.0, 80.0, 90 - 2 * pad) for edge in (-lat, lat) if south < edge < north}
    return pairwise([south, *sorted(edges), north])


def _edges(boxes: tuple[Box, ...]) -> tuple[float, float, float, float]:
    """West, east, south, north; east is beyond 180 where the area crosses the antimeridian."""
    first, last = boxes[0], boxes[-1]
    return first.minlon, last.maxlon + (360 if len(boxes) > 1 else 0), first.minlat, first.maxlat


def _degrees_of(metres: float) -> float:
    """Of latitude, with a metre against rounding."""
    return degrees(metres / EARTH_RADIUS_M) + SLACK


def _half_width(metres: float, lat: float) -> float:
    """Degrees of longitude that a circle around a position at that latitude, north or south, reaches on either side."""
    shrunk = cos(radians(lat))
    if metres / EARTH_RADIUS_M >= radians(90 - lat):
        return 90.0
    return degrees(asin(sin(metres / EARTH_RADIUS_M) / shrunk)) + SLACK + SLACK / shrunk


def _within_range(west: float, east: float, south: float, north: float) -> tuple[Box, ...]:
    """The area as boxes; it spans less than 360 degrees."""
    if west < -180:
        west, east = west + 360, east + 360
    elif west > 180:
        west, east = west - 360, east - 360
    return split_box(west, south, east - 360 if east > 180 else east, north)

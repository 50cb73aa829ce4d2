"""Positions: points, boxes, distances, and how a position is published more coarsely than it is known.

WGS 84 longitude and latitude in degrees, longitude first, -180..180 and -90..90. Metres on a sphere of the
mean Earth radius (IUGG), so that every database computes the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import asin, cos, degrees, floor, isfinite, pi, radians, sin, sqrt
from typing import TypeGuard

from app.domain.countries import check_country, country_from_name
from app.domain.vocabulary import LocationPrecision
from app.errors import InvalidInput, Problem, invalid

__all__ = [
    "EARTH_RADIUS_M",
    "GENERALISABLE",
    "Box",
    "Point",
    "boxes_around",
    "check_country",
    "country_from_name",
    "earth_distance_m",
    "generalise",
    "is_coarser",
    "split_box",
]

EARTH_RADIUS_M = 6_371_008.8

_DECIMALS = 8  # about a millimetre


@dataclass(frozen=True, slots=True)
class Point:
    """A position in degrees."""

    lon: float
    lat: float

    @classmethod
    def checked(cls, lon: object, lat: object) -> Point | None:
        """The point to 8 decimals, None where neither is given, or InvalidInput with every fault at once.

        Fields ``lon`` and ``lat``; codes ``required`` (only one is given), ``not_a_number``, ``out_of_range``.
        """
        if lon is None and lat is None:
            return None
        if _is_degrees(lon, 180) and _is_degrees(lat, 90):
            # Adding 0.0 turns -0.0 into 0.0: one position, one text.
            return cls(round(float(lon), _DECIMALS) + 0.0, round(float(lat), _DECIMALS) + 0.0)
        problems = _degree_faults("lon", lon, 180, "lat") + _degree_faults("lat", lat, 90, "lon")
        if _is_degrees(lon, 90) and _is_degrees(lat, 180):
            problems = [Problem("lat", "out_of_range", f"{problems[0].detail}; are lon and lat swapped?")]
        raise InvalidInput(problems)


def _is_degrees(value: object, limit: int) -> TypeGuard[int | float]:
    # Exact types keep bool out; NaN and the infinities fail the comparison.
    return (type(value) is float or type(value) is int) and -limit <= value <= limit


def _degree_faults(field: str, value: object, limit: int, other: str) -> list[Problem]:
    if _is_degrees(value, limit):
        return []
    if value is None:
        return [Problem(field, "required", f"is needed beside {other}")]
    if type(value) is int or (type(value) is float and isfinite(value)):
        return [Problem(field, "out_of_range", f"must be from -{limit} to {limit} degrees")]
    return [Problem(field, "not_a_number", f"must be a number from -{limit} to {limit} degrees")]


# Width in degrees of the grid cells to which a position of each precision is published.
GENERALISABLE: dict[LocationPrecision, float] = {
    LocationPrecision.within_100m: 0.001,
    LocationPrecision.street_or_landmark: 0.005,
    LocationPrecision.neighbourhood: 0.01,
    LocationPrecision.settlement: 0.05,
    LocationPrecision.admin3: 0.25,
    LocationPrecision.admin2: 0.25,
    LocationPrecision.admin1: 1.0,
    LocationPrecision.part_of_country: 2.5,
    LocationPrecision.country: 5.0,
}


def generalise(point: Point, to: LocationPrecision) -> Point:
    """The centre of the grid cell that holds the point: all that it says is the cell.

    Every point of a cell gives the same centre, and a centre gives itself. No randomness, which repeated
    publication would average away. InvalidInput (``location_generalised_to``) for a precision without a grid.
    """
    size = GENERALISABLE.get(to)
    if size is None:
        raise invalid(
            "location_generalised_to", f"a position cannot be generalised to {to}", "not_generalisable"
        )
    return Point(_centre(point.lon, 180, size), _centre(point.lat, 90, size))


def _centre(degree: float, limit: int, size: float) -> float:
    cells = round(2 * limit / size)
    cell = min(max(floor((degree + limit) / size), 0), cells - 1)  # the last edge belongs to the last cell
    return round((cell + 0.5) * size - limit, _DECIMALS) + 0.0


_COARSENESS = {precision: rank for rank, precision in enumerate(LocationPrecision)}


def is_coarser(a: LocationPrecision, b: LocationPrecision) -> bool:
    """Whether `a` says less of a position than `b`: strict, in VOCABULARY's order; `unknown` says least."""
    return _COARSENESS[a] > _COARSENESS[b]


_NUMBER = re.compile(r" *[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})? *")
_LONGEST_BOX = 400


@dataclass(frozen=True, slots=True)
class Box:
    """A box of degrees, edges included, that does not cross the antimeridian: minlon <= maxlon."""

    minlon: float
    minlat: float
    maxlon: float
    maxlat: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a position lies in the box or on its edge."""
        return self.minlon <= lon <= self.maxlon and self.minlat <= lat <= self.maxlat

    @classmethod
    def parse(cls, text: str, field: str) -> tuple[Box, ...]:
        """Boxes of ``minlon,minlat,maxlon,maxlat`` (OGC API Features); two where it crosses the antimeridian.

        Six numbers are read as OGC has them, with heights third and sixth, which narrow nothing here.
        InvalidInput codes: ``not_a_box``, ``out_of_range``, ``out_of_order``.
        """
        parts = text.split(",") if len(text) <= _LONGEST_BOX else []
        if len(parts) not in (4, 6) or not all(map(_NUMBER.fullmatch, parts)):
            raise invalid(field, "must be four numbers: minlon,minlat,maxlon,maxlat", "not_a_box")
        numbers = [float(part) + 0.0 for part in parts]
        minlon, minlat, maxlon, maxlat = numbers if len(parts) == 4 else numbers[:2] + numbers[3:5]
        for name, lat in (("minlat", minlat), ("maxlat", maxlat)):
            if not -90 <= lat <= 90:
                hint = "; longitude comes first" if -90 <= minlon <= 90 and -90 <= maxlon <= 90 else ""
                raise invalid(field, f"{name} must be from -90 to 90 degrees{hint}", "out_of_range")
        for name, lon in (("minlon", minlon), ("maxlon", maxlon)):
            if not -180 <= lon <= 180:
                raise invalid(
                    field,
                    f"{name} must be from -180 to 180 degrees; a box across the antimeridian has minlon > maxlon",
                    "out_of_range",
                )
        if minlat > maxlat:
            raise invalid(field, f"minlat ({minlat}) is above maxlat ({maxlat})", "out_of_order")
        return split_box(minlon, minlat, maxlon, maxlat)


def split_box(minlon: float, minlat: float, maxlon: float, maxlat: float) -> tuple[Box, ...]:
    """One box, or two where minlon > maxlon says that it crosses the antimeridian. Degrees, already in range."""
    if minlon <= maxlon:
        return (Box(minlon, minlat, maxlon, maxlat),)
    return (Box(minlon, minlat, 180.0, maxlat), Box(-180.0, minlat, maxlon, maxlat))


def earth_distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres between two positions along the great circle (haversine, sphere of EARTH_RADIUS_M)."""
    half_lat = radians(lat2 - lat1) / 2
    half_lon = radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    # Rounding may carry the chord of two antipodes just over 1.
    return asin(min(1.0, sqrt(chord))) * (2 * EARTH_RADIUS_M)


# Degrees by which boxes_around is widened against rounding: about a metre.
_SLACK = 1e-5


def boxes_around(point: Point, radius_m: float) -> tuple[Box, ...]:
    """Boxes that hold every position within `radius_m` metres of the point, and little more; they never overlap.

    Poles and antimeridian included. InvalidInput (``radius``) unless the radius is a number >= 0.
    """
    if not isfinite(radius_m) or radius_m < 0:
        raise invalid("radius", "must be a number of metres, 0 or more", "out_of_range")
    angle = radius_m / EARTH_RADIUS_M
    if angle >= pi:
        return (Box(-180.0, -90.0, 180.0, 90.0),)
    minlat = point.lat - degrees(angle) - _SLACK
    maxlat = point.lat + degrees(angle) + _SLACK
    if minlat <= -90 or maxlat >= 90:
        return (Box(-180.0, max(minlat, -90.0), 180.0, min(maxlat, 90.0)),)
    # The meridians that touch the circle. No pole is inside, so sin(angle) < cos(lat) but for rounding.
    half = degrees(asin(min(1.0, sin(angle) / cos(radians(point.lat))))) + _SLACK
    # asin is steep near 1: the slack in latitude is worth far more in longitude there.
    half += _SLACK / cos(radians(point.lat))
    if half >= 90 - 1e-3:
        return (Box(-180.0, minlat, 180.0, maxlat),)
    west, east = point.lon - half, point.lon + half
    if west <= -180:
        return split_box(west + 360, minlat, east, maxlat)
    if east >= 180:
        return split_box(west, minlat, east - 360, maxlat)
    return (Box(west, minlat, east, maxlat),)

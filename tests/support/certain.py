"""What `certainty` means, from its definition and a record's own statements: who surely, who possibly satisfies a question."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from app.domain.places import EARTH_RADIUS_M, earth_distance_m

Record = Mapping[str, Any]
FINEST_FIRST = [
    "exact_point",
    "within_100m",
    "street_or_landmark",
    "neighbourhood",
    "settlement",
    "admin3",
    "admin2",
    "admin1",
    "part_of_country",
    "country",
    "international",
    "unknown",
]
METRES = (0, 100, 1e3, 25e3, 30e3, 150e3, 300e3, 500e3, 1e6)
"""As docs/reading.md tells it, finest first; the rest is anywhere."""


def reach(record: Record) -> float:
    at = FINEST_FIRST.index(record["location_precision"])
    return METRES[at] if at < len(METRES) else math.inf


@cache
def around(lon: float, lat: float, metres: float) -> tuple[tuple[float, float], ...]:
    """Positions from which the point is at most so far away; the same few points are asked about again and again."""
    # Nowhere but here: rounding would move the point itself.
    return ((lon, lat),) if metres == 0 else ((lon, lat), *_walked(lon, lat, metres))


def _walked(lon: float, lat: float, metres: float) -> Iterator[tuple[float, float]]:
    start = math.radians(lat)
    for part in (0.35, 0.7, 0.999):
        angle = part * min(metres / EARTH_RADIUS_M, math.pi)
        for bearing in (n * math.pi / 12 for n in range(24)):
            sine = math.sin(start) * math.cos(angle) + math.cos(start) * math.sin(angle) * math.cos(bearing)
            turned = math.atan2(
                math.sin(bearing) * math.sin(angle) * math.cos(start),
                math.cos(angle) - math.sin(start) * sine,
            )
            yield (
                (lon + math.degrees(turned) + 540) % 360 - 180,
                math.degrees(math.asin(max(-1.0, min(1.0, sine)))),
            )


def in_area(lon: float, lat: float, edges: tuple[float, float, float, float]) -> bool:
    """The area may cross the antimeridian."""
    west, south, east, north = edges
    along = west <= lon <= east if west <= east else lon >= west or lon <= east
    return along and south <= lat <= north


def in_box(
    record: Record, edges: tuple[float, float, float, float], certainty: str, *, found: bool
) -> str | None:
    """What speaks against the record having been found, or left out; None where nothing does."""
    if record["lon"] is None:
        return "has no point" if found else None
    inside = [in_area(*position, edges) for position in around(record["lon"], record["lat"], reach(record))]
    if certainty == "best":
        return None if inside[0] is found else "the point decides"
    if certainty == "certain" and found and not all(inside):
        return "may lie outside"
    if certainty == "possible" and not found and any(inside):
        return "may lie inside"
    return None


def near(record: Record, lon: float, lat: float, radius: float, certainty: str) -> bool:
    if record["lon"] is None:
        return False
    sign = {"best": 0, "certain": 1, "possible": -1}[certainty]
    if radius >= math.pi * EARTH_RADIUS_M or (sign < 0 and math.isinf(reach(record))):
        return True
    away = earth_distance_m(record["lon"], record["lat"], lon, lat)
    return away <= radius - (sign * reach(record) if sign else 0)


def happened(record: Record, start: date | None, end: date | None, certainty: str) -> bool:
    if record["date_start"] is None:
        return False
    first, last = record["date_start"].toordinal(), record["date_end"].toordinal()
    asked = (start or date.min).toordinal(), (end or date.max).toordinal()
    if certainty == "certain":
        return asked[0] <= first and last <= asked[1]
    return max(first, asked[0]) <= min(last, asked[1])


def in_province(record: Record, name: str, certainty: str) -> bool:
    coarser = FINEST_FIRST.index(record["location_precision"]) > FINEST_FIRST.index("admin1")
    if record["admin1"] == name:
        return certainty != "certain" or not coarser or record["location_precision"] == "unknown"
    nowhere_closer = record["admin1"] is None and record["country"] is not None and coarser
    return certainty == "possible" and nowhere_closer


def in_country(record: Record, name: str, certainty: str) -> bool:
    return record["country"] == name and not (
        certainty == "certain" and record["location_precision"] == "international"
    )


def killed_at_least(record: Record, number: int, certainty: str) -> bool:
    low, best, high = (record[f"killed_{end}"] for end in ("low", "best", "high"))
    if low is best is high is None:
        return False
    if certainty == "possible":
        return high is None or high >= number
    asked = low if certainty == "certain" else best
    return asked is not None and asked >= number

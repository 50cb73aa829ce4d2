"""Where: positions that are published more coarsely than they are known, and areas that readers ask for."""

from __future__ import annotations

from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

CELLS = {"settlement": "0.05", "admin2": "0.25", "admin1": "1"}
"""Degrees to a side: the middle of the cell is published."""
METRES = 6_371_008.8
"""Radius of the sphere."""


class Place(NamedTuple):
    """`to`: how coarsely it is published; None: as it is."""

    lon: float
    lat: float
    to: str | None = None

    @property
    def published(self) -> tuple[float, float]:
        if self.to is None:
            return self.lon, self.lat
        return _middle(self.lon, self.to), _middle(self.lat, self.to)


PLACES = ((37.161, 36.206), (37.19, 36.24), (37.401, 36.206), (-179.99, 10.31))
"""The first two in one cell of a settlement, the first three in one of a province."""
BOXES = (
    (37.16, 36.205, 37.162, 36.207),
    (37.17, 36.22, 37.18, 36.23),
    (37.45, 36.45, 37.55, 36.55),
    (37.0, 36.0, 38.0, 37.0),
    (179.0, 10.0, -179.8, 11.0),
)
"""Around the first place, around the middles of its cells, around all three; the last one crosses the antimeridian."""
CIRCLES = (
    (37.161, 36.206, 500.0),
    (37.175, 36.225, 3000.0),
    (37.175, 36.225, 10.0),
    (-179.99, 10.31, 60_000.0),
)


def _middle(degree: float, to: str) -> float:
    """Grids begin at a whole degree, and each of them meets the next one."""
    size = Decimal(CELLS[to])
    return float((Decimal(str(degree)) / size).__floor__() * size + size / 2)


def in_box(lon: float, lat: float, box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    across = west <= lon <= east if west <= east else lon >= west or lon <= east
    return across and south <= lat <= north


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    north, east = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    return (
        2
        * METRES
        * asin(sqrt(sin(north) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east) ** 2))
    )

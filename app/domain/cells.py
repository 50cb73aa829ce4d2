"""Square cells of the map, for counting: which cell a position lies in, and which positions can be told to a cell.

Cells are counted from 180 degrees west and 90 degrees south, like the grids to which positions are generalised. Their
width is a whole number of hundredths of a degree and positions have eight decimals: all is done in whole numbers, so
that a point on an edge falls into the same cell everywhere.
"""

from __future__ import annotations

from app.domain.places import GENERALISABLE, Point
from app.domain.vocabulary import LocationPrecision

LEAST_CELL, GREATEST_CELL = 10, 1_000
"""Widths of a cell, in hundredths of a degree."""

UNITS = 100_000_000
"""Of a degree: positions are stored to eight decimals."""

ROWS = 100_000
"""A cell's number is ``column * ROWS + row``."""

TOLD_TO_A_CELL = (
    LocationPrecision.exact_point,
    LocationPrecision.within_100m,
    LocationPrecision.street_or_landmark,
    LocationPrecision.neighbourhood,
    LocationPrecision.settlement,
    LocationPrecision.admin3,
    LocationPrecision.admin2,
)
"""What a point may stand for to be put into a cell at all. The point of a province, of a part of a country or of a
country is its capital or its middle: those who died all over it did not die there, however wide the cell is. What
happened between countries, or nobody knows where, has no cell either."""


def told_to(width: int) -> tuple[LocationPrecision, ...]:
    """The precisions whose positions can be told to a cell of `width` hundredths of a degree.

    A cell must be as wide as the grid to which `places` would bring such a position: a district needs 0.25 degrees.
    """
    return tuple(p for p in TOLD_TO_A_CELL if GENERALISABLE.get(p, 0.0) * 100 <= width)


def size(degrees_around: int, width: int) -> int:
    """How many cells of the width it takes to span 360 or 180 degrees; the last one may reach beyond."""
    return -(-degrees_around * 100 // width)


def number_of(point: Point, width: int) -> int:
    """The cell that holds the point; the eastern and northern edge of the map belong to the last one."""
    step = width * (UNITS // 100)
    column = (round(point.lon * UNITS) + 180 * UNITS) // step
    row = (round(point.lat * UNITS) + 90 * UNITS) // step
    return min(column, size(360, width) - 1) * ROWS + min(row, size(180, width) - 1)


def name_of(number: int, width: int) -> str:
    """The south-west corner, ``lon,lat`` in degrees: ``37,36``, ``36.9,36.1``."""
    column, row = divmod(number, ROWS)
    return f"{_degrees(column * width - 18_000)},{_degrees(row * width - 9_000)}"


def _degrees(hundredths: int) -> str:
    whole, part = divmod(abs(hundredths), 100)
    text = f"{whole}.{part:02}".rstrip("0").rstrip(".")
    return f"-{text}" if hundredths < 0 else text

"""A page's map: points on a grid of degrees, drawn as SVG from numbers alone. No tiles, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil, cos, floor, radians, sqrt

WIDTH = 900.0
MARGIN = 64.0
LEAST_SPAN = 0.2
"""Degrees: one point alone is shown with about this much around it."""
FLATTEST, STEEPEST = 0.35, 0.5
"""Height by width."""
STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45)
MOST_LINES = 7
SMALLEST, LARGEST = 5.0, 22.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One position, in units of the drawing, and how many features share it. `label` and `href` go out escaped."""

    x: float
    y: float
    radius: float
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """A meridian (at x) or a parallel (at y) with its name."""

    at: float
    label: str


@dataclass(slots=True)
class Plot:
    width: float
    height: float
    margin: float = MARGIN
    meridians: list[Line] = field(default_factory=list)
    parallels: list[Line] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


Place = tuple[float, float, str, str]
"""Longitude, latitude, what to call it, where it leads to."""


def plot_of(places: Iterable[Place]) -> Plot | None:
    """The places on a grid around them; None where there are none. Degrees of longitude are as wide as in their middle."""
    found = list(places)
    if not found:
        return None
    west, east = _room([lon for lon, *_ in found], 180)
    south, north = _room([lat for _, lat, *_ in found], 90)
    narrow = max(cos(radians((south + north) / 2)), 0.1)
    shape = (north - south) / ((east - west) * narrow)
    # What is too wide or too tall for a page gets more room across, not another scale.
    if shape < FLATTEST:
        south, north = _widened(south, north, FLATTEST / shape, 90)
    elif shape > STEEPEST:
        west, east = _widened(west, east, shape / STEEPEST, 180)
    shape = min(max((north - south) / ((east - west) * narrow), FLATTEST), STEEPEST)
    plot = Plot(WIDTH, round(WIDTH * shape + 2 * MARGIN, 1))
    inner, tall = WIDTH - 2 * MARGIN, plot.height - 2 * MARGIN

    def x(lon: float) -> float:
        return round(MARGIN + (lon - west) / (east - west) * inner, 1)

    def y(lat: float) -> float:
        return round(MARGIN + (north - lat) / (north - south) * tall, 1)

    plot.meridians = [Line(x(d), _named(d, "E", "W")) for d in _steps(west, east)]
    plot.parallels = [Line(y(d), _named(d, "N", "S")) for d in _steps(south, north)]
    plot.marks = _marks([(x(lon), y(lat), label, href) for lon, lat, label, href in found])
    return plot


def _marks(places: list[Place]) -> list[Mark]:
    """One mark for each position, the more features the larger; the large ones below the small ones."""
    shared: dict[tuple[float, float], list[Place]] = {}
    for place in places:
        shared.setdefault(place[:2], []).append(place)
    marks = []
    for (x, y), there in shared.items():
        more = f" and {len(there) - 1} more here" if len(there) > 1 else ""
        radius = round(min(SMALLEST * sqrt(len(there)), LARGEST), 1)
        marks.append(Mark(x, y, radius, there[0][2] + more, there[0][3]))
    return sorted(marks, key=lambda mark: -mark.radius)


def _room(values: list[float], limit: float) -> tuple[float, float]:
    """The range of the values with some room around it, within the world."""
    least, most = min(values), max(values)
    room = max((most - least) * 0.08, (LEAST_SPAN - (most - least)) / 2, 0.02)
    return max(least - room, -limit), min(most + room, limit)


def _widened(least: float, most: float, times: float, limit: float) -> tuple[float, float]:
    middle, half = (least + most) / 2, (most - least) / 2 * times
    return max(middle - half, -limit), min(middle + half, limit)


def _steps(least: float, most: float) -> list[float]:
    step = next((s for s in STEPS if (most - least) / s <= MOST_LINES), 60)
    return [round(n * step, 2) for n in range(ceil(least / step), floor(most / step) + 1)]


def _named(degrees: float, positive: str, negative: str) -> str:
    if degrees == 0 or abs(degrees) == 180:
        return f"{abs(degrees):g}°"
    return f"{abs(degrees):g}° {positive if degrees > 0 else negative}"

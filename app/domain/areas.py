"""Areas on the map: points, boxes and polygons with holes, in degrees, on the plane of longitude and latitude.

Shapely, and NumPy with it, take an eighth of the time in which a command starts, and few commands ask for an area: they are
loaded when the first is met. `load` does so beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.places import Box
from app.errors import invalid

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

KINDS = ("Point", "MultiPoint", "Polygon", "MultiPolygon")
MOST_VERTICES = 5_000


def load() -> None:
    """For a service: whoever asks for the first area does not wait for it."""
    import shapely  # noqa: F401


@dataclass(frozen=True, slots=True)
class Area:
    """A geometry that is valid and within the world, as well-known binary, and the box around it."""

    wkb: bytes
    bounds: Box

    @classmethod
    def of(cls, geometry: Mapping[str, Any], field: str) -> Area:
        """From a GeoJSON geometry. InvalidInput codes: ``not_a_geometry``, ``too_long``, ``out_of_range``."""
        if geometry.get("type") not in KINDS:
            raise invalid(field, f"must be one of {', '.join(KINDS)} or BBOX", "not_a_geometry")
        for vertices, (lon, lat) in enumerate(_positions(geometry.get("coordinates"), field)):
            if vertices >= MOST_VERTICES:
                raise invalid(field, f"has more than {MOST_VERTICES:,} vertices", "too_long")
            if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                raise invalid(field, f"{lon} {lat} is not a longitude and a latitude", "out_of_range")
        import shapely

        try:
            found = shapely.from_geojson(_text(geometry))
        except (shapely.errors.ShapelyError, ValueError, TypeError):
            raise invalid(field, "is not a geometry", "not_a_geometry") from None
        return cls._checked(shapely.force_2d(found), field)

    @classmethod
    def _checked(cls, geometry: BaseGeometry, field: str) -> Area:
        import shapely

        if geometry.is_empty:
            raise invalid(field, "is empty", "not_a_geometry")
        if not geometry.is_valid:
            raise invalid(field, f"is not valid: {shapely.is_valid_reason(geometry)}", "not_a_geometry")
        return cls(shapely.to_wkb(geometry), Box(*(float(end) for end in geometry.bounds)))


def _positions(coordinates: Any, field: str, depth: int = 0) -> Iterator[tuple[float, float]]:
    if isinstance(coordinates, list | tuple) and coordinates and depth < 5:
        if all(isinstance(c, int | float) and not isinstance(c, bool) for c in coordinates):
            if len(coordinates) in (2, 3):
                yield float(coordinates[0]), float(coordinates[1])
                return
        else:
            for part in coordinates:
                yield from _positions(part, field, depth + 1)
            return
    raise invalid(field, "is not a geometry", "not_a_geometry")


def _text(geometry: Mapping[str, Any]) -> str:
    return orjson.dumps({"type": geometry["type"], "coordinates": geometry["coordinates"]}).decode()


@lru_cache(maxsize=64)
def _prepared(wkb: bytes) -> BaseGeometry:
    import shapely

    geometry = shapely.from_wkb(wkb)
    shapely.prepare(geometry)
    return geometry


def touches(wkb: bytes, lon: float, lat: float) -> bool:
    """Whether a position lies in the area or on its edge."""
    import shapely

    return bool(shapely.intersects_xy(_prepared(wkb), lon, lat))


def holds(wkb: bytes, lon: float, lat: float) -> bool:
    """Whether a position lies within the area: not on its edge."""
    import shapely

    return bool(shapely.within(shapely.Point(lon, lat), _prepared(wkb)))

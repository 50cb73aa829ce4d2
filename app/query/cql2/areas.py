"""Areas of CQL2: a GeoJSON geometry, or a box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.areas import Area
from app.domain.places import Box
from app.query.filter import And, Compare, Filter, InArea, InBox, Operator, Or


def in_area(asked: Mapping[str, Any], *, edge: bool) -> Filter:
    """The record's point lies in the area, its edge included or not. InvalidInput where it is none."""
    if set(asked) != {"bbox"} or not isinstance(asked["bbox"], list):
        return InArea(Area.of(asked, "filter"), edge=edge)
    boxes = Box.parse(",".join(str(end) for end in asked["bbox"]), "filter")
    return _meeting(boxes) if edge else _inside(boxes)


def _meeting(boxes: Sequence[Box]) -> Filter:
    parts = tuple(InBox(box) for box in boxes)
    return parts[0] if len(parts) == 1 else Or(parts)


def _inside(boxes: Sequence[Box]) -> Filter:
    """Off the edges of a box; of two halves, the meridian that parts them is no edge."""
    west = Compare("lon", Operator.greater, boxes[0].minlon)
    east = Compare("lon", Operator.less, boxes[-1].maxlon)
    between = And((west, east)) if len(boxes) == 1 else Or((west, east))
    south = Compare("lat", Operator.greater, boxes[0].minlat)
    return And((south, Compare("lat", Operator.less, boxes[0].maxlat), between))

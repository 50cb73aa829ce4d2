"""Positions as GeoJSON (RFC 7946) and as WKB. A record without a position has a null geometry: none is made up."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import orjson

from app.formats.form import Shape

_POINT = struct.Struct("<BIdd")
_LITTLE_ENDIAN, _WKB_POINT = 1, 1


def position(record: dict[str, Any]) -> tuple[float, float] | None:
    """(lon, lat), both or nothing."""
    lon, lat = record.get("lon"), record.get("lat")
    return None if lon is None or lat is None else (lon, lat)


def wkb(point: tuple[float, float] | None) -> bytes | None:
    """ISO WKB, little endian, two dimensions."""
    return None if point is None else _POINT.pack(_LITTLE_ENDIAN, _WKB_POINT, *point)


def feature(document: str, shape: Shape) -> str:
    """A record as a Feature. Every field that was asked for stays a property, under its own name."""
    record = orjson.loads(document)
    point = position(record)
    geometry = None if point is None else {"type": "Point", "coordinates": point}
    properties = (
        document if shape.whole else orjson.dumps({name: record[name] for name in shape.names}).decode()
    )
    return (
        f'{{"type":"Feature","id":{orjson.dumps(record["id"]).decode()},'
        f'"geometry":{orjson.dumps(geometry).decode()},"properties":{properties}}}'
    )


def collection(documents: Iterable[str], shape: Shape, members: dict[str, object]) -> str:
    """A page as a FeatureCollection; `members` are foreign members beside the features: next, count."""
    features = ",".join(feature(document, shape) for document in documents)
    beside = orjson.dumps(members).decode()[1:-1]
    return f'{{"type":"FeatureCollection","features":[{features}]{"," if beside else ""}{beside}}}'

"""Positions as GeoJSON (RFC 7946) and as WKB. A record without a position has a null geometry: none is made up."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from typing import Any

import orjson

from app.formats.form import Shape

_ID = re.compile(r'\{"id":("[^"]*")')
_PLACED = re.compile(r'"lon":(-?[0-9][^,]*),"lat":(-?[0-9][^,}]*)')
"""Nothing else can look like it: a quote within a text is escaped, and no other number is called so."""
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
    if not shape.whole:
        record = orjson.loads(document)
        uid, point = orjson.dumps(record["id"]).decode(), position(record)
        coordinates = None if point is None else orjson.dumps(point).decode()
        properties = orjson.dumps({name: record[name] for name in shape.names}).decode()
    else:
        uid, coordinates = _read_in_place(document)
        properties = document
    geometry = "null" if coordinates is None else f'{{"type":"Point","coordinates":{coordinates}}}'
    return f'{{"type":"Feature","id":{uid},"geometry":{geometry},"properties":{properties}}}'


def _read_in_place(document: str) -> tuple[str, str | None]:
    """The id and the coordinates as they are written in a document, which is not taken apart for them."""
    named = _ID.match(document)
    assert named is not None, "the id comes first"
    placed = _PLACED.search(document)
    return named[1], None if placed is None else f"[{placed[1]},{placed[2]}]"


def collection(documents: Iterable[str], shape: Shape, members: dict[str, object]) -> str:
    """A page as a FeatureCollection; `members` are foreign members beside the features: next, count."""
    features = ",".join(feature(document, shape) for document in documents)
    beside = orjson.dumps(members).decode()[1:-1]
    return f'{{"type":"FeatureCollection","features":[{features}]{"," if beside else ""}{beside}}}'

"""What may be asked for: the fields of the catalogue that hold one value, as JSON Schema and as parameters."""

from __future__ import annotations

from typing import Any

import orjson

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.errors import InvalidParameter, Problem
from app.http.ogc.collections import Collection
from app.http.ogc.links import Site
from app.http.schemas import field_schema
from app.http.values import fault, flag
from app.query import cql2
from app.query.cql2.reading import FORMS, GEOMETRY
from app.query.fields import Field, Kind, Type
from app.query.filter import Filter

DRAFT = "https://json-schema.org/draft/2020-12/schema"
WHOLE_BEYOND = 2**53


def askable(kind: Kind, viewer: Viewer) -> dict[str, Field]:
    """The fields by name that the viewer may ask for. Lists and documents have no one value."""
    return {name: field for name, field in fields_for(viewer, kind).items() if field.type in FORMS}


def value_schema(field: Field) -> dict[str, Any]:
    """What a value of the field is, with its description; of a value list, its words. Null is no value to ask for."""
    schema = field_schema(field)
    if isinstance(schema["type"], list):
        schema["type"] = schema["type"][0]
    if "enum" in schema:
        schema["enum"] = [word for word in schema["enum"] if word is not None]
    return schema


def queryables_document(collection: Collection, site: Site, viewer: Viewer) -> dict[str, Any]:
    """The JSON Schema of a filter's names (OGC 19-079r2, clause 6)."""
    properties: dict[str, Any] = {
        name: {"title": name, **value_schema(field)}
        for name, field in askable(collection.kind, viewer).items()
    }
    if collection.located:
        properties[GEOMETRY] = {
            "title": GEOMETRY,
            "description": "The published position; null where none is known.",
            "format": "geometry-point",
            "x-ogc-role": "primary-geometry",
        }
    return {
        "$schema": DRAFT,
        "$id": site.at(f"/collections/{collection.id}/queryables"),
        "type": "object",
        "title": collection.title,
        "description": collection.description,
        "properties": properties,
        "additionalProperties": False,
    }


def equal(kind: Kind, field: Field, text: str, viewer: Viewer) -> Filter:
    """The records in which the field has the value that a parameter of its name states. It is read as CQL2 reads ``=``."""
    asked = {"op": "=", "args": [{"property": field.name}, _value(field, text)]}
    try:
        return cql2.read(asked, kind, fields_for(viewer, kind))
    except InvalidParameter as refused:
        told = [
            Problem(field.name, problem.code, problem.detail.removeprefix("at the top: "))
            for problem in refused.problems
        ]
        raise InvalidParameter(told) from None


def _value(field: Field, text: str) -> str | int | float | bool:
    if field.type is Type.boolean:
        return flag(field.name, text)
    if field.type not in (Type.integer, Type.number):
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault(field.name, "must be a number")
    if field.type is Type.integer and not isinstance(value, int):
        raise fault(field.name, "must be a whole number")
    return value if abs(value) < WHOLE_BEYOND else float(value)

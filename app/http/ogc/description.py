"""The OpenAPI 3.0 document of ``/ogc``. Programs that read it, GDAL first, know no 3.1, follow no reference to elsewhere, and
ask by a property only where a parameter of its name stands literally below the path of a collection's items."""

from __future__ import annotations

from typing import Any

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.http.citing import moment_parameters
from app.http.ogc.collections import COLLECTIONS, CRS84, Collection
from app.http.ogc.documents import DESCRIPTION, TITLE
from app.http.ogc.links import GEOJSON, HTML, JSON, OPENAPI_JSON, SCHEMA_JSON, Site
from app.http.ogc.queryables import askable, value_schema
from app.http.pages.forms import Form
from app.http.schemas import field_schema
from app.query.cql2 import Language
from app.settings import Settings

Schema = dict[str, Any]
VERSION = "1.0.0"
PROBLEM_JSON = "application/problem+json"
F = {
    "name": "f",
    "in": "query",
    "required": False,
    "description": "json or a page for people; without it, what Accept likes better.",
    "schema": {"type": "string", "enum": [form.value for form in Form]},
}


def api_document(site: Site, viewer: Viewer, settings: Settings) -> Schema:
    """The whole document, with the fields that the viewer may see and ask for."""
    paths: Schema = {
        "/": _get("Where to begin", "landing", _ok("Landing"), [F]),
        "/api": _get(
            "This document", "api", _response("The description.", OPENAPI_JSON, {"type": "object"}), [F]
        ),
        "/conformance": _get("What is conformed to", "conformance", _ok("Conformance"), [F]),
        "/collections": _get(
            "The collections",
            "collections",
            _ok("Collections"),
            [*_of_a_moment(COLLECTIONS["incidents"]), F],
        ),
    }
    schemas = _schemas()
    for collection in COLLECTIONS.values():
        paths |= _paths(collection, viewer, settings)
        schemas[_feature_name(collection)] = _feature_schema(collection, viewer)
        schemas[f"{_feature_name(collection)}s"] = _page_schema(_ref(_feature_name(collection)))
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": site.at(), "description": "OGC API - Features"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key, irk_…"}
            },
        },
    }


def _paths(collection: Collection, viewer: Viewer, settings: Settings) -> Schema:
    """The four of a collection, spelled with its id: each has parameters of its own."""
    id_, name = collection.id, _feature_name(collection)
    path = f"/collections/{id_}"
    feature_id = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "description": "The record's id.",
        "schema": {"type": "string"},
    }
    schema_of_queryables = _response("Names and types.", SCHEMA_JSON, {"type": "object"})
    parameters = items_parameters(collection, viewer, settings)
    return {
        path: _get(
            f"The collection {id_}",
            f"describe_{id_}",
            _ok("Collection"),
            [*_of_a_moment(collection), F],
        ),
        f"{path}/queryables": _get(
            f"What may be asked of {id_}", f"queryables_{id_}", schema_of_queryables, [F]
        ),
        f"{path}/items": _get(
            f"Features of {id_}",
            f"items_{id_}",
            _response("A page of features.", GEOJSON, _ref(f"{name}s")),
            parameters,
        ),
        f"{path}/items/{{featureId}}": _get(
            f"One feature of {id_}",
            f"feature_{id_}",
            _response("The feature.", GEOJSON, _ref(name)),
            [feature_id, *_of_a_moment(collection), F],
            missing=True,
        ),
    }


def items_parameters(collection: Collection, viewer: Viewer, settings: Settings) -> list[Schema]:
    """The parameters of a collection's items: those of the standard, then one for each field."""
    most = settings.limits.page_maximum
    bbox = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    limit = {
        "type": "integer",
        "minimum": 1,
        "maximum": most,
        "default": min(settings.limits.page_default, most),
    }
    languages = [language.value for language in Language]
    return [
        _query(
            "bbox",
            bbox,
            "minlon,minlat,maxlon,maxlat in degrees, WGS 84, or six numbers with heights, which narrow nothing; minlon > "
            "maxlon crosses the antimeridian. Features without a geometry match every box.",
        ),
        _query(
            "datetime",
            {"type": "string"},
            "A day, a moment (RFC 3339), or START/END, where one end may be open (`..`). A moment stands for its day, UTC. "
            "Features without a date match.",
        ),
        _query("limit", limit, f"Features in a page. More than {most:,} is read as {most:,}."),
        _query("cursor", {"type": "string"}, "Where to go on: follow the link `next`."),
        _query(
            "filter",
            {"type": "string"},
            "A question in CQL2 (OGC 21-065r2) over the queryables, as text or JSON.",
        ),
        _query(
            "filter-lang",
            {"type": "string", "enum": languages, "default": Language.text.value},
            "How `filter` is spelled.",
        ),
        _query(
            "filter-crs",
            {"type": "string", "format": "uri", "enum": [CRS84], "default": CRS84},
            "In which coordinates.",
        ),
        *_of_a_moment(collection),
        F,
        *(
            _query(field.name, _without_description(field_value), f"Equals. {field.description}")
            for field in askable(collection.kind, viewer).values()
            if (field_value := value_schema(field))
        ),
    ]


def _of_a_moment(collection: Collection) -> list[Schema]:
    return [
        _query(each.name, {n: v for n, v in each.schema.items() if n != "example"}, each.description)
        for each in moment_parameters(collection.kind)
    ]


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "style": "form",
        "explode": False,
        "schema": schema,
    }


def _without_description(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name != "description"}


def _get(
    summary: str, name: str, response: Schema, parameters: list[Schema], *, missing: bool = False
) -> Schema:
    """A GET for everybody, with the errors that it may answer."""
    told = {
        "400": "A parameter makes no sense, or there is none of that name.",
        "401": "The key is not good.",
        "503": "The database cannot serve now.",
    }
    if missing:
        told |= {"404": "There is no such feature.", "410": "It was deleted."}
    problems = {
        status: {"description": text, "content": {PROBLEM_JSON: {"schema": _ref("Problem")}}}
        for status, text in sorted(told.items())
    }
    return {
        "get": {
            "summary": summary,
            "operationId": name,
            "parameters": parameters,
            "security": [{}, {"key": []}],
            "responses": {"200": response, "304": {"description": "Nothing has changed."}, **problems},
        }
    }


def _response(description: str, media_type: str, schema: Schema) -> Schema:
    content = {media_type: {"schema": schema}, HTML: {"schema": {"type": "string"}}}
    return {"description": description, "content": content}


def _ok(name: str) -> Schema:
    return _response("As JSON or as a page.", JSON, _ref(name))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _feature_name(collection: Collection) -> str:
    return f"{collection.kind.value.capitalize()}Feature"


def _object(required: tuple[str, ...], **properties: Schema) -> Schema:
    needed = {"required": list(required)} if required else {}  # 3.0 has no empty list there
    return {"type": "object", **needed, "properties": properties}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TEXT: Schema = {"type": "string"}
_LINKS = _array(_ref("Link"))
_MOMENT = _object(("seq", "at"), seq={"type": "integer"}, at={**TEXT, "nullable": True})


def _schemas() -> Schema:
    """What does not hang on a kind of record."""
    number = {"type": "number"}
    moment = {"type": "string", "format": "date-time", "nullable": True}
    spatial = _object(("bbox",), bbox=_array(_array(number)), crs=TEXT)
    of_moment: Schema = {"as_of": _MOMENT, "citation": _ref("Citation")}
    temporal = _object(("interval",), interval=_array(_array(moment)), trs=TEXT)
    return {
        "Link": _object(("href", "rel"), href=TEXT, rel=TEXT, type=TEXT, title=TEXT),
        "Landing": _object(("links",), title=TEXT, description=TEXT, links=_LINKS),
        "Conformance": _object(("conformsTo",), links=_LINKS, conformsTo=_array(TEXT)),
        "Collection": _object(
            ("id", "links"),
            id=TEXT,
            title=TEXT,
            description=TEXT,
            itemType=TEXT,
            crs=_array(TEXT),
            extent=_object((), spatial=spatial, temporal=temporal),
            links=_LINKS,
            **of_moment,
        ),
        "Collections": _object(
            ("links", "collections"), links=_LINKS, collections=_array(_ref("Collection")), **of_moment
        ),
        "Citation": _object(
            ("cite", "seq", "at", "hash", "url", "as_cited"),
            cite=TEXT,
            seq={"type": "integer"},
            at={**TEXT, "nullable": True},
            hash=TEXT,
            url=TEXT,
            as_cited={"type": "boolean", "nullable": True},
        ),
        "Problem": _object(("type", "title", "status"), type=TEXT, title=TEXT, status={"type": "integer"}),
    }


def _feature_schema(collection: Collection, viewer: Viewer) -> Schema:
    """One feature. In 3.0 a null is told by `nullable`."""
    properties: Schema = {}
    for name, field in fields_for(viewer, collection.kind).items():
        nullable = isinstance(field_schema(field)["type"], list)
        properties[name] = value_schema(field)
        if nullable:
            properties[name]["nullable"] = True
            if "enum" in properties[name]:
                properties[name]["enum"] = [*properties[name]["enum"], None]
    position = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}
    geometry = {
        **_object(("type", "coordinates"), type={"type": "string", "enum": ["Point"]}, coordinates=position),
        "nullable": True,
    }
    return _object(
        ("type", "id", "geometry", "properties"),
        type={"type": "string", "enum": ["Feature"]},
        id=TEXT,
        geometry=geometry,
        properties={"type": "object", "properties": properties},
        links=_LINKS,
        citation=_ref("Citation"),
    )


def _page_schema(feature: Schema) -> Schema:
    return _object(
        ("type", "features", "links", "timeStamp", "numberReturned"),
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_array(feature),
        links=_LINKS,
        timeStamp={"type": "string", "format": "date-time"},
        numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
        as_of=_MOMENT,
        citation=_ref("Citation"),
    )

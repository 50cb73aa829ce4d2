"""The collections there are, and how one is described."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from app.errors import NotFound
from app.http.ogc.links import ALTERNATE, GEOJSON, HTML, JSON, QUERYABLES, SCHEMA_JSON, Site, link
from app.http.writes import PLURAL
from app.query.fields import Kind
from app.storage.extent import Extent

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
NOW: Mapping[str, str] = {}
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


@dataclass(frozen=True, slots=True)
class Collection:
    """`located`: its features have a geometry, which may be null where none is known."""

    kind: Kind
    title: str
    description: str
    located: bool

    @property
    def id(self) -> str:
        return PLURAL[self.kind]


COLLECTIONS: dict[str, Collection] = {
    collection.id: collection
    for collection in (
        Collection(
            Kind.incident,
            "Incidents",
            "Who was killed and wounded, where and when: a point where the position is known, else no geometry. Figures "
            "are low, best and high; null is not stated, which is not zero.",
            located=True,
        ),
        Collection(
            Kind.report,
            "Reports",
            "Who says so: what was published of the incidents. Reports have no geometry.",
            located=False,
        ),
    )
}


def collection_named(request: Request) -> Collection:
    """The collection of the path; NotFound where there is none of that name."""
    found = COLLECTIONS.get(request.path_params["collection"])
    if found is None:
        raise NotFound(f"there is no such collection; there are {' and '.join(COLLECTIONS)}")
    return found


def collection_document(
    collection: Collection, site: Site, extent: Extent, moment: Mapping[str, str] = NOW
) -> dict[str, Any]:
    """A collection as JSON; its entry in the list is the same. `moment`: the parameter by which its links stay with another
    moment than now."""
    path = f"/collections/{collection.id}"
    title = collection.title
    return {
        "id": collection.id,
        "title": title,
        "description": collection.description,
        "itemType": "feature",
        "crs": [CRS84],
        **extent_member(extent),
        "links": [
            link("self", site.at(path, **moment), JSON, title),
            link(ALTERNATE, site.at(path, f="html", **moment), HTML, f"{title}, as a page"),
            link("items", site.at(f"{path}/items", **moment), GEOJSON, f"{title}, the features"),
            link(
                "items",
                site.at(f"{path}/items", f="html", **moment),
                HTML,
                f"{title}, the features as a page",
            ),
            link(QUERYABLES, site.at(f"{path}/queryables"), SCHEMA_JSON, "What may be asked for"),
        ],
    }


def extent_member(extent: Extent) -> dict[str, Any]:
    """What is known of the extent, nothing made up: no position, no box."""
    told: dict[str, Any] = {}
    if extent.box is not None:
        told["spatial"] = {"bbox": [list(extent.box)], "crs": CRS84}
    if extent.start is not None or extent.end is not None:
        told["temporal"] = {"interval": [list(moments(extent))], "trs": GREGORIAN}
    return {"extent": told} if told else {}


def moments(extent: Extent) -> tuple[str | None, str | None]:
    """The first moment of the first day and the last of the last, as RFC 3339."""
    start = None if extent.start is None else f"{extent.start}T00:00:00Z"
    return start, None if extent.end is None else f"{extent.end}T23:59:59Z"

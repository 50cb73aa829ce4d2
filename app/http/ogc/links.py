"""Addresses below ``/ogc`` and the links that carry them.

Links to JSON carry no ``f``: it is what everybody gets who does not ask for a page, and some programs glue their own
parameters to an address with a ``?``.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from fastapi import Request

from app.http.respond import base_url
from app.http.service import service_of

ROOT = "/ogc"
JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA_JSON = "application/schema+json"
OPENAPI_JSON = "application/vnd.oai.openapi+json;version=3.0"
HTML = "text/html"
ALTERNATE = "alternate"
CONFORMANCE = "http://www.opengis.net/def/rel/ogc/1.0/conformance"
DATA = "http://www.opengis.net/def/rel/ogc/1.0/data"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"

Link = dict[str, str]


def link(rel: str, href: str, media_type: str, title: str) -> Link:
    return {"rel": rel, "type": media_type, "title": title, "href": href}


@dataclass(frozen=True, slots=True)
class Site:
    """The root's address as the caller reaches it, without a slash at its end."""

    root: str

    def at(self, path: str = "", **query: str) -> str:
        """The address of a path below the root, of which each part is quoted."""
        return self.root + quote(path) + (f"?{urlencode(query)}" if query else "")


def site_of(request: Request) -> Site:
    return Site(base_url(request, service_of(request).settings.server.public_url) + ROOT)


def same(request: Request, site: Site, **changed: str | None) -> str:
    """The request's own address with parameters replaced; None leaves one out."""
    query = {**request.query_params, **changed}
    path = request.url.path.removeprefix(request.scope.get("root_path", "")).removeprefix(ROOT).rstrip("/")
    return site.at(path, **{name: value for name, value in query.items() if value is not None})

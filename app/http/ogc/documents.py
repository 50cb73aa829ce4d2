"""The root's documents that do not hang on the data: where to begin, and what is conformed to."""

from __future__ import annotations

from typing import Any

from app.http.ogc.links import ALTERNATE, CONFORMANCE, DATA, HTML, JSON, OPENAPI_JSON, Site, link

TITLE = "Incident Records"
DESCRIPTION = (
    "Who was killed and wounded, where, when, and who says so, as OGC API - Features. Reading needs no key; a key sees "
    "what it was issued for."
)
_FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
_FILTERING = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMS_TO = (
    *(f"{_FEATURES}/{name}" for name in ("core", "oas30", "html", "geojson")),
    *(
        f"{_FILTERING}/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{_CQL2}/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "temporal-functions",
        )
    ),
)


def landing_document(site: Site) -> dict[str, Any]:
    """Where to begin."""
    return {
        "title": TITLE,
        "description": DESCRIPTION,
        "links": [
            link("self", site.at(), JSON, "This document"),
            link(ALTERNATE, site.at(f="html"), HTML, "This document as a page"),
            link("service-desc", site.at("/api"), OPENAPI_JSON, "The description for programs (OpenAPI 3.0)"),
            link("service-doc", site.at("/api", f="html"), HTML, "The description for people"),
            link("conformance", site.at("/conformance"), JSON, "What this service conforms to"),
            link(CONFORMANCE, site.at("/conformance"), JSON, "What this service conforms to"),
            link("data", site.at("/collections"), JSON, "The collections"),
            link(DATA, site.at("/collections"), JSON, "The collections"),
        ],
    }


def conformance_document(site: Site) -> dict[str, Any]:
    """The classes that are there, and no more."""
    return {
        "links": [
            link("self", site.at("/conformance"), JSON, "What this service conforms to"),
            link(ALTERNATE, site.at("/conformance", f="html"), HTML, "The same as a page"),
        ],
        "conformsTo": list(CONFORMS_TO),
    }

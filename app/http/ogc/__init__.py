"""OGC API - Features at ``/ogc``: incidents and reports for GIS programs, and pages for people.

The questions are those of ``/v1`` in the words of OGC 17-069r4 (core), 19-079r2 (filtering) and 21-065r2 (CQL2): every
one becomes a `Query`, so that sight, order, pages and ETags are the same. It is described by its own OpenAPI 3.0
document, because the programs that read it know no other version.
"""

from app.http.ogc.routes import router

__all__ = ["router"]

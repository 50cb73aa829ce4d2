"""CQL2 (OGC 21-065r2), as text or JSON, into the filter tree. `read` is the way in."""

from app.query.cql2.reading import Language, read

__all__ = ["Language", "read"]

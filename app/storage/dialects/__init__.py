"""The two databases, by the scheme of their URL."""

from __future__ import annotations

from app.errors import Misconfigured
from app.storage.dialects.base import DatabaseDialect
from app.storage.dialects.postgresql import PostgresqlDialect
from app.storage.dialects.sqlite import SqliteDialect

_BY_SCHEME: dict[str, type[DatabaseDialect]] = {
    "sqlite": SqliteDialect,
    "postgresql": PostgresqlDialect,
    "postgres": PostgresqlDialect,
}


def dialect_of(url: str) -> DatabaseDialect:
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme not in _BY_SCHEME:
        raise Misconfigured(f"INCIDENTS_DATABASE_URL must begin with sqlite: or postgresql:, not {scheme}:")
    return _BY_SCHEME[scheme]()

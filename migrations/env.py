"""How Alembic runs here: on the connection it is given, in one transaction, one migration run at a time."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

from app.storage import migrate
from app.storage.tables import metadata

NOT_OURS = ("spatial_ref_sys", "incidents_box", "_search")


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leaves out what PostGIS, R*Tree and FTS5 keep for themselves, and what helpers.py makes for one database only."""
    if kind == "table" and reflected and any(mark in (name or "") for mark in NOT_OURS):
        return False
    if kind == "column" and reflected and name in ("geometry", "search_words"):
        return False
    return not (kind == "index" and reflected and (name or "").endswith(("_geometry", "_search_words")))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        transaction_per_migration=False,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (migrate.LOCK,))
        context.run_migrations()


run(context.config.attributes["connection"])

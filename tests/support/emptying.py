"""Emptying a test's database: every table of ours, indexes included."""

from __future__ import annotations

from sqlalchemy import Connection

from app.storage.database import Database
from app.storage.history import BEFORE_THE_FIRST
from app.storage.tables import metadata

NAMES = [table.name for table in reversed(metadata.sorted_tables)]
LARGE = 4_000_000
"""Bytes, indexes included."""


def empty(database: Database) -> None:
    with database.writing.begin() as connection:
        if database.is_embedded:
            _empty_sqlite(connection)
        else:
            _empty_postgresql(connection)


def _empty_sqlite(connection: Connection) -> None:
    for name in NAMES:
        connection.exec_driver_sql(f"DELETE FROM {name}")
    for name in ("incidents", "reports", "sources", "former_texts"):
        connection.exec_driver_sql(f"INSERT INTO {name}_search({name}_search) VALUES ('delete-all')")
    connection.exec_driver_sql("DELETE FROM incidents_box")
    connection.exec_driver_sql("INSERT INTO history_head VALUES (1, 0, ?)", (BEFORE_THE_FIRST,))


def _empty_postgresql(connection: Connection) -> None:
    """TRUNCATE makes every file of every table and index anew, fifty times as dear as to delete a test's few rows."""
    sizes = " + ".join(f"pg_total_relation_size('{name}')" for name in NAMES)
    if connection.exec_driver_sql(f"SELECT {sizes}").scalar_one() > LARGE:
        connection.exec_driver_sql(f"TRUNCATE {', '.join(NAMES)}")
    else:
        connection.exec_driver_sql("; ".join(f"DELETE FROM {name}" for name in NAMES))
    connection.exec_driver_sql(
        "SELECT setval(oid::regclass, 1, false) FROM pg_class"
        " WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
    )
    connection.exec_driver_sql("INSERT INTO history_head VALUES (1, 0, %s)", (BEFORE_THE_FIRST,))

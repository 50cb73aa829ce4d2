"""Emptying a test's database: every table of ours, indexes included."""

from __future__ import annotations

from app.storage.database import Database
from app.storage.history import BEFORE_THE_FIRST
from app.storage.tables import metadata


def empty(database: Database) -> None:
    names = [table.name for table in reversed(metadata.sorted_tables)]
    with database.writing.begin() as connection:
        if database.is_embedded:
            for name in names:
                connection.exec_driver_sql(f"DELETE FROM {name}")
            for name in ("incidents", "reports", "sources"):
                connection.exec_driver_sql(f"INSERT INTO {name}_search({name}_search) VALUES ('delete-all')")
            connection.exec_driver_sql("DELETE FROM incidents_box")
            connection.exec_driver_sql("INSERT INTO history_head VALUES (1, 0, ?)", (BEFORE_THE_FIRST,))
        else:
            connection.exec_driver_sql(f"TRUNCATE {', '.join(names)} RESTART IDENTITY")
            connection.exec_driver_sql("INSERT INTO history_head VALUES (1, 0, %s)", (BEFORE_THE_FIRST,))

"""Statements that PostgreSQL prepares when it first meets them, and plans once: for tests that compare answers, not plans.

A random history asks some seven hundred different questions by turns. A connection remembers the last hundred, so by itself
it would read and plan each of them anew every time, which takes longer than all the answers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from app.storage.database import Database


def prepare_at_once(database: Database) -> None:
    """On every connection of `database` that reads, from now on; nothing on SQLite."""
    if not database.is_embedded:
        event.listen(database.reading, "connect", _prepares)


def _prepares(connection: Any, _record: Any) -> None:
    connection.prepare_threshold = 0
    connection.prepared_max = None
    connection.execute("SET plan_cache_mode = force_generic_plan", prepare=False)
    if not connection.autocommit:
        connection.commit()

"""Three versions of each made-up incident, made by the database from what is so now: what as-of reads, without the entries of a
history; `incidents verify` would complain."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from app.query.fields import Kind
from app.storage import tables
from app.storage.columns import TABLES, VERSIONS
from app.storage.database import Database
from tests.bench import bulk

VERSIONS_EACH = 3


def deepen(database: Database) -> int:
    """The number of a change at which two thirds of the versions had come."""
    with database.writing.begin() as connection:
        incidents = connection.execute(select(func.max(tables.incidents.c.id))).scalar_one()
        # One round of changes after the other, so that each moment has records of two ages.
        for number in range(VERSIONS_EACH):
            last = number == VERSIONS_EACH - 1
            seq_to = "NULL" if last else f"{number + 1} * {incidents} + id"
            _keep(connection, Kind.incident, str(number + 1), f"{number} * {incidents} + id", seq_to)
        _keep(connection, Kind.report, "1", "1", "NULL")
        _keep(connection, Kind.source, "1", "1", "NULL")
        connection.exec_driver_sql(f"UPDATE incidents SET version = {VERSIONS_EACH}")
        asked = int(incidents * 1.5)
        _entry(connection, asked)
        connection.exec_driver_sql(f"UPDATE history_head SET seq = {VERSIONS_EACH * incidents}")
    bulk.settle(database)
    return asked


def _keep(connection: Connection, kind: Kind, version: str, seq_from: str, seq_to: str) -> None:
    live, kept = TABLES[kind], VERSIONS[kind]
    names = [c.name for c in kept.columns if c.name not in ("seq_from", "seq_to", "version")]
    connection.exec_driver_sql(
        f"INSERT INTO {kept.name} ({', '.join(names)}, version, seq_from, seq_to)"
        f" SELECT {', '.join(names)}, {version}, {seq_from}, {seq_to} FROM {live.name}"
    )


def _entry(connection: Connection, seq: int) -> None:
    """The change of which is asked has to be there."""
    copied = "at, partner, api_key, action, kind, record, version, reason, before, after, hash"
    connection.exec_driver_sql(
        f"INSERT INTO changes (seq, {copied}) SELECT {seq}, {copied} FROM changes WHERE seq = 1"
    )

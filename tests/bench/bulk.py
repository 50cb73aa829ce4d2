"""A made-up database, filled as fast as it takes: COPY or executemany in one transaction, indexes afterwards.

Thin where the reads of what is so now do not look: no kept versions, no history entries but the organisation's own. The
head of the history stands as if there were one for each record, so that ETags work; `incidents verify` would complain.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table

from app.storage import known_words, loosely_linked, rollup, tables
from app.storage.database import Database
from app.storage.types import now
from app.writing import partners
from tests.bench.generate import SEED, Block, Generator, Values

LINKED = ("id", "incident_ref", "report_ref", "role", "created_at", "seq_from")


@dataclass(slots=True)
class Filled:
    incidents: int = 0
    reports: int = 0
    links: int = 0


class _Writer:
    """Rows into one database, in one transaction."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.dialect = database.dialect
        self.connection = connection
        self.at = self.dialect.stored(now())
        self.last: dict[str, int] = {}
        self.words: set[str] = set()

    def next(self, table: Table) -> int:
        """The key of the next row. Nobody else writes, so the database is asked once."""
        if table.name not in self.last:
            self.last[table.name] = self.dialect.allocate(self.connection, table, 1)[0] - 1
        return self.last[table.name] + 1

    def keys(self, table: Table, count: int) -> list[int]:
        first = self.next(table)
        self.last[table.name] += count
        return list(range(first, first + count))

    def records(self, table: Table, rows: Sequence[Values]) -> list[int]:
        keys, stored, at = self.keys(table, len(rows)), self.dialect.stored, self.at
        names = tuple(rows[0])
        self.dialect.insert(
            self.connection,
            table,
            ("id", "version", "created_at", "updated_at", *names),
            [(key, 1, at, at, *map(stored, row.values())) for key, row in zip(keys, rows, strict=True)],
            len(rows),
        )
        self.dialect.index_created(self.connection, table, (keys[0], keys[-1]))
        for row in rows:
            self.words.update(row["search_text"].split())
        return keys

    def block(self, block: Block, first_report: int) -> None:
        self.records(tables.reports, block.reports)
        incidents = self.records(tables.incidents, block.incidents)
        keys = self.keys(tables.links, len(block.links))
        rows = [
            (key, incidents[position], first_report + number, "describes", self.at, 1)
            for key, (position, number) in zip(keys, block.links, strict=True)
        ]
        self.dialect.insert(self.connection, tables.links, LINKED, rows, len(rows))


def fill(database: Database, incidents: int, seed: int = SEED) -> Filled:
    """Fills a migrated, empty database."""
    local = partners.ensure_local(database)
    assert local.partner_key is not None
    generator, filled = Generator(local.partner_key, seed), Filled()
    with _unhurried_indexes(database) as connection, connection.begin():
        writer = _Writer(database, connection)
        sources = writer.records(tables.sources, generator.sources())
        first_report = writer.next(tables.reports)
        for block in generator.blocks(incidents, sources):
            writer.block(block, first_report)
            filled.incidents += len(block.incidents)
            filled.reports += len(block.reports)
            filled.links += len(block.links)
        known_words.learn(connection, database.dialect, writer.words)
        rollup.rebuild(connection, database.dialect)
        _finish(database, connection, writer.last, filled)
    with database.writing.begin() as connection:
        # Each record's links are looked for, which takes the indexes.
        loosely_linked.rebuild(connection, database.dialect)
    settle(database)
    return filled


def _finish(database: Database, connection: Connection, last: dict[str, int], filled: Filled) -> None:
    if not database.is_embedded:
        for name, key in last.items():
            connection.exec_driver_sql("SELECT setval(%s::regclass, %s)", (f"{name}_id_seq", key))
    mark = "?" if database.is_embedded else "%s"
    connection.exec_driver_sql(
        f"UPDATE history_head SET seq = seq + {filled.incidents + filled.reports}, hash = {mark}",
        (os.urandom(32),),
    )


@contextmanager
def _unhurried_indexes(database: Database) -> Iterator[Connection]:
    """A connection to write on, with the indexes that are no constraints gone until the end."""
    with database.writing.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if database.is_embedded:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
                raw.execute(f"PRAGMA {pragma}")
            made = _indexes_of_sqlite(raw)
        else:
            raw.autocommit = True
            made = _indexes_of_postgresql(raw)
            # The generator makes no reference to what is not there; triggers would ask for each row.
            raw.execute("SET session_replication_role = replica")
            raw.execute("SET maintenance_work_mem = '512MB'")
            raw.autocommit = False
        yield connection
        if database.is_embedded:
            for statement in made:
                raw.execute(statement)
            # Connections to come begin as the service's do.
            raw.execute("PRAGMA journal_mode=WAL")
        else:
            raw.autocommit = True
            for statement in made:
                raw.execute(statement)
            raw.execute("RESET session_replication_role")
            raw.autocommit = False
        connection.invalidate()


def _indexes_of_sqlite(raw: Any) -> list[str]:
    found = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        raw.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


def _indexes_of_postgresql(raw: Any) -> list[str]:
    found = raw.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)"
    ).fetchall()
    for name, _ in found:
        raw.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


def settle(database: Database) -> None:
    """What the databases' own housekeeping does some minutes after a large import."""
    with database.writing.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if database.is_embedded:
            raw.execute("ANALYZE")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            raw.autocommit = True
            raw.execute("VACUUM ANALYZE")
            raw.execute("CHECKPOINT")
            raw.autocommit = False

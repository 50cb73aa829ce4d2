"""The same incidents as a plain table, with the indexes that a competent user makes: what the peers publish.

The public's dated incidents with the columns of the wire. On SQLite a file of its own with an FTS5 index that Datasette
finds by itself; on PostgreSQL a schema beside the service's, with a geometry.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import Double, Integer

from app.storage import tables

SCHEMA = "peers"
COLUMNS = (
    "code", "title", "summary", "date_start", "date_end", "date_precision", "date_basis", "time_of_day", "country",
    "admin1", "admin1_code", "admin2", "admin2_code", "place", "place_names", "lon", "lat", "location_precision",
    "location_generalised_to", "event_type", "cause", "killed_low", "killed_best", "killed_high", "wounded_low",
    "wounded_best", "wounded_high", "killed_civilians_low", "killed_civilians_best", "killed_civilians_high",
    "assessment_rule", "assessment_reason", "attributions", "verification_status", "workflow", "sharing",
    "effective_sharing", "tags", "version", "created_at", "updated_at",
)  # fmt: skip
_OWN = ", ".join(f"i.{name}" for name in COLUMNS)


def _selected(of: str, more: str) -> str:
    """The rows; report_count is reckoned once, where the service and its twin count each time."""
    return f"""
    SELECT i.uid AS id, {_OWN}, s.uid AS source_id, s.display_name AS source_name, p.slug AS partner,
        (SELECT count(*) FROM {of}links AS l JOIN {of}reports AS r ON r.id = l.report_ref
         WHERE l.incident_ref = i.id AND l.seq_to IS NULL AND r.workflow = 'published'
         AND r.effective_sharing = 'public' AND r.deleted_at IS NULL) AS report_count{more}
    FROM {of}incidents AS i JOIN {of}partners AS p ON p.id = i.partner_ref LEFT JOIN {of}sources AS s ON s.id = i.source_ref
    WHERE i.workflow = 'published' AND i.effective_sharing = 'public' AND i.deleted_at IS NULL
    AND i.date_start IS NOT NULL ORDER BY i.id
    """


def sqlite_file(database: Path) -> Path:
    """Made beside the database that it is taken from, and kept with it."""
    file = database.with_name(f"{database.stem}_peers.db")
    if file.exists():
        return file
    started = file.with_suffix(".unfinished")
    started.unlink(missing_ok=True)
    with closing(sqlite3.connect(started, isolation_level=None)) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("ATTACH ? AS service", (str(database),))
        # A number must be declared as one: Datasette asks with text, and SQLite then makes it a number.
        typed = ", ".join(f"{name} {_type_of(name)}" for name in COLUMNS)
        connection.execute(
            f"CREATE TABLE incidents (id TEXT PRIMARY KEY, {typed}, source_id TEXT, source_name TEXT, partner TEXT,"
            " report_count INTEGER)"
        )
        connection.execute(f"INSERT INTO incidents {_selected('service.', '')}")
        connection.execute("CREATE INDEX by_country ON incidents (country, date_start, id)")
        connection.execute("CREATE INDEX by_date ON incidents (date_start, id)")
        connection.execute("CREATE INDEX by_position ON incidents (lon, lat)")
        connection.execute(
            "CREATE VIRTUAL TABLE incidents_fts USING fts5(title, summary, place, admin1, content='incidents')"
        )
        connection.execute("INSERT INTO incidents_fts(incidents_fts) VALUES ('rebuild')")
        connection.execute("ANALYZE")
    os.replace(started, file)
    return file


def _type_of(name: str) -> str:
    kind = tables.incidents.c[name].type
    return "REAL" if isinstance(kind, Double) else "INTEGER" if isinstance(kind, Integer) else "TEXT"


def postgresql_schema(url: str) -> None:
    """It has its name when it is whole: without statistics, and a map of what all may see, a peer would be slower than it is."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() != (None,):
            return
        started = f"{SCHEMA}_unfinished"
        table = f"{started}.incidents"
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(f"DROP SCHEMA IF EXISTS {started} CASCADE")
        connection.execute(f"CREATE SCHEMA {started}")
        connection.execute(f"CREATE TABLE {table} AS {_selected('public.', ', i.geometry AS geom')}")
        connection.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
        connection.execute(f"CREATE INDEX by_country ON {table} (country, date_start, id)")
        connection.execute(f"CREATE INDEX by_date ON {table} (date_start, id)")
        connection.execute(f"CREATE INDEX by_geom ON {table} USING gist (geom)")
        connection.execute(f"VACUUM ANALYZE {table}")
        connection.execute(f"ALTER SCHEMA {started} RENAME TO {SCHEMA}")

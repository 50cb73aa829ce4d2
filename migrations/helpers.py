"""What migrations need beyond Alembic: column types that both databases know, and DDL that only one of them has.

Nothing here follows the application: a migration written today must do the same in ten years.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIMESTAMP = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON = sa.Text().with_variant(JSONB(), "postgresql")


# Words are parted by spaces and by nothing else: every character of a folded word belongs to it, whatever category
# the Unicode tables inside SQLite put it in.
TOKENS = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"


def is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def add_search(table: str) -> None:
    """A word index over `search_text`, which holds folded words apart by one space; existing rows included."""
    if is_postgresql():
        # No text parser: the words are folded already, and both databases must find the same.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN search_words tsvector"
            " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(search_text, ' '))) STORED"
        )
        op.execute(f"CREATE INDEX ix_{table}_search_words ON {table} USING gin (search_words)")
        return
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_search USING fts5"
        f"(search_text, content='{table}', content_rowid='id', detail='none', tokenize=\"{TOKENS}\")"
    )
    op.execute(f"INSERT INTO {table}_search(rowid, search_text) SELECT id, search_text FROM {table}")


def drop_search(table: str) -> None:
    if is_postgresql():
        op.execute(f"DROP INDEX ix_{table}_search_words")
        op.execute(f"ALTER TABLE {table} DROP COLUMN search_words")
    else:
        op.execute(f"DROP TABLE {table}_search")


def add_map(table: str) -> None:
    """A spatial index over lon and lat; existing rows included."""
    if is_postgresql():
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN geometry geometry(Point, 4326)"
            " GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon, lat), 4326)) STORED"
        )
        op.execute(f"CREATE INDEX ix_{table}_geometry ON {table} USING gist (geometry)")
        return
    op.execute(f"CREATE VIRTUAL TABLE {table}_box USING rtree(id, minlon, maxlon, minlat, maxlat)")
    op.execute(f"INSERT INTO {table}_box SELECT id, lon, lon, lat, lat FROM {table} WHERE lon IS NOT NULL")


def drop_map(table: str) -> None:
    """The extension stays: it may serve others."""
    if is_postgresql():
        op.execute(f"DROP INDEX ix_{table}_geometry")
        op.execute(f"ALTER TABLE {table} DROP COLUMN geometry")
    else:
        op.execute(f"DROP TABLE {table}_box")

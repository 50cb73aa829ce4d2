"""Incidents of which an editor said that they are two, and the way from an incident to those that were merged into it.

Of records that are there nothing is said. Where the schema was here before and went down, the history knows what was said.

Revision: 0015, after 0014
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from migrations.helpers import JSON

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAME, MERGED = "distinct_from", "merged_into_ref"
TABLES = ("incidents", "incidents_versions")


def upgrade() -> None:
    there = sa.text(f"{MERGED} IS NOT NULL")
    for table in TABLES:
        op.add_column(table, sa.Column(NAME, JSON, nullable=False, server_default="[]"))
        op.create_index(f"ix_{table}_{MERGED}", table, [MERGED], sqlite_where=there, postgresql_where=there)
    _restore()


def _restore() -> None:
    bind = op.get_bind()
    told = sa.text(
        f"SELECT seq, record, after FROM changes WHERE kind = 'incident' AND after LIKE '%\"{NAME}\":%' ORDER BY seq"
    )
    live, kept = (
        sa.table(name, *(sa.column(each) for each in ("id", "uid", "seq_from")), sa.column(NAME, JSON))
        for name in TABLES
    )
    for seq, record, after in bind.execute(told).all():
        document = json.loads(after)
        if NAME not in document:
            continue
        value = (
            document[NAME]
            if bind.dialect.name == "postgresql"
            else json.dumps(document[NAME], separators=(",", ":"))
        )
        is_meant = live.c.uid == record
        key = sa.select(live.c.id).where(is_meant).scalar_subquery()
        bind.execute(sa.update(kept).where(kept.c.id == key, kept.c.seq_from >= seq).values({NAME: value}))
        bind.execute(sa.update(live).where(is_meant).values({NAME: value}))


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_{MERGED}", table)
        op.drop_column(table, NAME)

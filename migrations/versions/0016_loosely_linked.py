"""Which incidents have no report that everybody may read, and which reports no incident, so that they need not be sought among all.

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.helpers import KEY

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = "loosely_linked"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("linked_to", sa.Text(), nullable=False),
        sa.Column("record_ref", KEY, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "linked_to", "record_ref", name=f"pk_{TABLE}"),
        sa.CheckConstraint("linked_to IN ('nothing', 'hidden')", name="linked_to"),
        sqlite_with_rowid=False,
    )
    _fill("incident", "report", "AND links.seq_to IS NULL", "")
    # Not by the index of the links that stand, which begins with the incident.
    _fill("report", "incident", "", "AND links.seq_to IS NULL")


def _fill(near: str, far: str, before: str, after: str) -> None:
    """`before`, `after`: where it is asked whether a link stands."""
    # One link after the other. As a join, PostgreSQL might read whole tables for each record where it has no statistics.
    link = f"SELECT 1 FROM links WHERE links.{near}_ref = near.id {before}"
    seen = f"SELECT 1 FROM {far}s AS far WHERE far.id = links.{far}_ref AND far.deleted_at IS NULL {after}"
    public = f"{seen} AND far.workflow = 'published' AND far.effective_sharing = 'public'"
    op.execute(
        f"INSERT INTO {TABLE} SELECT '{near}',"
        f" CASE WHEN ({link} AND ({seen}) IS NOT NULL LIMIT 1) IS NULL THEN 'nothing' ELSE 'hidden' END, near.id"
        f" FROM {near}s AS near"
        f" WHERE near.deleted_at IS NULL AND ({link} AND ({public}) IS NOT NULL LIMIT 1) IS NULL"
    )


def downgrade() -> None:
    op.drop_table(TABLE)

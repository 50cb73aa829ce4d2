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
FAR = {"incident": "report", "report": "incident"}


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
    for near, far in FAR.items():
        _fill(near, far)


def _fill(near: str, far: str) -> None:
    linked = (
        f"EXISTS (SELECT 1 FROM links JOIN {far}s AS far ON far.id = links.{far}_ref"
        f" WHERE links.{near}_ref = near.id AND links.seq_to IS NULL AND far.deleted_at IS NULL"
    )
    public = "far.workflow = 'published' AND far.effective_sharing = 'public'"
    op.execute(
        f"INSERT INTO {TABLE} SELECT '{near}', CASE WHEN {linked}) THEN 'hidden' ELSE 'nothing' END, near.id"
        f" FROM {near}s AS near WHERE near.deleted_at IS NULL AND NOT {linked} AND {public})"
    )


def downgrade() -> None:
    op.drop_table(TABLE)

"""Records without a position, in the order of lists: a box of OGC API - Features finds them too.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME = "ix_incidents_without_position"


def upgrade() -> None:
    op.create_index(
        NAME,
        "incidents",
        ["date_start", "id"],
        sqlite_where=sa.text("lon IS NULL"),
        postgresql_where=sa.text("lon IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(NAME, "incidents")

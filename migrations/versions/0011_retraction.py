"""Why an incident was retracted, for those who read it.

Records that are there keep null in the new column. Where the schema was here before and went down, the history knows
what stood in it.

Revision: 0011, after 0010
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "retraction_reason"


def upgrade() -> None:
    for table in ("incidents", "incidents_versions"):
        op.add_column(table, sa.Column(NAME, sa.Text()))
    _restore()


def _restore() -> None:
    bind = op.get_bind()
    told = sa.text(
        f"SELECT seq, record, after FROM changes WHERE kind = 'incident' AND after LIKE '%\"{NAME}\":%' ORDER BY seq"
    )
    for seq, record, after in bind.execute(told).all():
        document = json.loads(after)
        if NAME not in document:
            continue
        # What was redacted later is no text any more.
        value = document[NAME] if isinstance(document[NAME], str) else None
        values = {"record": record, "value": value}
        kept = (
            f"UPDATE incidents_versions SET {NAME} = :value"
            " WHERE id = (SELECT id FROM incidents WHERE uid = :record) AND seq_from >= :seq"
        )
        bind.execute(sa.text(kept), {**values, "seq": seq})
        bind.execute(sa.text(f"UPDATE incidents SET {NAME} = :value WHERE uid = :record"), values)


def downgrade() -> None:
    for table in ("incidents", "incidents_versions"):
        op.drop_column(table, NAME)

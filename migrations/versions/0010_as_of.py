"""Pages of what was so: versions in the order of lists, by what hangs together, and links that have ended.

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEXES = (
    ("incidents_versions", ("date_start", "id", "seq_from"), None),
    ("incidents_versions", ("country", "date_start", "id", "seq_from"), None),
    ("incidents_versions", ("source_ref", "seq_from"), "source_ref IS NOT NULL"),
    ("incidents_versions", ("part_of_ref",), "part_of_ref IS NOT NULL"),
    ("reports_versions", ("date_published", "id", "seq_from"), None),
    ("reports_versions", ("source_ref", "seq_from"), "source_ref IS NOT NULL"),
    ("links", ("incident_ref",), "seq_to IS NOT NULL"),
)


def upgrade() -> None:
    for table, columns, only in INDEXES:
        where = None if only is None else sa.text(only)
        op.create_index(_name(table, columns), table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for table, columns, _ in reversed(INDEXES):
        op.drop_index(_name(table, columns), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_ended" if table == "links" else f"ix_{table}_{'_'.join(columns)}"

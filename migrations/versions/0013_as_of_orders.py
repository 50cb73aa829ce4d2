"""Pages of what was so in every order that lists have, and versions that are passed over without being read.

The end of a version's range joins the indexes by which pages are walked: of three versions two are passed over, and each of
them was looked up in the table before.

Revision: 0013, after 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OLD = (
    ("incidents_versions", ("date_start", "id", "seq_from")),
    ("incidents_versions", ("country", "date_start", "id", "seq_from")),
    ("reports_versions", ("date_published", "id", "seq_from")),
)
NEW = (
    *((table, (*columns, "seq_to")) for table, columns in OLD),
    ("incidents_versions", ("killed_best", "id", "seq_from", "seq_to")),
    ("incidents_versions", ("wounded_best", "id", "seq_from", "seq_to")),
    ("incidents_versions", ("updated_at", "id", "seq_from", "seq_to")),
    ("reports_versions", ("updated_at", "id", "seq_from", "seq_to")),
    ("sources_versions", ("updated_at", "id", "seq_from", "seq_to")),
)
SEEN = "ix_reports_versions_seen"


def upgrade() -> None:
    for table, columns in OLD:
        op.drop_index(_name(table, columns), table)
    for table, columns in NEW:
        op.create_index(_name(table, columns), table, columns)
    columns = ["id", "seq_from", "seq_to", "workflow", "effective_sharing", "deleted_at"]
    op.create_index(SEEN, "reports_versions", columns)


def downgrade() -> None:
    op.drop_index(SEEN, "reports_versions")
    for table, columns in reversed(NEW):
        op.drop_index(_name(table, columns), table)
    for table, columns in OLD:
        op.create_index(_name(table, columns), table, columns)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"

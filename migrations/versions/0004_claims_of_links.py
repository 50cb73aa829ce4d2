"""A claim is part of a link, which holds the references: claims do without keys of their own to the same rows.

Revision: 0004, after 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REFERENCES = {"incident_ref": "incidents", "report_ref": "reports"}


def upgrade() -> None:
    with op.batch_alter_table("claims") as claims:
        for column in REFERENCES:
            claims.drop_constraint(f"fk_claims_{column}", type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("claims") as claims:
        for column, table in REFERENCES.items():
            claims.create_foreign_key(f"fk_claims_{column}", table, [column], ["id"])

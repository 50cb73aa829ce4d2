"""Changes that can be redacted: the salt that an entry's seal takes, the digest that stays when its content goes, and the
redactions among all changes.

Entries that are there are sealed without a salt, and stay so.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEX = "ix_changes_redactions"
NEW = ("salt", "content")


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("changes")}
    for name in NEW:
        if name not in there:
            op.add_column("changes", sa.Column(name, sa.LargeBinary()))
    only = sa.text("action = 'redact'")
    op.create_index(INDEX, "changes", ["record", "seq"], sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    """The columns stay: without its salt no entry that was sealed with one could be recomputed, after the way back either."""
    op.drop_index(INDEX, "changes")

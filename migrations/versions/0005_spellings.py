"""The words that records hold, each with its sound, so that names are found however they are spelled.

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

# The application's own rule, not a copy of it: the service asks by the sounds of today, and a change of the rule brings
# a migration that fills the table anew.
from app.domain.spelling import sound_of
from migrations.helpers import is_postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEARCHED = ("incidents", "reports", "sources")


def upgrade() -> None:
    spellings = op.create_table(
        "spellings",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("sound", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_spellings"),
    )
    op.create_index("ix_spellings_sound", "spellings", ["sound"])
    words: set[str] = set()
    # PostgreSQL would send all texts at once, where the embedded database gives one after the other.
    column = "DISTINCT unnest(string_to_array(search_text, ' '))" if is_postgresql() else "search_text"
    for table in SEARCHED:
        for (text,) in op.get_bind().exec_driver_sql(f"SELECT {column} FROM {table}"):
            words.update(text.split())
    rows = [{"word": word, "sound": sound} for word in sorted(words) if (sound := sound_of(word))]
    if rows:
        op.bulk_insert(spellings, rows)


def downgrade() -> None:
    op.drop_table("spellings")

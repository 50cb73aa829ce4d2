"""Word indexes over incidents, reports and sources; a spatial index over incidents.

Revision: 0002, after 0001
"""

from __future__ import annotations

from migrations.helpers import add_map, add_search, drop_map, drop_search

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEARCHED = ("incidents", "reports", "sources")


def upgrade() -> None:
    for table in SEARCHED:
        add_search(table)
    add_map("incidents")


def downgrade() -> None:
    drop_map("incidents")
    for table in reversed(SEARCHED):
        drop_search(table)

"""Sums of the incidents by country, months and what decides who sees them, so that totals need not read each incident.

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.helpers import KEY, is_postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "incident_rollup"
METRICS = ("killed", "wounded", "killed_civilians")
PARTS = {
    "low": "sum(coalesce({m}_low, 0))",
    "best": "sum(coalesce({m}_best, {m}_low, 0))",
    "high": "sum(coalesce({m}_high, 0))",
    "unknown": "count(*) - count(coalesce({m}_low, {m}_best, {m}_high))",
    "open": "count(coalesce({m}_low, {m}_best, {m}_high)) - count({m}_high)",
    "no_best": "count(coalesce({m}_low, {m}_best, {m}_high)) - count({m}_best)",
    "lows": "count({m}_low)",
    "bests": "count(coalesce({m}_best, {m}_low))",
}
HELD = ("workflow", "effective_sharing", "verification_status", "partner_ref")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("held_in_common", sa.Text(), nullable=False),
        sa.Column("country", sa.Text()),
        sa.Column("first_month", sa.Integer()),
        sa.Column("last_month", sa.Integer()),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("effective_sharing", sa.Text(), nullable=False),
        sa.Column("verification_status", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("incidents", KEY, nullable=False),
        *(sa.Column(f"{metric}_{part}", KEY, nullable=False) for metric in METRICS for part in PARTS),
        sa.PrimaryKeyConstraint("held_in_common", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_country", TABLE, ["country"])
    _fill()


def _fill() -> None:
    sums = [parts.format(m=metric) for metric in METRICS for parts in PARTS.values()]
    key = ("country", _month("date_start"), _month("date_end"), *HELD)
    joined = " || '.' || ".join(f"coalesce(CAST({part} AS text), '-')" for part in key)
    op.execute(
        f"INSERT INTO {TABLE} SELECT {joined}, {', '.join(key)}, count(*), {', '.join(sums)}"
        f" FROM incidents WHERE deleted_at IS NULL GROUP BY {', '.join(key)}"
    )


def _month(day: str) -> str:
    if is_postgresql():
        return f"CAST(date_part('year', {day}) * 12 + date_part('month', {day}) - 1 AS integer)"
    return f"CAST(substr({day}, 1, 4) AS INTEGER) * 12 + CAST(substr({day}, 6, 2) AS INTEGER) - 1"


def downgrade() -> None:
    op.drop_table(TABLE)

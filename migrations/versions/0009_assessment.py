"""What claims speak for, beside the figures; which reports are not independent of each other.

Records that are there keep null in the new columns, as their history says: `incidents assess` fills them, as a change.
Where the schema was here before and went down, the history knows what stood in them.

Revision: 0009, after 0008
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.helpers import KEY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INCIDENTS = (("wording_rule", sa.Text()), ("proposed_status", sa.Text()), ("spread", sa.Integer()))
REPORTS = ("derived_from_ref", "same_origin_as_ref")
TOLD = {
    "incident": {name: name for name, _ in INCIDENTS},
    "report": {name.removesuffix("_ref"): name for name in REPORTS},
    "source": {"owner": "owner"},
}
"""How the history calls the new columns, by kind of record."""


def upgrade() -> None:
    for table in ("incidents", "incidents_versions"):
        for name, kind in INCIDENTS:
            op.add_column(table, sa.Column(name, kind))
    for table in ("sources", "sources_versions"):
        op.add_column(table, sa.Column("owner", sa.Text()))
    for name in REPORTS:
        for table in ("reports", "reports_versions"):
            op.add_column(table, sa.Column(name, KEY))
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_reports_{name}", "reports", [name], sqlite_where=there, postgresql_where=there)
    there = sa.text("spread IS NOT NULL")
    op.create_index(
        "ix_incidents_spread_id", "incidents", ["spread", "id"], sqlite_where=there, postgresql_where=there
    )
    _restore()


def _restore() -> None:
    bind = op.get_bind()
    for kind, column, values in _told(bind):
        key = f"(SELECT id FROM {kind}s WHERE uid = :record)"
        value = ":value" if column not in REPORTS else "(SELECT id FROM reports WHERE uid = :value)"
        kept = f"UPDATE {kind}s_versions SET {column} = {value} WHERE id = {key} AND seq_from >= :seq"
        bind.execute(sa.text(kept), values)
        live = {"record": values["record"], "value": values["value"]}
        bind.execute(sa.text(f"UPDATE {kind}s SET {column} = {value} WHERE uid = :record"), live)


def _told(bind: sa.Connection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What changes said of the new columns, in their order."""
    for kind, names in TOLD.items():
        telling = " OR ".join(f"after LIKE '%\"{name}\":%'" for name in names)
        changes = sa.text(
            f"SELECT seq, record, after FROM changes WHERE kind = :kind AND ({telling}) ORDER BY seq"
        )
        for seq, record, after in bind.execute(changes, {"kind": kind}).all():
            told = json.loads(after)
            for name in names.keys() & told.keys():
                yield kind, names[name], {"seq": seq, "record": record, "value": told[name]}


def downgrade() -> None:
    op.drop_index("ix_incidents_spread_id", "incidents")
    for name in REPORTS:
        op.drop_index(f"ix_reports_{name}", "reports")
        for table in ("reports", "reports_versions"):
            op.drop_column(table, name)
    for table in ("sources", "sources_versions"):
        op.drop_column(table, "owner")
    for table in ("incidents", "incidents_versions"):
        for name, _ in INCIDENTS:
            op.drop_column(table, name)

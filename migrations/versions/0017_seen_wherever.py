"""Only what somebody might read without seeing a link of it is linked loosely: not what an organisation drafts of its own reports.

Revision: 0017, after 0016
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = "loosely_linked"
EVERYBODY = "{0}.workflow = 'published' AND {0}.effective_sharing = 'public'"
PARTNERS = "{0}.workflow = 'published' AND {0}.effective_sharing IN ('public', 'partners')"
WHEREVER = (
    "(near.effective_sharing = 'restricted'"
    f" OR ({EVERYBODY.format('far')})"
    f" OR ({PARTNERS.format('far')} AND NOT ({EVERYBODY.format('near')}))"
    " OR (far.effective_sharing <> 'restricted' AND far.partner_ref = near.partner_ref"
    f" AND NOT ({PARTNERS.format('near')})))"
)
"""Whoever may read `near` may read `far`."""


def upgrade() -> None:
    for near, far in (("incident", "report"), ("report", "incident")):
        op.execute(
            f"DELETE FROM {TABLE} WHERE kind = '{near}' AND linked_to = 'hidden' AND EXISTS ("
            f"SELECT 1 FROM links JOIN {far}s AS far ON far.id = links.{far}_ref"
            f" JOIN {near}s AS near ON near.id = links.{near}_ref"
            f" WHERE links.{near}_ref = {TABLE}.record_ref AND links.seq_to IS NULL"
            f" AND far.deleted_at IS NULL AND {WHEREVER})"
        )


def downgrade() -> None:
    """Adds those of which no link leads to what everybody may read, as revision 0016 had it."""
    for near, far in (("incident", "report"), ("report", "incident")):
        standing = (
            f"SELECT 1 FROM links JOIN {far}s AS far ON far.id = links.{far}_ref"
            f" WHERE links.{near}_ref = near.id AND links.seq_to IS NULL AND far.deleted_at IS NULL"
        )
        op.execute(
            f"INSERT INTO {TABLE} SELECT '{near}', 'hidden', near.id FROM {near}s AS near"
            f" WHERE near.deleted_at IS NULL AND EXISTS ({standing})"
            f" AND NOT EXISTS ({standing} AND {EVERYBODY.format('far')})"
            f" AND NOT EXISTS (SELECT 1 FROM {TABLE} AS kept WHERE kept.kind = '{near}' AND kept.record_ref = near.id)"
        )

"""What records said in words until they said otherwise, so that words are searched for as of another moment, too.

Filled from the versions that are kept: one text for each stretch of the history in which a record said the same.

Revision: 0014, after 0013
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

# The application's own rule, not a copy of it: the service folds what is asked as it folds today.
from app.domain.folding import fold_all
from migrations.helpers import JSON, KEY, add_search, drop_search

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PARTS = ("title", "place", "place_names", "admin1", "admin2", "summary", "code", "excerpt")
SEARCHED = {
    "incident": ("title", "place", "place_names", "admin1", "admin2", "summary", "code"),
    "report": ("title", "excerpt"),
    "source": ("display_name",),
}
AT_ONCE = 1_000
BY_RECORD = "ix_former_texts_kind_record_ref_seq_to"


def upgrade() -> None:
    table = op.create_table(
        "former_texts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_ref", KEY, nullable=False),
        sa.Column("seq_from", KEY, nullable=False),
        sa.Column("seq_to", KEY, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in PARTS),
        sa.PrimaryKeyConstraint("id", name="pk_former_texts"),
    )
    for kind, names in SEARCHED.items():
        rows = _former(kind, names)
        while some := list(islice(rows, AT_ONCE)):
            op.bulk_insert(table, some)
    op.create_index(BY_RECORD, "former_texts", ["kind", "record_ref", "seq_to"])
    add_search("former_texts")


def downgrade() -> None:
    drop_search("former_texts")
    op.drop_table("former_texts")


def _former(kind: str, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    record, since, said = None, 0, {}
    for key, seq, values in _versions(kind, names):
        if key != record:
            record, since, said = key, 0, values
        elif values != said:
            texts = {name: _texts(value) for name, value in said.items()}
            parts = {name: fold_all(*texts.get(name, ())) or None for name in PARTS}
            whole = fold_all(*(text for name in names for text in texts[name]))
            yield {
                "kind": kind,
                "record_ref": key,
                "seq_from": since,
                "seq_to": seq,
                "search_text": whole,
                **parts,
            }
            since, said = seq, values


def _versions(kind: str, names: tuple[str, ...]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Of records that have several: the key, from which change on, and what is searched; some records at a time."""
    columns = [sa.column("id"), sa.column("seq_from"), sa.column("seq_to")]
    searched = [sa.column(name, JSON if name == "place_names" else sa.Text()) for name in names]
    kept, connection = sa.table(f"{kind}s_versions", *columns, *searched), op.get_bind()
    several = (
        sa.select(kept.c.id).where(kept.c.seq_to.is_not(None)).distinct().order_by(kept.c.id).limit(AT_ONCE)
    )
    last = 0
    while keys := connection.execute(several.where(kept.c.id > last)).scalars().all():
        last = keys[-1]
        found = sa.select(kept.c.id, kept.c.seq_from, *searched).where(kept.c.id.in_(keys))
        for row in connection.execute(found.order_by(kept.c.id, kept.c.seq_from)).all():
            values = dict(zip(names, row[2:], strict=True))
            if isinstance(values.get("place_names"), str):
                values["place_names"] = json.loads(values["place_names"])
            yield row[0], row[1], values


def _texts(value: Any) -> list[str]:
    return list(value.values()) if isinstance(value, dict) else [] if value is None else [value]

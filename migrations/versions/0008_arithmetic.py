"""The operations div, % and ^ of CQL2 on PostgreSQL, as the embedded database gets them from Python.

Revision: 0008, after 0007
"""

from __future__ import annotations

from alembic import op

from migrations.helpers import is_postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TAKES = "(a double precision, b double precision)"
HEAD = f"{TAKES} RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN"
FUNCTIONS = {
    "whole_quotient": "RETURN trunc(a / nullif(b, 0));",
    "remainder": "RETURN a - b * trunc(a / nullif(b, 0));",
    "power_of": """
        IF a = 0 THEN
            RETURN CASE WHEN b > 0 THEN 0 WHEN b = 0 THEN 1 END;
        END IF;
        IF (a < 0 AND b <> trunc(b)) OR abs(b * ln(abs(a))) > 40 THEN
            RETURN NULL;
        END IF;
        a := power(a, b);
        RETURN CASE WHEN abs(a) BETWEEN 1e-9 AND 1e15 THEN a END;
    """,
}


def upgrade() -> None:
    if is_postgresql():
        for name, body in FUNCTIONS.items():
            op.get_bind().exec_driver_sql(f"CREATE FUNCTION {name}{HEAD} {body} END $$")


def downgrade() -> None:
    if is_postgresql():
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}{TAKES}")

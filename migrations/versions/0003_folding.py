"""CASEI and ACCENTI on PostgreSQL: Unicode's folding, as the embedded database gets it from Python.

Revision: 0003, after 0002
"""

from __future__ import annotations

from alembic import op

from migrations.folding import marks, to_one, to_several
from migrations.helpers import is_postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def upgrade() -> None:
    if not is_postgresql():
        return
    letters, folded = to_one()
    several = to_several()
    replacing = "folded"
    for letter, letters_of_it in several.items():
        replacing = f"replace({replacing}, {_quoted(letter)}, {_quoted(letters_of_it)})"
    # As many bytes as characters: nothing but ASCII, which most text is.
    op.get_bind().exec_driver_sql(
        f"""
        CREATE FUNCTION fold_case(text text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
        DECLARE folded text;
        BEGIN
            IF octet_length(text) = char_length(text) THEN
                RETURN lower(text COLLATE "C");
            END IF;
            folded := translate(lower(text COLLATE "und-x-icu"), {_quoted(letters)}, {_quoted(folded)});
            IF folded ~ '[{"".join(several)}]' THEN
                folded := {replacing};
            END IF;
            RETURN folded;
        END $$
        """
    )
    op.get_bind().exec_driver_sql(
        f"""
        CREATE FUNCTION fold_accents(text text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
        BEGIN
            IF octet_length(text) = char_length(text) THEN
                RETURN text;
            END IF;
            RETURN regexp_replace(normalize(text, NFD), '[{marks()}]', '', 'g');
        END $$
        """
    )


def downgrade() -> None:
    if is_postgresql():
        op.execute("DROP FUNCTION fold_accents(text)")
        op.execute("DROP FUNCTION fold_case(text)")

"""A word that must be nowhere: in no table, no index, no page of the file that was given free, and no answer."""

from __future__ import annotations

import secrets
import string
from pathlib import Path

from sqlalchemy import text

from app.storage.database import Database


def new_word() -> str:
    """A word that nothing else holds, as a name is written; unlike itself it is found folded, too."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(14)).capitalize()


def places_of(word: str, database: Database) -> list[str]:
    """Where the database still holds the word, in whatever case."""
    found = _tables_with(word.lower(), database)
    if database.file is not None:
        for file in (database.file, Path(f"{database.file}-wal")):
            held = file.read_bytes() if file.exists() else b""
            found += [file.name] * (word.lower().encode() in held.lower())
    return found


def _tables_with(word: str, database: Database) -> list[str]:
    embedded = database.is_embedded
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_search\\_%' ESCAPE '\\'"
        " AND name NOT LIKE '%\\_box\\_%' ESCAPE '\\'"
        if embedded
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    with database.reading.connect() as connection:
        names = [str(row[0]) for row in connection.execute(text(listed))]
        found = []
        for name in names:
            if embedded:
                rows = [str(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {name}"))]
            else:
                rows = [str(row[0]) for row in connection.execute(text(f"SELECT t::text FROM {name} AS t"))]
            found += [name] * any(word in row.lower() for row in rows)
    return found

"""Ids that a file has named so far: on disk once they are many, so that memory stays flat."""

from __future__ import annotations

import sqlite3


class Seen:
    """A set of ids with the row that each first stood in. Private, temporary, gone when closed."""

    def __init__(self) -> None:
        self._ids = sqlite3.connect("", isolation_level=None)
        self._ids.execute("PRAGMA journal_mode=OFF")
        self._ids.execute("PRAGMA synchronous=OFF")
        self._ids.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, row INTEGER) WITHOUT ROWID")
        self._ids.execute("BEGIN")

    def first(self, name: str, row: int) -> int | None:
        """None where the id is new; else the row in which it stood before."""
        # As bytes: text from a broken file may hold what SQLite's text may not.
        key = name.encode("utf-8", "surrogatepass")
        if self._ids.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (key, row)).rowcount:
            return None
        found: int = self._ids.execute("SELECT row FROM ids WHERE id = ?", (key,)).fetchone()[0]
        return found

    def close(self) -> None:
        self._ids.close()

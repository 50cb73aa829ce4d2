"""Ids that a file has named so far: on disk once they are many, so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence


class Seen:
    """A set of ids with the row that each first stood in. Private, temporary, gone when closed."""

    def __init__(self) -> None:
        self._ids = sqlite3.connect("", isolation_level=None)
        self._ids.execute("PRAGMA journal_mode=OFF")
        self._ids.execute("PRAGMA synchronous=OFF")
        self._ids.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, row INTEGER) WITHOUT ROWID")
        self._ids.execute("BEGIN")

    def repeated(self, named: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Takes ids with their rows; of those that are not new, by row, the row in which the id stood first."""
        # As bytes: text from a broken file may hold what SQLite's text may not.
        keyed = [(name.encode("utf-8", "surrogatepass"), row) for name, row in named]
        new = self._ids.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?)", keyed).rowcount
        if new == len(keyed):
            return {}
        found = {}
        for key, row in keyed:
            first: int = self._ids.execute("SELECT row FROM ids WHERE id = ?", (key,)).fetchone()[0]
            if first != row:
                found[row] = first
        return found

    def close(self) -> None:
        self._ids.close()

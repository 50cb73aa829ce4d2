"""Words that very many records hold: a page of these is found sooner by reading the records in order than through the
word index, which would yield all of them first."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from app.query.fields import Kind
from app.query.filter import And, Filter, Words
from app.storage.columns import TABLES
from app.storage.tables import former_texts

if TYPE_CHECKING:
    from app.storage.database import Reader

WIDESPREAD = 8_000
"""Records with a word, from which on the order serves better: about the square root of 67 a record."""
MOST_KNOWN = 10_000
RARE_FOR = 60.0
"""Seconds for which words that few records hold are taken to stay so. What many hold is not soon held by few."""


class Occurring:
    """Which words are widespread, as far as it was counted: a hint how to look for them, no more. Any thread may use it."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[bool, float]] = {}

    def widespread(self, words: Any) -> bool | None:
        """None where it has to be counted."""
        widespread, counted_at = self._known.get(words, (False, float("-inf")))
        return widespread if widespread or monotonic() - counted_at < RARE_FOR else None

    def remember(self, words: Any, *, widespread: bool) -> None:
        if len(self._known) >= MOST_KNOWN:
            self.forget()
        self._known[words] = (widespread, monotonic())

    def forget(self) -> None:
        self._known.clear()


def widespread_told(reader: Reader, kind: Kind, where: Filter, *, once: bool = False) -> Filter:
    """The question, with words that very many records hold marked as such; `once`: or held once."""
    match where:
        case And(parts):
            return And(tuple(widespread_told(reader, kind, part, once=once) for part in parts))
        case Words(widespread=False):
            tables = (TABLES[kind], *([former_texts] if once else []))
            if any(_is_widespread(reader, table, where) for table in tables):
                return replace(where, widespread=True)
    return where


def _is_widespread(reader: Reader, table: Table, words: Words) -> bool:
    """Counted as seldom as can be: it takes as long as a page."""
    known = reader.occurring.widespread((table.name, words.wanted))
    if known is None:
        (encoded,) = words.values()
        counting = reader.dialect.hits(table, str(encoded), WIDESPREAD)
        known = reader.rows(*counting)[0][0] >= WIDESPREAD
        reader.occurring.remember((table.name, words.wanted), widespread=known)
    return known

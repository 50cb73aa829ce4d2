"""The words that records hold, or held, each with its sound."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from app.domain.spelling import sound_of
from app.storage import tables
from app.storage.dialects.base import DatabaseDialect


def learn(connection: Connection, dialect: DatabaseDialect, words: Iterable[str]) -> None:
    """Adds the words that are new. Words without a sound (numbers) are never asked for otherwise than they stand."""
    sounds = {word: sound for word in sorted(words) if (sound := sound_of(word))}
    if not sounds:
        return
    c = tables.spellings.c
    known = set(connection.scalars(select(c.word).where(dialect.among(c.word, list(sounds)))))
    new = [{"word": word, "sound": sound} for word, sound in sounds.items() if word not in known]
    if new:
        connection.execute(insert(tables.spellings), new)

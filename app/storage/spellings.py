"""How a question's word is read where no record holds it: as words that records do hold (`known_words`).

The table knows words of records that the viewer may not see: a reading counts only where a visible record holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Select, func, literal_column, select

from app.access.viewer import Viewer
from app.domain.spelling import (
    SHORTEST_NAME,
    Alternatives,
    Wanted,
    closest,
    joined_and_parted,
    near_sounds,
    sound_of,
)
from app.query.fields import Kind
from app.query.filter import And, Filter, Words
from app.storage import tables
from app.storage.compile import Binder, Statement, condition, extras, prepare, visible
from app.storage.database import Reader
from app.storage.moments import past
from app.storage.then import scope_of

MOST_READINGS = 12
"""Words that one word is read as, of those that visible records hold and that are equally far from it."""
LONGER = 3
"""Letters that a word may have more or less than the one asked for."""

ReadAs = dict[str, list[str]]
"""Words of a question that no visible record holds, each with the words that it was read as."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose question, of what, and as of which change."""

    reader: Reader
    viewer: Viewer
    kind: Kind
    as_of: int | None = None


def forgiving(
    asked: Asked, where: Filter, answer: Callable[[Filter], T], is_empty: Callable[[T], bool]
) -> tuple[T, ReadAs]:
    """The answer; where it is empty because of words that nothing holds, that to the words they may stand for."""
    found = answer(where)
    if not is_empty(found):
        return found, {}
    understood, read_as = _understood(asked, where)
    return (answer(understood), read_as) if read_as else (found, {})


def _understood(asked: Asked, where: Filter) -> tuple[Filter, ReadAs]:
    """The question with words that no visible record holds replaced by those that one does."""
    match where:
        case And(parts):
            read = [_understood(asked, part) for part in parts]
            return And(tuple(part for part, _ in read)), {
                word: words for _, read_as in read for word, words in read_as.items()
            }
        case Words(wanted):
            groups = [(group, _reading(asked, group, beginning=group is wanted[-1])) for group in wanted]
            return Words(tuple(reading or group for group, reading in groups)), {
                group[0]: list(reading) for group, reading in groups if reading
            }
    return where, {}


def _reading(asked: Asked, group: Alternatives, *, beginning: bool) -> Alternatives:
    """What else the word may be; () where a visible record holds it as it stands, or none holds anything like it."""
    if _is_held(asked, (group,) if beginning else (group, group)):
        return ()
    word = group[0]
    for words in [sorted(joined_and_parted(word)), *closest(word, _alike(asked.reader, word))]:
        # Not the first few words of any record: those that the viewer may not see would crowd out the others.
        held = list(
            islice((other for other in words if _is_held(asked, ((other,), (other,)))), MOST_READINGS)
        )
        if held:
            return tuple(held)
    return ()


def _is_held(asked: Asked, wanted: Wanted) -> bool:
    """Whether a record that the viewer may see holds the words. A group said twice is no mere beginning."""

    as_of = past(asked.reader, asked.as_of)

    def build() -> Statement:
        scope, binder = scope_of(asked.kind, asked.viewer, as_of), Binder()
        words = condition(Words(wanted), scope, binder, asked.reader.dialect)
        seen = visible(scope)
        one: Select[Any] = select(literal_column("1")).select_from(scope.joined()).where(words, seen).limit(1)
        return prepare(one, binder, asked.reader.dialect)

    statement = asked.reader.prepared(("held", asked.kind, asked.viewer.rank, as_of is not None), build)
    values = list(Words(wanted).values())
    own = extras(asked.viewer, as_of)
    return bool(asked.reader.answer(statement, values, own))


def _alike(reader: Reader, word: str) -> list[str]:
    """Words of any record that sound nearly like this one and are nearly as long."""
    sounds = near_sounds(sound_of(word))
    if len(word) < SHORTEST_NAME or not sounds:
        return []
    c = tables.spellings.c
    found = select(c.word).where(
        reader.dialect.among(c.sound, sorted(sounds)),
        func.length(c.word).between(len(word) - LONGER, len(word) + LONGER),
    )
    statement = prepare(found, Binder(), reader.dialect)
    return [row[0] for row in reader.answer(statement)]

"""Where in a text the words of a question stand, as the text spells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from app.domain.folding import folded_char, words_of
from app.domain.spelling import Wanted

MOST_HITS = 3
CONTEXT = 60
"""Characters before and after a hit, cut where a word ends."""


class Hit(NamedTuple):
    """One word of `field`, with what stands around it; the three joined are a piece of the text as it is."""

    field: str
    before: str
    hit: str
    after: str


def hits_in(texts: Iterable[tuple[str, str | None]], wanted: Wanted) -> list[Hit]:
    """The first hit of each text (field, text) that holds one, the first MOST_HITS."""
    whole = {word for group in wanted[:-1] for word in group}
    beginnings = wanted[-1]
    found: list[Hit] = []
    for field, text in texts:
        if len(found) == MOST_HITS:
            break
        if text and any(word in whole or word.startswith(beginnings) for word in words_of(text)):
            found.append(_first(field, text, whole, beginnings))
    return found


def _first(field: str, text: str, whole: set[str], beginnings: tuple[str, ...]) -> Hit:
    for word, start, end in _spans(text):
        if word in whole or word.startswith(beginnings):
            return Hit(field, _before(text, start), text[start:end], _after(text, end))
    raise AssertionError("a folded text holds the words that it folds to")


def _spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Folded words, each with where it stands in the text as it is."""
    word, start, end = "", 0, 0
    for at, char in enumerate(text):
        folded = folded_char(char)
        for letter in folded:
            if letter != " ":
                if not word:
                    start = at
                word += letter
                end = at + 1
            elif word:
                yield word, start, end
                word = ""
        if word and not folded:
            end = at + 1  # an accent of its own, an apostrophe: part of the word
    if word:
        yield word, start, end


def _before(text: str, start: int) -> str:
    if start <= CONTEXT:
        return text[:start]
    piece = text[start - CONTEXT : start]
    return "…" + (piece[piece.find(" ") + 1 :] if " " in piece.rstrip() else piece)


def _after(text: str, end: int) -> str:
    if len(text) - end <= CONTEXT:
        return text[end:]
    piece = text[end : end + CONTEXT]
    return (piece[: piece.rfind(" ")] if " " in piece.lstrip() else piece) + "…"


def texts_of(document: Mapping[str, object], fields: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """The texts of a record under their field names; of names by language one after the other (`place_names.ar`)."""
    for field in fields:
        value = document.get(field)
        if isinstance(value, Mapping):
            yield from ((f"{field}.{language}", str(name)) for language, name in value.items())
        elif isinstance(value, str):
            yield field, value

"""Names as people spell them: without their article, by how they sound, and a slip of the finger away.

Transliterations of one Arabic name differ in vowels, doubled letters and a few consonants (Sukkari, Sokary, Sukari): a
word's sound keeps its consonants, in classes that the Latin and the Arabic spelling share.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import zip_longest

from rapidfuzz.distance import OSA

from app.domain.folding import words_of

Alternatives = tuple[str, ...]
Wanted = tuple[Alternatives, ...]
"""Folded words that are asked for: of each group one has to be there; the last group's may be beginnings."""

MOST_WORDS = 20
SHORTEST_NAME = 4
"""Letters. Of shorter words nearly every other is a slip away."""
_SHORTEST_STEM = 3
_ARABIC_ARTICLE = "ال"
_LATIN_ARTICLES = ("al", "el")
# The letters before which the article's l is spoken, and often written, like them: As-Sukkari, Ar-Raqqa.
_SPOKEN_ARTICLES = tuple(
    vowel + letter for letter in ("sh", "th", "dh", "d", "n", "r", "s", "t", "z") for vowel in "ae"
)

_LATIN = {
    **dict.fromkeys("aeiouwyˈ", ""),
    **dict.fromkeys("bp", "b"),
    **dict.fromkeys("fv", "f"),
    **dict.fromkeys("ckq", "k"),
    **dict.fromkeys("gj", "g"),
    "x": "ks",
}
_DIGRAPHS = {"kh": "h", "gh": "g", "sh": "c", "ch": "c", "th": "t", "dh": "d", "ph": "f", "zh": "g"}
_ARABIC = {
    **dict.fromkeys("اويءئؤ" + "ع", ""),
    **dict.fromkeys("بپ", "b"),
    **dict.fromkeys("تثط", "t"),
    **dict.fromkeys("جغگ", "g"),
    **dict.fromkeys("حخه", "h"),
    **dict.fromkeys("دذض", "d"),
    **dict.fromkeys("زظژ", "z"),
    **dict.fromkeys("سص", "s"),
    **dict.fromkeys("قك", "k"),
    **dict.fromkeys("فڤ", "f"),
    **dict.fromkeys("شچ", "c"),
    "ر": "r",
    "ل": "l",
    "م": "m",
    "ن": "n",
}
_CLASSES = "bcdfghklmnrstz"


def wanted_of(text: str) -> Wanted:
    """What a question asks for: folded words, at most MOST_WORDS, without articles; () where there are none.

    An article before another word is left out (As-Sukkari, el bab); an Arabic word is asked for with and without its.
    """
    words = words_of(text)[:MOST_WORDS]
    return tuple(
        _with_and_without(word)
        for word, following in zip_longest(words, words[1:], fillvalue="")
        if not _is_article(word, following)
    )


def _is_article(word: str, following: str) -> bool:
    if not following:
        return False
    return word in _LATIN_ARTICLES or (word in _SPOKEN_ARTICLES and following.startswith(word[1:]))


def _with_and_without(word: str) -> Alternatives:
    if len(word) < _SHORTEST_STEM or not _is_arabic(word):
        return (word,)
    stem = _stem(word)
    if stem == word and word.startswith(_ARABIC_ARTICLE):
        return (word,)  # too short to stand without it
    return (stem, _ARABIC_ARTICLE + stem)


def _stem(word: str) -> str:
    stem = word.removeprefix(_ARABIC_ARTICLE)
    return stem if len(stem) >= _SHORTEST_STEM else word


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"


def joined_and_parted(word: str) -> set[str]:
    """The Latin word with its article written into it (Alsukkari, Assukkari), or taken out of it."""
    if len(word) < _SHORTEST_STEM or not word.isascii():
        return set()
    spoken = [article for article in _SPOKEN_ARTICLES if word.startswith(article[1:])]
    found = {article + word for article in (*_LATIN_ARTICLES, *spoken)}
    for article in (*_LATIN_ARTICLES, *_SPOKEN_ARTICLES):
        stem = word.removeprefix(article)
        if _SHORTEST_STEM <= len(stem) < len(word) and (
            article in _LATIN_ARTICLES or stem.startswith(article[1:])
        ):
            found.add(stem)
    return found


@lru_cache(maxsize=65_536)
def sound_of(word: str) -> str:
    """The consonants of a folded word without its article, by class, none twice in a row; "" where a digit is in it."""
    if any(char.isdigit() for char in word):
        return ""
    word = _stem(word)
    sound: list[str] = []
    at = 0
    while at < len(word):
        pair = word[at : at + 2]
        step = 2 if pair in _DIGRAPHS else 1
        char = word[at]
        for heard in _DIGRAPHS.get(pair) or _LATIN.get(char, _ARABIC.get(char, char)):
            if not sound or sound[-1] != heard:
                sound.append(heard)
        at += step
    # A final h is mute more often than not: Hamah, Douma for the teh marbuta of both.
    return "".join(sound).removesuffix("h") or "".join(sound)


def near_sounds(sound: str) -> set[str]:
    """The sound, and those a consonant more, less, changed or exchanged away."""
    if len(sound) < 2:
        return {sound} - {""}
    found = {sound}
    for i in range(len(sound) + 1):
        before, after = sound[:i], sound[i:]
        found.update(before + letter + after for letter in _CLASSES)
        if after:
            found.add(before + after[1:])
            found.update(before + letter + after[1:] for letter in _CLASSES)
        if len(after) > 1:
            found.add(before + after[1] + after[0] + after[2:])
    return found


def closest(asked: str, known: Iterable[str]) -> list[list[str]]:
    """Known words that the asked one may stand for, the likeliest first: grouped by how far they are, each in order.

    A slip of one letter (an optimal string alignment distance of 1; of two from eight letters on), one more where the
    sound is the same; of the other script, the same sound.
    """
    groups: dict[int, list[str]] = {}
    for word in known:
        distance = _distance(asked, word)
        if distance is not None:
            groups.setdefault(distance, []).append(word)
    return [sorted(groups[distance]) for distance in sorted(groups)]


def _distance(asked: str, word: str) -> int | None:
    """What sounds the same is nearer by one. None: another word."""
    if word == asked or len(word) < SHORTEST_NAME:
        return None
    sound = sound_of(asked)
    alike = sound != "" and sound_of(word) == sound
    most = (2 if len(asked) >= 8 else 1) + (alike and len(asked) > SHORTEST_NAME)
    if _is_arabic(word) != _is_arabic(asked):
        return most + 1 if alike and len(sound) > 2 else None
    slips = OSA.distance(asked, word, score_cutoff=most)
    return None if slips > most else slips + (not alike)


def is_spelling_of(one: str, other: str) -> bool:
    """Whether two folded words without articles may be one name: a slip away, written with an article, or, of a short
    one, sounding the same as well."""
    if one == other or other in joined_and_parted(one) or one in joined_and_parted(other):
        return True
    if min(len(one), len(other)) < SHORTEST_NAME:
        sound = sound_of(one)
        return len(sound) > 1 and sound == sound_of(other) and OSA.distance(one, other, score_cutoff=1) <= 1
    return _distance(one, other) is not None

"""Text folded for search: the same rule for what is stored and for what is asked."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, normalize

# Letters that Unicode does not decompose but that people type, and files spell, without the difference.
_ALIKE = {
    "ٱ": "ا",  # alef wasla; the hamza and madda forms decompose by themselves
    "ى": "ي",  # alef maqsura
    "ی": "ي",  # Farsi yeh
    "ک": "ك",  # keheh
    "ة": "ه",  # teh marbuta
    "ı": "i",
    "ł": "l",
    "ø": "o",
    "đ": "d",
    **{chr(0x0660 + n): str(n) for n in range(10)},  # Arabic-Indic digits
    **{chr(0x06F0 + n): str(n) for n in range(10)},  # extended (Persian, Urdu) digits
}

# Dropped without splitting the word: apostrophes and the romanised ayn and hamza, tatweel, and the invisible
# joiners and direction marks that copied text carries.
_DROPPED = frozenset(
    "'`´’‘‛′ʹʻʼʽʾʿˈ＇\u0640\u00ad\u061c\u200c\u200d\u200e\u200f\u2060\ufeff"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def _once(text: str) -> str:
    decomposed = normalize("NFKD", normalize("NFKD", text).casefold())
    kept = (_ALIKE.get(char, char) for char in decomposed if char not in _DROPPED)
    return "".join(char if char.isalnum() else " " for char in kept if not category(char).startswith("M"))


class _Table(dict[int, str]):
    """Code point -> what it folds to, worked out at first sight. Every step of the folding looks at one
    character alone, so a table does all of it in one pass of `str.translate`."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        # The acute accent is dropped here: decomposed, it would be a space and a mark.
        folded = self[code] = "" if char in _DROPPED else _once(char)
        return folded


_SHORT = 200
LONGEST_WORD = 100
"""Characters; longer words are cut. PostgreSQL's index holds at most 2,046 bytes of a word."""

_TABLE = _Table()
for _code in range(128):
    _TABLE[_code]  # ASCII is settled now, so that the first request does not pay for it


def fold(text: str) -> str:
    """Tokens of letters and digits, each parted by one space; "" where there are none. fold(fold(x)) == fold(x).

    Compatibility-decomposed (NFKD), marks stripped, case-folded; apostrophes inside a word vanish. Arabic: alef
    with hamza, madda or wasla -> ا, yeh and alef maqsura -> ي, teh marbuta -> ه, tashkeel and tatweel removed,
    Arabic-Indic and extended digits -> 0-9.
    """
    return " ".join(text.translate(_TABLE).split())


def folded_char(char: str) -> str:
    """What one character folds to; a space where it parts words, "" where it is dropped."""
    return _TABLE[ord(char)]


def fold_all(*texts: str | None) -> str:
    """The distinct words of several texts, in order of first sight; None counts as nothing."""
    words: dict[str, None] = {}
    for text in texts:
        if text is not None:
            words.update(_short(text) if len(text) <= _SHORT else dict.fromkeys(words_of(text)))
    return " ".join(words)


@lru_cache(maxsize=4096)
def _short(text: str) -> dict[str, None]:
    # Cached: files name the same conflicts, places and provinces again and again.
    return dict.fromkeys(words_of(text))


def words_of(text: str) -> list[str]:
    """The words of a text as the indexes hold them and questions ask for them."""
    return [word[:LONGEST_WORD] for word in fold(text).split()]


def fold_case(text: str | None) -> str | None:
    """Unicode's full case folding; CASEI."""
    return None if text is None else text.casefold()


def fold_accents(text: str | None) -> str | None:
    """Canonically decomposed, without marks that have no width of their own (category Mn); ACCENTI."""
    if text is None or text.isascii():
        return text
    return "".join(char for char in normalize("NFD", text) if category(char) != "Mn")

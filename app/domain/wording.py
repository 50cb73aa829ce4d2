"""What a claim's English wording says of a number of people: rule v1 of VOCABULARY, "Words into intervals".

A wording is read as a whole: a quantity, then words that do not change it ("61 civilians killed"). A wrong figure is
worse than none, so all else is `unknown`: two numbers that no range joins, percentages, dates, counts of things.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.figures import MAX_PEOPLE
from app.domain.vocabulary import Qualifier


@dataclass(frozen=True, slots=True)
class Reading:
    """The interval that a wording stands for (people; None is not stated) and how it limits the number."""

    low: int | None
    best: int | None
    high: int | None
    qualifier: Qualifier


NOT_READ = Reading(None, None, None, Qualifier.unknown)

# A word in lower case, a number written in digits, or a mark: "-" joins, " - " and "," part.
Token = str | int

_LONGEST_WORDING = 1000
_SPACE = " \u00a0\u2009\u202f"  # what may part thousands; a tab or two spaces part two numbers
_TOKEN = re.compile(
    rf"(?P<digits>(?<![\w.,])(?:[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:[{_SPACE}][0-9]{{3}})+"
    r"|[1-9][0-9]*|0)(?![.,:'’]?[0-9])(?![\w%‰/+*°]))"
    r"|(?P<word>\w+(?:['’]\w+)*)|(?P<dash>\s*[-‐‑–−]\s*)|(?P<mark>[,.;:!'’\"“”()\[\]&/—])|\s+|(?P<other>.)"
)
_YEARS = re.compile(r"(?<![0-9,])(?:19|20)[0-9]{2}\s*[-‐‑–−]\s*(?:19|20)[0-9]{2}(?![0-9])")  # hardly people


class _RoundThousands(int):
    """Written 7,000: the upper end of "5-7,000" may give its thousands to both."""


def _words(text: str) -> list[str]:
    return text.split()


_UNITS = {word: n for n, word in enumerate(_words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
))}  # fmt: skip
_TO_NINETY = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_TENS = {word: n * 10 for n, word in enumerate(_TO_NINETY, 2)}
_FACTORS = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_VAGUE = {"several": 3, "tens": 20, "dozens": 24, "scores": 40, "hundreds": 200, "thousands": 2000}
_OTHERS = _words("dozen score couple millions billion billions trillion k mn bn lakh lakhs crore crores")
_NUMERALS = {*_UNITS, *_TENS, *_FACTORS, *_VAGUE, *_OTHERS}

# Words that, anywhere after the quantity, may change what it says.
_CHANGING = frozenset(_words(
    "more fewer less least most maximum minimum max min plus approximately roughly approx estimated "
    "perhaps maybe possibly probably counting half halves third thirds quarter quarters percent percentage "
    "cent pct per each average times out rather not no never none nobody neither nor without cannot "
    "another odd nearly almost upwards"
))  # fmt: skip
# What a number may tell beside people; looked for between the quantity and the first word of _PEOPLE.
_MEASURES = _words(
    "second minute hour day night week month year decade kilometre kilometer metre meter mile ton tonne "
    "dollar euro pound time january february march april may june july august september october november "
    "december jan feb mar apr jun jul aug sep sept oct nov dec am pm o'clock"
)
_THINGS = _words(
    "house home building apartment shop school hospital mosque church vehicle car truck bus tank ambulance "
    "plane jet helicopter drone strike airstrike attack raid bomb shell missile rocket bullet mortar "
    "barrel explosion blast clash incident event massacre battle village town city district neighbourhood "
    "neighborhood area street family household group brigade checkpoint position base round report source"
)
_NEVER_PEOPLE = {*_MEASURES, *_words("km m kg aircraft families cities")}
_NEVER_PEOPLE |= {thing + plural for thing in _MEASURES + _THINGS for plural in ("s", "es")}
_PEOPLE = frozenset(_words(
    "people persons person civilians civilian men women children man woman child victims casualties killed "
    "dead died dying wounded injured hurt missing abducted displaced were was had have has are is in by "
    "when after at on from during near with who among including as while because inside around"
))  # fmt: skip
_NOBODY = (["none"], ["nobody"], ["no", "one"], ["no", "-", "one"])
# The only words that may follow them: "nobody knows" counts no one.
_AFTER_NOBODY = _PEOPLE - {*_words("had have by who as because missing")} | {*_words("of the them been ,")}


@dataclass(frozen=True, slots=True)
class _Number:
    value: int
    end: int  # index of the token after it
    factor: int = 1  # of its last word: 100 for "two hundred", 1 for "two hundred five"


_Build = Callable[[int], Reading]
_AT_LEAST: _Build = lambda n: Reading(n, None, None, Qualifier.at_least)  # noqa: E731
_AT_MOST: _Build = lambda n: Reading(None, None, n, Qualifier.at_most)  # noqa: E731
_LEADS: list[tuple[list[str], _Build]] = [
    (_words(lead), build)
    for leads, build in (
        ("at least, no fewer than, no less than, not fewer than, not less than", _AT_LEAST),
        ("more than, over", lambda n: _AT_LEAST(n + 1)),
        ("up to, at most, no more than, not more than", _AT_MOST),
        ("fewer than, less than", lambda n: _AT_MOST(n - 1)),
        ("around, about, some, approximately, roughly", lambda n: Reading(None, n, None, Qualifier.about)),
    )
    for lead in leads.split(", ")
]


def read_wording(text: str) -> Reading:
    """The reading of an English wording under rule v1; `NOT_READ` for what the rule does not cover. Never raises.

    Beside the table of VOCABULARY: numbers also in words, with separators ("1,200", "1 200"), in dozens (24..24
    `about`); "no fewer than", "over", "no more than", "fewer than"; "tens" 20.., "tens of thousands" 20000..,
    "hundreds of thousands" 200000..; "none", "nobody", "no one" 0..0. Over 1000 characters nothing is read.
    """
    tokens = _tokens(text) if len(text) <= _LONGEST_WORDING else None
    if not tokens:
        return NOT_READ
    reading = (
        _led(tokens) or _between(tokens) or _nobody(tokens) or _vague(tokens) or _plain(tokens) or NOT_READ
    )
    # An end below zero or beyond counting ("fewer than 0", "3,000,000,000") is no figure.
    ends = (reading.low, reading.best, reading.high)
    return reading if all(end is None or 0 <= end <= MAX_PEOPLE for end in ends) else NOT_READ


RULE = "v1"
"""The rule that reads new claims."""
RULES: dict[str, Callable[[str], Reading]] = {"v1": read_wording}


def read_by(rule: str, text: str) -> tuple[int | None, int | None, int | None, Qualifier]:
    """Low, best, high and qualifier of a wording under the rule of this name."""
    reading = RULES[rule](text)
    return reading.low, reading.best, reading.high, reading.qualifier


def _tokens(text: str) -> list[Token] | None:
    """None where a character or a number-like word could change the meaning."""
    text = text.casefold().lstrip(" \t\r\n'\"“”‘’([").rstrip(" \t\r\n.,;'\"“”‘’)]")
    if _YEARS.search(text):
        return None
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        found = match[0]
        if match["digits"]:
            value = int(re.sub("[^0-9]", "", found))
            tokens.append(value if found.isdigit() or value % 1000 else _RoundThousands(value))
        elif match["dash"]:
            if found[0].isspace() != found[-1].isspace():
                return None
            tokens.append(" - " if found[0].isspace() else "-")
        elif match["mark"]:
            tokens.append(",")
        elif match["other"] or any(char.isnumeric() for char in found):
            return None
        elif match["word"]:
            tokens.append(found.replace("’", "'"))
    return tokens


def _at(tokens: list[Token], index: int) -> Token:
    return tokens[index] if index < len(tokens) else ""


def _below_hundred(tokens: list[Token], i: int) -> _Number | None:
    word = _at(tokens, i)
    if isinstance(word, int):
        return None
    if word in _UNITS:
        return _Number(_UNITS[word], i + 1)
    if word not in _TENS:
        return None
    after = i + 2 if _at(tokens, i + 1) == "-" else i + 1
    unit = _UNITS.get(str(_at(tokens, after)), 0)
    return _Number(_TENS[word] + unit, after + 1) if 1 <= unit <= 9 else _Number(_TENS[word], i + 1)


def _below_thousand(tokens: list[Token], i: int, joins: bool) -> _Number | None:
    number = _below_hundred(tokens, i)
    if number is None and _at(tokens, i) == "a" and _at(tokens, i + 1) in _FACTORS:
        number = _Number(1, i + 1)
    if number is None or number.value == 0 or _at(tokens, number.end) != "hundred":
        return number
    hundreds, end = number.value * 100, number.end + 1
    rest = _below_hundred(tokens, end + 1 if joins and _at(tokens, end) == "and" else end)
    return _Number(hundreds + rest.value, rest.end) if rest and rest.value else _Number(hundreds, end, 100)


def _number(tokens: list[Token], i: int, *, joins: bool = True) -> _Number | None:
    """The number at i, in digits or words; `joins`: "and" may be part of it ("two hundred and five")."""
    head = _at(tokens, i)
    if isinstance(head, int):
        factor = _FACTORS.get(str(_at(tokens, i + 1)), 1)
        if factor > 1:
            return _Number(head * factor, i + 2, factor)
        return _Number(int(head), i + 1, 1000 if isinstance(head, _RoundThousands) else 1)
    number: _Number | None = None
    limit = MAX_PEOPLE
    while True:
        start = i if number is None else number.end
        if number is not None and joins and _at(tokens, start) == "and":
            start += 1
        group = _below_thousand(tokens, start, joins)
        if group is None or (number is not None and (group.value == 0 or _at(tokens, start) == "a")):
            return number
        total = number.value if number else 0
        factor = _FACTORS.get(str(_at(tokens, group.end)), 1)
        if factor < 1000:
            return _Number(total + group.value, group.end, group.factor)
        if factor >= limit or group.value == 0:
            return None
        number, limit = _Number(total + group.value * factor, group.end + 1, factor), factor


def _quantity(tokens: list[Token], i: int) -> tuple[_Number, bool] | None:
    """The number or the dozens at i, and whether it was dozens."""
    a_dozen = _at(tokens, i) == "a" and _at(tokens, i + 1) == "dozen"
    number = _Number(1, i + 1) if a_dozen else _number(tokens, i)
    if number is not None and _at(tokens, number.end) == "dozen":
        return _Number(number.value * 12, number.end + 1), True
    return None if number is None else (number, False)


def _harmless(tokens: list[Token], end: int, value: int) -> bool:
    """Whether what follows the quantity leaves it as it is, and as a number of people."""
    rest = tokens[end:]
    if rest[:1] in (["-"], ["or"], ["to"]) or rest[:2] in (["and", "up"], ["and", "above"], ["and", "below"]):
        return False
    before_people = True
    for word in rest:
        if isinstance(word, int) or word in _NUMERALS or word in _CHANGING or word.endswith("n't"):
            return False
        before_people = before_people and word != "," and word not in _PEOPLE
        if before_people and (word in _NEVER_PEOPLE or (value == 1 and word in _THINGS)):
            return False
    return True


def _led(tokens: list[Token]) -> Reading | None:
    if isinstance(tokens[0], int):
        return None
    for lead, build in _LEADS:
        if tokens[: len(lead)] == lead and (found := _quantity(tokens, len(lead))):
            number = found[0]
            return build(number.value) if _harmless(tokens, number.end, number.value) else None
    return None


def _range(tokens: list[Token], low: _Number, start: int) -> Reading | None:
    high = _number(tokens, start)
    if high is None or low.value > high.value or not _harmless(tokens, high.end, high.value):
        return None
    if high.factor > 1 and 0 < low.value * high.factor <= high.value:
        return None  # "two to three hundred" may mean 2 or 200
    return Reading(low.value, None, high.value, Qualifier.range)


def _between(tokens: list[Token]) -> Reading | None:
    if tokens[0] != "between":
        return None
    for joins in (False, True):  # whose "and" it is, the number's or the range's, shows in what follows
        low = _number(tokens, 1, joins=joins)
        if low is not None and _at(tokens, low.end) == "and" and (found := _range(tokens, low, low.end + 1)):
            return found
    return None


def _nobody(tokens: list[Token]) -> Reading | None:
    for words in _NOBODY:
        if tokens[: len(words)] == words and _AFTER_NOBODY.issuperset(tokens[len(words) :]):
            return Reading(0, 0, 0, Qualifier.exact)
    return None


def _vague(tokens: list[Token]) -> Reading | None:
    if tokens[:2] == ["a", "couple"]:
        return Reading(2, 2, 2, Qualifier.exact) if _harmless(tokens, 2, 2) else None
    low, end = _VAGUE.get(str(tokens[0])), 1
    if low is not None and tokens[0] in ("tens", "hundreds") and tokens[1:3] == ["of", "thousands"]:
        low, end = low * 1000, 3
    if low is None or not _harmless(tokens, end, low):
        return None
    return Reading(low, None, None, Qualifier.vague_quantity)


def _plain(tokens: list[Token]) -> Reading | None:
    start = 1 if tokens[0] == "from" else 0
    found = _quantity(tokens, start)
    if found is None:
        return None
    (number, dozens), joint = found, _at(tokens, found[0].end)
    in_digits = isinstance(tokens[start], int) and isinstance(_at(tokens, number.end + 1), int)
    if not dozens and (joint == "to" or (joint in ("-", " - ") and in_digits)):
        return _range(tokens, number, number.end + 1)
    if start or not _harmless(tokens, number.end, number.value):
        return None
    n = number.value
    return Reading(n, n, n, Qualifier.about if dozens else Qualifier.exact)

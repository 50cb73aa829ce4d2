"""Wording, rule v1: every line of VOCABULARY's table, and silence about all that is ambiguous."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.figures import MAX_PEOPLE, Figure
from app.domain.vocabulary import Qualifier
from app.domain.wording import NOT_READ, RULE, RULES, Reading, read_wording

Q = Qualifier
numbers = st.integers(0, MAX_PEOPLE) | st.integers(0, 3000)


def words(text: str) -> list[str]:
    return text.split()


def in_words(n: int) -> str:
    """English for n, written apart from the code under test."""
    small = words(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    )
    tens = words("- - twenty thirty forty fifty sixty seventy eighty ninety")
    if n < 20:
        return small[n]
    if n < 100:
        return tens[n // 10] + (f"-{small[n % 10]}" if n % 10 else "")
    for size, word in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if n >= size:
            rest = n % size
            joint = " and " if 0 < rest < 100 else " "
            return f"{in_words(n // size)} {word}{joint + in_words(rest) if rest else ''}"
    raise AssertionError(n)


@given(
    numbers,
    st.sampled_from(["", ",", " ", "\u00a0", "\u202f"]),
    st.sampled_from(["", " civilians killed", " dead.", " KILLED"]),
)
def test_every_number_is_read_however_it_is_parted(n: int, part: str, after: str) -> None:
    assert read_wording(f"{n:,}".replace(",", part) + after) == Reading(n, n, n, Q.exact)


@given(st.integers(0, 999_999_999) | st.integers(0, 3000))
def test_every_number_is_read_in_words(n: int) -> None:
    assert read_wording(in_words(n)) == Reading(n, n, n, Q.exact)
    assert read_wording(in_words(n).replace("-", " ").upper() + " people killed") == Reading(n, n, n, Q.exact)


@given(
    numbers.filter(lambda n: 0 < n < MAX_PEOPLE), st.booleans(), st.sampled_from(["", " people were wounded"])
)
def test_bounds(n: int, spelt: bool, after: str) -> None:
    said = (in_words(n) if spelt and n < 10**9 else f"{n:,}") + after
    for lead in ("at least", "no fewer than", "not less than", "At  Least"):
        assert read_wording(f"{lead} {said}") == Reading(n, None, None, Q.at_least)
    for lead in ("more than", "over"):
        assert read_wording(f"{lead} {said}") == Reading(n + 1, None, None, Q.at_least)
    for lead in ("up to", "at most", "no more than"):
        assert read_wording(f"{lead} {said}") == Reading(None, None, n, Q.at_most)
    for lead in ("fewer than", "less than"):
        assert read_wording(f"{lead} {said}") == Reading(None, None, n - 1, Q.at_most)
    for lead in ("around", "about", "some", "approximately", "roughly"):
        assert read_wording(f"{lead} {said}") == Reading(None, n, None, Q.about)


@given(numbers, numbers)
def test_ranges(n: int, m: int) -> None:
    years = 1900 <= n <= 2099 and 1900 <= m <= 2099
    expected = Reading(n, None, m, Q.range) if n <= m else NOT_READ
    for said in (f"{n} to {m}", f"from {n} to {m} dead", f"between {n} and {m} people"):
        assert read_wording(said) == expected
    for said in (f"{n}-{m}", f"{n} – {m} killed"):
        assert read_wording(said) == (NOT_READ if years else expected)


def r(low: int | None, best: int | None, high: int | None, qualifier: Qualifier) -> Reading:
    return Reading(low, best, high, qualifier)


@pytest.mark.parametrize(
    ("wording", "reading"),
    [
        ("a couple", r(2, 2, 2, Q.exact)),
        ("a couple of civilians", r(2, 2, 2, Q.exact)),
        ("several killed", r(3, None, None, Q.vague_quantity)),
        ("a dozen", r(12, 12, 12, Q.about)),
        ("two dozen people", r(24, 24, 24, Q.about)),
        ("3 dozen", r(36, 36, 36, Q.about)),
        ("about a dozen", r(None, 12, None, Q.about)),
        ("at least a dozen", r(12, None, None, Q.at_least)),
        ("more than two dozen", r(25, None, None, Q.at_least)),
        ("up to a dozen", r(None, None, 12, Q.at_most)),
        ("dozens of fleeing civilians killed", r(24, None, None, Q.vague_quantity)),
        ("Scores", r(40, None, None, Q.vague_quantity)),
        ("hundreds", r(200, None, None, Q.vague_quantity)),
        ("thousands of people", r(2000, None, None, Q.vague_quantity)),
        ("tens of civilians", r(20, None, None, Q.vague_quantity)),
        ("tens of thousands", r(20_000, None, None, Q.vague_quantity)),
        ("hundreds of thousands of people", r(200_000, None, None, Q.vague_quantity)),
        ("a hundred", r(100, 100, 100, Q.exact)),
        ("a thousand dead", r(1000, 1000, 1000, Q.exact)),
        ("a hundred thousand", r(100_000, 100_000, 100_000, Q.exact)),
        ("twelve hundred", r(1200, 1200, 1200, Q.exact)),
        ("two million displaced", r(2_000_000, 2_000_000, 2_000_000, Q.exact)),
        ("3 thousand", r(3000, 3000, 3000, Q.exact)),
        ("no one", r(0, 0, 0, Q.exact)),
        ("No-one was killed.", r(0, 0, 0, Q.exact)),
        ("nobody was hurt", r(0, 0, 0, Q.exact)),
        ("none", r(0, 0, 0, Q.exact)),
        ("none of the civilians were killed", r(0, 0, 0, Q.exact)),
        ("zero", r(0, 0, 0, Q.exact)),
        ("fewer than 1", r(None, None, 0, Q.at_most)),
        ("“61 killed”", r(61, 61, 61, Q.exact)),
        ("61 were killed in air strikes", r(61, 61, 61, Q.exact)),
        ("2 men dead inside", r(2, 2, 2, Q.exact)),
        ("5 bodies around it", r(5, 5, 5, Q.exact)),
        ("3 charred bodies in a burnt car", r(3, 3, 3, Q.exact)),
        ("around 500 wounded with life-threatening wounds", r(None, 500, None, Q.about)),
        ("between one hundred and two hundred", r(100, None, 200, Q.range)),
        ("between one hundred and five and two hundred", r(105, None, 200, Q.range)),
        ("50 to one hundred", r(50, None, 100, Q.range)),
        ("two hundred to three hundred", r(200, None, 300, Q.range)),
        ("0 to 3 hundred", r(0, None, 300, Q.range)),
    ],
)
def test_the_table(wording: str, reading: Reading) -> None:
    assert read_wording(wording) == reading


@pytest.mark.parametrize(
    "wording",
    [
        "", " ", ".", "some", "about", "to", "from 5", "between", "between 5", "between 5 and", "at least", "a", "dozen",
        # two quantities
        "61 killed and 200 wounded", "61, 20", "61 (20 children)", "5 killed, several wounded", "1 in 5", "3 out of 10",
        "two or three", "2 or 3", "one two", "dozens or hundreds", "61 killed in two strikes", "at least 5 to 7",
        # several
        "several hundred", "several dozen", "a couple of dozen", "dozens of thousands", "tens of millions", "scores of hundreds",
        "half a dozen", "two and a half thousand",
        # not a whole number
        "61%", "61 %", "61 percent", "61 per cent", "1.5 million", "1.200", "1,5", "1,2000", "12,34", "007", "-5", ".5 killed",
        "½", "5½", "²", "5²", "٦١", "6\u200b1", "two thirds", "two-thirds", "$61", "5k", "5 k", "2 billion", "61\t200 x",
        # dates and ages
        "5 December", "5 of December", "December 5", "2016-12-05", "5/12/2016", "05-12", "10:30", "5th", "twenty-first",
        "1990-1995", "a 5-year-old", "5-year-old boy", "ten-year-old", "5 days", "two weeks", "5 pm", "5 o'clock",
        # things
        "3 houses", "two air strikes", "2 families", "one strike", "dozens of homes", "10 residential buildings destroyed",
        # changed by what follows
        "61?", "61+", "61*", "~61", "61 or more", "61 or so", "61 at least", "61 and counting", "61 people or fewer",
        "61 weren't killed", "61 not killed", "61, maybe", "200-odd", "200 odd people", "61 each", "61 and up",
        # ambiguous ranges
        "two to three hundred", "10 to 20 thousand", "5-7,000", "1-2 million", "five-seven", "7-5", "5 to several", "5 -7",
        "between 200 and 300 thousand", "2 to 3 dozen",
        # not by the rule
        "nearly 50", "a few", "many", "nobody knows", "no one could say how many", "none reported yet", "no civilians", "the 61",
        "fewer than 0", "2,000,000,001", "more than 2,000,000,000", "9" * 900, "1" + " " * 1000,
    ],
)  # fmt: skip
def test_a_wrong_figure_is_worse_than_none(wording: str) -> None:
    assert read_wording(wording) == NOT_READ


pieces = st.sampled_from(
    words(
        "at least more than up to no fewer about some between and a couple dozen dozens hundreds thousands of tens one two "
        "twenty hundred thousand million 5 61 1,200 0 - – , . % killed people or none nobody several zero from"
    )
)


@given(st.text() | st.lists(pieces, max_size=12).map(" ".join) | st.lists(pieces, max_size=12).map("".join))
def test_total_ordered_and_in_range(text: str) -> None:
    reading = read_wording(text)
    assert isinstance(reading.qualifier, Qualifier)
    figure = Figure.checked(reading.low, reading.best, reading.high)
    assert figure.is_stated == (reading.qualifier is not Q.unknown)
    assert read_wording(f"  {text.upper().lower()} ") == read_wording(text.upper().lower())


@pytest.mark.parametrize(
    "text",
    ["1,200" * 200, "1 200 " * 160, "1,200," * 160 + "x", "twenty " * 140, "- " * 500, "a hundred " * 99, "'a" * 500,
     "one hundred and " * 60, "between " * 120, " " * 999 + "x", "5 -" * 300, "no fewer than " * 70],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    start = time.perf_counter()
    assert read_wording(text[:1000]) == NOT_READ
    assert time.perf_counter() - start < 0.1


def test_rules_are_named() -> None:
    assert RULE == "v1"
    assert RULES[RULE]("61") == read_wording("61")

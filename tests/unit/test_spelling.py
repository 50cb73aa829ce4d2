"""Names as people spell them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from app.domain.folding import words_of
from app.domain.hits import hits_in
from app.domain.spelling import MOST_WORDS, closest, joined_and_parted, near_sounds, sound_of, wanted_of

LETTERS = st.text(alphabet="abdhikqrstuسكريا", min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sukkari", (("sukkari",),)),
        ("As-Sukkari", (("sukkari",),)),
        ("as sukkari", (("sukkari",),)),
        ("Al-Bab", (("bab",),)),
        ("el bab", (("bab",),)),
        ("Ash-Sha'ar", (("shaar",),)),
        ("Ar Raqqa", (("raqqa",),)),
        ("السكري", (("سكري", "السكري"),)),
        ("سكري", (("سكري", "السكري"),)),
        # No article: an English word, the question's only word, a stem too short to stand alone.
        ("attack at aleppo", (("attack",), ("at",), ("aleppo",))),
        ("al", (("al",),)),
        ("الى", (("الي",),)),
        (" ,;", ()),
    ],
)
def test_articles_are_left_out_of_a_question(text: str, wanted: tuple[tuple[str, ...], ...]) -> None:
    assert wanted_of(text) == wanted


@given(st.lists(LETTERS | st.sampled_from(["al", "as", "the"]), max_size=30))
def test_a_question_asks_for_its_words_and_for_no_others(words: list[str]) -> None:
    wanted = wanted_of(" ".join(words))
    folded = words_of(" ".join(words))
    assert len(wanted) <= MOST_WORDS
    assert bool(wanted) == bool(folded)
    if folded:
        assert folded[min(len(folded), MOST_WORDS) - 1] in wanted[-1] or len(folded) > MOST_WORDS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sukkari", "sukari"),
        ("sukkari", "sokary"),
        ("sukkari", "سكري"),
        ("sukkari", "السكري"),
        ("douma", "دوما"),
        ("homs", "حمص"),
        ("shaykhun", "sheikhoun"),
        ("شيخون", "sheikhoun"),
        ("mashhad", "مشهد"),
        ("idlib", "ادلب"),
        ("qamishli", "kamishly"),
    ],
)
def test_spellings_of_one_name_sound_alike(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(other) != ""


def test_numbers_have_no_sound() -> None:
    assert sound_of("2016") == sound_of("m16") == ""
    assert near_sounds("") == set()


@given(st.text(alphabet="bkr", min_size=2, max_size=4), st.text(alphabet="bkr", max_size=5))
def test_near_sounds_are_those_a_consonant_away(sound: str, other: str) -> None:
    assert (other in near_sounds(sound)) == (OSA.distance(sound, other) <= 1)


def test_the_likeliest_come_first() -> None:
    known = ["sukkari", "bukari", "سكري", "sokarri", "zukari", "sukari", "market"]
    assert closest("sukari", known) == [["sukkari"], ["bukari", "sokarri", "zukari"], ["سكري"]]
    assert closest("xyzzy", known) == []
    # Four letters apart by two are two words.
    assert closest("path", ["paite"]) == []


def test_the_article_is_written_into_a_word_and_taken_out_of_it() -> None:
    assert "sukkari" in joined_and_parted("assukkari")
    assert "sukkari" in joined_and_parted("alsukkari")
    assert {"alsukkari", "elsukkari", "assukkari"} <= joined_and_parted("sukkari")
    assert joined_and_parted("ab") == joined_and_parted("سكري") == set()
    # Sad is no As-Sad: the letter after the article has to be there twice.
    assert "ad" not in joined_and_parted("asad")


def test_a_hit_is_a_piece_of_the_text_as_it_is() -> None:
    text = "Long before, in the neighbourhood that people call As-Sukkarī, " + "much was said " * 20
    (hit,) = hits_in([("title", None), ("summary", text)], wanted_of("sukkari"))
    assert hit.field == "summary"
    assert hit.hit == "Sukkarī"
    assert text.startswith(hit.before + hit.hit + hit.after.removesuffix("…"))
    assert hits_in([("title", "Elsewhere")], wanted_of("sukkari")) == []
    (joined,) = hits_in([("title", "the Qal\u2019at")], wanted_of("qalat"))
    assert joined == ("title", "the ", "Qal\u2019at", "")


@given(
    st.lists(st.text(alphabet="aB-é'سة \u0301", min_size=1, max_size=12), min_size=1, max_size=3),
    st.text(max_size=80),
)
def test_hits_stand_where_they_say(parts: list[str], around: str) -> None:
    text = around.join(parts)
    wanted = wanted_of(parts[0])
    if not wanted:
        return
    for field, before, hit, after in hits_in([("t", text)], wanted):
        assert field == "t"
        assert before.removeprefix("…") + hit + after.removesuffix("…") in text
        assert words_of(hit)

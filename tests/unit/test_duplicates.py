"""When two incidents are guessed to be one: small differences are found, others are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.duplicates import LIKELY, Because, Guess, Incident, guess
from app.domain.figures import UNSTATED, Figure
from app.domain.names import Likeness, likeness
from app.domain.nearness import Where
from app.domain.vocabulary import LocationPrecision as Precision

DAY = date(2016, 12, 6)
MASHHAD = Where(("Mashhad",), "Aleppo", "SY02", lon=37.13, lat=36.19, precision=Precision.neighbourhood)
FOUR = Figure(4, 4, 4)
SEVERAL = Figure(3, None, None)
STRIKE = Incident(
    DAY,
    DAY,
    MASHHAD,
    "SYR",
    killed=FOUR,
    title="Mashhad neighbourhood targeted",
    event_type="air_or_drone_strike",
    partner="alpha",
)
SPELLINGS = ("Mashhad", "Al-Mashhad", "al mashhad", "Mashhed", "المشهد", "مشهد", "Mashhad neighbourhood")
ELSEWHERE = ("Aghir", "Al-Firdaws", "As-Sukkari", "Douma", "الفردوس")


def score(one: Incident, other: Incident) -> int:
    found = guess(one, other)
    return 0 if found is None else found.score


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Mashhad", "mashhad", Likeness.same),
        ("Al-Mashhad", "Mashhad", Likeness.same),
        ("المشهد", "مَشهد", Likeness.same),
        ("Mashhad", "المشهد", Likeness.spelled_otherwise),
        ("As-Sukkari", "Sokkari", Likeness.spelled_otherwise),
        ("Alsukkari", "Sukkari", Likeness.spelled_otherwise),
        ("Deir ez-Zor", "Deir al-Zour", Likeness.spelled_otherwise),
        ("Mashhad", "Mashhad neighbourhood", Likeness.holds),
        ("Al-Bab", "Bab al-Hawa", Likeness.unlike),
        ("Hama", "Homs", Likeness.unlike),
        ("Mashhad", "Firdaws", Likeness.unlike),
        ("Market 1", "Market 2", Likeness.unlike),
        ("…", "…", Likeness.unlike),
    ],
)
def test_names_are_alike_however_they_are_spelled(one: str, other: str, expected: Likeness) -> None:
    assert likeness(one, other) is expected
    assert likeness(other, one) is expected


def test_one_strike_told_by_two_partners() -> None:
    other = Incident(
        DAY + timedelta(days=1),
        DAY + timedelta(days=1),
        Where(("المشهد",), "حلب", precision=Precision.neighbourhood),
        "SYR",
        killed=SEVERAL,
        title="غارة جوية",
        partner="beta",
    )
    found = guess(STRIKE, other)
    assert found is not None
    assert (found.days_apart, found.metres_apart) == (1, None)
    told = {reason.reason: reason for reason in found.reasons}
    assert told[Because.dates].in_words == "A day apart: 2016-12-06 and 2016-12-07."
    # Aleppo and حلب are no spellings of one name: nothing but a dictionary would know.
    assert told[Because.place].in_words.startswith("Mashhad and المشهد are spellings of one name")
    assert told[Because.killed].in_words == "Of the killed both can be true: 4, and at least 3."
    assert (told[Because.killed].one, told[Because.killed].other) == ("4", "at least 3")
    assert told[Because.partner].points == 5
    assert found.score == sum(reason.points for reason in found.reasons) >= LIKELY


@st.composite
def retold(draw: st.DrawFn) -> Incident:
    """The strike as another may tell it."""
    shift = draw(st.integers(-1, 1))
    start = DAY + timedelta(days=shift)
    end = max(start, DAY) if draw(st.booleans()) else start
    names = (draw(st.sampled_from(SPELLINGS)), *draw(st.sampled_from([(), ("المشهد",)])))
    point = draw(st.sampled_from([(None, None), (37.13, 36.19), (37.135, 36.187), (37.12, 36.2)]))
    where = Where(
        names,
        draw(st.sampled_from([None, "Aleppo", "Halab"])),
        lon=point[0],
        lat=point[1],
        precision=draw(st.sampled_from([Precision.neighbourhood, Precision.settlement])),
    )
    return Incident(
        min(start, end),
        end,
        where,
        draw(st.sampled_from([None, "SYR"])),
        killed=draw(
            st.sampled_from([FOUR, SEVERAL, Figure(None, 4, None), Figure(2, 4, 6), Figure(None, None, 9)])
        ),
        wounded=draw(st.sampled_from([UNSTATED, Figure(10, 10, 10)])),
        title=draw(st.sampled_from([None, "A strike", STRIKE.title])),
        event_type=draw(st.sampled_from(["unknown", "air_or_drone_strike", "barrel_bomb"])),
        partner=draw(st.sampled_from(["alpha", "beta"])),
    )


CONTRARY = {
    "another month": {"start": date(2016, 11, 6), "end": date(2016, 11, 6)},
    "two days on": {"start": DAY + timedelta(days=2), "end": DAY + timedelta(days=2)},
    "some day of a year": {"start": date(2016, 1, 1), "end": date(2016, 12, 31)},
    "another country": {"country": "IRQ"},
    "five killed": {"killed": Figure(5, 5, 5)},
    "dozens killed": {"killed": Figure(24, None, None)},
    "nobody killed": {"killed": Figure(0, 0, 0)},
}


@settings(max_examples=1000)
@given(other=retold())
def test_an_incident_recorded_twice_with_small_differences_is_found(other: Incident) -> None:
    assert score(STRIKE, other) >= LIKELY
    assert score(other, STRIKE) == score(STRIKE, other)


@settings(max_examples=1000)
@given(other=retold(), contrary=st.sampled_from(sorted(CONTRARY)))
def test_what_says_otherwise_in_one_thing_is_not_found(other: Incident, contrary: str) -> None:
    telling = replace(STRIKE, killed=FOUR)
    assert guess(telling, replace(other, **CONTRARY[contrary])) is None


@settings(max_examples=1000)
@given(other=retold(), place=st.sampled_from(ELSEWHERE), far=st.booleans())
def test_another_place_is_not_found(other: Incident, place: str, far: bool) -> None:
    # Farther away than both precisions leave room for, or of another name and as fine.
    where = other.where._replace(names=(place,), precision=Precision.neighbourhood)
    assert guess(STRIKE, replace(other, where=where)) is None
    if far:
        away = other.where._replace(lon=38.99, lat=35.95)  # Raqqa
        assert guess(STRIKE, replace(other, where=away)) is None


def points_only(lon: float, precision: Precision, **areas: str) -> Where:
    return Where((), lon=lon, lat=36.19, precision=precision, **areas)


def test_points_speak_where_no_name_does_and_a_point_of_a_province_says_nothing() -> None:
    here = replace(STRIKE, where=points_only(37.13, Precision.exact_point))
    assert score(here, replace(here, where=points_only(37.131, Precision.exact_point))) >= LIKELY
    assert guess(here, replace(here, where=points_only(37.17, Precision.exact_point))) is None
    province = replace(here, where=points_only(37.13, Precision.admin1))
    assert guess(province, province) is None
    named = replace(here, where=points_only(37.13, Precision.admin1, admin1="Aleppo"))
    found = guess(named, named)
    assert found is not None
    assert [r.points for r in found.reasons if r.reason is Because.place] == [8]
    assert guess(here, replace(here, where=Where())) is None


def test_no_place_at_all_is_no_likeness() -> None:
    nowhere = replace(STRIKE, where=Where())
    assert guess(nowhere, nowhere) is None


def test_what_one_report_tells_apart_is_less_likely() -> None:
    found = guess(STRIKE, STRIKE)
    assert isinstance(found, Guess)
    apart = found.told_apart()
    assert apart.score == found.score - 30
    assert apart.reasons[-1].reason is Because.report


def test_dates_at_the_ends_of_the_calendar_do_not_fall_off() -> None:
    for day in (date.min, date.max):
        first, last, ending = replace(STRIKE, start=day, end=day).window
        assert first <= ending <= day <= last


def test_a_score_is_never_above_a_hundred() -> None:
    most = replace(STRIKE, wounded=Figure(2, 2, 2))
    assert score(most, replace(most, partner="beta")) == 100

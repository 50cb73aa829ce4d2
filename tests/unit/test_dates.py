"""Dates: what is read, what is refused, and that a vague date is never narrower than its words."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.dates import (
    NO_DATE,
    UncertainDate,
    parse_date,
    parse_interval,
    parse_partial,
    precision_of,
    resolve_relative,
)
from app.domain.vocabulary import DateBasis, DatePrecision
from app.errors import InvalidInput

DAY = date(2016, 12, 6)  # a Tuesday
P = DatePrecision
FIELDS = {"date_start", "date_end", "date_precision", "date_basis"}
days = st.dates()
partial = st.one_of(
    days.map(date.isoformat), days.map(lambda d: d.isoformat()[:7]), days.map(lambda d: d.isoformat()[:4])
)


@given(days)
def test_a_date_comes_back(day: date) -> None:
    assert parse_date(day.isoformat(), "d") == day
    assert parse_partial(day.isoformat(), "d") == (day, day, P.day)


@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True) | st.integers() | st.none())
def test_nothing_but_iso_days_is_read(text: object) -> None:
    try:
        day = parse_date(text, "d")
    except InvalidInput as fault:
        assert [p.field for p in fault.problems] == ["d"]  # noqa: PT017
    else:
        assert day.isoformat() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2016-13-01", "no month 13"),
        ("2016-00-10", "no month 00"),
        ("2016-02-30", "no day 2016-02-30"),
        ("2015-02-29", "no day"),
        ("0000-01-01", "0001 to 9999"),
        ("10000-01-01", "0001 to 9999"),
        ("+12016-01-01", "0001 to 9999"),
        ("2016-12-06T10:00:00Z", "without a time"),
        ("2016-12-06 10:00", "without a time"),
        ("2016-12", "whole date"),
        ("2016", "whole date"),
        ("20161206", "0001 to 9999"),
        ("2016-W49-2", "YYYY-MM-DD"),
        ("06/12/2016", "YYYY-MM-DD"),
        (" 2016-12-06", "YYYY-MM-DD"),
        ("2016-12-06\n", "YYYY-MM-DD"),
        ("２０１６-12-06", "YYYY-MM-DD"),
        ("", "YYYY-MM-DD"),
        (20161206, "must be text"),
    ],
)
def test_the_fault_is_told(text: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse_date(text, "date_start")


@given(st.integers(1, 9999), st.integers(1, 12))
def test_a_month_is_the_whole_month(year: int, month: int) -> None:
    span = parse_partial(f"{year:04}-{month:02}", "d")
    assert span.start == date(year, month, 1)
    assert span.end == date(year, month, calendar.monthrange(year, month)[1])
    assert span.precision is P.month
    assert parse_partial(f"{year:04}", "d") == (date(year, 1, 1), date(year, 12, 31), P.year)


@given(partial, partial)
def test_interval_ends_are_first_and_last_day(first: str, last: str) -> None:
    start, end = parse_partial(first, "d").start, parse_partial(last, "d").end
    if start <= end:
        assert parse_interval(f"{first}/{last}", "d") == (start, end)
    else:
        with pytest.raises(InvalidInput, match="before it starts"):
            parse_interval(f"{first}/{last}", "d")
    assert parse_interval(f"{first}/..", "d") == parse_interval(f"{first}/", "d") == (start, None)
    assert parse_interval(f"../{last}", "d") == parse_interval(f"/{last}", "d") == (None, end)
    assert parse_interval(first, "d") == parse_partial(first, "d")[:2]


@pytest.mark.parametrize(
    "text", ["../..", "/", "../", "/..", "", "..", "a/b", "2016/2017/2018", "2016-12-01/x", None, 5]
)
def test_bad_intervals_are_refused(text: object) -> None:
    with pytest.raises(InvalidInput):
        parse_interval(text, "date")


@given(st.text(alphabet="0123456789-/.TZ ", max_size=30))
def test_intervals_are_read_or_refused(text: str) -> None:
    try:
        start, end = parse_interval(text, "date")
    except InvalidInput:
        return
    assert start is not None or end is not None
    assert start is None or end is None or start <= end


@given(
    st.none() | days, st.none() | days, st.none() | st.sampled_from(P), st.none() | st.sampled_from(DateBasis)
)
def test_checked_holds_together_or_is_refused(
    start: date | None, end: date | None, precision: DatePrecision | None, basis: DateBasis | None
) -> None:
    try:
        when = UncertainDate.checked(start, end, precision, basis)
    except InvalidInput as fault:
        assert {p.field for p in fault.problems} <= FIELDS  # noqa: PT017
        return
    assert (when.start is None) == (when.end is None)
    if when.start is None or when.end is None:
        assert when == NO_DATE
        return
    assert when.start == start
    assert when.end == (start if end is None else end)
    assert when.basis == basis
    assert when.precision == (precision or precision_of(when.start, when.end))
    if when.precision in (P.day, P.exact_time, P.part_of_day):
        assert when.end - when.start <= timedelta(1)
    assert when.start <= when.end


def fields(*args: object) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        UncertainDate.checked(*args)  # type: ignore[arg-type]
    return [p.field for p in caught.value.problems]


def test_what_does_not_hold_together_names_its_field() -> None:
    assert fields(None, DAY) == ["date_end"]
    assert fields(DAY, DAY - timedelta(1)) == ["date_end"]
    assert fields(DAY, DAY + timedelta(2), P.day) == ["date_precision"]
    assert fields(None, None, P.day, DateBasis.stated) == ["date_precision", "date_basis"]
    assert fields(datetime(2016, 12, 6), DAY) == ["date_start"]  # noqa: DTZ001
    night = UncertainDate.checked(DAY, DAY + timedelta(1), P.part_of_day)
    assert night.precision is P.part_of_day
    assert UncertainDate.checked(None, None, P.unknown) == NO_DATE


@pytest.mark.parametrize(
    ("start", "end", "precision"),
    [
        ("2016-12-05", "2016-12-05", P.day),
        ("2016-12-05", "2016-12-06", P.several_days),
        ("2016-12-05", "2016-12-10", P.several_days),
        ("2016-12-05", "2016-12-11", P.week),
        ("2016-12-01", "2016-12-31", P.month),
        ("2015-02-01", "2015-02-28", P.month),
        ("2016-02-01", "2016-02-28", P.several_days),
        ("2016-12-02", "2016-12-31", P.several_days),
        ("2016-11-20", "2016-12-10", P.several_days),
        ("2016-01-01", "2016-12-31", P.year),
        ("2016-03-01", "2016-07-31", P.year),
        ("2016-11-01", "2017-01-31", P.unknown),
        ("2015-01-01", "2016-12-31", P.unknown),
    ],
)
def test_precision_is_read_off_the_span(start: str, end: str, precision: DatePrecision) -> None:
    when = UncertainDate.checked(date.fromisoformat(start), date.fromisoformat(end))
    assert when.precision is precision


@pytest.mark.parametrize(
    ("wording", "start", "end", "precision"),
    [
        ("today", 0, 0, P.day),
        ("This Morning", 0, 0, P.part_of_day),
        ("tonight", 0, 0, P.part_of_day),
        ("yesterday", 1, 1, P.day),
        (" “Yesterday.” ", 1, 1, P.day),
        ("yesterday  morning", 1, 1, P.part_of_day),
        ("last night", 1, 0, P.part_of_day),
        ("overnight", 1, 0, P.part_of_day),
        ("1 day ago", 1, 1, P.day),
        ("three days ago", 3, 3, P.day),
        ("10 days ago", 10, 10, P.day),
        ("Tuesday", 0, 0, P.day),
        ("on Tuesday", 0, 0, P.day),
        ("last Tuesday", 7, 7, P.day),
        ("Monday", 1, 1, P.day),
        ("last Monday", 1, 1, P.day),
        ("on Wednesday", 6, 6, P.day),
        ("on Monday evening", 1, 1, P.part_of_day),
        ("this week", 1, 0, P.week),
        ("last week", 8, 2, P.week),
        ("this month", 5, 0, P.month),
        ("earlier this month", 5, 0, P.month),
        ("last month", 35, 6, P.month),
    ],
)
def test_relative_wordings(wording: str, start: int, end: int, precision: DatePrecision) -> None:
    assert resolve_relative(wording, DAY) == UncertainDate(
        DAY - timedelta(start), DAY - timedelta(end), precision, DateBasis.inferred_from_relative
    )


@pytest.mark.parametrize(
    "wording",
    ["", "soon", "tomorrow", "0 days ago", "eleven days ago", "not yesterday", "next Monday", "5 hours ago",
     "yesterday and today", "-3 days ago", "9999999 days ago", "3.5 days ago"],
)  # fmt: skip
def test_what_is_not_understood_is_none(wording: str) -> None:
    assert resolve_relative(wording, DAY) is None


KNOWN = [
    "today", "tonight", "overnight", "last night", "yesterday", "5 days ago", "ten days ago", "monday", "last friday",
    "on sunday evening", "this week", "last week", "this month", "last month", "earlier this week", "yesterday night",
    "the day before yesterday", "9999999 days ago",
]  # fmt: skip


@given(
    st.sampled_from(KNOWN) | st.text() | st.integers().map(lambda n: f"{n} days ago"),
    days | st.sampled_from([date.min, date.max, date.min + timedelta(1)]),
)
def test_relative_never_raises_and_never_foretells(wording: str, reported: date) -> None:
    when = resolve_relative(wording, reported)
    if when is not None:
        assert when.start is not None
        assert when.end is not None
        assert when.start <= when.end <= reported
        assert UncertainDate.checked(when.start, when.end, when.precision, when.basis) == when


def test_the_edge_of_the_calendar() -> None:
    assert resolve_relative("yesterday", date.min) is None
    assert resolve_relative("last month", date.min) is None
    assert resolve_relative("last week", date.min) is None
    assert resolve_relative("today", date.max) is not None

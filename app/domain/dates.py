"""Dates and how well they are known. A month-only date is the whole month, never its middle.

A date is always between 0001-01-01 and 9999-12-31. ISO 8601 is read in its extended form only
(``2016-12-05``), and intervals in the form of ISO 8601 and OGC API Features (``START/END``, ``..`` for an open end).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from app.domain.vocabulary import DateBasis, DatePrecision
from app.errors import InvalidInput, Problem, invalid

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*", re.DOTALL)
_LONG_YEAR = re.compile(r"[+-]?[0-9]{5,}(-.*)?", re.DOTALL)
_OPEN = ("", "..")
# Precisions that name one day; a night spans two.
_OF_ONE_DAY = (DatePrecision.exact_time, DatePrecision.part_of_day, DatePrecision.day)


class DateSpan(NamedTuple):
    """First and last day that a date of some precision may stand for, and that precision."""

    start: date
    end: date
    precision: DatePrecision


def parse_date(text: object, field: str) -> date:
    """A date written YYYY-MM-DD; anything else is InvalidInput (code ``not_a_date``) that says what is wrong."""
    if isinstance(text, str) and len(text) == 10 and (span := _read(text)) is not None:
        return span.start
    raise invalid(field, _what_is_wrong(text, "YYYY-MM-DD", whole=True), "not_a_date")


def parse_partial(text: object, field: str) -> DateSpan:
    """The days that YYYY, YYYY-MM or YYYY-MM-DD stands for; else InvalidInput (code ``not_a_date``)."""
    if isinstance(text, str) and len(text) <= 10 and (span := _read(text)) is not None:
        return span
    raise invalid(field, _what_is_wrong(text, "YYYY, YYYY-MM or YYYY-MM-DD", whole=False), "not_a_date")


def parse_interval(text: object, field: str) -> tuple[date | None, date | None]:
    """First and last day (both included) of ``START/END``; None is an open end.

    An open end is ``..`` or nothing. Either end may be partial: a start counts from its first day, an end to
    its last. A lone date, month or year is the whole of it. InvalidInput codes: ``not_a_date``,
    ``not_an_interval`` (two open ends, more than one slash), ``out_of_order``.
    """
    if not isinstance(text, str) or "/" not in text:
        if text in _OPEN:
            raise invalid(field, "needs a date, or START/END", "not_an_interval")
        span = parse_partial(text, field)
        return span.start, span.end
    first, _, last = text.partition("/")
    if "/" in last:
        raise invalid(field, "may hold only one slash: START/END", "not_an_interval")
    if first in _OPEN and last in _OPEN:
        raise invalid(field, "needs at least one end; leave it out to ask for every date", "not_an_interval")
    start = None if first in _OPEN else parse_partial(first, field).start
    end = None if last in _OPEN else parse_partial(last, field).end
    if start is not None and end is not None and end < start:
        raise invalid(field, f"ends ({end}) before it starts ({start})", "out_of_order")
    return start, end


@dataclass(frozen=True, slots=True)
class UncertainDate:
    """Earliest and latest possible day (both None where no date is known), how precise, and on what basis."""

    start: date | None
    end: date | None
    precision: DatePrecision
    basis: DateBasis | None

    @classmethod
    def checked(
        cls,
        start: date | None,
        end: date | None = None,
        precision: DatePrecision | None = None,
        basis: DateBasis | None = None,
    ) -> UncertainDate:
        """The date, or InvalidInput with every fault at once.

        A missing end is the start; a lone end is refused. A missing precision is read off the span (see
        `precision_of`); without dates it is `unknown`, and any other precision or a basis is then refused.
        exact_time, part_of_day and day span at most two days, because a night does.
        Fields: date_start, date_end, date_precision, date_basis.
        """
        problems = _not_plain_dates(start, end)
        if start is None:
            problems += _faults_without_start(end, precision, basis)
        if problems:
            raise InvalidInput(problems)
        if start is None:
            return cls(None, None, DatePrecision.unknown, None)
        last = start if end is None else end
        days = (last - start).days
        if days < 0:
            raise invalid("date_end", f"{last} is before date_start, {start}", "out_of_order")
        if precision is None:
            precision = precision_of(start, last)
        elif days > 1 and precision in _OF_ONE_DAY:
            raise invalid(
                "date_precision",
                f"{precision} cannot span {days + 1} days; date_start and date_end may differ by one at most",
                "too_precise",
            )
        return cls(start, last, precision, basis)


NO_DATE = UncertainDate(None, None, DatePrecision.unknown, None)


def precision_of(start: date, end: date) -> DatePrecision:
    """The precision that a span of days speaks for, where nobody stated one.

    One day -> day; a whole calendar month or year -> month, year; seven days -> week; any other span of up to
    31 days -> several_days; a longer one inside one calendar year -> year; the rest -> unknown.
    """
    days = (end - start).days + 1
    if days == 1:
        return DatePrecision.day
    if days == 7:
        return DatePrecision.week
    if 28 <= days <= 31 and start.day == 1 and days == monthrange(start.year, start.month)[1]:
        return DatePrecision.month
    if days <= 31:
        return DatePrecision.several_days
    return DatePrecision.year if start.year == end.year else DatePrecision.unknown


# Wording -> days before the report to the earliest and the latest possible day, and the precision.
_DAYS_BACK = {
    "today": (0, 0, DatePrecision.day),
    "earlier today": (0, 0, DatePrecision.day),
    "tonight": (0, 0, DatePrecision.part_of_day),
    "yesterday": (1, 1, DatePrecision.day),
    "the day before yesterday": (2, 2, DatePrecision.day),
    **dict.fromkeys(("last night", "overnight", "yesterday night"), (1, 0, DatePrecision.part_of_day)),
    **{f"this {part}": (0, 0, DatePrecision.part_of_day) for part in ("morning", "afternoon", "evening")},
    **{
        f"yesterday {part}": (1, 1, DatePrecision.part_of_day) for part in ("morning", "afternoon", "evening")
    },
}
_TO_TEN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTS = {word: n for n, word in enumerate(_TO_TEN, 1)}
_DAYS_AGO = re.compile(rf"([0-9]{{1,7}}|{'|'.join(_COUNTS)}) days? ago")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(rf"(?:(on|last) )?({'|'.join(_WEEKDAYS)})( morning| afternoon| evening)?")
_LONGEST_WORDING = 100


def resolve_relative(wording: str, reported: date) -> UncertainDate | None:
    """The date that a relative wording means in a report of that day; never later than the report.

    Understood, as a whole and in any case: today, tonight, last night, overnight, this/yesterday morning,
    afternoon or evening, yesterday, "N days ago" (digits, or one to ten), "Monday"/"on Monday" (the most recent
    one, the report's day included), "last Monday" (before the report's day), last/this week (Monday to Sunday),
    last/this month, earlier this week/month. Basis `inferred_from_relative`. None for any other wording, and
    where the answer falls outside the calendar.
    """
    words = (
        " ".join(wording.casefold().split()).strip(" .,;:!()\"'“”‘’")
        if len(wording) <= _LONGEST_WORDING
        else ""
    )
    try:
        found = _resolve(words, reported)
    except OverflowError:
        return None
    return None if found is None else UncertainDate(*found, DateBasis.inferred_from_relative)


def _resolve(words: str, reported: date) -> DateSpan | None:
    if (known := _DAYS_BACK.get(words)) is not None:
        earliest, latest, precision = known
        return DateSpan(reported - timedelta(earliest), reported - timedelta(latest), precision)
    if match := _DAYS_AGO.fullmatch(words):
        back = _COUNTS.get(match[1]) or int(match[1])
        day = reported - timedelta(back)
        return DateSpan(day, day, DatePrecision.day) if back else None
    if match := _WEEKDAY.fullmatch(words):
        back = (reported.weekday() - _WEEKDAYS.index(match[2])) % 7
        day = reported - timedelta(7 if match[1] == "last" and back == 0 else back)
        return DateSpan(day, day, DatePrecision.part_of_day if match[3] else DatePrecision.day)
    if words in ("this week", "earlier this week"):
        return DateSpan(reported - timedelta(reported.weekday()), reported, DatePrecision.week)
    if words in ("this month", "earlier this month"):
        return DateSpan(reported.replace(day=1), reported, DatePrecision.month)
    if words == "last week":
        sunday = reported - timedelta(reported.weekday() + 1)
        return DateSpan(sunday - timedelta(6), sunday, DatePrecision.week)
    if words == "last month":
        end = reported.replace(day=1) - timedelta(1)
        return DateSpan(end.replace(day=1), end, DatePrecision.month)
    return None


@lru_cache(maxsize=32_768)
def _read(text: str) -> DateSpan | None:
    # Cached: an importer meets the same eleven thousand days 176,579 times. Callers bound the length.
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        if month is None:
            return DateSpan(date(int(year), 1, 1), date(int(year), 12, 31), DatePrecision.year)
        if day is None:
            first = date(int(year), int(month), 1)
            last = first.replace(day=monthrange(first.year, first.month)[1])
            return DateSpan(first, last, DatePrecision.month)
        only = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return DateSpan(only, only, DatePrecision.day)


def _what_is_wrong(text: object, form: str, *, whole: bool) -> str:
    if not isinstance(text, str):
        return f"must be text of the form {form}"
    if _DATETIME.fullmatch(text):
        return f"must be a date without a time: {form}"
    if _LONG_YEAR.fullmatch(text):
        return f"the year must be from 0001 to 9999, as {form}"
    match = _PARTIAL.fullmatch(text)
    if match is None:
        return f"must be of the form {form}"
    year, month, day = (None if part is None else int(part) for part in match.groups())
    if not year:
        return "the year must be from 0001 to 9999"
    if month is not None and not 1 <= month <= 12:
        return f"there is no month {month:02}"
    if whole and day is None:
        return f"must be a whole date: {form}"
    return f"there is no day {text}"


def _not_plain_dates(start: date | None, end: date | None) -> list[Problem]:
    # A datetime is a date to isinstance, but cannot be compared with one.
    return [
        Problem(field, "not_a_date", "must be a date without a time")
        for field, value in (("date_start", start), ("date_end", end))
        if isinstance(value, datetime)
    ]


def _faults_without_start(
    end: date | None, precision: DatePrecision | None, basis: DateBasis | None
) -> list[Problem]:
    if end is not None:
        return [Problem("date_end", "lone_end", "needs date_start: the earliest possible date")]
    problems = []
    if precision not in (None, DatePrecision.unknown):
        problems.append(Problem("date_precision", "no_date", f"{precision} says nothing without a date"))
    if basis is not None:
        problems.append(Problem("date_basis", "no_date", f"{basis} says nothing without a date"))
    return problems

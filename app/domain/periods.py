"""Years, quarters, months, ISO weeks and days: how each is numbered and named.

A period has a number that grows by one from each period to the next, so that databases can compute it and missing
periods can be told. Weeks are those of ISO 8601: they begin on Monday, and the year is that of their Thursday.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class Period(StrEnum):
    year = "year"
    quarter = "quarter"
    month = "month"
    week = "week"
    day = "day"


def number_of(day: date, period: Period) -> int:
    """The number of the period in which the day lies: of a month ``12 * year + month - 1``, of a week the count of Mondays."""
    match period:
        case Period.year:
            return day.year
        case Period.quarter:
            return day.year * 4 + (day.month - 1) // 3
        case Period.month:
            return day.year * 12 + day.month - 1
        case Period.week:
            return (day.toordinal() - 1) // 7  # 0001-01-01 was a Monday
        case Period.day:
            return day.toordinal() - 1


def name_of(number: int, period: Period) -> str:
    """``2016``, ``2016-Q4``, ``2016-12``, ``2016-W49`` or ``2016-12-06``."""
    match period:
        case Period.year:
            return f"{number:04}"
        case Period.quarter:
            return f"{number // 4:04}-Q{number % 4 + 1}"
        case Period.month:
            return f"{number // 12:04}-{number % 12 + 1:02}"
        case Period.week:
            year, week, _ = date.fromordinal(number * 7 + 1).isocalendar()
            return f"{year:04}-W{week:02}"
        case Period.day:
            return date.fromordinal(number + 1).isoformat()

"""Moments as people name them: a change of the history by its number, or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from app.domain.dates import parse_date
from app.errors import InvalidInput, InvalidParameter, Problem

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_DIGITS = re.compile(r"[0-9]+")
_LONGEST = 18
"""Digits of a number; no history is as long."""
_LAST = timedelta(hours=23, minutes=59, seconds=59, milliseconds=999)
"""Of a day, to the millisecond that is kept."""


def moment_named(name: str, text: str) -> int | datetime:
    """The number of a change, or a time, UTC; a day is its end. InvalidParameter names the parameter."""
    try:
        if _DIGITS.fullmatch(text):
            return int(text) if len(text) <= _LONGEST else 10**_LONGEST
        if is_day(text):
            day = parse_date(text, name)
            return datetime(day.year, day.month, day.day, tzinfo=UTC) + _LAST
        if _TIME.fullmatch(text.upper()):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except InvalidInput as problem:
        raise InvalidParameter(problem.problems) from None
    except (ValueError, OverflowError):
        raise _not_a_moment(name, f"there is no such moment: {text[:60]!r}") from None
    raise _not_a_moment(
        name,
        f"{text[:60]!r} must be a time such as 2026-01-31T12:00:00Z, a day such as 2026-01-31, or the number of a change",
    )


def is_day(text: str) -> bool:
    return _DAY.fullmatch(text) is not None


def _not_a_moment(name: str, detail: str) -> InvalidParameter:
    return InvalidParameter([Problem(name, "not_a_moment", detail)])

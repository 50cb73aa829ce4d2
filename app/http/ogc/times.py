"""The parameter ``datetime``: an instant or an interval of RFC 3339 (OGC 17-069r4, 7.15.4), as days.

Records keep days, not moments, and a day is that of UTC: a moment stands for the day in which it lies.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from app.http.filters import DATED
from app.http.values import fault
from app.query.fields import Kind
from app.query.filter import Compare, Filter, Missing, Operator, all_of

OPEN = ("", "..")
_WRITTEN = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt]|[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):(?:[0-5][0-9]|60)(?:\.[0-9]{1,12})?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9])))?"
)
"""RFC 3339; and a day with a T and nothing after it, which is how GDAL writes a day."""
_PARAMETER = "datetime"


def at_time(kind: Kind, text: str) -> tuple[Filter, Filter]:
    """The records whose dates meet the interval, its ends included; and those without a date. InvalidParameter else."""
    start, end = _interval(text)
    first, last = DATED[kind]
    meets: list[Filter] = []
    if start is not None:
        meets.append(Compare(last, Operator.at_least, start))
    if end is not None:
        meets.append(Compare(first, Operator.at_most, end))
    return all_of(*meets), Missing(first)


def _interval(text: str) -> tuple[date | None, date | None]:
    if "/" not in text:
        day = _day(text)
        return day, day
    parts = text.split("/")
    if len(parts) != 2:
        raise fault(_PARAMETER, "is START/END, with one stroke", "not_an_interval")
    if parts[0] in OPEN and parts[1] in OPEN:
        raise fault(_PARAMETER, "has no end on either side", "not_an_interval")
    start, end = (None if part in OPEN else _day(part) for part in parts)
    if start is not None and end is not None and start > end:
        raise fault(_PARAMETER, "ends before it starts", "out_of_order")
    return start, end


def _day(text: str) -> date:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise fault(
            _PARAMETER,
            f"{text[:60]!r} must be YYYY-MM-DD or a moment such as 2016-12-06T09:30:00Z, or two with / between",
            "not_a_date",
        )
    year, month, day, hour, minute, sign, hours, minutes = found.groups()
    try:
        written = date(int(year), int(month), int(day))
        if hour is None or sign is None:
            return written
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(ahead if sign == "+" else -ahead)
        return (
            datetime.combine(written, datetime.min.time(), zone)
            .replace(hour=int(hour), minute=int(minute))
            .astimezone(UTC)
            .date()
        )
    except (ValueError, OverflowError):
        raise fault(_PARAMETER, f"there is no such moment: {text[:60]!r}", "not_a_date") from None

"""Which change of the history a time or a number stands for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from app.errors import InvalidParameter, Problem
from app.query.moments import is_day, moment_named
from app.storage.database import Reader
from app.storage.history import BEFORE_THE_FIRST
from app.storage.types import now, timestamp_text
from app.storage.verifying.chain import Head

_STEP = 2**40
"""More changes than there will ever be."""
_SEARCH = f"""
    WITH RECURSIVE search(seq, step) AS (
        SELECT CAST(0 AS bigint), CAST({_STEP} AS bigint)
        UNION ALL
        SELECT CASE WHEN (SELECT c.at FROM changes c WHERE c.seq = s.seq + s.step) <= {{mark}}
                    THEN s.seq + s.step ELSE s.seq END, s.step / 2
        FROM search s WHERE s.step > 0
    )
    SELECT seq FROM search WHERE step = 0
"""


class Moment(NamedTuple):
    """A change of the history, when it was begun (UTC), and the hash of the head that it was then: it binds the history up
    to it, and is not the one that is stored (`verifying.chain` says why). 0 and None before the first."""

    seq: int
    at: str | None
    hash: bytes = BEFORE_THE_FIRST


def asked(reader: Reader, name: str, text: str) -> Moment:
    """The change that a parameter stands for. InvalidParameter where it is no moment of the past."""
    told = moment_named(name, text)
    if isinstance(told, int):
        found = at_change(reader, told)
        if found is None:
            raise _ahead(name, f"lies ahead: the last change is {reader.revision()}")
        return found
    if told > now():
        when = "the end of that day, UTC, lies" if is_day(text) else "lies"
        raise _ahead(name, f"{when} ahead: nobody knows yet what will be so then")
    return at_time(reader, told)


def _ahead(name: str, detail: str) -> InvalidParameter:
    return InvalidParameter([Problem(name, "lies_ahead", detail)])


def at_time(reader: Reader, time: datetime) -> Moment:
    """The last change that had been made at the time.

    Found by halving, on steps that do not hang on how many changes there are: where writers overtook one another their
    times are not in the order of their numbers, and the answer must not vary with what was recorded later.
    """
    rows = reader.rows(_SEARCH.format(mark=_mark(reader)), (timestamp_text(time),))
    found = at_change(reader, int(rows[0][0]))
    assert found is not None
    return found


def at_change(reader: Reader, seq: int) -> Moment | None:
    """The change of this number; None where there is none yet."""
    if seq == 0:
        return Moment(0, None)
    if seq > reader.revision():
        return None
    ((at, sealed),) = reader.rows(f"SELECT at, hash FROM changes WHERE seq = {_mark(reader)}", (seq,))
    return Moment(seq, at, Head.told(seq, bytes(sealed)).hash)


def past(reader: Reader, as_of: int | None) -> int | None:
    """The change of which is asked; None where that is what is so now. Ask within the snapshot of what comes after."""
    return None if as_of is None or as_of == reader.revision() else as_of


def _mark(reader: Reader) -> str:
    return "%s" if reader.dialect.name == "postgresql" else "?"

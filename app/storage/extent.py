"""How far the records reach that a viewer may see: in degrees and in days."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, literal_column

from app.access.viewer import Viewer
from app.query.fields import BY_NAME, Kind
from app.query.filter import EVERYTHING
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.moments import past
from app.storage.shapes import REVISION
from app.storage.then import scope_of

DATES = {Kind.incident: ("date_start", "date_end"), Kind.report: ("date_published", "date_published")}
_POSITION = ("lon", "lat")


class Extent(NamedTuple):
    """`box` is (west, south, east, north) in degrees, None where nothing has a position; days as YYYY-MM-DD, None where
    nothing has a date. `revision` is that of the data."""

    box: tuple[float, float, float, float] | None
    start: str | None
    end: str | None
    revision: int


def extent_of(reader: Reader, viewer: Viewer, kind: Kind, as_of: int | None = None) -> Extent:
    """One pass over the visible records of the kind (of those in `DATES`): keep the answer for as long as the revision lasts. `as_of`: of
    those of a change, as far as they may be seen today."""
    located = "lon" in BY_NAME[kind]
    as_of = past(reader, as_of)

    def build() -> Statement:
        scope, binder = scope_of(kind, viewer, as_of), Binder()
        first, last = DATES[kind]
        columns: list[ColumnElement[Any]] = [func.min(scope.column(first)), func.max(scope.column(last))]
        # Nulls keep the row's shape where there is no position to ask for.
        for end in (func.min, func.max):
            columns += [end(scope.column(n)) if located else literal_column("NULL") for n in _POSITION]
        statement = matching(scope, EVERYTHING, reader.dialect, binder, *columns, REVISION.label("revision"))
        return prepare(statement, binder, reader.dialect)

    statement = reader.prepared(("extent", kind, viewer.rank, as_of is not None), build)
    ((start, end, *box, revision),) = reader.answer(statement, [], extras(viewer, as_of))
    west, south, east, north = box
    found = None if west is None else (float(west), float(south), float(east), float(north))
    return Extent(found, _day(start), _day(end), int(revision))


def _day(value: date | str | None) -> str | None:
    """SQLite keeps days as text."""
    return value.isoformat() if isinstance(value, date) else value

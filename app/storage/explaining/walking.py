"""The incidents of a list by what they count for, largest first: one total order, in which a page goes on where one ended.

Most count what they state, and come in that order from the database. Those that count for less are few, known by their keys,
and are put in between here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_

from app.access.viewer import Viewer
from app.query.cursor import Cursor
from app.query.fields import Kind
from app.query.filter import Filter
from app.storage import tables
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.explaining.relations import Relations
from app.storage.then import scope_of

COUNTED, COUNTED_WITHOUT, LEFT_OUT, LEFT_OUT_WITHOUT = range(4)
"""Sections of the order: with a best figure (or a low that stands in) to go by, and without; then the same of what is not counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of one incident in the order. `value` is what a section is ordered by, None in the sections without."""

    section: int
    value: int | None
    key: int

    @property
    def order(self) -> tuple[int, int, int]:
        return self.section, -(self.value or 0), self.key

    def cursor(self, uid: str) -> Cursor:
        return Cursor(f"{self.section}:{'' if self.value is None else self.value}", uid)


def place_of(reader: Reader, cursor: Cursor) -> Place | None:
    """Where a cursor stands; None where its record is not there."""
    mark = "%s" if reader.dialect.name == "postgresql" else "?"
    rows = reader.rows(f"SELECT id FROM {tables.incidents.name} WHERE uid = {mark}", (cursor.uid,))
    section, _, value = str(cursor.value).partition(":")
    return Place(int(section), int(value) if value else None, rows[0][0]) if rows else None


@dataclass(frozen=True, slots=True)
class Walk:
    """`counted` chooses what is counted; `left_out` what is listed and not counted, None where there is no such thing."""

    reader: Reader
    viewer: Viewer
    metric: str
    counted: Filter
    left_out: Filter | None
    relations: Relations
    as_of: int | None = None

    def places(self, after: Place | None, wanted: int) -> list[Place]:
        """The next places, so many at most."""
        found: list[Place] = []
        sections = range(COUNTED if after is None else after.section, LEFT_OUT_WITHOUT + 1)
        for section in sections:
            if len(found) == wanted:
                break
            begin = after if after is not None and after.section == section else None
            found += self._section(section, begin, wanted - len(found))
        return found

    def _section(self, section: int, after: Place | None, wanted: int) -> list[Place]:
        if section >= LEFT_OUT:
            return [] if self.left_out is None else self._stored(section, self.left_out, after, wanted)
        found = self._stored(section, self.counted, after, wanted)
        between = [
            place
            for place in map(self._lessened, self.relations.lessened)
            if place.section == section and (after is None or place.order > after.order)
        ]
        return sorted([*found, *between], key=lambda place: place.order)[:wanted]

    def _lessened(self, key: int) -> Place:
        best = self.relations.contribution(key, self.relations.own(key)).counts.best
        return Place(COUNTED_WITHOUT if best is None else COUNTED, best, key)

    def _stored(self, section: int, where: Filter, after: Place | None, wanted: int) -> list[Place]:
        """Of those that count what they state."""
        valued = section in (COUNTED, LEFT_OUT)
        lessened = sorted(self.relations.lessened) if section < LEFT_OUT else []

        def build() -> Statement:
            scope, binder = scope_of(Kind.incident, self.viewer, self.as_of), Binder()
            value = func.coalesce(scope.table.c[f"{self.metric}_best"], scope.table.c[f"{self.metric}_low"])
            found = matching(scope, where, self.reader.dialect, binder, scope.key, value)
            found = found.where(value.is_not(None) if valued else value.is_(None))
            if lessened:
                found = found.where(not_(self.reader.dialect.listed(scope.key, binder)))
            if after is not None:
                found = found.where(_beyond(scope.key, value, binder, valued=valued))
            order = [value.desc(), scope.key] if valued else [scope.key]
            return prepare(found.order_by(*order).limit(binder(wanted)), binder, self.reader.dialect)

        how = (valued, bool(lessened), after is None, self.as_of is not None)
        shape = ("walk", self.viewer.rank, self.metric, where.shape(), how)
        statement = self.reader.prepared(shape, build)
        values: list[Any] = list(where.values())
        if lessened:
            values.append(lessened)
        if after is not None:
            values += [after.value, after.value, after.key] if valued else [after.key]
        values.append(wanted)
        rows = self.reader.answer(
            statement,
            values,
            extras(self.viewer, self.as_of),
            # A long list is looked up by hash only where the planner sees it.
            planned_anew=bool(lessened),
        )
        return [Place(section, value, key) for key, value in rows]


def _beyond(
    key: ColumnElement[int], value: ColumnElement[Any], bind: Binder, *, valued: bool
) -> ColumnElement[bool]:
    if not valued:
        return key > bind(0)
    return or_(value < bind(0), and_(value == bind(0), key > bind(0)))

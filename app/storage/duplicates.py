"""Incidents as they are compared with each other, through the eyes of one viewer: those of a list, newest first, and those
near them in time, from the index of dates. `as_of`: as they were at a change, as `then` tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, and_, or_, select

from app.access.viewer import Viewer
from app.domain.duplicates import Incident
from app.domain.figures import Figure
from app.domain.nearness import Where
from app.domain.vocabulary import LocationPrecision
from app.query.fields import Kind
from app.query.filter import Filter
from app.storage import tables
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, condition, extras, prepare, visible
from app.storage.database import Reader
from app.storage.dialects.base import Bind
from app.storage.then import scope_of

COMPARED = (
    "date_start", "date_end", "country", "admin1", "admin1_code", "admin2", "admin2_code", "place", "place_names",
    "lon", "lat", "location_precision", "killed_low", "killed_best", "killed_high", "wounded_low", "wounded_best",
    "wounded_high", "title", "event_type", "partner", "part_of",
)  # fmt: skip


class Position(NamedTuple):
    """Where an incident stands in the order: the later the sooner, then the last recorded."""

    start: date
    key: int

    def is_before(self, other: Position) -> bool:
        return self > other


@dataclass(frozen=True, slots=True)
class Compared:
    """An incident as it is compared. `asked`: whether it is one of the list that was asked for."""

    position: Position
    uid: str
    asked: bool
    part_of: str | None
    incident: Incident


def of_list(
    reader: Reader,
    viewer: Viewer,
    where: Filter,
    after: Position | None,
    limit: int,
    *,
    inclusive: bool,
    as_of: int | None = None,
) -> list[Compared]:
    """The next incidents of the list. `inclusive`: from that place on, not behind it."""

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        bounds = [condition(where, scope, binder, reader.dialect)]
        if after is not None:
            bounds.append(_behind(scope, binder, inclusive=inclusive))
        return _statement(reader, scope, binder, bounds, asked=None)

    shape = ("of list", viewer.rank, where.shape(), after is not None, inclusive, as_of is not None)
    values: list[Any] = [*where.values()]
    if after is not None:
        values += (after.start, after.start, after.key)
    return _read(reader, viewer, reader.prepared(shape, build), [*values, limit], as_of)


class Near(NamedTuple):
    """What may be near to some incidents: starts within the first two dates, ends no earlier than the third, and was in
    their country, where that is one, or in none that is stated."""

    first: date
    last: date
    ending: date
    country: str | None

    @classmethod
    def of(cls, incidents: Sequence[Incident]) -> Near:
        firsts, lasts, endings = zip(*(incident.window for incident in incidents), strict=True)
        countries = {incident.country for incident in incidents}
        country = next(iter(countries)) if len(countries) == 1 else None
        return cls(min(firsts), max(lasts), min(endings), country)


def near_in_time(
    reader: Reader,
    viewer: Viewer,
    where: Filter,
    near: Near,
    after: Position | None,
    limit: int,
    as_of: int | None = None,
) -> list[Compared]:
    """Incidents that may be near, those behind a place. `asked`: whether they are in the list that `where` chooses."""

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        asked = condition(where, scope, binder, reader.dialect)
        c = scope.table.c
        first, last, ending = (binder(day) for day in near[:3])
        bounds = [c.date_start >= first, c.date_start <= last, c.date_end >= ending]
        if near.country is not None:
            bounds.append(or_(c.country == binder(near.country), c.country.is_(None)))
        if after is not None:
            bounds.append(_behind(scope, binder, inclusive=False))
        return _statement(reader, scope, binder, bounds, asked=asked)

    bounded = near.country is not None, after is not None
    shape = ("near in time", viewer.rank, where.shape(), *bounded, as_of is not None)
    values: list[Any] = [*where.values(), *near[:3]]
    if near.country is not None:
        values.append(near.country)
    if after is not None:
        values += (after.start, after.start, after.key)
    return _read(reader, viewer, reader.prepared(shape, build), [*values, limit], as_of)


def one(reader: Reader, viewer: Viewer, uid: str, as_of: int | None = None) -> Compared | None:
    """The incident; None where its dates are not stated, or it was merged into another."""

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        is_meant = scope.named(lambda of: of == binder(uid))
        return _statement(reader, scope, binder, [is_meant], asked=None)

    statement = reader.prepared(("compared", viewer.rank, as_of is not None), build)
    found = _read(reader, viewer, statement, [uid, 1], as_of)
    return found[0] if found else None


def position_of(reader: Reader, start: date, uid: str) -> Position | None:
    """Where a page ended, whatever became of the incident since."""
    mark = "%s" if reader.dialect.name == "postgresql" else "?"
    rows = reader.rows(f"SELECT id FROM {tables.incidents.name} WHERE uid = {mark}", (uid,))
    return Position(start, rows[0][0]) if rows else None


def reports_of(
    reader: Reader, viewer: Viewer, keys: Iterable[int], as_of: int | None = None
) -> dict[int, set[int]]:
    """The reports that the viewer sees of incidents, all by their keys."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}

    def build() -> Statement:
        report, binder = scope_of(Kind.report, viewer, as_of, "r"), Binder()
        links = tables.aliased(tables.links, "l")
        listed, seen = reader.dialect.listed(links.c.incident_ref, binder), visible(report)
        told = (
            select(links.c.incident_ref, links.c.report_ref)
            .select_from(report.joined(links.join(report.table, report.key == links.c.report_ref)))
            .where(listed, report.linking(links), seen)
        )
        return prepare(told, binder, reader.dialect)

    statement = reader.prepared(("reports of", viewer.rank, as_of is not None), build)
    values: list[Any] = [wanted]
    found: dict[int, set[int]] = {}
    rows = reader.answer(statement, values, extras(viewer, as_of))
    for key, report in rows:
        found.setdefault(key, set()).add(report)
    return found


def _behind(scope: Scope, bind: Bind, *, inclusive: bool) -> ColumnElement[bool]:
    """As `read._beyond`, where the order is descending."""
    start = scope.table.c.date_start
    most, less, key = bind(date.max), bind(date.max), bind(0)
    return and_(start <= most, or_(start < less, scope.key <= key if inclusive else scope.key < key))


def _statement(
    reader: Reader,
    scope: Scope,
    binder: Binder,
    bounds: Sequence[ColumnElement[bool]],
    *,
    asked: ColumnElement[bool] | None,
) -> Statement:
    c = scope.table.c
    columns = [scope.key, c.uid, *(scope.column(name) for name in COMPARED)]
    if asked is not None:
        columns.append(asked.label("asked"))
    there = (c.date_start.is_not(None), c.date_end.is_not(None), c.merged_into_ref.is_(None))
    statement = (
        select(*columns)
        .select_from(scope.joined())
        .where(*bounds, *there, visible(scope))
        .order_by(c.date_start.desc(), scope.key.desc())
        .limit(binder(0))
    )
    return prepare(statement, binder, reader.dialect)


def _read(
    reader: Reader, viewer: Viewer, statement: Statement, values: list[Any], as_of: int | None
) -> list[Compared]:
    return [_compared(*row) for row in reader.answer(statement, values, extras(viewer, as_of))]


def _compared(key: int, uid: str, *row: Any) -> Compared:
    values = dict(zip(COMPARED, row, strict=False))
    # A list's own are asked for, all of them.
    asked = row[len(COMPARED)] is not None and bool(row[len(COMPARED)]) if len(row) > len(COMPARED) else True
    start, end = _day(values["date_start"]), _day(values["date_end"])
    incident = Incident(
        start,
        end,
        _where(values),
        values["country"],
        Figure(values["killed_low"], values["killed_best"], values["killed_high"]),
        Figure(values["wounded_low"], values["wounded_best"], values["wounded_high"]),
        values["title"],
        values["event_type"],
        values["partner"],
    )
    return Compared(Position(start, key), uid, asked, values["part_of"], incident)


def _where(values: dict[str, Any]) -> Where:
    told = values["place_names"]
    in_languages = orjson.loads(told) if isinstance(told, str) else told
    names = dict.fromkeys([*([values["place"]] if values["place"] else []), *in_languages.values()])
    same = {name: values[name] for name in ("admin1", "admin1_code", "admin2", "admin2_code", "lon", "lat")}
    return Where(names=tuple(names), precision=LocationPrecision(values["location_precision"]), **same)


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value

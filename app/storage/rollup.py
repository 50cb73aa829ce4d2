"""Sums of the incidents by country, months and what decides who sees them: totals without reading each incident.

The rollup follows every change within its transaction. A question is read from it where its rows can tell all that is
asked, whole months included; any other question reads the incidents themselves, and gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    Text,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from app.access.viewer import Viewer
from app.domain.figures import METRICS
from app.domain.periods import Period
from app.query.fields import Kind
from app.query.filter import (
    And,
    Compare,
    Comparison,
    Filter,
    Literal,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Property,
)
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, prepare
from app.storage.dialects.base import Bind, DatabaseDialect
from app.storage.tables import (
    ROLLUP_KEY,
    ROLLUP_PARTS,
    aliased,
    incident_rollup,
    incident_versions,
    incidents,
)
from app.storage.then import scope_of

FOLLOWED = frozenset(
    {"country", "date_start", "date_end", "deleted_at", *ROLLUP_KEY[3:]}
    | {f"{metric}_{end}" for metric in METRICS for end in ("low", "best", "high")}
)
"""Columns of an incident that the rollup follows."""
MONTHS = {"date_start": "first_month", "date_end": "last_month"}
FIELDS = frozenset({"country", "verification_status", "workflow", "partner"})
"""Fields that its rows tell as the incidents do."""
DIMENSIONS = frozenset({"country", "verification_status", Period.year, Period.quarter, Period.month})
NAMES = tuple(column.name for column in incident_rollup.columns)
IN_A_YEAR = {Period.month: 12, Period.quarter: 4, Period.year: 1}


class Rollup(Scope):
    """The rollup in the place of the incidents."""

    def __init__(self, viewer: Viewer, name: str = "t") -> None:
        super().__init__(Kind.incident, viewer, name)
        self.table = aliased(incident_rollup, name)

    @property
    def standing(self) -> ColumnElement[bool]:
        return self.table.c.incidents > 0

    def column(self, name: str) -> ColumnElement[Any]:
        if name in MONTHS.values():
            return self.table.c[name]
        assert name in FIELDS or name in ("partner_key", "effective_sharing"), name
        return super().column(name)

    def period(self, period: Period) -> ColumnElement[Any]:
        """The period, as `DatabaseDialect.period` numbers it, where all the days of an incident lie in it; else null."""
        months = literal_column(str(12 // IN_A_YEAR[period]), Integer)
        first, last = (self.table.c[name] // months for name in MONTHS.values())
        return case((first == last, first))

    def numbers(self) -> list[ColumnElement[Any]]:
        """As `totals.numbers_of` has them of the incidents."""
        c = self.table.c

        def summed(name: str) -> ColumnElement[Any]:
            return cast(func.sum(c[name]), BigInteger)  # else a decimal on PostgreSQL, which is slow to read

        incidents = summed("incidents")
        told: list[ColumnElement[Any]] = [incidents]
        for metric in METRICS:
            low, best, high, unknown, open_, no_best, lows, bests = (
                summed(f"{metric}_{part}") for part in ROLLUP_PARTS
            )
            # A sum of nothing that is stated is not zero but null.
            told += [
                case((lows > 0, low)),
                case((bests > 0, best)),
                case((incidents > unknown + open_, high)),
                unknown,
                open_,
                no_best,
            ]
        return told


@dataclass(frozen=True, slots=True)
class Basis:
    """What a sum is read from, the rollup (`kept`) or the incidents, and the question in its fields."""

    where: Filter
    kept: bool
    as_of: int | None = None

    def scope(self, viewer: Viewer) -> Scope:
        return Rollup(viewer) if self.kept else scope_of(Kind.incident, viewer, self.as_of)

    def shape(self) -> tuple[object, ...]:
        return self.kept, self.where.shape(), self.as_of is not None


def basis(where: Filter, dimensions: Iterable[str] = (), as_of: int | None = None) -> Basis:
    """The rollup where its rows can tell all that is asked, divided so; else the incidents. It tells only of now."""
    if as_of is not None:
        return Basis(where, kept=False, as_of=as_of)
    kept = asked_of(where, dimensions)
    return Basis(where, kept=False) if kept is None else Basis(kept, kept=True)


def asked_of(where: Filter, dimensions: Iterable[str] = ()) -> Filter | None:
    """The question in the rollup's own fields; None where its rows cannot tell."""
    return _translated(where) if DIMENSIONS.issuperset(dimensions) else None


def _translated(node: Filter) -> Filter | None:
    match node:
        case And(parts) | Or(parts):
            told = [_translated(part) for part in parts]
            sound = tuple(part for part in told if part is not None)
            return type(node)(sound) if len(sound) == len(told) else None
        case Not(part):
            within = _translated(part)
            return None if within is None else Not(within)
        case Comparison(Property(name), operator, Literal(value)):
            return _translated(Compare(name, operator, value))
        case Compare(name, operator, value) if name in MONTHS and isinstance(value, date):
            return _months(MONTHS[name], operator, value)
        case Compare(name) | OneOf(name) if name in FIELDS:
            return node
        case Missing(name) if name in FIELDS or name in MONTHS:
            return Missing(MONTHS.get(name, name))
    return None


def _months(field: str, operator: Operator, day: date) -> Filter | None:
    """A bound between two months bounds months; one within a month does not."""
    month = day.year * 12 + day.month - 1
    first = day.day == 1
    if operator in (Operator.at_least, Operator.less):
        return Compare(field, operator, month) if first else None
    last = day == date.max or (day + timedelta(days=1)).day == 1
    return (
        Compare(field, operator, month) if last and operator in (Operator.at_most, Operator.greater) else None
    )


def take(connection: Connection, dialect: DatabaseDialect, keys: Sequence[int]) -> None:
    """Takes away what incidents were until now: call it before their last kept version is closed."""
    _count(connection, dialect, keys, incident_versions, -1)


def add(connection: Connection, dialect: DatabaseDialect, keys: Sequence[int]) -> None:
    """Adds what incidents are now. Under the lock of the history, so that no two transactions wait for each other's rows."""
    _count(connection, dialect, keys, incidents, 1)


def rebuild(connection: Connection, dialect: DatabaseDialect) -> None:
    """The whole rollup anew from the incidents."""
    connection.execute(delete(incident_rollup))
    connection.execute(insert(incident_rollup).from_select(NAMES, _rows(dialect, incidents, 1)))


def _count(
    connection: Connection, dialect: DatabaseDialect, keys: Sequence[int], of: Table, sign: int
) -> None:
    if keys:
        first, last = min(keys), max(keys)
        # Those of an import follow one another, and need no list.
        together = last - first + 1 == len(keys)
        statement = _statement(dialect, of, sign, together=together)
        values: list[Any] = [first, last] if together else [first, last, list(keys)]
        parameters = statement.parameters(values, {}, dialect)
        connection.exec_driver_sql(statement.sql, parameters)


@lru_cache(maxsize=16)
def _statement(dialect: DatabaseDialect, of: Table, sign: int, *, together: bool) -> Statement:
    binder = Binder()
    bind: Bind = binder
    # Bounds also where a list says it again: for a planner whose statistics lag behind a large import.
    rows = _rows(dialect, of, sign).where(of.c.id >= bind(None), of.c.id <= bind(None))
    if not together:
        rows = rows.where(dialect.listed(of.c.id, bind))
    if "seq_to" in of.c:
        rows = rows.where(of.c.seq_to.is_(None))
    made = prepare(rows, binder, dialect)
    table = incident_rollup.name
    summed = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in NAMES[1 + len(ROLLUP_KEY) :])
    return replace(
        made,
        sql=f"INSERT INTO {table} ({', '.join(NAMES)}) {made.sql} ON CONFLICT (held_in_common) DO UPDATE SET {summed}",
    )


def _rows(dialect: DatabaseDialect, of: Table, sign: int) -> Select[Any]:
    """What incidents add to the rollup, in the order of NAMES; with sign -1 what they take away."""
    c, one = of.c, literal_column(str(sign), Integer)
    months = {month: dialect.period(c[day], Period.month) for day, month in MONTHS.items()}
    key: list[ColumnElement[Any]] = [months[name] if name in months else c[name] for name in ROLLUP_KEY]
    sums: list[ColumnElement[Any]] = [func.count()]
    for metric in METRICS:
        low, best, high = (c[f"{metric}_{end}"] for end in ("low", "best", "high"))
        stated, zero = func.count(func.coalesce(low, best, high)), literal_column("0", Integer)
        sums += [
            func.sum(func.coalesce(low, zero)),
            func.sum(func.coalesce(best, low, zero)),
            func.sum(func.coalesce(high, zero)),
            func.count() - stated,
            stated - func.count(high),
            stated - func.count(best),
            func.count(low),
            func.count(func.coalesce(best, low)),
        ]
    places: list[ColumnElement[Any]] = [literal_column(str(n + 2)) for n in range(len(key))]
    counted = select(_joined(key), *key, *(number * one for number in sums)).select_from(of)
    return counted.where(c.deleted_at.is_(None)).group_by(*places)


def _joined(key: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    dot, nothing = literal_column("'.'", Text), literal_column("'-'", Text)
    first, *others = (func.coalesce(cast(part, Text), nothing) for part in key)
    joined: ColumnElement[str] = first
    for part in others:
        joined = joined.concat(dot).concat(part)
    return joined


__all__ = ["FOLLOWED", "Rollup", "add", "asked_of", "basis", "rebuild", "take"]

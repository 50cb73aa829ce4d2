"""How many incidents of the whole list stand how, beyond what the total tells: from the rollup where its rows can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func

from app.access.viewer import Viewer
from app.query.filter import Filter
from app.storage import rollup
from app.storage.columns import Scope
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.rollup import Rollup


def stands_in(reader: Reader, viewer: Viewer, where: Filter, metric: str, as_of: int | None = None) -> int:
    """In how many a low stands in for the best that is not stated."""

    def columns(scope: Scope) -> list[ColumnElement[Any]]:
        c = scope.table.c
        if isinstance(scope, Rollup):
            # Those with either, less those with a best: all but what states nothing, or no best.
            with_best = c.incidents - c[f"{metric}_unknown"] - c[f"{metric}_no_best"]
            return [_summed(c[f"{metric}_bests"] - with_best)]
        low, best = c[f"{metric}_low"], c[f"{metric}_best"]
        return [func.count(func.coalesce(best, low)) - func.count(best)]

    return int(_counted(reader, viewer, where, ("stands in", metric), columns, as_of)[0][0] or 0)


def left_out_by_status(
    reader: Reader, viewer: Viewer, where: Filter, as_of: int | None = None
) -> dict[str, int]:
    """How many match, by verification status."""

    def columns(scope: Scope) -> list[ColumnElement[Any]]:
        number = _summed(scope.table.c.incidents) if isinstance(scope, Rollup) else func.count()
        return [scope.column("verification_status"), number]

    found = _counted(reader, viewer, where, ("left out",), columns, as_of)
    return {status: int(number) for status, number in found}


def _summed(number: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.sum(number), BigInteger)  # else a decimal on PostgreSQL


def _counted(
    reader: Reader, viewer: Viewer, where: Filter, name: Sequence[str], columns: Any, as_of: int | None
) -> list[tuple[Any, ...]]:
    """One row, or one for each value of the first column where there are two."""
    basis = rollup.basis(where, as_of=as_of)

    def build() -> Statement:
        scope, binder = basis.scope(viewer), Binder()
        *by, number = columns(scope)
        found = matching(scope, basis.where, reader.dialect, binder, *by, number)
        return prepare(found.group_by(*by) if by else found, binder, reader.dialect)

    statement = reader.prepared((*name, viewer.rank, basis.shape()), build)
    values = list(basis.where.values())
    return reader.answer(statement, values, extras(viewer, as_of))

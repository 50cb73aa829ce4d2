"""What is shown of incidents by their keys: those of a page, and the parts and wholes that are named beside them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from app.access.viewer import Viewer
from app.query.fields import Kind
from app.query.filter import EVERYTHING
from app.storage.compile import Binder, Statement, extras, matching, prepare
from app.storage.database import Reader
from app.storage.then import scope_of

SHOWN = ("id", "code", "title", "date_start", "date_end", "country", "admin1", "place", "verification_status")
ENDS = ("low", "best", "high")
Details = dict[int, dict[str, Any]]


def details_of(
    reader: Reader, viewer: Viewer, keys: Iterable[int], metric: str, as_of: int | None = None
) -> Details:
    """By key, as the viewer may see them; the figure of the metric comes last."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    names = (*SHOWN, *(f"{metric}_{end}" for end in ENDS))

    def build() -> Statement:
        scope, binder = scope_of(Kind.incident, viewer, as_of), Binder()
        columns = [scope.column(name) for name in names]
        found = matching(scope, EVERYTHING, reader.dialect, binder, scope.key, *columns)
        return prepare(found.where(reader.dialect.listed(scope.key, binder)), binder, reader.dialect)

    statement = reader.prepared(("details", viewer.rank, metric, as_of is not None), build)
    values: list[Any] = [wanted]
    rows = reader.answer(statement, values, extras(viewer, as_of))
    return {
        key: {name: _travelling(value) for name, value in zip(names, values, strict=True)}
        for key, *values in rows
    }


def _travelling(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

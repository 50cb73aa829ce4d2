"""Many rows to PostgreSQL: COPY in the binary format, in which neither side writes values out as text and reads them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

COMPILER = PGDialect_psycopg(paramstyle="pyformat")  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _jsonb(text: str) -> str:
    """The binary format of jsonb: its version, then the text."""
    return "\x01" + text


PASSED: dict[str, tuple[str, Callable[[Any], Any] | None]] = {
    "date": ("date", _day),
    "jsonb": ("text", _jsonb),
}
"""Types whose values are passed as another's, or made ready for it first."""


class _Form(NamedTuple):
    """How the columns of a table are sent: their types, and those (by position) whose values are made ready first."""

    types: tuple[str, ...]
    adapts: tuple[tuple[int, Callable[[Any], Any]], ...]


@lru_cache(maxsize=64)
def _form(table: Table, names: tuple[str, ...]) -> _Form:
    types = [str(table.c[name].type.compile(dialect=COMPILER)).lower() for name in names]
    passed = [PASSED.get(name, (name, None)) for name in types]
    adapts = tuple((i, adapt) for i, (_, adapt) in enumerate(passed) if adapt is not None)
    return _Form(tuple(name for name, _ in passed), adapts)


def copy_rows(cursor: Any, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows of values in the order of `names`: dates may be ISO text, JSON is text."""
    form = _form(table, tuple(names))
    with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(form.types)
        for row in rows:
            if form.adapts:
                row = list(row)
                for i, adapt in form.adapts:
                    if row[i] is not None:
                        row[i] = adapt(row[i])
            copy.write_row(row)

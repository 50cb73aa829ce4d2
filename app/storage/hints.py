"""How SQLite is to go about a statement, where it would choose badly; PostgreSQL is told nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType


class Hint(ColumnElement[Any]):
    """A value that SQLite plans with as told; PostgreSQL knows by itself.

    SQLite does not think of a page's end, and may have no statistics of versions. It would read every record of now, to
    begin with them or to sift the versions by them, where some dozens of versions in order lead to as many records.
    """

    inherit_cache = False

    def __init__(self, value: ColumnElement[Any], told: str) -> None:
        self.value = value
        self.told = told
        # Were it known to be a condition, it would be compared with 1, and the hint lost.
        self.type = NullType()


def leading(key: ColumnElement[int]) -> ColumnElement[int]:
    """A key that leads to another table, and not back."""
    return Hint(key, "+{}")


def selective(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that few rows satisfy."""
    return Hint(condition, "likelihood({}, 0.01)")


def by_key(statement: Select[Any], table: FromClause) -> Select[Any]:
    """Records of the table are found by their keys, and by none of its other indexes."""
    return statement.with_hint(table, "NOT INDEXED", "sqlite")


class HintedCompiler(SQLiteCompiler):
    """SQLAlchemy writes hints of tables out for other databases only."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


@compiles(Hint, "sqlite")
def _hint_sqlite(element: Hint, compiler: SQLCompiler, **kw: Any) -> str:
    return element.told.format(compiler.process(element.value, **kw))


@compiles(Hint, "postgresql")
def _hint_postgresql(element: Hint, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.value, **kw)})"

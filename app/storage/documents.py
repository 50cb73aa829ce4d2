"""JSON built in the database: a document of named expressions, and a list of documents from a nested select."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.query.fields import Type
from app.storage.types import Timestamp

NESTED = (Type.document, Type.documents, Type.words)
BARE = (Type.integer, Type.number, Type.boolean)
CLEAN = (Type.id, Type.word, Type.date, Type.timestamp)
"""Text in which nothing stands that JSON has to escape."""
TIMESTAMP_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
MOST_ARGUMENTS = 90
"""Of one call; PostgreSQL takes 100."""


class Document(ColumnElement[str]):
    """One JSON object as text, its members in order: (name, expression, how it travels)."""

    inherit_cache = False
    type = Text()

    def __init__(self, members: Sequence[tuple[str, ColumnElement[Any], Type]]) -> None:
        self.members = members


class DocumentList(ColumnElement[str]):
    """A JSON array of the documents that a select of one column yields, in its order."""

    inherit_cache = False
    type = Text()

    def __init__(self, rows: Select[Any]) -> None:
        self.rows = rows.scalar_subquery()


@compiles(Document, "sqlite")
def _document_sqlite(element: Document, compiler: SQLCompiler, **kw: Any) -> str:
    parts = []
    for name, expression, travels in element.members:
        sql = compiler.process(expression, **kw)
        if travels in NESTED:
            sql = f"json({sql})"
        elif travels is Type.boolean:
            sql = f"json(CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END)"
        parts.append(f"'{name}', {sql}")
    return f"json_object({', '.join(parts)})"


@compiles(Document, "postgresql")
def _document_postgresql(element: Document, compiler: SQLCompiler, **kw: Any) -> str:
    """Put together as text: to make a row and have it turned into JSON takes the server half as long again. With few
    functions and operators: by these the planner reckons what a record costs, and whether to plan for each question anew."""
    parts, before = [], "{"
    for name, expression, travels in element.members:
        parts.append(f"'{before}\"{name}\":'")
        parts += _value_postgresql(expression, travels, compiler.process(expression, **kw))
        before = ","
    while len(parts) > MOST_ARGUMENTS:
        parts = [f"concat({', '.join(parts[:MOST_ARGUMENTS])})", *parts[MOST_ARGUMENTS:]]
    return f"concat({', '.join(parts)}, '}}')"


def _value_postgresql(expression: ColumnElement[Any], travels: Type, sql: str) -> list[str]:
    """A value's JSON, or null, as arguments of `concat`, which takes nulls for nothing."""
    if travels is Type.timestamp and isinstance(expression.type, Timestamp):
        sql = f"to_char({sql}, '{TIMESTAMP_FORMAT}')"
    elif isinstance(expression, Column):
        if travels is not Type.boolean and (travels in NESTED or travels in BARE):
            return [sql, f"CASE WHEN {sql} IS NULL THEN 'null' END"]
        if travels in CLEAN:
            return [f"""CASE WHEN {sql} IS NULL THEN 'null' ELSE concat('"', {sql}, '"') END"""]
    if travels in NESTED or travels in BARE:
        return [f"coalesce(CAST({sql} AS text), 'null')"]
    if travels in CLEAN:
        return [f"""coalesce('"' || {sql} || '"', 'null')"""]
    return [f"coalesce(to_json(CAST({sql} AS text)), 'null')"]


@compiles(DocumentList, "sqlite")
def _list_sqlite(element: DocumentList, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT json_group_array(json(x.document)) FROM {compiler.process(element.rows, **kw)} AS x)"


@compiles(DocumentList, "postgresql")
def _list_postgresql(element: DocumentList, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(SELECT concat('[', string_agg(x.document, ','), ']') FROM {compiler.process(element.rows, **kw)} AS x)"

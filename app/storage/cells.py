"""Fields as text cells, made by the database: what a table of rows is written from without reading JSON on the way.

Null stays null. Whole numbers stay numbers, all else is the text that JSON has for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, literal_column, not_

from app.query.fields import Type
from app.storage.dialects.base import DatabaseDialect
from app.storage.documents import NESTED, TIMESTAMP_FORMAT
from app.storage.types import Timestamp

DATE_FORMAT = "YYYY-MM-DD"


def cell(value: ColumnElement[Any], travels: Type, dialect: DatabaseDialect) -> ColumnElement[Any]:
    """The value as its cell."""
    if travels is Type.boolean:
        return case((value, literal_column("'true'")), (not_(value), literal_column("'false'")))
    if dialect.name == "sqlite":
        # The driver would give all seventeen digits of a number, where JSON has fifteen.
        return case((value.is_not(None), func.json_quote(value))) if travels is Type.number else value
    if travels is Type.date:
        return func.to_char(value, literal_column(f"'{DATE_FORMAT}'"))
    if travels is Type.timestamp and isinstance(value.type, Timestamp):
        return func.to_char(value, literal_column(f"'{TIMESTAMP_FORMAT}'"))
    return cast(value, Text) if travels is Type.number or travels in NESTED else value

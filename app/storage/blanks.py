"""What stands in a column where nothing is stated, and where something was redacted."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Column, DefaultClause

from app.domain.redaction import REDACTED
from app.storage.types import Json


def default_of(column: Column[Any]) -> Any:
    """What stands in a column of which the creation of its record said nothing."""
    default = column.server_default
    if not isinstance(default, DefaultClause):
        return None
    return orjson.loads(str(default.arg)) if isinstance(column.type, Json) else default.arg


HAS_TO_STAND = frozenset({"assessment_reason"})
"""Columns that may be null, but not of every record: figures set by hand have a reason, or nothing of them could be amended."""


def blank_of(column: Column[Any]) -> Any:
    """What stands where a value was redacted: nothing, or the word where something has to."""
    if isinstance(column.type, Json):
        return default_of(column)
    return None if column.nullable and column.name not in HAS_TO_STAND else REDACTED


def is_blank(value: Any) -> bool:
    """There is nothing to redact."""
    return value is None or value in ([], {}, REDACTED)

"""Documents of SQLite's, many rows as one.

Python's driver lets go of the interpreter's lock for each row and takes it again. Where other threads want it, as they do in
a service, a page of a hundred waits a hundred times: longer than SQLite takes to find them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Float, LargeBinary, Numeric

BETWEEN = "\x1e"
"""Between documents: JSON has to escape it, so that none holds it."""
UNFIT = (Float, Numeric, LargeBinary)
"""JSON of SQLite's keeps fifteen digits of a number with a fraction, and takes no bytes."""


def gathered(sql: str, columns: Sequence[ColumnElement[Any]]) -> str | None:
    """A statement that gives all rows of `sql` in one, in their order, for `scattered`; None where a value would not come
    through. The first of the columns is a document, which goes beside the others as it is: within their JSON it would be
    escaped, only to be read again."""
    if any(isinstance(column.type, UNFIT) for column in columns):
        return None
    names = [f"c{number}" for number in range(len(columns))]
    documents = f"group_concat(c0, char({ord(BETWEEN)}))"
    others = f"json_group_array(json_array({', '.join(names[1:])}))"
    return f"WITH gathered({', '.join(names)}) AS ({sql}) SELECT {documents}, {others} FROM gathered"


def scattered(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows that were gathered."""
    ((documents, others),) = rows
    if documents is None:
        return []
    return [(text, *row) for text, row in zip(documents.split(BETWEEN), orjson.loads(others), strict=True)]

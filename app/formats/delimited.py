"""CSV (RFC 4180): a header of field names, one row a record, CRLF.

Null is an empty cell, zero is 0, true and false are words. Lists and objects are JSON text in their cell, so that they
read back as they are. A text that a spreadsheet would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from app.formats.form import Batches, Shape
from app.query.fields import Type

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula, or skips on its way to one."""
NESTED = (Type.document, Type.documents, Type.words)
_BOM = "\ufeff"


def guarded(text: str) -> str:
    """Text that no spreadsheet computes. Numbers do not come here: -1 stays -1."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(value: Any) -> str:
    return guarded(value) if value is not None else ""


def _number(value: Any) -> Any:
    return "" if value is None else value


def _truth(value: Any) -> str:
    return "" if value is None else "true" if value else "false"


def as_json(value: Any) -> str:
    """A list or an object as the text of its cell."""
    return "" if value is None else orjson.dumps(value).decode()


_NUMBERS = (Type.integer, Type.number)


def _cell(kind: Type) -> Callable[[Any], Any]:
    if kind in NESTED:
        return as_json
    if kind in _NUMBERS:
        return _number
    return _truth if kind is Type.boolean else _text


def delimited(batches: Batches, shape: Shape) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    if shape.bom:
        buffer.write(_BOM)
    writer.writerow(shape.names)
    if shape.hxl:
        writer.writerow([field.hxl or "" for field in shape.fields])
    cells = [(field.name, _cell(field.type)) for field in shape.fields]
    for batch in batches:
        for document in batch:
            record = orjson.loads(document)
            writer.writerow([cell(record[name]) for name, cell in cells])
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece

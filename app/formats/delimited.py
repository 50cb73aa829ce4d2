"""CSV (RFC 4180): a header of field names, one row a record, CRLF.

Null is an empty cell, zero is 0, true and false are words. Lists and objects are JSON text in their cell, so that they
read back as they are. A text that a spreadsheet would take for a formula gets an apostrophe before it.

Written by columns, a batch at a time: most columns of most batches hold nothing that needs a second look, which one
search over all their text finds out. Python's own writer looks at each character, and takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from app.formats.form import Pieces, Rows, Shape
from app.query.fields import Type

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula, or skips on its way to one."""
NESTED = (Type.document, Type.documents, Type.words)
_EMPTY = ("", "[]", "{}")
_BOM = "\ufeff"
_SPECIAL = (",", '"', "\n", "\r")
_APART = "\0"
_STARTING = tuple(_APART + start for start in FORMULA)


def guarded(text: str) -> str:
    """Text that no spreadsheet computes. Numbers do not come here: -1 stays -1."""
    return f"'{text}" if text.startswith(FORMULA) else text


def quoted(text: str) -> str:
    """A cell as it stands in a row."""
    if '"' in text or "," in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def as_json(value: Any) -> str:
    """A list or an object as the text of its cell."""
    return "" if value is None else orjson.dumps(value).decode()


def _texts(values: Sequence[str | None]) -> Sequence[str]:
    """People's words."""
    stated = _stated(values)
    together = _APART + _APART.join(stated)
    if any(found in together for found in (*_SPECIAL, *_STARTING)):
        return [quoted(guarded(text)) for text in stated]
    return stated


def _nested(values: Sequence[str | None]) -> Sequence[str]:
    """JSON text, without the white space that one of the databases puts into it."""
    return [text if text in _EMPTY else quoted(_compact(text)) for text in _stated(values)]


def _compact(text: str) -> str:
    return orjson.dumps(orjson.loads(text)).decode() if ": " in text or ", " in text else text


def _numbers(values: Sequence[Any]) -> Sequence[str]:
    return ["" if value is None else str(value) for value in values]


def _stated(values: Sequence[str | None]) -> Sequence[str]:
    return ["" if value is None else value for value in values]


def _column(kind: Type) -> Callable[[Sequence[Any]], Sequence[str]]:
    if kind in NESTED:
        return _nested
    if kind is Type.text:
        return _texts
    # The words of a list, ids, dates and numbers need no quotes and begin like no formula.
    return _numbers if kind is Type.integer else _stated


def _line(cells: Iterable[str]) -> str:
    return ",".join(cells) + "\r\n"


def delimited(batches: Rows, shape: Shape) -> Pieces:
    head = (_BOM if shape.bom else "") + _line(shape.names)
    if shape.hxl:
        head += _line(quoted(field.hxl or "") for field in shape.fields)
    columns = [_column(field.type) for field in shape.fields]
    for batch in batches:
        made = [column(values) for column, values in zip(columns, zip(*batch, strict=True), strict=True)]
        yield (head + "".join(map(_line, zip(*made, strict=True)))).encode()
        head = ""
    yield head.encode()

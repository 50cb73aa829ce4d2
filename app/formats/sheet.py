"""Excel workbooks: one sheet, a header of field names, a row a record.

Written row by row to a file of its own and sent when it is whole: a workbook's directory stands at its end.
Text is text, whatever it begins with: no cell is a formula or a link.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import orjson

from app.errors import InvalidParameter, Problem
from app.formats.delimited import NESTED, as_json
from app.formats.form import Batches, Pieces, Shape
from app.query.fields import Type

MOST_RECORDS = 1_048_575
"""The format's own limit of rows, less the header."""
LONGEST_TEXT = 32_767
"""The format's own limit of a cell."""
_FIRST_DAY = date(1900, 3, 1)
"""Before it the format counts a day that never was: such dates are written as text."""
_PIECE = 1 << 18
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(batches: Batches, shape: Shape) -> Pieces:
    # Here and not above: a service that nobody asks for a workbook does not load the library.
    from xlsxwriter import Workbook

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile(dir=folder) as file:
        book = Workbook(file, {**_OPTIONS, "tmpdir": folder})
        sheet = book.add_worksheet(f"{shape.kind}s")
        try:
            yield from _filled(book, sheet, batches, shape)
        finally:
            sheet.row_data_fh.close()  # the library's own file of rows, where the book is never finished
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _filled(book: Any, sheet: Any, batches: Batches, shape: Shape) -> Pieces:
    """Writes the book; nothing but signs of life comes of it."""
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(shape.names):
        sheet.write_string(0, column, name)
    writers = _writers(book, sheet, shape)
    row = 0
    for batch in batches:
        for document in batch:
            row += 1
            record = orjson.loads(document)
            for column, (name, write) in enumerate(writers):
                if (value := record[name]) is not None:
                    write(row, column, value)
        yield b""
    book.close()


Cell = Callable[[int, int, Any], object]


def _writers(book: Any, sheet: Any, shape: Shape) -> list[tuple[str, Cell]]:
    """How the values of each column are written; null is an empty cell and comes to none of them."""
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})

    def text(row: int, column: int, value: str) -> None:
        if len(value.encode("utf-16-le")) > 2 * LONGEST_TEXT:
            raise too_long(shape.names[column])
        sheet.write_string(row, column, value)

    def on_day(row: int, column: int, value: str) -> None:
        stated = date.fromisoformat(value)
        if stated < _FIRST_DAY:
            sheet.write_string(row, column, value)
        else:
            sheet.write_datetime(row, column, stated, day)

    def at(row: int, column: int, value: str) -> None:
        sheet.write_datetime(row, column, datetime.fromisoformat(value).replace(tzinfo=None), moment)

    def nested(row: int, column: int, value: Any) -> None:
        text(row, column, as_json(value))

    special: dict[Type, Cell] = {
        Type.integer: sheet.write_number,
        Type.number: sheet.write_number,
        Type.boolean: sheet.write_boolean,
        Type.date: on_day,
        Type.timestamp: at,
        **dict.fromkeys(NESTED, nested),
    }
    return [(field.name, special.get(field.type, text)) for field in shape.fields]


def too_long(name: str) -> InvalidParameter:
    detail = f"holds texts of at most {LONGEST_TEXT:,} characters, and a {name} is longer; ask for f=csv"
    return InvalidParameter([Problem("f", "too_long", detail)])

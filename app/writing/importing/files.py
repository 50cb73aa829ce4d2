"""Delimited text in, row by row, whatever its compression; and the refused rows out again, ready to be mended."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.errors import InvalidInput, invalid

LARGEST_CELL = 10_000_000
NOTES = ("_row", "_refused_because")
"""Columns that a file of refused rows has besides its own; an import passes over them."""
DAMAGED = (OSError, EOFError, zlib.error)
"""What reading a file that was cut short or broken raises, packed or not."""


@dataclass(slots=True)
class RawRow:
    """`fault` is set where the row cannot be read as one of the table; `beyond` are cells that no column is for."""

    number: int
    cells: dict[str, str]
    fault: InvalidInput | None = None
    beyond: Sequence[str] = ()


class Table:
    """A file of rows under a header. `position` grows to `size` while it is read."""

    def __init__(self, path: Path, *, encoding: str = "utf-8-sig", delimiter: str = ",") -> None:
        csv.field_size_limit(LARGEST_CELL)
        self.size = path.stat().st_size
        self._raw: IO[bytes] = path.open("rb")
        packed = self._raw.peek(2)[:2] == b"\x1f\x8b" if isinstance(self._raw, io.BufferedReader) else False
        stream = gzip.GzipFile(fileobj=self._raw) if packed else self._raw
        # What is not of the encoding comes through as lone surrogates, which the row's check then names.
        text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
        # Strict: a quote that is never closed would take the rest of the file into one cell, unnoticed.
        self._rows = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            self.header = self._named()
        except InvalidInput:
            self.close()
            raise

    def _named(self) -> list[str]:
        """The columns; InvalidInput where the file does not begin with a row of their names."""
        try:
            header = [name.strip() for name in next(self._rows)]
        except StopIteration:
            raise invalid("", "the file is empty", "empty_file") from None
        except (csv.Error, *DAMAGED) as fault:
            raise invalid("", f"the file cannot be read as a table: {fault}", "unreadable") from None
        repeated = {name for name in header if header.count(name) > 1}
        if repeated:
            raise invalid(
                "", f"the header names {', '.join(sorted(repeated))} more than once", "repeated_column"
            )
        return header

    @property
    def position(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self._raw.close()

    def __iter__(self) -> Iterator[RawRow]:
        number, width, header = 0, len(self.header), self.header
        while True:
            number += 1
            try:
                cells = next(self._rows)
            except StopIteration:
                return
            except csv.Error as fault:
                yield RawRow(number, {}, invalid("", f"the row cannot be read: {fault}", "unreadable"))
                continue
            except DAMAGED as fault:
                yield RawRow(number, {}, invalid("", f"the file ends in the middle: {fault}", "cut_short"))
                return
            if len(cells) == width:
                yield RawRow(number, dict(zip(header, cells, strict=True)))
            elif cells:
                padded = [*cells[:width], *[""] * (width - len(cells))]
                ragged = invalid("", f"the row has {len(cells)} cells, the header {width}", "ragged_row")
                yield RawRow(number, dict(zip(header, padded, strict=True)), ragged, cells[width:])
            else:
                number -= 1  # an empty line is no row


class Refusals:
    """The refused rows as a file of the same columns and encoding, with the row's number and the reason; written when first needed."""

    def __init__(
        self,
        path: Path | None,
        header: Sequence[str],
        *,
        encoding: str = "utf-8-sig",
        delimiter: str = ",",
    ) -> None:
        self.path = path
        self.encoding = encoding
        self.header = [name for name in header if name not in NOTES]
        self.delimiter = delimiter
        self._file: IO[str] | None = None

    def add(self, row: RawRow, reason: str) -> None:
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("w", encoding=self.encoding, errors="surrogateescape", newline="")
            csv.writer(self._file, delimiter=self.delimiter).writerow([*self.header, *NOTES])
        cells = [row.cells.get(name, "") for name in self.header]
        told = reason.encode(self.encoding, "backslashreplace").decode(self.encoding)
        csv.writer(self._file, delimiter=self.delimiter).writerow([*cells, row.number, told, *row.beyond])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

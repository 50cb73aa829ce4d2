"""Delimited text in, row by row, whatever its compression; and the refused rows out again, ready to be mended."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.errors import InvalidInput, invalid

LARGEST_CELL = 10_000_000
NOTES = ("_row", "_refused_because")
"""Columns that a file of refused rows has besides its own; an import passes over them."""


@dataclass(slots=True)
class RawRow:
    """`fault` is set where the row cannot be read as one of the table."""

    number: int
    cells: dict[str, str]
    fault: InvalidInput | None = None


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
        self._rows = csv.reader(text, delimiter=delimiter)
        try:
            self.header: list[str] = [name.strip() for name in next(self._rows)]
        except StopIteration:
            raise invalid("", "the file is empty", "empty_file") from None
        except (csv.Error, OSError, EOFError) as fault:
            raise invalid("", f"the file cannot be read as a table: {fault}", "unreadable") from None
        repeated = {name for name in self.header if self.header.count(name) > 1}
        if repeated:
            raise invalid(
                "", f"the header names {', '.join(sorted(repeated))} more than once", "repeated_column"
            )

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
            except (OSError, EOFError) as fault:
                yield RawRow(number, {}, invalid("", f"the file ends in the middle: {fault}", "cut_short"))
                return
            if len(cells) == width:
                yield RawRow(number, dict(zip(header, cells, strict=True)))
            elif cells:
                padded = [*cells[:width], *[""] * (width - len(cells))]
                ragged = invalid("", f"the row has {len(cells)} cells, the header {width}", "ragged_row")
                yield RawRow(number, dict(zip(header, padded, strict=True)), ragged)
            else:
                number -= 1  # an empty line is no row


class Refusals:
    """The refused rows as a file of the same columns, with the row's number and the reason; written when first needed."""

    def __init__(self, path: Path | None, header: Sequence[str], delimiter: str = ",") -> None:
        self.path = path
        self.header = [name for name in header if name not in NOTES]
        self.delimiter = delimiter
        self._file: IO[str] | None = None

    def add(self, row: RawRow, reason: str) -> None:
        if self.path is None:
            return
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            csv.writer(self._file, delimiter=self.delimiter).writerow([*self.header, *NOTES])
        cells = [row.cells.get(name, "") for name in self.header]
        csv.writer(self._file, delimiter=self.delimiter).writerow([*cells, str(row.number), reason])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

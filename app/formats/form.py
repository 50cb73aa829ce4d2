"""What a format is, and what it is told of the records that it writes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from app.query.fields import Field, Kind

Batches = Iterable[list[str]]
"""Records as JSON text, some at a time."""
Rows = Iterable[list[tuple[Any, ...]]]
"""Records as cells in the order of the fields, some at a time: null is None, all but whole numbers is text."""

POSITION = ("lon", "lat")
"""What a geometry is made of: the published position, never the exact one behind it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is written of each record: `fields` that the viewer asked for and may see, in wire order.

    The documents may hold a position beyond those fields where the format has a geometry.
    """

    kind: Kind
    fields: tuple[Field, ...]
    whole: bool = True
    """The documents hold these fields and nothing else."""
    hxl: bool = False
    """csv only: a row of HXL tags below the header."""
    bom: bool = False
    """csv only: a byte order mark before the header."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


Pieces = Generator[bytes, None, None]
Write = Callable[[Any, Shape], Pieces]
"""The bytes of an export, from `Batches` or `Rows`. An empty piece says that work goes on while there is nothing to send
yet."""


@dataclass(frozen=True, slots=True)
class Format:
    """`write` None: a page (limit, cursor, next). Otherwise an export: all that matches, streamed."""

    name: str
    media_type: str
    extension: str
    write: Write | None = None
    parameters: str = ""
    """What follows the media type in Content-Type."""
    geometry: bool = False
    """Needs the position, whatever fields were asked for."""
    takes_lists: bool = False
    """`include` may add lists to its records."""
    most: int | None = None
    """How many records it can hold at all."""
    takes_cells: bool = False
    """It is written from `Rows`, not from documents."""

    @property
    def is_page(self) -> bool:
        return self.write is None

    @property
    def content_type(self) -> str:
        return self.media_type + self.parameters

"""One question, whole: what is asked of which kind of record, in what order, how much of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.query.cursor import Cursor
from app.query.fields import DEFAULT_SORT, Kind
from app.query.filter import EVERYTHING, Filter


@dataclass(frozen=True, slots=True)
class Query:
    """`fields` None: all that the viewer may see. `limit` counts records. Every order ends in the record's key."""

    kind: Kind
    where: Filter = EVERYTHING
    sort: str = ""
    descending: bool = False
    cursor: Cursor | None = None
    limit: int = 50
    fields: tuple[str, ...] | None = None
    include: tuple[str, ...] = field(default=())
    count: bool = False
    hits: bool = False
    """Where the words of the question stand rides along with each record."""

    @property
    def order(self) -> str:
        """The order in one word, as `sort` spells it."""
        return order_of(self.kind, self.sort, descending=self.descending)


def order_of(kind: Kind, sort: str, *, descending: bool) -> str:
    """An order in one word; a cursor is bound to it."""
    return f"{kind}:{'-' if descending else ''}{sort}"


def default_order(kind: Kind) -> tuple[str, bool]:
    text = DEFAULT_SORT[kind]
    return text.removeprefix("-"), text.startswith("-")

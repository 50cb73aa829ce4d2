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
    as_of: int | None = None
    """The number of the change of the history of which is asked; None: now."""

    @property
    def order(self) -> str:
        """The order in one word, as `sort` spells it, and of which change; a cursor is bound to it."""
        return order_of(self.kind, self.sort, descending=self.descending, as_of=self.as_of)


def order_of(kind: Kind, sort: str, *, descending: bool, as_of: int | None = None) -> str:
    order = f"{kind}:{'-' if descending else ''}{sort}"
    return order if as_of is None else f"{order}@{as_of}"


def default_order(kind: Kind) -> tuple[str, bool]:
    text = DEFAULT_SORT[kind]
    return text.removeprefix("-"), text.startswith("-")

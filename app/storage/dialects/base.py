"""What the two databases do differently. Everything else in `storage` is the same for both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    FromClause,
    Table,
    and_,
    literal_column,
    or_,
)

from app.domain.periods import Period
from app.domain.places import Box
from app.errors import IncidentRecordsError, Unavailable
from app.query.filter import Folding, Words
from app.settings import DatabaseSettings

Bind = Callable[..., ColumnElement[Any]]
"""Binds a value to the statement under construction; `adapt=` changes it on its way to the driver."""


class Position(NamedTuple):
    """A record's point, and the table that holds it as a geometry, too, where one does."""

    lon: ColumnElement[float]
    lat: ColumnElement[float]
    stored: Any | None


def too_long() -> Unavailable:
    """What is told of a question that was ended."""
    return Unavailable("the question takes longer than the service allows; ask for less", retry_after=5)


def padded(text: ColumnElement[str]) -> ColumnElement[Any]:
    """A search text with a space at either end, so that every word stands between two."""
    space: ColumnElement[Any] = literal_column("' '")
    between: ColumnElement[Any] = space.concat(text).concat(space)
    return between


class DatabaseDialect(ABC):
    """One of the two databases. Stateless but for the compiler that SQLAlchemy needs."""

    name: str
    compiler: Dialect

    @abstractmethod
    def read_engine(self, settings: DatabaseSettings) -> Engine:
        """Connections that cannot write, each statement a snapshot of its own."""

    @abstractmethod
    def write_engine(self, settings: DatabaseSettings) -> Engine:
        """Connections that write in transactions which wait their turn."""

    @abstractmethod
    def lock_history(self, connection: Connection) -> None:
        """From here to the commit nobody else appends to the history."""

    @abstractmethod
    def serialise(self, connection: Connection, name: str) -> None:
        """From here to the commit nobody else holds the lock of this name."""

    @abstractmethod
    def allocate(self, connection: Connection, table: Table, count: int) -> list[int]:
        """`count` internal keys for new rows of `table`, ascending."""

    @abstractmethod
    def keep_versions(
        self,
        connection: Connection,
        live: Table,
        kept: Table,
        names: Sequence[str],
        pairs: Sequence[tuple[int, int]],
    ) -> None:
        """Copies rows of `live` as they are now to `kept`; `pairs` of (key, sequence number from which the row is so)."""

    @abstractmethod
    def insert(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        rows: Iterable[Sequence[Any]],
        count: int,
    ) -> None:
        """`count` rows of values as `stored` gives them, in the order of `names`, as fast as the database takes them: it may
        be at work on the first while the last are still being made."""

    def gathered(self, sql: str, columns: Sequence[ColumnElement[Any]]) -> str | None:
        """A statement that gives all rows of a select, whose first column is a document, in one row and in their order, for
        `scattered` to take apart; None where the driver brings many as soon, or a value would not come through."""
        return None

    def scattered(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows that `gathered` put into one."""
        raise NotImplementedError(self.name)

    def sorts(self, raw: Any, sql: str, parameters: int) -> bool:
        """Whether a select makes what it tells of each row that matches, and only then puts them in order and takes the first.
        No for a database that finds the first beforehand, and where an index has them in order."""
        return False

    @abstractmethod
    def among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        """The column holds one of the values, of which there may be any number: they travel as one parameter."""

    @abstractmethod
    def listed(self, column: ColumnElement[int], bind: Bind) -> ColumnElement[bool]:
        """As `among`, the values being whole numbers that are bound as a list each time."""

    @abstractmethod
    def stored(self, value: Any) -> Any:
        """A value as the driver takes it in a raw statement."""

    @abstractmethod
    def index_created(self, connection: Connection, table: Table, keys: Sequence[int]) -> None:
        """New rows reach the search and map indexes."""

    @abstractmethod
    def before_amend(self, connection: Connection, table: Table, keys: Iterable[int]) -> None:
        """Rows leave the search index as they were."""

    @abstractmethod
    def after_amend(self, connection: Connection, table: Table, keys: Iterable[int]) -> None:
        """Rows reach the search and map indexes as they are now."""

    @abstractmethod
    def filling(
        self, settings: DatabaseSettings, writing: Engine
    ) -> AbstractContextManager[Callable[[], None]]:
        """Many transactions follow each other on `writing`; what the block gets is called after each of them."""

    @abstractmethod
    def planned_for(self) -> Sequence[Table]:
        """The tables of whose sizes and values the planner keeps statistics, those that take longest first."""

    @abstractmethod
    def renew_statistics(self, connection: Connection, table: Table) -> None:
        """After many rows were written at once: what the planner knows of a table."""

    @abstractmethod
    def forgetting(self, connection: Connection, table: Table) -> AbstractContextManager[None]:
        """What is overwritten within, or amended in `table`, leaves the file too, as far as that can be had in a
        transaction; docs/operating.md says what is left to whoever runs the database."""

    @abstractmethod
    def forgotten(self, raw: Any, *, rewritten: bool) -> None:
        """The same after the commit, on a driver's connection: nothing of it stays in what was written on the way.
        `rewritten`: nor in what earlier changes left, as far as the database is one file; that takes its time."""

    @abstractmethod
    def matches_words(
        self, table: Table, key: ColumnElement[int], alias: Any, words: str, bind: Bind
    ) -> ColumnElement[bool]:
        """Of each group of words one in the row's search text, of the last as a beginning; see `filter.Words`."""

    @abstractmethod
    def text_holds(self, text: ColumnElement[str], words: str, bind: Bind) -> ColumnElement[bool]:
        """The same as `matches_words`, of a text that no index is asked for."""

    @abstractmethod
    def last_with_words(
        self, table: Table, alias: Any, words: str, bind: Bind
    ) -> tuple[FromClause, ColumnElement[bool], ColumnElement[int]]:
        """Rows with the words to be read one by one, the last recorded first: where from, that they hold them, and the
        key, by whose descent they come in order."""

    @abstractmethod
    def hits(self, table: Table, words: str, most: int) -> tuple[str, tuple[Any, ...]]:
        """A statement that counts rows with the words, up to `most`."""

    def holds_words(self, text: ColumnElement[str], words: Words, bind: Bind) -> ColumnElement[bool]:
        """The same as `matches_words`, asked of the row's search text alone."""
        sought = iter(words.values())
        return and_(
            *[or_(*[self.found_at(text, bind(next(sought))) > 0 for _ in group]) for group in words.wanted]
        )

    @abstractmethod
    def found_at(self, text: ColumnElement[str], piece: ColumnElement[Any]) -> ColumnElement[int]:
        """Where in a padded search text a piece stands, from 1 on; 0 where it does not."""

    @abstractmethod
    def least(self, *numbers: ColumnElement[Any]) -> ColumnElement[Any]:
        """The least of two numbers or more, none of them null."""

    @abstractmethod
    def in_box(self, key: ColumnElement[int], alias: Any, box: Box, bind: Bind) -> ColumnElement[bool]:
        """The row's point in a box, through the spatial index."""

    @abstractmethod
    def in_area(self, point: Position, wkb: bytes, bind: Bind, *, edge: bool) -> ColumnElement[bool]:
        """The point in a geometry, on the plane of longitude and latitude. Ask together with `in_box` of its bounds."""

    @abstractmethod
    def by_code_point(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        """Text that is ordered by its code points."""

    @abstractmethod
    def folded(self, text: ColumnElement[Any], folding: Folding) -> ColumnElement[Any]:
        """Text without case or without accents."""

    @abstractmethod
    def pattern(self, like: str) -> str:
        """A LIKE pattern as `fits` takes it."""

    @abstractmethod
    def fits(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[bool]:
        """The whole text fits the pattern; case counts."""

    @abstractmethod
    def distance(
        self,
        lon: ColumnElement[float],
        lat: ColumnElement[float],
        to: tuple[ColumnElement[Any], ColumnElement[Any]],
    ) -> ColumnElement[float]:
        """Metres between two points on the sphere of `domain.places`."""

    @abstractmethod
    def period(self, day: ColumnElement[Any], period: Period) -> ColumnElement[int]:
        """The number of the period in which the day lies, as `domain.periods` counts."""

    @abstractmethod
    def locked(self) -> Mapping[str, Any]:
        """Arguments of `with_for_update` for a row that is about to change; empty where the writer is alone."""

    @abstractmethod
    def bound(self, raw: Any, seconds: float) -> None:
        """The question that is now asked on a connection to read from may take so long, where none of its settings says so."""

    @abstractmethod
    def translate(self, fault: BaseException) -> IncidentRecordsError | None:
        """A fault of the database as the house tells it; None where it is a fault of ours."""

    @abstractmethod
    def is_disconnect(self, fault: BaseException) -> bool:
        """The connection is gone; a read may be tried on a new one."""

    @abstractmethod
    def is_held_up(self, fault: BaseException) -> bool:
        """Somebody else held what was needed, for as long as the settings let anybody wait."""

    @abstractmethod
    def should_retry(self, fault: BaseException) -> bool:
        """The transaction lost a race and left nothing behind."""

    @abstractmethod
    def cannot_read(self, fault: BaseException) -> bool:
        """A value that is stored is none of its type, and nothing else is wrong: other rows can be read."""

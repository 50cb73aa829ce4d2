"""The database, opened: reads on read-only connections, writes one transaction at a time each, and no driver's fault leaves here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, PoolProxiedConnection, Table
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import make_url

from app.errors import IncidentRecordsError, Unavailable
from app.settings import DatabaseSettings
from app.storage.compile import Statement
from app.storage.dialects import dialect_of
from app.storage.dialects.base import DatabaseDialect
from app.storage.widespread import Occurring

log = logging.getLogger(__name__)
T = TypeVar("T")
MOST_STATEMENTS = 4_096
ATTEMPTS = 3
NOTHING: Mapping[str, Any] = {}


def without_password(url: str) -> str:
    """A database's address as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)


@dataclass(slots=True)
class Reader:
    """A connection to read from. Statements are prepared once and kept by the shape of the question."""

    raw: Any
    dialect: DatabaseDialect
    statements: dict[Any, Statement] = field(default_factory=dict)
    occurring: Occurring = field(default_factory=Occurring)
    still: bool = False
    """Within a snapshot."""

    def rows(self, sql: str, parameters: Any = (), *, planned_anew: bool = False) -> list[tuple[Any, ...]]:
        """All rows of a statement. `planned_anew`: for these parameters, by a database whose plans depend on them."""
        cursor = self.raw.cursor()
        try:
            if planned_anew and self.dialect.name == "postgresql":
                cursor.execute(sql, parameters, prepare=False)
            else:
                cursor.execute(sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        finally:
            cursor.close()
        return rows

    def answer(
        self,
        statement: Statement,
        values: Sequence[Any] = (),
        bound: Mapping[str, Any] = NOTHING,
        *,
        planned_anew: bool = False,
    ) -> list[tuple[Any, ...]]:
        """All rows of a prepared statement, for these values in the order of its binder, and for what it binds by name."""
        parameters = statement.parameters(values, bound, self.dialect)
        rows = self.rows(statement.sql, parameters, planned_anew=planned_anew)
        return self.dialect.scattered(rows) if statement.gathered else rows

    def sorts(self, statement: Statement) -> bool:
        """Whether the database tells of all rows that match, to put them in order and leave most of them out: see the dialect."""
        return self.dialect.sorts(self.raw, statement.sql, len(statement.names))

    def prepared(self, shape: Any, build: Callable[[], Statement]) -> Statement:
        statement = self.statements.get(shape)
        if statement is None:
            if len(self.statements) >= MOST_STATEMENTS:
                self.statements.clear()
            statement = self.statements[shape] = build()
        return statement

    def revision(self) -> int:
        """The sequence number of the last change: whatever was read at one revision reads the same at it."""
        return int(self.rows("SELECT seq FROM history_head")[0][0])

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several statements that see one state of the data; within another snapshot, the state of that one."""
        if self.still:
            yield
            return
        postgres = self.dialect.name == "postgresql"
        cursor = self.raw.cursor()
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if postgres else "BEGIN")
        self.still = True
        try:
            yield
        finally:
            self.still = False
            # Psycopg forgets at ROLLBACK all that a connection has prepared.
            cursor.execute("COMMIT" if postgres else "ROLLBACK")
            cursor.close()


class Database:
    """One database under one set of settings. `close` gives its connections back."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.dialect = dialect_of(settings.url)
        self.reading: Engine = self.dialect.read_engine(settings)
        self.writing: Engine = self.dialect.write_engine(settings)
        # Beside the others, so that long exports never hold what short questions wait for.
        self.exporting: Engine = self.dialect.read_engine(
            settings.model_copy(update={"read_threads": settings.export_threads})
        )
        self._statements: dict[Any, Statement] = {}
        self.occurring = Occurring()

    @property
    def is_embedded(self) -> bool:
        return self.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file of an embedded database."""
        name = make_url(self.settings.url).database if self.is_embedded else None
        return Path(name) if name else None

    def close(self) -> None:
        self.reading.dispose()
        self.writing.dispose()
        self.exporting.dispose()

    def read(self, work: Callable[[Reader], T]) -> T:
        """`work` on a read-only connection. Tried once more where the connection was found dead."""
        try:
            return self._read(work)
        except Exception as fault:
            if not self.dialect.is_disconnect(fault):
                raise self.in_words(fault) from fault
            self.reading.dispose()
        try:
            return self._read(work)
        except Exception as fault:
            raise self.in_words(fault) from fault

    def _read(self, work: Callable[[Reader], T]) -> T:
        connection = self.reading.raw_connection()
        try:
            self.dialect.bound(connection.driver_connection, self.settings.statement_timeout_seconds)
            return work(Reader(connection.driver_connection, self.dialect, self._statements, self.occurring))
        except Exception as fault:
            if self.dialect.is_disconnect(fault):
                connection.invalidate()
            raise
        finally:
            connection.close()

    @contextmanager
    def held(self) -> Iterator[Reader]:
        """A connection of the exports' own in one snapshot, for as long as the block runs."""
        with self.telling():
            connection = self._live_connection()
            try:
                reader = Reader(connection.driver_connection, self.dialect, self._statements, self.occurring)
                if self.is_embedded:
                    # A sort of everything goes to a file: kept in memory it would be as large as the export.
                    reader.rows("PRAGMA temp_store=FILE")
                with reader.snapshot():
                    yield reader
            except Exception:
                # Whatever went wrong, the next export begins on a connection that is known to be good.
                connection.invalidate()
                raise
            finally:
                connection.close()

    @contextmanager
    def still(self) -> Iterator[Connection]:
        """A connection for many statements that see one state of the data, and hold up nobody who writes."""
        with self.telling(), self._live() as connection:
            try:
                with self.reader(connection).snapshot():
                    yield connection
            except Exception:
                # As with exports: whatever went wrong, the next one begins on a connection that is known to be good.
                connection.invalidate()
                raise

    def _live(self) -> Connection:
        """A connection of the exports' own that answers; those that lay idle may have been cut meanwhile."""
        connection = self.exporting.connect()
        try:
            connection.exec_driver_sql("SELECT 1")
        except Exception as fault:
            connection.close()
            if not self.dialect.is_disconnect(fault):
                raise
            self.exporting.dispose()
            return self.exporting.connect()
        return connection

    def _live_connection(self) -> PoolProxiedConnection:
        connection = self.exporting.raw_connection()
        try:
            Reader(connection.driver_connection, self.dialect).revision()
        except Exception as fault:
            connection.invalidate()
            connection.close()
            if not self.dialect.is_disconnect(fault):
                raise
            self.exporting.dispose()
            return self.exporting.raw_connection()
        return connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """`work` in one transaction, committed when this returns. A lost race is run again; nothing half remains."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._write(work)
            except Exception as fault:
                if attempt < ATTEMPTS and self.dialect.should_retry(fault):
                    continue
                raise self.in_words(fault) from fault
        raise AssertionError("unreachable")

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self.writing.begin() as connection:
            try:
                return work(connection)
            except Exception as fault:
                if self.dialect.is_disconnect(fault):
                    connection.invalidate()  # a dead connection cannot be rolled back, and need not be
                raise

    @contextmanager
    def filling(self) -> Iterator[Callable[[], None]]:
        """Many transactions are to follow each other; what the block gets is to be called after each of them."""
        with self.telling(), self.dialect.filling(self.settings, self.writing) as written:
            yield written

    def renew_statistics(self) -> None:
        """After many rows were written at once: else the database plans for the few that were there before."""

        def renew(table: Table) -> None:
            self.write(lambda connection: self.dialect.renew_statistics(connection, table))

        # Two at a time: nobody else is at work when an import ends.
        with ThreadPoolExecutor(min(2, self.settings.write_threads), "statistics") as workers:
            list(workers.map(renew, self.dialect.planned_for()))

    def forgotten(self, *, rewritten: bool = False) -> None:
        """After something was taken away for good: see the dialect's `forgotten`."""
        with self.telling():
            connection = self.writing.raw_connection()
            try:
                self.dialect.forgotten(connection.driver_connection, rewritten=rewritten)
            finally:
                connection.close()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Faults of the database leave the block in the house's words."""
        try:
            yield
        except Exception as fault:
            raise self.in_words(fault) from fault

    def in_words(self, fault: Exception) -> Exception:
        """The fault in the house's words; our own errors and our own bugs as they are."""
        if isinstance(fault, IncidentRecordsError):
            return fault
        told = self.dialect.translate(fault)
        if told is not None:
            log.warning("database: %s", fault)
            return told
        if isinstance(fault, sqlalchemy_errors.TimeoutError):
            return Unavailable("the service is busy; try again", retry_after=1)
        return fault

    def reader(self, connection: Connection) -> Reader:
        """Reads inside a write transaction: sees what the transaction has done so far."""
        return Reader(connection.connection.driver_connection, self.dialect, self._statements, self.occurring)


__all__ = ["Connection", "Database", "Reader", "without_password"]

"""PostgreSQL with PostGIS: psycopg 3, COPY for many rows, GiST and GIN, one advisory lock before the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Integer,
    Table,
    and_,
    any_,
    case,
    cast,
    collate,
    create_engine,
    event,
    func,
    literal,
    literal_column,
)
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.engine import make_url

from app.domain.periods import Period
from app.domain.places import EARTH_RADIUS_M, Box
from app.errors import IncidentRecordsError, Unavailable
from app.query.filter import Folding
from app.settings import DatabaseSettings
from app.storage.dialects.base import Bind, DatabaseDialect, Position, padded, too_long
from app.storage.dialects.copying import COMPILER, copy_rows
from app.storage.tables import metadata

HISTORY_LOCK = 0x1C1DE275
"""Any number, as long as nothing else in the database takes it."""
COPY_FROM_ROWS = 100


def _lists_in_binary(connection: psycopg.Connection[Any], _: object) -> None:
    """Thousands of ids are sent as one parameter: in the text format each of them is looked through for what to escape."""
    connection.adapters.register_dumper(list, ListBinaryDumper)


def ts_query(words: str) -> str:
    """Groups of folded words as a tsquery: letters and digits only, so nothing within the quotes needs escaping."""
    *whole, beginnings = ([f"'{word}'" for word in group.split("|")] for group in words.split(" "))
    groups = [*whole, [word + ":*" for word in beginnings]]
    return " & ".join(f"({' | '.join(group)})" for group in groups)


class PostgresqlDialect(DatabaseDialect):
    name = "postgresql"

    def __init__(self) -> None:
        self.compiler = COMPILER

    def _engine(self, settings: DatabaseSettings, *, readonly: bool, size: int, **more: Any) -> Engine:
        url = make_url(settings.url).set(drivername="postgresql+psycopg")
        options = {
            "timezone": "UTC",
            "datestyle": "ISO",
            "statement_timeout": int(settings.statement_timeout_seconds * 1000),
            "lock_timeout": int(settings.lock_timeout_seconds * 1000),
            "default_transaction_read_only": "on" if readonly else "off",
            "idle_in_transaction_session_timeout": 600_000,
            "jit": "off",  # compiles longer than our questions run
        }
        engine = create_engine(
            url,
            pool_size=size,
            pool_use_lifo=True,  # the one used last knows the statements
            max_overflow=0,
            pool_timeout=settings.lock_timeout_seconds,
            connect_args={
                "connect_timeout": 5,
                "application_name": "incident-records",
                "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            },
            **more,
        )
        event.listen(engine, "connect", _lists_in_binary)
        return engine

    def read_engine(self, settings: DatabaseSettings) -> Engine:
        return self._engine(
            settings,
            readonly=True,
            size=settings.read_threads,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
        )

    def write_engine(self, settings: DatabaseSettings) -> Engine:
        return self._engine(settings, readonly=False, size=settings.write_threads, pool_pre_ping=True)

    def lock_history(self, connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (HISTORY_LOCK,))

    def serialise(self, connection: Connection, name: str) -> None:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def allocate(self, connection: Connection, table: Table, count: int) -> list[int]:
        found = connection.exec_driver_sql(
            "SELECT array(SELECT nextval(%s::regclass) FROM generate_series(1, %s))",
            (f"{table.name}_id_seq", count),
        )
        keys: list[int] = found.scalar_one()
        return keys

    def keep_versions(
        self,
        connection: Connection,
        live: Table,
        kept: Table,
        names: Sequence[str],
        pairs: Sequence[tuple[int, int]],
    ) -> None:
        columns = ", ".join(names)
        keys = [key for key, _ in pairs]
        # The bounds say again what the join says: without them a table that grows faster than its statistics is
        # read from end to end for every batch of an import.
        connection.exec_driver_sql(
            f"INSERT INTO {kept.name} ({columns}, seq_from) SELECT {columns}, pairs.seq FROM {live.name}"
            " JOIN unnest(%s::bigint[], %s::bigint[]) AS pairs(key, seq) ON id = pairs.key"
            " WHERE id BETWEEN %s AND %s",
            (keys, [seq for _, seq in pairs], min(keys), max(keys)),
        )

    def insert(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        rows: Iterable[Sequence[Any]],
        count: int,
    ) -> None:
        if not count:
            return
        cursor: Any = connection.connection.cursor()
        if count >= COPY_FROM_ROWS:
            copy_rows(cursor, table, names, rows)
            return
        marks = ", ".join(["%s"] * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
        if count == 1:
            cursor.execute(statement, next(iter(rows)))  # less to do than for many
        else:
            cursor.executemany(statement, rows)

    def among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        return column == any_(literal(values, ARRAY(column.type)))

    def listed(self, column: ColumnElement[int], bind: Bind) -> ColumnElement[bool]:
        # As text: the driver would look at each of them to find out of what type they are.
        values = bind("", adapt=lambda keys: f"{{{','.join(map(str, keys))}}}")
        return column == any_(cast(values, ARRAY(BigInteger)))

    def stored(self, value: Any) -> Any:
        return value

    def index_created(self, connection: Connection, table: Table, keys: Sequence[int]) -> None:
        """Generated columns and their indexes follow by themselves."""

    def before_amend(self, connection: Connection, table: Table, keys: Iterable[int]) -> None:
        """Generated columns and their indexes follow by themselves."""

    def after_amend(self, connection: Connection, table: Table, keys: Iterable[int]) -> None:
        """Generated columns and their indexes follow by themselves."""

    @contextmanager
    def filling(self, settings: DatabaseSettings, writing: Engine) -> Iterator[Callable[[], None]]:
        yield lambda: None

    def planned_for(self) -> Sequence[Table]:
        return sorted(metadata.sorted_tables, key=lambda table: len(table.c), reverse=True)

    def renew_statistics(self, connection: Connection, table: Table) -> None:
        # Autovacuum would do so within some minutes; until then a page of reports takes three times as long. Not of JSON,
        # which no question compares as a whole: to sort some thousands of such values takes a third of the time.
        (columns,) = connection.exec_driver_sql(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND atttypid <> 'jsonb'::regtype",
            (table.name,),
        ).one()
        connection.exec_driver_sql(f"ANALYZE {table.name} ({columns})")

    @contextmanager
    def forgetting(self, connection: Connection, table: Table) -> Iterator[None]:
        yield  # dead rows go by VACUUM, which no transaction can run

    def forgotten(self, raw: Any, *, rewritten: bool) -> None:
        """See `forgetting`."""

    def matches_words(
        self, table: Table, key: ColumnElement[int], alias: Any, words: str, bind: Bind
    ) -> ColumnElement[bool]:
        vector: ColumnElement[Any] = literal_column(f"{alias.name}.search_words")
        # Not to_tsquery: its parser would take words apart that the index holds whole.
        return vector.op("@@")(cast(bind(words, adapt=ts_query), TSQUERY))

    def text_holds(self, text: ColumnElement[str], words: str, bind: Bind) -> ColumnElement[bool]:
        parted = func.array_remove(func.string_to_array(text, literal_column("' '")), literal_column("''"))
        return func.array_to_tsvector(parted).op("@@")(cast(bind(words, adapt=ts_query), TSQUERY))

    def last_with_words(
        self, table: Table, alias: Any, words: str, bind: Bind
    ) -> tuple[FromClause, ColumnElement[bool], ColumnElement[int]]:
        return alias, self.matches_words(table, alias.c.id, alias, words, bind), alias.c.id

    def hits(self, table: Table, words: str, most: int) -> tuple[str, tuple[Any, ...]]:
        found = f"SELECT 1 FROM {table.name} WHERE search_words @@ %s::tsquery LIMIT {most}"
        return f"SELECT count(*) FROM ({found}) AS found", (ts_query(words),)

    def found_at(self, text: ColumnElement[str], piece: ColumnElement[Any]) -> ColumnElement[int]:
        return func.strpos(padded(text), piece)

    def least(self, *numbers: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.least(*numbers)

    def in_box(self, key: ColumnElement[int], alias: Any, box: Box, bind: Bind) -> ColumnElement[bool]:
        west, south, east, north = (
            bind(float(box.minlon)),
            bind(float(box.minlat)),
            bind(float(box.maxlon)),
            bind(float(box.maxlat)),
        )
        geometry: ColumnElement[Any] = literal_column(f"{alias.name}.geometry")
        # The index keeps 32-bit bounds, rounded outwards: it proposes, the columns decide.
        proposed: ColumnElement[bool] = geometry.op("&&")(
            func.ST_MakeEnvelope(west, south, east, north, literal_column("4326"))
        )
        return and_(proposed, alias.c.lon.between(west, east), alias.c.lat.between(south, north))

    def in_area(self, point: Position, wkb: bytes, bind: Bind, *, edge: bool) -> ColumnElement[bool]:
        degrees: ColumnElement[Any] = literal_column("4326")
        geometry: ColumnElement[Any] = (
            func.ST_SetSRID(func.ST_MakePoint(point.lon, point.lat), degrees)
            if point.stored is None
            else literal_column(f"{point.stored.name}.geometry")
        )
        area = func.ST_GeomFromWKB(bind(wkb), degrees)
        return func.ST_Intersects(geometry, area) if edge else func.ST_Within(geometry, area)

    def by_code_point(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        return collate(text, "C")

    def folded(self, text: ColumnElement[Any], folding: Folding) -> ColumnElement[Any]:
        return func.fold_case(text) if folding is Folding.case else func.fold_accents(text)

    def pattern(self, like: str) -> str:
        return like

    def fits(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[bool]:
        return text.bool_op("LIKE")(pattern)

    def distance(
        self,
        lon: ColumnElement[float],
        lat: ColumnElement[float],
        to: tuple[ColumnElement[Any], ColumnElement[Any]],
    ) -> ColumnElement[float]:
        half_lat = func.radians(to[1] - lat) / 2
        half_lon = func.radians(to[0] - lon) / 2
        chord = func.power(func.sin(half_lat), 2) + func.cos(func.radians(lat)) * func.cos(
            func.radians(to[1])
        ) * func.power(func.sin(half_lon), 2)
        metres = func.asin(func.least(1.0, func.sqrt(chord))) * (2 * EARTH_RADIUS_M)
        # LEAST leaves nulls out: what has no point would lie at the antipode.
        return case((lon.is_not(None), metres))

    def period(self, day: ColumnElement[Any], period: Period) -> ColumnElement[int]:
        if period in (Period.week, Period.day):
            days: ColumnElement[int] = day.op("-", return_type=Integer())(literal_column("DATE '0001-01-01'"))
            return days // literal_column("7", Integer) if period is Period.week else days

        def part(name: str) -> ColumnElement[int]:
            # date_part gives a double, where extract would take the slower way through numeric.
            return cast(func.date_part(literal_column(f"'{name}'"), day), Integer)

        if period is Period.year:
            return part("year")
        if period is Period.quarter:
            return part("year") * literal_column("4") + part("quarter") - literal_column("1")
        return part("year") * literal_column("12") + part("month") - literal_column("1")

    def locked(self) -> Mapping[str, Any]:
        return {"of": None}

    def bound(self, raw: Any, seconds: float) -> None:
        """Each session is told by `_engine`."""

    def translate(self, fault: BaseException) -> IncidentRecordsError | None:
        if isinstance(fault, sqlalchemy_errors.TimeoutError):
            return Unavailable("the service is busy; try again", retry_after=1)
        fault = getattr(fault, "orig", None) or fault
        if isinstance(fault, pg.LockNotAvailable | pg.DeadlockDetected | pg.SerializationFailure):
            return Unavailable("another write holds the record; try again", retry_after=1)
        if isinstance(fault, pg.QueryCanceled):
            return too_long()
        if isinstance(fault, pg.DiskFull | pg.InsufficientResources | pg.ReadOnlySqlTransaction):
            return Unavailable("the database cannot write now", retry_after=30)
        if isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError):
            return Unavailable("the database cannot be reached; try again", retry_after=5)
        return None

    def is_disconnect(self, fault: BaseException) -> bool:
        fault = getattr(fault, "orig", None) or fault
        return isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError) and not isinstance(
            fault, pg.QueryCanceled | pg.LockNotAvailable | pg.DiskFull
        )

    def is_held_up(self, fault: BaseException) -> bool:
        fault = getattr(fault, "orig", None) or fault
        return isinstance(fault, pg.LockNotAvailable)

    def should_retry(self, fault: BaseException) -> bool:
        fault = getattr(fault, "orig", None) or fault
        return isinstance(fault, pg.DeadlockDetected | pg.SerializationFailure)

    def cannot_read(self, fault: BaseException) -> bool:
        fault = getattr(fault, "orig", None) or fault
        return (
            isinstance(fault, psycopg.DataError) and fault.sqlstate is None
        )  # found by us, not by the server

"""SQLite: WAL, our own BEGIN, IMMEDIATE writers, read-only readers, R*Tree and FTS5."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Engine,
    FromClause,
    Integer,
    QueuePool,
    Select,
    Table,
    and_,
    cast,
    create_engine,
    event,
    func,
    join,
    literal_column,
    select,
    table,
)
from sqlalchemy import column as named
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url

from app.domain import areas, arithmetic
from app.domain.folding import fold_accents, fold_case
from app.domain.periods import Period
from app.domain.places import Box, earth_distance_m
from app.errors import IncidentRecordsError, Unavailable
from app.query.filter import Folding
from app.settings import DatabaseSettings
from app.storage.dialects import gathering
from app.storage.dialects.base import Bind, DatabaseDialect, Position, padded, too_long
from app.storage.dialects.checkpoints import Checkpoints
from app.storage.dialects.fts5 import fts_query, holds, search_table
from app.storage.dialects.runs import runs_of
from app.storage.hints import HintedCompiler
from app.storage.tables import former_texts
from app.storage.types import timestamp_text

INTERRUPTED = "interrupted"
STEPS = 1_000_000
"""Of SQLite's machine between two looks at the clock: some ten milliseconds. Each look takes Python's lock from who has it."""
BUSY = ("database is locked", "database table is locked", "database schema is locked")
FULL = (
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
)
BOX = "incidents_box"
PAGES_OF_LOG = 1_000
"""At which SQLite carries its log over by itself: its own default."""


def glob_of(like: str) -> str:
    """A LIKE pattern in the words of GLOB."""
    parts, escaped = [], False
    for char in like:
        if char == "\\" and not escaped:
            escaped = True
            continue
        if char in "%_" and not escaped:
            parts.append("*" if char == "%" else "?")
        else:
            parts.append(f"[{char}]" if char in "*?[" else char)
        escaped = False
    return "".join(parts)


class SqliteDialect(DatabaseDialect):
    name = "sqlite"

    def __init__(self) -> None:
        self.compiler = SQLiteDialect_pysqlite(paramstyle="qmark")
        self.compiler.statement_compiler = HintedCompiler

    def _file(self, settings: DatabaseSettings) -> str:
        return make_url(settings.url).database or ":memory:"

    def _connect(self, settings: DatabaseSettings, *, readonly: bool) -> sqlite3.Connection:
        path = quote(str(Path(self._file(settings)).absolute()))
        connection = sqlite3.connect(
            f"file:{path}?mode={'ro' if readonly else 'rwc'}",
            uri=True,
            isolation_level=None,  # no hidden BEGIN: ours is explicit
            timeout=settings.lock_timeout_seconds,
            check_same_thread=False,
            cached_statements=256,
        )
        for pragma in self._pragmas(readonly=readonly):
            connection.execute(f"PRAGMA {pragma}")
        for name, arguments, function in (
            ("earth_distance", 4, lambda *ends: None if None in ends else earth_distance_m(*ends)),
            ("fold_case", 1, fold_case),
            ("fold_accents", 1, fold_accents),
            ("whole_quotient", 2, arithmetic.whole_quotient),
            ("remainder", 2, arithmetic.remainder),
            ("power_of", 2, arithmetic.power_of),
            ("holds_words", 2, holds),
            ("area_touches", 3, areas.touches),
            ("area_holds", 3, areas.holds),
        ):
            connection.create_function(name, arguments, function, deterministic=True)
        return connection

    @staticmethod
    def _pragmas(*, readonly: bool) -> tuple[str, ...]:
        common = (
            "cache_size=-32768",
            "mmap_size=268435456",
            "temp_store=MEMORY",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        )
        if readonly:
            return (*common, "query_only=ON")
        # synchronous=FULL: what was acknowledged survives a power cut, too.
        return (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=FAST",
            "journal_size_limit=67108864",
            *common,
        )

    def read_engine(self, settings: DatabaseSettings) -> Engine:
        return create_engine(
            "sqlite://",
            creator=lambda: self._connect(settings, readonly=True),
            poolclass=QueuePool,
            pool_size=settings.read_threads,
            pool_use_lifo=True,  # the one used last has its pages at hand
            max_overflow=0,
            pool_reset_on_return=None,
        )

    def write_engine(self, settings: DatabaseSettings) -> Engine:
        engine = create_engine(
            "sqlite://",
            creator=lambda: self._connect(settings, readonly=False),
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=settings.lock_timeout_seconds,
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def lock_history(self, connection: Connection) -> None:
        """The IMMEDIATE transaction is the lock."""

    def serialise(self, connection: Connection, name: str) -> None:
        """The IMMEDIATE transaction is the lock."""

    def allocate(self, connection: Connection, table: Table, count: int) -> list[int]:
        # Rows are never removed and the writer is alone: the greatest key is the last one.
        last = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").scalar_one()
        return list(range(last + 1, last + 1 + count))

    def keep_versions(
        self,
        connection: Connection,
        live: Table,
        kept: Table,
        names: Sequence[str],
        pairs: Sequence[tuple[int, int]],
    ) -> None:
        columns = ", ".join(names)
        connection.connection.cursor().executemany(
            f"INSERT INTO {kept.name} ({columns}, seq_from) SELECT {columns}, id + ? FROM {live.name}"
            " WHERE id BETWEEN ? AND ?",
            runs_of(pairs),
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
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
        cursor: Any = connection.connection.cursor()
        cursor.executemany(sql, rows)

    def gathered(self, sql: str, columns: Sequence[ColumnElement[Any]]) -> str | None:
        return gathering.gathered(sql, columns)

    def scattered(self, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return gathering.scattered(rows)

    def sorts(self, raw: sqlite3.Connection, sql: str, parameters: int) -> bool:
        plan = raw.execute(f"EXPLAIN QUERY PLAN {sql}", (None,) * parameters).fetchall()
        return any(parent == 0 and "ORDER BY" in detail for _, parent, _, detail in plan)

    def among(self, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
        listed = func.json_each(orjson.dumps(values).decode()).table_valued("value")
        return column.in_(select(listed.c.value))

    def listed(self, column: ColumnElement[int], bind: Bind) -> ColumnElement[bool]:
        values = bind("", adapt=lambda keys: orjson.dumps(keys).decode())
        return column.in_(select(func.json_each(values).table_valued("value").c.value))

    def stored(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return timestamp_text(value)
        return value.isoformat() if isinstance(value, date) else value

    def index_created(self, connection: Connection, table: Table, keys: Sequence[int]) -> None:
        if not keys or "search_text" not in table.c:
            return
        bounds = (keys[0], keys[-1])
        connection.exec_driver_sql(
            f"INSERT INTO {search_table(table)}(rowid, search_text) SELECT id, search_text FROM {table.name}"
            " WHERE id BETWEEN ? AND ?",
            bounds,
        )
        if table.name == "incidents":
            connection.exec_driver_sql(
                f"INSERT INTO {BOX} SELECT id, lon, lon, lat, lat FROM incidents"
                " WHERE id BETWEEN ? AND ? AND lon IS NOT NULL",
                bounds,
            )

    def before_amend(self, connection: Connection, table: Table, keys: Iterable[int]) -> None:
        if "search_text" in table.c:
            search = search_table(table)
            connection.connection.cursor().executemany(
                f"INSERT INTO {search}({search}, rowid, search_text) SELECT 'delete', id, search_text FROM {table.name} WHERE id = ?",
                [(key,) for key in keys],
            )

    def after_amend(self, connection: Connection, table: Table, keys: Iterable[int]) -> None:
        if "search_text" not in table.c:
            return
        rows = [(key,) for key in keys]
        cursor = connection.connection.cursor()
        cursor.executemany(
            f"INSERT INTO {search_table(table)}(rowid, search_text) SELECT id, search_text FROM {table.name} WHERE id = ?",
            rows,
        )
        if table.name == "incidents":
            cursor.executemany(f"DELETE FROM {BOX} WHERE id = ?", rows)
            cursor.executemany(
                f"INSERT INTO {BOX} SELECT id, lon, lon, lat, lat FROM incidents WHERE id = ? AND lon IS NOT NULL",
                rows,
            )

    @contextmanager
    def filling(self, settings: DatabaseSettings, writing: Engine) -> Iterator[Callable[[], None]]:
        def by_itself(pages: int) -> None:
            with closing(writing.raw_connection()) as raw:
                raw.cursor().execute(f"PRAGMA wal_autocheckpoint={pages}").fetchall()

        checkpoints = Checkpoints(lambda: self._connect(settings, readonly=False))
        by_itself(0)
        try:
            yield checkpoints.written
        finally:
            checkpoints.close()
            by_itself(PAGES_OF_LOG)

    def planned_for(self) -> Sequence[Table]:
        """None: it plans without, so that all databases of one schema have one plan."""
        return ()

    def renew_statistics(self, connection: Connection, table: Table) -> None:
        """See `planned_for`."""

    @contextmanager
    def forgetting(self, connection: Connection, table: Table) -> Iterator[None]:
        connection.exec_driver_sql(
            "PRAGMA secure_delete=ON"
        )  # pages that are given free are overwritten, too
        try:
            yield
            if "search_text" in table.c:
                # A word that was taken out stays in the index until its parts are merged.
                for each in (table, former_texts):
                    search = search_table(each)
                    connection.exec_driver_sql(f"INSERT INTO {search}({search}) VALUES ('optimize')")
        finally:
            connection.exec_driver_sql("PRAGMA secure_delete=FAST").all()

    def forgotten(self, raw: Any, *, rewritten: bool) -> None:
        # Where somebody still reads an older state this does what it can: the next checkpoint does the rest.
        if rewritten:
            raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def matches_words(
        self, table: Table, key: ColumnElement[int], alias: Any, words: str, bind: Bind
    ) -> ColumnElement[bool]:
        search = search_table(table)
        found: Select[Any] = (
            select(literal_column("rowid"))
            .select_from(named_table(search))
            .where(literal_column(search).op("MATCH")(bind(words, adapt=fts_query)))
        )
        return key.in_(found)

    def text_holds(self, text: ColumnElement[str], words: str, bind: Bind) -> ColumnElement[bool]:
        return func.holds_words(text, bind(words, adapt=fts_query))

    def last_with_words(
        self, table: Table, alias: Any, words: str, bind: Bind
    ) -> tuple[FromClause, ColumnElement[bool], ColumnElement[int]]:
        search = search_table(table)
        rowid: ColumnElement[int] = literal_column(f"{search}.rowid", Integer)
        # The plus keeps the planner from looking each record up in the word index.
        both = join(named_table(search), alias, alias.c.id == literal_column(f"+{search}.rowid"))
        return both, literal_column(search).op("MATCH")(bind(words, adapt=fts_query)), rowid

    def hits(self, table: Table, words: str, most: int) -> tuple[str, tuple[Any, ...]]:
        search = search_table(table)
        return (
            f"SELECT count(*) FROM (SELECT 1 FROM {search} WHERE {search} MATCH ? LIMIT {most})",
            (fts_query(words),),
        )

    def found_at(self, text: ColumnElement[str], piece: ColumnElement[Any]) -> ColumnElement[int]:
        return func.instr(padded(text), piece)

    def least(self, *numbers: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.min(*numbers)

    def in_box(self, key: ColumnElement[int], alias: Any, box: Box, bind: Bind) -> ColumnElement[bool]:
        west, south, east, north = (
            bind(float(box.minlon)),
            bind(float(box.minlat)),
            bind(float(box.maxlon)),
            bind(float(box.maxlat)),
        )
        tree = table(BOX, named("id"), named("minlon"), named("maxlon"), named("minlat"), named("maxlat"))
        # The tree keeps 32-bit bounds, rounded outwards: it proposes, the columns decide.
        proposed = select(tree.c.id).where(
            tree.c.maxlon >= west, tree.c.minlon <= east, tree.c.maxlat >= south, tree.c.minlat <= north
        )
        return and_(key.in_(proposed), alias.c.lon.between(west, east), alias.c.lat.between(south, north))

    def in_area(self, point: Position, wkb: bytes, bind: Bind, *, edge: bool) -> ColumnElement[bool]:
        lies = func.area_touches if edge else func.area_holds
        return and_(point.lon.is_not(None), lies(bind(wkb), point.lon, point.lat))

    def by_code_point(self, text: ColumnElement[Any]) -> ColumnElement[Any]:
        return text  # as SQLite orders bytes, and UTF-8 keeps the order

    def folded(self, text: ColumnElement[Any], folding: Folding) -> ColumnElement[Any]:
        return func.fold_case(text) if folding is Folding.case else func.fold_accents(text)

    def pattern(self, like: str) -> str:
        return glob_of(like)

    def fits(self, text: ColumnElement[Any], pattern: ColumnElement[Any]) -> ColumnElement[bool]:
        # Not LIKE, which on SQLite does not tell a from A.
        return text.bool_op("GLOB")(pattern)

    def distance(
        self,
        lon: ColumnElement[float],
        lat: ColumnElement[float],
        to: tuple[ColumnElement[Any], ColumnElement[Any]],
    ) -> ColumnElement[float]:
        return func.earth_distance(lon, lat, to[0], to[1])

    def period(self, day: ColumnElement[Any], period: Period) -> ColumnElement[int]:
        def number(start: int, length: int) -> ColumnElement[int]:
            return cast(func.substr(day, literal_column(str(start)), literal_column(str(length))), Integer)

        if period in (Period.week, Period.day):
            first = literal_column("1721425.5", Double)  # the Julian day of 0001-01-01
            days = cast(func.julianday(day) - first, Integer)
            return days // literal_column("7", Integer) if period is Period.week else days
        if period is Period.year:
            return number(1, 4)
        if period is Period.quarter:
            return number(1, 4) * literal_column("4") + (
                number(6, 2) - literal_column("1")
            ) // literal_column("3", Integer)
        return number(1, 4) * literal_column("12") + number(6, 2) - literal_column("1")

    def locked(self) -> Mapping[str, Any]:
        return {}

    def bound(self, raw: sqlite3.Connection, seconds: float) -> None:
        until = time.monotonic() + seconds
        raw.set_progress_handler(lambda: time.monotonic() > until, STEPS)

    def translate(self, fault: BaseException) -> IncidentRecordsError | None:
        fault = getattr(fault, "orig", None) or fault
        text = str(fault)
        if isinstance(fault, sqlite3.OperationalError):
            if text == INTERRUPTED:
                return too_long()
            if self.is_held_up(fault):
                return Unavailable("the database is busy; try again", retry_after=1)
            if any(words in text for words in FULL):
                return Unavailable("the database cannot write or read its file now", retry_after=30)
        if isinstance(fault, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
            return Unavailable("the database file is damaged; its keeper has to look at it", retry_after=300)
        if isinstance(fault, TimeoutError):
            return Unavailable("the service is busy; try again", retry_after=1)
        return None

    def is_disconnect(self, fault: BaseException) -> bool:
        return False

    def is_held_up(self, fault: BaseException) -> bool:
        fault = getattr(fault, "orig", None) or fault
        return isinstance(fault, sqlite3.OperationalError) and any(words in str(fault) for words in BUSY)

    def should_retry(self, fault: BaseException) -> bool:
        return False

    def cannot_read(self, fault: BaseException) -> bool:
        fault = getattr(fault, "orig", None) or fault
        return isinstance(fault, sqlite3.OperationalError) and "Could not decode to UTF-8" in str(fault)


def named_table(name: str) -> Any:
    return table(name)

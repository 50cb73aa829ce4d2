"""All records that match, in the order asked for: one connection, one snapshot, a batch at a time in memory."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, select

from app.access.viewer import Viewer
from app.errors import InvalidParameter, Problem
from app.query.fields import BY_NAME, Field
from app.query.spec import Query
from app.storage import read
from app.storage.cells import cell
from app.storage.compile import Binder, Statement, condition, extras, prepare, visible
from app.storage.database import Database, Reader
from app.storage.moments import past
from app.storage.shapes import members, wire_names
from app.storage.then import scope_of
from app.storage.unlinked import led, many_told

BATCH = 200
BATCH_WITH_LISTS = 20
"""Lists that ride along can make a record a thousand times as long."""
EVERYTHING = 2**31 - 1
"""As a limit: PostgreSQL takes it for an integer."""
Batches = Generator[list[Any], None, None]
"""Records, some at a time: each as JSON text, or as a tuple of cells."""


class Export:
    """What one viewer gets for one question. `limit` None: all; `most`: more than that is refused before it begins.

    `revision` is known as soon as the first batch was taken (or there was none).
    """

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        query: Query,
        *,
        limit: int | None,
        most: int | None = None,
        cells: bool = False,
    ) -> None:
        self.database = database
        self.viewer = viewer
        self.query = query
        self.limit = EVERYTHING if limit is None else limit
        self.most = most
        self.cells = cells
        self.revision = 0

    def batches(self) -> Batches:
        """The records. The connection goes back as soon as the last is taken, or when this is closed."""
        with self.database.held() as reader:
            self.revision = reader.revision()
            where = many_told(reader, self.viewer, self.query.kind, self.query.where)
            self.query = replace(self.query, as_of=past(reader, self.query.as_of), where=where)
            self._require_room(reader)
            size = BATCH_WITH_LISTS if self.query.include else BATCH
            left = self.limit
            for nulls in (False, True):
                if nulls and not BY_NAME[self.query.kind][self.query.sort].nullable:
                    break
                for batch in self._part(reader, left, size, nulls=nulls):
                    left -= len(batch)
                    yield batch
                if not left:
                    break

    def _part(self, reader: Reader, limit: int, size: int, *, nulls: bool) -> Batches:
        field = BY_NAME[self.query.kind][self.query.sort]
        if self.cells:
            asked = cells_asked(reader, self.viewer, self.query, field, limit, nulls=nulls)
        else:
            asked = read.part_asked(reader, self.viewer, self.query, field, limit, nulls=nulls)
        statement, values, bound = asked
        with closing(_cursor(reader)) as cursor:
            cursor.execute(statement.sql, statement.parameters(values, bound, reader.dialect))
            while rows := cursor.fetchmany(size):
                yield rows if self.cells else [row[0] for row in rows]

    def _require_room(self, reader: Reader) -> None:
        """Counts one further than there is room for: far sooner done than writing up to there."""
        if self.most is None or self.limit <= self.most:
            return
        if read.count(reader, self.viewer, self.query, self.most) > self.most:
            raise InvalidParameter(
                [
                    Problem(
                        "f", "too_many", f"holds at most {self.most:,} records, and more match; ask for f=csv"
                    )
                ]
            )


def cells_asked(
    reader: Reader, viewer: Viewer, query: Query, field: Field, limit: int, *, nulls: bool
) -> tuple[Statement, list[Any], Mapping[str, Any]]:
    """The statement of a part in cells, and what it is asked for: the same records in the same order as in documents."""

    def build() -> Statement:
        scope, binder = scope_of(query.kind, viewer, query.as_of), Binder()
        where = [condition(query.where, scope, binder, reader.dialect), visible(scope)]
        by_key = field.name == "id"
        value = scope.key if by_key else scope.column(field.name)
        if field.nullable:
            where.append(value.is_(None) if nulls else value.is_not(None))
        order = [scope.key] if nulls or by_key else [value, scope.key]
        names = wire_names(viewer, query.kind, query.fields)
        columns = [
            cell(expression, travels, reader.dialect).label(name)
            for name, expression, travels in members(scope, names)
        ]
        statement = (
            select(*columns)
            .select_from(scope.joined())
            .where(and_(*where))
            .order_by(*[column.desc() if query.descending else column.asc() for column in order])
            .limit(binder(limit))
        )
        return prepare(led(statement, scope, query.where), binder, reader.dialect)

    order = (query.sort, query.descending, nulls)
    of = (query.kind, query.where.shape(), query.as_of is not None)
    shape = ("cells", viewer.rank, query.fields, of, order)
    statement = reader.prepared(shape, build)
    values = [*query.where.values(), limit]
    return statement, values, extras(viewer, query.as_of)


def _cursor(reader: Reader) -> Any:
    """A cursor that fetches as it goes; PostgreSQL's ordinary one would bring everything at once."""
    return reader.raw.cursor(name="export") if reader.dialect.name == "postgresql" else reader.raw.cursor()

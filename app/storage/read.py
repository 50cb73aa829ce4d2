"""Questions to answers. The database builds the JSON; a page is a list of documents and where the next one starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select

from app.access.viewer import Viewer
from app.query.cursor import Cursor
from app.query.fields import BY_NAME, RELEVANCE, Field, Type
from app.query.filter import EVERYTHING, And, Compare, Filter, OneOf, Value, Words
from app.query.spec import Query
from app.storage import ranked
from app.storage.columns import TABLES, Scope
from app.storage.compile import Binder, Statement, condition, extras, matching, prepare, visible
from app.storage.database import Reader
from app.storage.hints import leading
from app.storage.moments import past
from app.storage.prolific import prolific_told
from app.storage.shapes import REVISION, document, is_at_once, wire_names
from app.storage.then import scope_of
from app.storage.unlinked import led, many_told
from app.storage.widespread import widespread_told

USUAL_LIMITS = frozenset(limit + 1 for limit in (1, 10, 20, 25, 50, 100, 200, 250, 500, 1_000))
"""Of pages, with the record after them: others ask for their number each time."""
IN_ORDER = frozenset({"date_start", "date_published"})
"""What versions stand in the order of, whatever is asked for. By any other value all that match may have to be put in order:
so the page is found first, and then told."""
IN_ORDER_OF_ALL = IN_ORDER | {"killed_best", "wounded_best"}
"""What they stand in the order of where nothing is asked for that has an index of its own."""


@dataclass(frozen=True, slots=True)
class Page:
    """`ranked`: how many records were ranked, in an order by relevance."""

    documents: list[str]
    next: Cursor | None
    revision: int
    count: int | None = None
    ranked: int | None = None


def page(reader: Reader, viewer: Viewer, query: Query, *, count_maximum: int = 10_000) -> Page:
    """A page of a list. Records without the sort value come last, in both directions, on pages of their own."""
    if query.as_of is not None:
        with reader.snapshot():
            asked = replace(query, as_of=past(reader, query.as_of))
            return _page(reader, viewer, asked, count_maximum)
    return _page(reader, viewer, query, count_maximum)


def _page(reader: Reader, viewer: Viewer, query: Query, count_maximum: int) -> Page:
    by_relevance = query.sort == RELEVANCE.name
    # By relevance many have to be looked at, and counted they are sooner through the index.
    asked = query if by_relevance else replace(query, where=_told_many(reader, viewer, query))
    rows_of = ranked.rows if by_relevance else _rows
    rows, revision = rows_of(reader, viewer, asked)
    if revision is None:
        # Nothing came to tell the revision: it has to be known before it is asked again.
        revision = reader.revision()
        rows, _ = rows_of(reader, viewer, asked)
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        following = Cursor(_travelling(last[3]) if len(last) > 3 else None, last[1])
    return Page(
        [row[0] for row in rows[: query.limit]],
        following,
        revision,
        count(reader, viewer, query, count_maximum) if query.count else None,
        rows[0][4] if by_relevance and rows else None,
    )


def _told_many(reader: Reader, viewer: Viewer, query: Query) -> Filter:
    """The question, with what very many records answer to marked as such."""
    words_told = widespread_told(reader, query.kind, query.where, once=query.as_of is not None)
    if query.as_of is not None:
        return words_told
    return prolific_told(reader, viewer, query.kind, many_told(reader, viewer, query.kind, words_told))


def _rows(reader: Reader, viewer: Viewer, query: Query) -> tuple[list[tuple[Any, ...]], int | None]:
    """The page's rows and one more, and the revision at which the first statement found something."""
    field = BY_NAME[query.kind][query.sort]
    wanted = query.limit + 1
    rows: list[tuple[Any, ...]] = []
    # The order by id carries no value in its cursor either.
    after_null = query.cursor is not None and query.cursor.value is None and field.nullable
    if not after_null:
        rows = _part(reader, viewer, query, field, wanted, query.cursor, nulls=False)
    revision = rows[0][2] if rows else None
    if len(rows) < wanted and field.nullable:
        rows += _part(
            reader, viewer, query, field, wanted - len(rows), query.cursor if after_null else None, nulls=True
        )
        revision = rows[0][2] if rows and after_null else revision
    return rows, revision


def _travelling(value: Any) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _arrived(value: str | int | float | None, field: Field, reader: Reader) -> Any:
    if field.type is Type.date and isinstance(value, str):
        return date.fromisoformat(value)
    if field.type is Type.timestamp and isinstance(value, str) and reader.dialect.name == "postgresql":
        return datetime.fromisoformat(value)
    return value


def _part(
    reader: Reader,
    viewer: Viewer,
    query: Query,
    field: Field,
    limit: int,
    cursor: Cursor | None,
    *,
    nulls: bool,
) -> list[tuple[Any, ...]]:
    """Rows with the sort value, or those without, from the cursor on: (document, id, revision, sort value)."""
    asked = part_asked(
        reader,
        viewer,
        query,
        field,
        limit,
        cursor,
        nulls=nulls,
        at_once=is_at_once(query.limit, query.include),
    )
    return reader.answer(*asked)


def part_asked(
    reader: Reader,
    viewer: Viewer,
    query: Query,
    field: Field,
    limit: int,
    cursor: Cursor | None = None,
    *,
    nulls: bool,
    at_once: bool = False,
) -> tuple[Statement, list[Any], Mapping[str, Any]]:
    """The statement of `_part`, and what it is asked for. `at_once`: all rows are wanted, not one after the other."""
    by_key = nulls or field.name == "id"
    last = None if cursor is None or by_key else _arrived(cursor.value, field, reader)
    usual = _is_usual(query.where, limit)
    shape = (
        "part",
        query.kind,
        viewer.rank,
        query.fields,
        query.include,
        query.where.shape(),
        (query.sort, query.descending),
        query.as_of is not None,
        nulls,
        cursor is not None,
        limit if usual else None,
        at_once,
    )

    def build() -> Statement:
        def part(*, found_first: bool) -> tuple[Select[Any], Binder]:
            return _part_statement(
                reader, viewer, query, field, limit, cursor, last, nulls=nulls, found_first=found_first
            )

        found, binder = part(found_first=False)
        if at_once and reader.sorts(prepare(found, binder, reader.dialect)):
            found, binder = part(found_first=True)
        return prepare(found, binder, reader.dialect, documents=at_once)

    statement = reader.prepared(shape, build)
    values: list[Any] = list(query.where.values())
    if cursor is not None:
        values.extend(() if by_key else (last, last))
        values.append(cursor.uid)
    if not usual:
        values.append(limit)
    return statement, values, extras(viewer, query.as_of)


def _part_statement(
    reader: Reader,
    viewer: Viewer,
    query: Query,
    field: Field,
    limit: int,
    cursor: Cursor | None,
    last: Any,
    *,
    nulls: bool,
    found_first: bool,
) -> tuple[Select[Any], Binder]:
    by_key = field.name == "id"
    scope, binder = scope_of(query.kind, viewer, query.as_of), Binder()
    where = [condition(query.where, scope, binder, reader.dialect), visible(scope)]
    value = scope.key if by_key else scope.column(field.name)
    if field.nullable:
        where.append(value.is_(None) if nulls else value.is_not(None))
    if cursor is not None:
        where.append(_beyond(scope, value, cursor, binder, last, query, nulls=nulls or by_key))
    valued = not nulls and not by_key
    most = literal_column(str(limit)) if _is_usual(query.where, limit) else binder(limit)

    def in_order(found: Select[Any], *columns: ColumnElement[Any]) -> Select[Any]:
        return found.order_by(*[column.desc() if query.descending else column.asc() for column in columns])

    in_order_of = IN_ORDER_OF_ALL if query.where == EVERYTHING else IN_ORDER
    if found_first or (query.as_of is not None and valued and field.name not in in_order_of):
        named = [scope.key.label("key"), *([value.label("value")] if valued else [])]
        keys = led(select(*named).select_from(scope.joined()).where(and_(*where)), scope, query.where)
        page = in_order(keys, *([value] if valued else []), scope.key).limit(most).subquery("page")
        values = [page.c.value] if valued else []
        told = scope_of(query.kind, viewer, query.as_of, "told")
        statement: Select[Any] = select(*_told(told, viewer, query), *values)
        chosen = told.joined().join(page, told.key == leading(page.c.key))
        statement = in_order(statement.select_from(chosen).where(told.current), *values, page.c.key)
        return statement, binder
    columns = [*_told(scope, viewer, query), *([value] if valued else [])]
    statement = led(select(*columns).select_from(scope.joined()).where(and_(*where)), scope, query.where)
    statement = in_order(statement, *([value] if valued else []), scope.key).limit(most)
    return statement, binder


def _told(scope: Scope, viewer: Viewer, query: Query) -> list[Any]:
    names = wire_names(viewer, query.kind, query.fields)
    return [document(scope, names, query.include), scope.table.c.uid, REVISION]


def _is_usual(where: Filter, limit: int) -> bool:
    """Whether the limit is written into the statement. PostgreSQL then sees that one plan serves whatever is bound, and
    need not plan each time, which takes as long as a short page. So it is done where one plan does serve: nothing is
    asked, or the country, with which an index begins, or words, of which it is known whether they are widespread."""
    parts = where.parts if isinstance(where, And) else (where,)
    return limit in USUAL_LIMITS and all(
        isinstance(part, Words) or (isinstance(part, Compare | OneOf) and part.field == "country")
        for part in parts
    )


def _beyond(
    scope: Scope,
    value: ColumnElement[Any],
    cursor: Cursor,
    binder: Binder,
    last: Any,
    query: Query,
    *,
    nulls: bool,
) -> ColumnElement[bool]:
    """After the cursor. The range bound stands alone so that SQLite walks the index from there."""
    bound = [] if nulls else [binder(last), binder(last)]
    table = TABLES[scope.kind]
    key = select(table.c.id).where(table.c.uid == binder(cursor.uid)).scalar_subquery()
    beyond_key = scope.key < key if query.descending else scope.key > key
    if nulls:
        return beyond_key
    if query.descending:
        return and_(value <= bound[0], (value < bound[1]) | beyond_key)
    return and_(value >= bound[0], (value > bound[1]) | beyond_key)


def count(reader: Reader, viewer: Viewer, query: Query, maximum: int) -> int:
    """How many match, counted no further than one beyond `maximum`."""

    def build() -> Statement:
        scope, binder = scope_of(query.kind, viewer, query.as_of), Binder()
        found = matching(scope, query.where, reader.dialect, binder, literal_column("1").label("one"))
        counted = found.limit(binder(maximum + 1)).subquery("found")
        return prepare(select(func.count()).select_from(counted), binder, reader.dialect)

    shape = ("count", query.kind, viewer.rank, query.where.shape(), query.as_of is not None)
    statement = reader.prepared(shape, build)
    values: list[Value] = [*query.where.values(), maximum + 1]
    return int(reader.answer(statement, values, extras(viewer, query.as_of))[0][0])

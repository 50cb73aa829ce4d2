"""Questions to answers. The database builds the JSON; a page is a list of documents and where the next one starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.query.cursor import Cursor
from app.query.fields import BY_NAME, CLAIM, COUNTS, LINK, RELEVANCE, Field, Kind, Type
from app.query.filter import And, Compare, Filter, OneOf, Value, Words, words_asked
from app.query.spec import Query
from app.storage import tables
from app.storage.columns import TABLES, VIEWER_PARTNER, Scope
from app.storage.compile import Binder, Statement, condition, prepare, visible
from app.storage.database import Reader
from app.storage.documents import Document, DocumentList
from app.storage.ranking import rank, rank_values
from app.storage.widespread import widespread_told

USUAL_LIMITS = frozenset(limit + 1 for limit in (1, 10, 20, 25, 50, 100, 200, 250, 500, 1_000))
"""Of pages, with the record after them: others ask for their number each time."""
MOST_INCLUDED = 1_000
"""Reports, incidents or claims that ride along with one record at most."""


REVISION = select(tables.history_head.c.seq).scalar_subquery()
"""Rides along with every answer: one statement, one state of the data, one trip to the database."""


@dataclass(frozen=True, slots=True)
class Page:
    documents: list[str]
    next: Cursor | None
    revision: int
    count: int | None = None


def members(scope: Scope, names: Sequence[str]) -> list[tuple[str, ColumnElement[Any], Type]]:
    fields = BY_NAME[scope.kind]
    return [(name, scope.column(name), fields[name].type) for name in names]


def wire_names(viewer: Viewer, kind: Kind, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """The fields of an answer, in wire order: all that the viewer may see, or those asked for and the id."""
    seen = fields_for(viewer, kind)
    if asked is None:
        return tuple(seen)
    return tuple(name for name in seen if name in asked or name == "id")


def document(scope: Scope, names: Sequence[str], include: Sequence[str]) -> Document:
    parts = members(scope, names)
    parts.extend((name, _included(scope, name), Type.documents) for name in include)
    return Document(parts)


def _included(scope: Scope, name: str) -> ColumnElement[Any]:
    if name == "claims":
        return _claims(scope)
    other = Kind.report if name == "reports" else Kind.incident
    return _linked(scope, other)


def _linked(scope: Scope, kind: Kind) -> DocumentList:
    """Linked records that the viewer may see, oldest link first, each with how it is linked; their own links are not counted here."""
    other = Scope(kind, scope.viewer, kind.value)
    links = tables.links.alias("link")
    parts = members(other, [name for name in wire_names(scope.viewer, kind, None) if name not in COUNTS])
    parts.extend((f.name, links.c["role" if f.name == "link_role" else f.name], f.type) for f in LINK)
    rows = (
        select(Document(parts, nested=True).label("document"))
        .select_from(other.joined().join(links, links.c[f"{kind}_ref"] == other.key))
        .where(links.c[f"{scope.kind}_ref"] == scope.key, links.c.seq_to.is_(None), visible(other))
        .correlate(scope.table)
        .order_by(links.c.id)
        .limit(literal_column(str(MOST_INCLUDED)))
    )
    return DocumentList(rows)


def _claims(scope: Scope) -> DocumentList:
    """Claims whose incident and report the viewer may see both."""
    claim = tables.claims.alias("claim")
    other = Scope(Kind.report if scope.kind is Kind.incident else Kind.incident, scope.viewer, "claimed")
    uids = {scope.kind: scope.table.c.uid, other.kind: other.table.c.uid}
    special = {"id": claim.c.uid, "incident_id": uids[Kind.incident], "report_id": uids[Kind.report]}
    parts = [(f.name, special[f.name] if f.name in special else claim.c[f.name], f.type) for f in CLAIM]
    rows = (
        select(Document(parts, nested=True).label("document"))
        .select_from(claim.join(other.table, other.key == claim.c[f"{other.kind}_ref"]))
        .where(claim.c[f"{scope.kind}_ref"] == scope.key, claim.c.seq_to.is_(None), visible(other))
        .correlate(scope.table)
        .order_by(claim.c.id)
        .limit(literal_column(str(MOST_INCLUDED)))
    )
    return DocumentList(rows)


def extras(viewer: Viewer) -> dict[str, Any]:
    return {VIEWER_PARTNER: viewer.partner_key}


def page(reader: Reader, viewer: Viewer, query: Query, *, count_maximum: int = 10_000) -> Page:
    """A page of a list. Records without the sort value come last, in both directions, on pages of their own."""
    asked = query
    if query.sort != RELEVANCE.name:
        # By relevance all have to be looked at, and counted they are sooner through the index.
        asked = replace(query, where=widespread_told(reader, query.kind, query.where))
    rows, revision = _rows(reader, viewer, asked)
    if revision is None:
        # Nothing came to tell the revision: it has to be known before it is asked again.
        revision = reader.revision()
        rows, _ = _rows(reader, viewer, asked)
    following = None
    if len(rows) > query.limit:
        last = rows[query.limit - 1]
        following = Cursor(_travelling(last[3]) if len(last) > 3 else None, last[1])
    return Page(
        [row[0] for row in rows[: query.limit]],
        following,
        revision,
        count(reader, viewer, query, count_maximum) if query.count else None,
    )


def _rows(reader: Reader, viewer: Viewer, query: Query) -> tuple[list[tuple[Any, ...]], int | None]:
    """The page's rows and one more, and the revision at which the first statement found something."""
    field = RELEVANCE if query.sort == RELEVANCE.name else BY_NAME[query.kind][query.sort]
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
    return reader.rows(*part_asked(reader, viewer, query, field, limit, cursor, nulls=nulls))


def part_asked(
    reader: Reader,
    viewer: Viewer,
    query: Query,
    field: Field,
    limit: int,
    cursor: Cursor | None = None,
    *,
    nulls: bool,
) -> tuple[str, Any]:
    """The statement of `_part` with its parameters, as the driver takes them."""
    by_key = nulls or field.name == "id"
    last = None if cursor is None or by_key else _arrived(cursor.value, field, reader)
    ranked = tuple(len(group) for group in _words_of(query).wanted) if field is RELEVANCE else None
    usual = _is_usual(query.where, limit)
    shape = (
        "part",
        query.kind,
        viewer.rank,
        query.fields,
        query.include,
        query.where.shape(),
        query.order,
        ranked,
        nulls,
        cursor is not None,
        limit if usual else None,
    )
    statement = reader.prepared(
        shape, lambda: _part_statement(reader, viewer, query, field, limit, cursor, last, nulls=nulls)
    )
    values: list[Any] = list(query.where.values())
    if field is RELEVANCE:
        values.extend(rank_values(_words_of(query)))
    if cursor is not None:
        values.extend(() if by_key else (last, last))
        values.append(cursor.uid)
    if not usual:
        values.append(limit)
    return statement.sql, statement.parameters(values, extras(viewer), reader.dialect)


def _words_of(query: Query) -> Words:
    words = words_asked(query.where)
    assert words is not None, "an order by relevance comes with words"
    return words


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
) -> Statement:
    by_key = field.name == "id"
    scope, binder = Scope(query.kind, viewer), Binder()
    where = [condition(query.where, scope, binder, reader.dialect), visible(scope)]
    if field is RELEVANCE:
        value: ColumnElement[Any] = rank(scope, _words_of(query), binder, reader.dialect)
    else:
        value = scope.key if by_key else scope.column(field.name)
    if field.nullable:
        where.append(value.is_(None) if nulls else value.is_not(None))
    if cursor is not None:
        where.append(_beyond(scope, value, cursor, binder, last, query, nulls=nulls or by_key))
    names = wire_names(viewer, query.kind, query.fields)
    columns: list[Any] = [document(scope, names, query.include), scope.table.c.uid, REVISION]
    order: list[Any] = [scope.key]
    if not nulls and not by_key:
        columns.append(value)
        order.insert(0, value)
    statement = (
        select(*columns)
        .select_from(scope.joined())
        .where(and_(*where))
        .order_by(*[column.desc() if query.descending else column.asc() for column in order])
        .limit(literal_column(str(limit)) if _is_usual(query.where, limit) else binder(limit))
    )
    return prepare(statement, binder, reader.dialect)


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


def matching(
    scope: Scope, where: Filter, reader: Reader, binder: Binder, *columns: ColumnElement[Any]
) -> Select[Any]:
    """A select over the visible records that match."""
    matches = condition(where, scope, binder, reader.dialect)
    return select(*columns).select_from(scope.joined()).where(matches, visible(scope))


def count(reader: Reader, viewer: Viewer, query: Query, maximum: int) -> int:
    """How many match, counted no further than one beyond `maximum`."""

    def build() -> Statement:
        scope, binder = Scope(query.kind, viewer), Binder()
        found = matching(scope, query.where, reader, binder, literal_column("1").label("one"))
        counted = found.limit(binder(maximum + 1)).subquery("found")
        return prepare(select(func.count()).select_from(counted), binder, reader.dialect)

    statement = reader.prepared(("count", query.kind, viewer.rank, query.where.shape()), build)
    values: list[Value] = [*query.where.values(), maximum + 1]
    return int(reader.rows(statement.sql, statement.parameters(values, extras(viewer), reader.dialect))[0][0])

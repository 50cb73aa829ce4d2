"""Lists by relevance: how well a record fits the words of a question, which is how early in its search text they stand.

The search text begins with the title, then come place, provinces and summary: a word of the title counts before one of
the summary, a whole word before one that merely begins so. A rule that both databases compute alike and that can be
told in a sentence, where their own ranks differ from each other and from version to version.

To rank a record its text has to be read. So no more are ranked than `MOST_RANKED`: of more, those recorded last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, and_, cast, func, literal_column, or_, select

from app.access.viewer import Viewer
from app.query.filter import Filter, Words, words_apart
from app.query.spec import Query
from app.storage.columns import TABLES, Scope
from app.storage.compile import Binder, Statement, condition, extras, prepare, visible
from app.storage.database import Reader
from app.storage.dialects.base import Bind, DatabaseDialect
from app.storage.hints import leading
from app.storage.shapes import REVISION, document, is_at_once, wire_names
from app.storage.then import scope_of

MOST_RANKED = 10_000
_MERE_BEGINNING: ColumnElement[Any] = literal_column("1000")
_NOWHERE: ColumnElement[Any] = literal_column("1000000")


def rows(reader: Reader, viewer: Viewer, query: Query) -> tuple[list[tuple[Any, ...]], int | None]:
    """The page's rows and one more, of like rank those recorded last first, and the revision of which they tell:
    (document, id, revision, rank, how many records were ranked)."""
    (words, rest), cursor = words_apart(query.where), query.cursor
    assert words is not None, "an order by relevance comes with words"
    words = replace(
        words, widespread=False
    )  # in any case through the index, which is read from the last recorded on
    shape = (
        "ranked",
        query.kind,
        viewer.rank,
        query.fields,
        query.include,
        rest.shape(),
        tuple(len(group) for group in words.wanted),
        cursor is not None,
        query.as_of is not None,
        MOST_RANKED,
        is_at_once(query.limit, query.include),
    )
    statement = reader.prepared(shape, lambda: _statement(reader.dialect, viewer, query, words, rest))
    values = [*words.values(), *rest.values(), *_rank_values(words)]
    if cursor is not None:
        assert cursor.value is not None, "every record found has a rank"
        values += [cursor.value, cursor.value, cursor.uid]
    values.append(query.limit + 1)
    # How common the words are decides which way is the short one, so it is planned for these words.
    found = reader.answer(statement, values, extras(viewer, query.as_of), planned_anew=True)
    return found, found[0][2] if found else None


def _statement(
    dialect: DatabaseDialect, viewer: Viewer, query: Query, words: Words, rest: Filter
) -> Statement:
    binder = Binder()
    scope, sought = (scope_of(query.kind, viewer, query.as_of, name) for name in ("t", "sought"))
    base, holds, key = _holding(sought, words, binder, dialect)
    matches = condition(rest, sought, binder, dialect)
    rank, seen = _rank(sought, words, binder, dialect), visible(sought)
    latest = (
        select(sought.key.label("key"), rank.label("rank"))
        .select_from(sought.joined(base))
        .where(holds, matches, seen)
        .order_by(key.desc())
        .limit(literal_column(str(MOST_RANKED)))
        .cte("latest")
        .prefix_with("MATERIALIZED")
    )
    best = select(latest.c.key, latest.c.rank)
    if query.cursor is not None:
        table = TABLES[query.kind]
        worse, alike = latest.c.rank > binder(0), latest.c.rank == binder(0)
        last = select(table.c.id).where(table.c.uid == binder("")).scalar_subquery()
        best = best.where(or_(worse, and_(alike, latest.c.key < last)))
    page = best.order_by(latest.c.rank, latest.c.key.desc()).limit(binder(1)).subquery("page")
    names = wire_names(viewer, query.kind, query.fields)
    ranked = select(func.count()).select_from(latest).scalar_subquery()
    statement = (
        select(document(scope, names, query.include), scope.table.c.uid, REVISION, page.c.rank, ranked)
        .select_from(scope.joined().join(page, leading(page.c.key) == scope.key))
        .where(scope.current)
        .order_by(page.c.rank, page.c.key.desc())
    )
    return prepare(statement, binder, dialect, documents=is_at_once(query.limit, query.include))


def _holding(
    scope: Scope, words: Words, bind: Bind, dialect: DatabaseDialect
) -> tuple[FromClause, ColumnElement[bool], ColumnElement[int]]:
    """Records with the words: where from, that they hold them, and the key by whose descent the last recorded come first."""
    if scope.today is not None:
        return scope.table, condition(words, scope, bind, dialect), scope.key
    (encoded,) = words.values()
    return dialect.last_with_words(TABLES[scope.kind], scope.table, str(encoded), bind)


def _rank(scope: Scope, words: Words, bind: Bind, dialect: DatabaseDialect) -> ColumnElement[int]:
    """The lower, the better. Binds `_rank_values`, in their order."""
    sought = _rank_values(words)
    *whole, beginnings = words.wanted

    def stands() -> ColumnElement[Any]:
        return func.nullif(dialect.found_at(scope.search_text, bind(next(sought))), literal_column("0"))

    parts = [dialect.least(_NOWHERE, *[func.coalesce(stands(), _NOWHERE) for _ in group]) for group in whole]
    ends = [func.coalesce(stands(), stands() + _MERE_BEGINNING, _NOWHERE) for _ in beginnings]
    parts.append(dialect.least(_NOWHERE, *ends))
    total: ColumnElement[Any] = parts[0]
    for part in parts[1:]:
        total = total + part
    return cast(total, Integer)


def _rank_values(words: Words) -> Iterator[str]:
    *whole, beginnings = words.wanted
    for group in whole:
        yield from (f" {word} " for word in group)
    for word in beginnings:
        yield from (f" {word} ", f" {word}")

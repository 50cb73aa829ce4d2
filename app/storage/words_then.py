"""The words that a record said at another moment, as far as a viewer may find it by them today.

What a text was is what it is, unless it was kept as a former one. Of a record of which something is withheld, the words are
those of the texts that are told: whoever searches finds by what would be shown, and by nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import NamedFromClause

from app.query.fields import SEARCH_TEXTS, Kind
from app.storage import tables
from app.storage.columns import AS_OF, TABLES, constant
from app.storage.dialects.base import Bind, DatabaseDialect
from app.storage.hints import leading
from app.storage.types import Key

if TYPE_CHECKING:
    from app.storage.then import Then


def is_of(then: Then, former: NamedFromClause) -> ColumnElement[bool]:
    """The text is the record's of then: of these there is one at most."""
    return and_(
        former.c.kind == constant(then.kind.value), former.c.record_ref == then.key, *_in_range(former)
    )


def text(then: Then) -> ColumnElement[str]:
    """The folded words, in the order of now's search text."""
    former, now = then.former.c, then.now.c
    said = func.coalesce(former.search_text, now.search_text)
    withheld = _withheld(then)
    if withheld is None:
        return said
    told = now.search_text if then.kind is Kind.source else _told(then)
    return case((and_(former.id.is_not(None), withheld), told), else_=said)


def _withheld(then: Then) -> ColumnElement[bool] | None:
    """Whether some of the texts may be withheld; None: from this viewer nothing is. It is what reads otherwise now, so a former
    text was kept."""
    if then.viewer.is_editor:
        return None
    if then.kind is Kind.source:
        return then.now.c.protected
    return then.generalised_since if then.kind is Kind.incident else then.protected_since


def found(then: Then, database: DatabaseDialect, words: str, bind: Bind) -> ColumnElement[bool]:
    """The record held the words: led to by the indexes of what is said now and of what was. Where that was something else than
    now, its own text has to hold them; where something is withheld, what is told of it."""
    live, former = TABLES[then.kind], tables.aliased(tables.former_texts, f"{then.table.name}_worded")
    once = _once(bind)
    either = union_all(
        select(live.c.id).where(database.matches_words(live, live.c.id, live, words, once)),
        select(former.c.record_ref).where(
            database.matches_words(tables.former_texts, former.c.id, former, words, once),
            # The words lead to the texts, not the kind, of which there are as many as there are texts.
            leading(former.c.kind) == constant(then.kind.value),
            *_in_range(former),
        ),
    )
    was = then.former
    held = database.matches_words(tables.former_texts, was.c.id, was, words, once)
    withheld = _withheld(then)
    if withheld is not None:
        held = or_(and_(not_(withheld), held), and_(withheld, database.text_holds(text(then), words, once)))
    return and_(then.key.in_(either), or_(was.c.id.is_(None), held))


def _in_range(former: FromClause) -> tuple[ColumnElement[bool], ...]:
    as_of: ColumnElement[int] = bindparam(AS_OF, None, type_=Key)
    return (former.c.seq_from <= as_of, former.c.seq_to > as_of)


def _told(then: Then) -> ColumnElement[str]:
    """The folded words of the texts that are told, one text after the other."""
    space: ColumnElement[str] = literal_column("' '")
    nothing: ColumnElement[str] = literal_column("''")
    whole: ColumnElement[str] = nothing
    for name in SEARCH_TEXTS[then.kind]:
        told: ColumnElement[str] = func.coalesce(then.former.c[name], nothing)
        if name in then.withheld:
            was, now = then.table.c[name], then.now.c[name]
            told = case((was.is_distinct_from(now), nothing), else_=told)
        whole = whole.concat(space).concat(told)
    return whole


def _once(bind: Bind) -> Bind:
    """Binds a value the first time, and gives the same parameter whenever it is asked for again."""
    bound: list[ColumnElement[Any]] = []

    def same(value: Any, **how: Any) -> ColumnElement[Any]:
        if not bound:
            bound.append(bind(value, **how))
        return bound[0]

    return same

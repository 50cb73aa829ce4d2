"""Which incidents have no report that everybody may read, and which reports no incident: few, where all is well.

The table follows every change within its transaction, as the rollup does. What everybody may read, and what an editor
may, is asked of `access.rules` as it is for every list; `unlinked` finds records by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    ScalarSelect,
    Select,
    and_,
    case,
    delete,
    insert,
    literal_column,
    or_,
    select,
    union_all,
)

from app.access.rules import visible_to
from app.access.viewer import PUBLIC, Viewer
from app.domain.vocabulary import Role
from app.query.fields import Kind
from app.query.filter import And, Compare, Filter, OneOf
from app.storage.columns import Scope, constant
from app.storage.compile import Binder, Statement, prepare, visible
from app.storage.dialects.base import Bind, DatabaseDialect
from app.storage.tables import LINKED_TO, aliased, links, loosely_linked
from app.storage.unlinked import LINKED_WITH

EDITOR = Viewer(Role.editor)
NAMES = tuple(column.name for column in loosely_linked.columns)
NOTHING, HIDDEN = LINKED_TO


def _asked(node: Filter) -> frozenset[str]:
    """The fields by which it decides."""
    match node:
        case And(parts):
            return frozenset[str]().union(*map(_asked, parts))
        case Compare(name) | OneOf(name):
            return frozenset({name})
    raise NotImplementedError(f"not known: {node!r}")


FOLLOWED = {kind: _asked(visible_to(PUBLIC, kind)) | {"deleted_at"} for kind in LINKED_WITH}
"""Columns of a record that say whether everybody may read it."""


class Linking(Protocol):
    """A link of an incident: the key of its report."""

    report: int


def _of_each() -> dict[Kind, set[int]]:
    return {kind: set() for kind in LINKED_WITH}


@dataclass(slots=True)
class Touched:
    """Records that a transaction may have linked otherwise, by their keys."""

    created: dict[Kind, set[int]] = field(default_factory=_of_each)
    gained: dict[Kind, set[int]] = field(default_factory=_of_each)
    """Links came to it."""
    changed: dict[Kind, set[int]] = field(default_factory=_of_each)
    """Links of it ended, or it was deleted."""
    turned: dict[Kind, set[int]] = field(default_factory=_of_each)
    """Others may read it than before: with that may change how what it is linked with is linked."""

    def create(self, kind: Kind, keys: Iterable[int]) -> None:
        if kind in LINKED_WITH:
            self.created[kind].update(keys)

    def link(self, incident: int, come: Sequence[Linking], ended: Sequence[tuple[int, str]] = ()) -> None:
        """Links of an incident came, in the place of others or not, and ended."""
        if come:
            self.gained[Kind.incident].add(incident)
            for link in come:
                self.gained[Kind.report].add(link.report)
        if ended:
            self.changed[Kind.incident].add(incident)
            self.changed[Kind.report].update([key for key, _ in ended])

    def amend(self, kind: Kind, key: int, names: Collection[str]) -> None:
        """These columns of a record changed."""
        if kind in FOLLOWED and not FOLLOWED[kind].isdisjoint(names):
            self.turned[kind].add(key)
            if "deleted_at" in names:
                self.changed[kind].add(key)


def follow(connection: Connection, dialect: DatabaseDialect, touched: Touched) -> None:
    """Makes the rows of what was touched anew. Under the lock of the history, so that of two transactions that touch the ends of
    one link the later one sees what the other did."""
    for kind, keys in touched.turned.items():
        if keys:
            found = _executed(connection, dialect, _others(dialect, kind), [list(keys)])
            touched.changed[LINKED_WITH[kind]].update(found.scalars())
    former: dict[Kind, set[int]] = {}
    anew: dict[Kind, set[int]] = {}
    for kind in LINKED_WITH:
        # Of what was just created there is no row yet.
        again = touched.changed[kind] - touched.created[kind]
        unlinked, public = _gain(
            connection, dialect, kind, touched.gained[kind] - touched.created[kind] - again, touched
        )
        former[kind], anew[kind] = again | unlinked | public, touched.created[kind] | again | unlinked
    _run(connection, dialect, _removing, former)
    _run(connection, dialect, _adding, anew)


def _gain(
    connection: Connection, dialect: DatabaseDialect, kind: Kind, gained: set[int], touched: Touched
) -> tuple[set[int], set[int]]:
    """Of records to which links came, and that were linked loosely before: those that had no link, and those others that have
    one now that everybody may read.

    A link that came takes none away, so that of what has others only those that came are looked at: each record of a file may
    name one report, all of whose links would be read again with each batch of an import of drafts.
    """
    if not gained:
        return set(), set()
    rows = _executed(connection, dialect, _loose(dialect, kind), [sorted(gained)]).all()
    hidden = [row.record_ref for row in rows if row.linked_to == HIDDEN]
    public: set[int] = set()
    if hidden:
        others = touched.gained[LINKED_WITH[kind]]
        values = [hidden, min(others), max(others)]
        public.update(_executed(connection, dialect, _made_public(dialect, kind), values).scalars())
    return {row.record_ref for row in rows if row.linked_to == NOTHING}, public


def rebuild(connection: Connection, dialect: DatabaseDialect) -> None:
    """The whole table anew from the links."""
    connection.execute(delete(loosely_linked))
    rows = union_all(*[_rows(kind) for kind in LINKED_WITH])
    connection.execute(insert(loosely_linked).from_select(NAMES, rows))


@lru_cache(maxsize=8)
def _others(dialect: DatabaseDialect, kind: Kind) -> Statement:
    binder = Binder()
    near, far = links.c[f"{kind}_ref"], links.c[f"{LINKED_WITH[kind]}_ref"]
    found = select(far).where(dialect.listed(near, binder), links.c.seq_to.is_(None))
    return prepare(found, binder, dialect)


@lru_cache(maxsize=8)
def _loose(dialect: DatabaseDialect, kind: Kind) -> Statement:
    binder, c = Binder(), loosely_linked.c
    found = select(c.record_ref, c.linked_to).where(*_rows_of(kind), dialect.listed(c.record_ref, binder))
    return prepare(found, binder, dialect)


@lru_cache(maxsize=8)
def _made_public(dialect: DatabaseDialect, kind: Kind) -> Statement:
    """Of some records those that are linked to one that everybody may read, from one key to another."""
    binder, far = Binder(), Scope(LINKED_WITH[kind], PUBLIC)
    near, others = links.c[f"{kind}_ref"], links.c[f"{far.kind}_ref"]
    among = [dialect.listed(near, binder), *_among(dialect, others, binder, together=True)]
    found = select(near).distinct().select_from(far.joined().join(links, far.key == others))
    return prepare(found.where(*among, links.c.seq_to.is_(None), visible(far)), binder, dialect)


Shape = tuple[tuple[Kind, bool], ...]
"""Of which kinds there are keys, and whether these follow one another."""


def _run(
    connection: Connection,
    dialect: DatabaseDialect,
    make: Callable[[DatabaseDialect, Shape], Statement],
    keys: Mapping[Kind, set[int]],
) -> None:
    shape: list[tuple[Kind, bool]] = []
    values: list[Any] = []
    for kind, mine in keys.items():
        if mine:
            first, last = min(mine), max(mine)
            # Those of an import follow one another, and need no list.
            together = last - first + 1 == len(mine)
            shape.append((kind, together))
            values += [first, last] if together else [first, last, sorted(mine)]
    if shape:
        _executed(connection, dialect, make(dialect, tuple(shape)), values)


def _executed(
    connection: Connection, dialect: DatabaseDialect, statement: Statement, values: Sequence[Any]
) -> CursorResult[Any]:
    return connection.exec_driver_sql(statement.sql, statement.parameters(values, {}, dialect))


def _rows_of(kind: Kind) -> list[ColumnElement[bool]]:
    c = loosely_linked.c
    # All there are, so that a record's row is found by the key.
    return [c.kind == constant(kind), c.linked_to.in_([constant(word) for word in LINKED_TO])]


@lru_cache(maxsize=16)
def _removing(dialect: DatabaseDialect, shape: Shape) -> Statement:
    binder, c = Binder(), loosely_linked.c
    mine = [
        and_(*_rows_of(kind), *_among(dialect, c.record_ref, binder, together=together))
        for kind, together in shape
    ]
    return prepare(delete(loosely_linked).where(or_(*mine)), binder, dialect)


@lru_cache(maxsize=16)
def _adding(dialect: DatabaseDialect, shape: Shape) -> Statement:
    binder, rows = Binder(), []
    for kind, together in shape:
        found = _rows(kind)
        *_, key = found.selected_columns
        rows.append(found.where(*_among(dialect, key, binder, together=together)))
    return prepare(insert(loosely_linked).from_select(NAMES, union_all(*rows)), binder, dialect)


def _among(
    dialect: DatabaseDialect, key: ColumnElement[int], bind: Bind, *, together: bool
) -> list[ColumnElement[bool]]:
    # Bounds also where a list says it again: for a planner whose statistics lag behind a large import.
    bounds = [key >= bind(None), key <= bind(None)]
    return bounds if together else [*bounds, dialect.listed(key, bind)]


def _rows(kind: Kind) -> Select[Any]:
    """The records of a kind that are linked loosely, in the order of NAMES."""
    public, editor = Scope(kind, PUBLIC), Scope(kind, EDITOR)
    linked_to = case((_first_link(editor).is_not(None), constant(HIDDEN)), else_=constant(NOTHING))
    found = select(constant(kind), linked_to, public.key).select_from(public.joined())
    return found.where(public.standing, _first_link(public).is_(None))


def _first_link(scope: Scope) -> ScalarSelect[int]:
    """A link of the record that the viewer sees. One after the other, not as a join: amid an import PostgreSQL does not know how
    large the tables are, and would read them from end to end for each record."""
    link, far = aliased(links, "link"), Scope(LINKED_WITH[scope.kind], scope.viewer, "far")
    one: ColumnElement[int] = literal_column("1")
    found = select(link.c.id).where(link.c[f"{scope.kind}_ref"] == scope.key)
    seen = select(one).select_from(far.joined()).where(far.key == link.c[f"{far.kind}_ref"], visible(far))
    # Links of incidents are found by the index of those that stand. Asked of those of reports it would read all of that index, too.
    if scope.kind is Kind.incident:
        found = found.where(scope.linking(link))
    else:
        seen = seen.where(scope.linking(link))
    first = found.where(seen.correlate(link).scalar_subquery().is_not(None)).limit(one)
    return first.correlate(scope.table).scalar_subquery()


__all__ = ["FOLLOWED", "Touched", "follow", "rebuild"]

"""Which incidents have no report that whoever reads them may read, and which reports no such incident: few, where all is well.

The table follows every change within its transaction, as the rollup does. Who may read what is asked of `access.rules` as
it is for every list; `unlinked` finds records by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Integer,
    ScalarSelect,
    Select,
    and_,
    case,
    delete,
    insert,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from app.access.rules import visible_to
from app.access.viewer import PUBLIC, Viewer
from app.domain.vocabulary import Role
from app.query.fields import Kind
from app.query.filter import And, Compare, Filter, OneOf, Operator, Or
from app.storage.columns import Scope, constant
from app.storage.compile import Binder, Statement, permitted, prepare
from app.storage.dialects.base import Bind, DatabaseDialect
from app.storage.tables import LINKED_TO, aliased, links, loosely_linked
from app.storage.unlinked import LINKED_WITH

EDITOR, PARTNER = Viewer(Role.editor), Viewer(Role.reader, partner_key=0)
"""Who may read all, and somebody of an organisation: of which one is said where it is asked."""
NAMES = tuple(column.name for column in loosely_linked.columns)
NOTHING, HIDDEN = LINKED_TO


def _asked(node: Filter) -> frozenset[str]:
    """The fields by which it decides."""
    match node:
        case And(parts) | Or(parts):
            return frozenset[str]().union(*map(_asked, parts))
        case Compare(name) | OneOf(name):
            return frozenset({name})
    raise NotImplementedError(f"not known: {node!r}")


def _holds(node: Filter, row: Mapping[str, Any], *, own: bool) -> bool:
    """Whether a rule of sight lets somebody read the record. `own`: it is of his organisation."""
    match node:
        case And(parts):
            return all(_holds(part, row, own=own) for part in parts)
        case Or(parts):
            return any(_holds(part, row, own=own) for part in parts)
        case Compare("partner_key"):
            return own
        case Compare(name, Operator.equal, value):
            return bool(row[name] == value)
        case OneOf(name, options):
            return row[name] in options
    raise NotImplementedError(f"not known: {node!r}")


FOLLOWED = {kind: _asked(visible_to(PARTNER, kind)) | {"deleted_at"} for kind in LINKED_WITH}
"""Columns of a record that say who may read it."""


def _readers(kind: Kind, row: Mapping[str, Any]) -> tuple[bool, ...]:
    """Whether the public, other organisations and its own may read the record."""
    public, partner = visible_to(PUBLIC, kind), visible_to(PARTNER, kind)
    rules = (public, False), (partner, False), (partner, True)
    return tuple(_holds(rule, row, own=own) for rule, own in rules)


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
    """Links of it ended, or others may read it than before."""
    turned: dict[Kind, set[int]] = field(default_factory=_of_each)
    """Somebody may no longer read it who might before: with that may change how what it is linked with is linked."""
    spread: dict[Kind, set[int]] = field(default_factory=_of_each)
    """More may read it than before, and nobody less."""

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

    def amend(self, kind: Kind, row: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """These columns of a stored record changed."""
        if kind not in FOLLOWED or FOLLOWED[kind].isdisjoint(values):
            return
        before, after = _readers(kind, row), _readers(kind, {**row, **values})
        stays = "deleted_at" not in values and all(
            now or not then for then, now in zip(before, after, strict=True)
        )
        (self.spread if stays else self.turned)[kind].add(row["id"])
        self.changed[kind].add(row["id"])


def follow(connection: Connection, dialect: DatabaseDialect, touched: Touched) -> None:
    """Makes the rows of what was touched anew. Under the lock of the history, so that of two transactions that touch the ends of
    one link the later one sees what the other did."""
    for kind, far in LINKED_WITH.items():
        if spread := touched.spread[kind]:
            _executed(connection, dialect, _covering(dialect, far), [list(spread)])
        if turned := touched.turned[kind]:
            found = _executed(connection, dialect, _others(dialect, kind), [list(turned)])
            touched.changed[far].update(found.scalars())
    former: dict[Kind, set[int]] = {}
    anew: dict[Kind, set[int]] = {}
    for kind in LINKED_WITH:
        # Of what was just created there is no row yet.
        again = touched.changed[kind] - touched.created[kind]
        unlinked, covered = _gain(
            connection, dialect, kind, touched.gained[kind] - touched.created[kind] - again, touched
        )
        former[kind], anew[kind] = again | unlinked | covered, touched.created[kind] | again | unlinked
    _run(connection, dialect, _removing, former)
    _run(connection, dialect, _adding, anew)


def _gain(
    connection: Connection, dialect: DatabaseDialect, kind: Kind, gained: set[int], touched: Touched
) -> tuple[set[int], set[int]]:
    """Of records to which links came, and that were linked loosely before: those that had no link, and those others that have
    one now that whoever reads them may read.

    A link that came takes none away, so that of what has others only those that came are looked at: each record of a file may
    name one report, all of whose links would be read again with each batch of an import, or with each draft that is published.
    """
    if not gained:
        return set(), set()
    rows = _executed(connection, dialect, _loose(dialect, kind), [sorted(gained)]).all()
    hidden = [row.record_ref for row in rows if row.linked_to == HIDDEN]
    covered: set[int] = set()
    if hidden:
        others = touched.gained[LINKED_WITH[kind]]
        values = [hidden, min(others), max(others)]
        covered.update(_executed(connection, dialect, _covered(dialect, kind), values).scalars())
    return {row.record_ref for row in rows if row.linked_to == NOTHING}, covered


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
def _covered(dialect: DatabaseDialect, kind: Kind) -> Statement:
    """Of some records those that are linked to one that whoever reads them may read, from one key to another."""
    binder, mine, others = Binder(), links.c[f"{kind}_ref"], links.c[f"{LINKED_WITH[kind]}_ref"]
    among = [dialect.listed(mine, binder), *_among(dialect, others, binder, together=True)]
    return prepare(_covered_by_link(kind).where(*among).distinct(), binder, dialect)


@lru_cache(maxsize=8)
def _covering(dialect: DatabaseDialect, kind: Kind) -> Statement:
    """Takes the rows away of those that are linked to some records which whoever reads them may read."""
    binder, c = Binder(), loosely_linked.c
    found = _covered_by_link(kind).where(dialect.listed(links.c[f"{LINKED_WITH[kind]}_ref"], binder))
    mine = c.kind == constant(kind), c.linked_to == constant(HIDDEN), c.record_ref.in_(found)
    return prepare(delete(loosely_linked).where(*mine), binder, dialect)


def _covered_by_link(kind: Kind) -> Select[Any]:
    """Records by their links to what whoever reads them may read."""
    near, far = Scope(kind, EDITOR), Scope(LINKED_WITH[kind], EDITOR, "far")
    mine, others = links.c[f"{kind}_ref"], links.c[f"{far.kind}_ref"]
    ends = links.join(far.table, far.key == others).join(near.table, near.key == mine)
    standing = links.c.seq_to.is_(None), far.standing
    return select(mine).select_from(ends).where(*standing, _seen_wherever(near, far))


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
    near = Scope(kind, EDITOR)
    anything = _first_link(near, lambda far: far.standing)
    linked_to = case((anything.is_not(None), constant(HIDDEN)), else_=constant(NOTHING))
    covered = _first_link(near, lambda far: and_(far.standing, _seen_wherever(near, far)))
    found = select(constant(kind), linked_to, near.key).select_from(near.table)
    return found.where(near.standing, covered.is_(None))


def _first_link(near: Scope, to: Callable[[Scope], ColumnElement[bool]]) -> ScalarSelect[int]:
    """A link of the record to such a one. One after the other, not as a join: amid an import PostgreSQL does not know how
    large the tables are, and would read them from end to end for each record."""
    link, far = aliased(links, "link"), Scope(LINKED_WITH[near.kind], EDITOR, "far")
    one: ColumnElement[int] = literal_column("1")
    found = select(link.c.id).where(link.c[f"{near.kind}_ref"] == near.key)
    seen = select(one).select_from(far.table).where(far.key == link.c[f"{far.kind}_ref"], to(far))
    # Links of incidents are found by the index of those that stand. Asked of those of reports it would read all of that index, too.
    if near.kind is Kind.incident:
        found = found.where(near.linking(link))
    else:
        seen = seen.where(near.linking(link))
    first = found.where(seen.correlate(link, near.table).scalar_subquery().is_not(None)).limit(one)
    return first.correlate(near.table).scalar_subquery()


def _seen_wherever(near: Scope, far: Scope) -> ColumnElement[bool]:
    """Whoever may read the one record may read the other: the public, people of other organisations, and of its own. An
    editor may read both."""
    nobody: ColumnElement[int] = literal_column("0", Integer)
    own = near.table.c.partner_ref
    readers = (PUBLIC, nobody), (PARTNER, nobody), (PARTNER, own)
    return and_(
        *[or_(not_(permitted(_To(near, *reader))), permitted(_To(far, *reader))) for reader in readers]
    )


class _To(Scope):
    """The same record, as it is to somebody of an organisation."""

    def __init__(self, scope: Scope, viewer: Viewer, of: ColumnElement[int]) -> None:
        super().__init__(scope.kind, viewer, scope.table.name)
        self._of = of

    def own_key(self) -> ColumnElement[int]:
        return self._of


__all__ = ["FOLLOWED", "Touched", "follow", "rebuild"]

"""Which of some incidents were said to be two, and who said so, when and why.

It is said of two records, and stays with them. Where one of them was merged since, it holds for the incident that it was merged
into, as long as the merge stands: so merging and undoing a merge write nothing of it, and as of each moment that moment's merges
count. Only editors ask, and only editors are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from app.access.viewer import Viewer
from app.domain.transitions import Transition
from app.query.fields import Kind
from app.storage import tables
from app.storage.columns import constant
from app.storage.compile import Binder, Statement, extras, permitted, prepare
from app.storage.database import Reader
from app.storage.then import scope_of


class Two(NamedTuple):
    """The two of which it was said, by their ids, the lesser first."""

    one: str
    other: str

    @classmethod
    def of(cls, one: str, other: str) -> Two:
        return cls(*sorted((one, other)))


class Said(NamedTuple):
    """That two are two: the number of the change that says so, its moment, by which organisation, and why."""

    two: Two
    seq: int
    at: str
    partner: str
    reason: str | None


def said_to_be_two(
    reader: Reader, viewer: Viewer, keys: Iterable[int], as_of: int | None = None
) -> dict[Two, list[Two]]:
    """Pairs among some incidents, given by their keys, each with those of which it was said: these, or what is merged into them."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    statement = reader.prepared(
        ("said to be two", viewer.rank, as_of is not None), lambda: _statement(reader, viewer, as_of)
    )
    values: list[Any] = [wanted]
    rows = reader.answer(statement, values, extras(viewer, as_of))
    stands_for = {uid: head for head, uid, _ in rows}
    found: dict[Two, list[Two]] = {}
    for head, uid, said in rows:
        # Both say so: the lesser's word is taken, here and by `who_said`, also amid the act that says it.
        for named in (named for named in _ids(said) if uid < named):
            other = stands_for.get(named)
            if other is not None and other != head:
                found.setdefault(Two.of(head, other), []).append(Two(uid, named))
    return found


def _statement(reader: Reader, viewer: Viewer, as_of: int | None) -> Statement:
    """Each of the incidents with all that was merged into it, and that again: id of the one, of the other, what that says."""
    binder = Binder()
    asked, merged, told = (scope_of(Kind.incident, viewer, as_of, name) for name in ("t", "m", "s"))
    meant, seen = reader.dialect.listed(asked.key, binder), permitted(asked)
    heads = select(asked.table.c.uid.label("head"), asked.key.label("key")).select_from(asked.joined())
    held = heads.where(meant, seen).cte("held", recursive=True)
    seen = permitted(merged)
    into = merged.joined(merged.table.join(held, merged.table.c.merged_into_ref == held.c.key))
    held = held.union(select(held.c.head, merged.key).select_from(into).where(seen))
    seen = permitted(told)
    what = told.joined(told.table.join(held, told.key == held.c.key))
    statement = select(held.c.head, told.table.c.uid, told.column("distinct_from")).select_from(what)
    return prepare(statement.where(seen), binder, reader.dialect)


def who_said(reader: Reader, twos: Iterable[Two], as_of: int | None = None) -> dict[Two, Said]:
    """By the last change that says so, of those up to `as_of`."""
    wanted = set(twos)
    if not wanted:
        return {}
    c = tables.changes.c
    names = (c.record, c.before, c.after, c.seq, c.at, c.partner, c.reason)
    by_record = reader.dialect.among(c.record, sorted({two.one for two in wanted}))
    asked = (
        select(*names).where(by_record, c.action == constant(Transition.distinguish.value)).order_by(c.seq)
    )
    if as_of is not None:
        asked = asked.where(c.seq <= as_of)
    statement = prepare(asked, Binder(), reader.dialect)
    rows = reader.answer(statement)
    found = {}
    for record, before, after, *rest in rows:
        for named in set(_named(after)) - set(_named(before)):
            two = Two.of(record, named)
            if two in wanted:
                found[two] = Said(two, *rest)
    return found


def _named(document: str) -> Sequence[str]:
    return _ids(orjson.loads(document)["distinct_from"])


def _ids(told: Any) -> Sequence[str]:
    """The column as either driver gives it, or the history tells it."""
    ids: list[str] = orjson.loads(told) if isinstance(told, str) else told
    return ids

"""Records as they were at some moment of a stretch of the history: who might have held them, and what was known when."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, and_, or_, select

from app.access.viewer import Viewer
from app.query import filter as ask
from app.query.fields import BY_NAME, Kind, SeenBy
from app.query.filter import EVERYTHING, Filter
from app.storage import tables
from app.storage.columns import SPECIAL, VERSIONS, Scope
from app.storage.compile import Binder, Statement, condition, extras, permitted, prepare, visible
from app.storage.database import Reader
from app.storage.feed.window import Window, since, until
from app.storage.then import OF_PROTECTED, PLACES, POSITION, TEXTS, Today


class Within(Scope):
    """A version that stood at some moment of the window, its first one included; what hangs on it did so, too.

    Of a source it will do that both stood in the window: what names a source is shared no more widely than it was then
    (decision 2), so that who could see the one knew of the other.

    Nothing of it may be told that is not to be seen today: it serves to know who might have seen the record.
    """

    def __init__(self, kind: Kind, viewer: Viewer, name: str = "t") -> None:
        super().__init__(kind, viewer, name)
        self.table = tables.aliased(VERSIONS[kind], name)

    def beside(self, kind: Kind, name: str) -> Scope:
        return Within(kind, self.viewer, name)

    @property
    def stands_now(self) -> bool:
        return False

    @property
    def current(self) -> ColumnElement[bool]:
        return _stood(self.table, since(), until())


class AsBegun(Within):
    """A version at the change that made it, within the window; what hangs on it as it was at that change."""

    def beside(self, kind: Kind, name: str) -> Scope:
        return _At(kind, self.viewer, name, self.table.c.seq_from)

    @property
    def current(self) -> ColumnElement[bool]:
        return and_(self.table.c.seq_from > since(), self.table.c.seq_from <= until())


class _At(Within):
    """A version that stood at one moment, of a record that may be known of today: else what is told beside it would tell of it."""

    def __init__(self, kind: Kind, viewer: Viewer, name: str, moment: ColumnElement[int]) -> None:
        super().__init__(kind, viewer, name)
        self._moment = moment
        self._now = Today(kind, viewer, f"{name}_now")

    @property
    def today(self) -> Scope:
        return self._now

    def joined(self, base: FromClause | None = None) -> FromClause:
        now = self._now.table
        return super().joined((self.table if base is None else base).join(now, now.c.id == self.key))

    def beside(self, kind: Kind, name: str) -> Scope:
        return _At(kind, self.viewer, name, self._moment)

    @property
    def current(self) -> ColumnElement[bool]:
        return _stood(self.table, self._moment, self._moment)


def _stood(table: FromClause, first: ColumnElement[int], last: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(table.c.seq_from <= last, or_(table.c.seq_to.is_(None), table.c.seq_to > first))


def formerly(
    reader: Reader,
    viewer: Viewer,
    window: Window,
    kind: Kind,
    keys: Sequence[int],
    where: Filter = EVERYTHING,
    *,
    buried: bool = False,
) -> dict[int, str]:
    """Of these records those that the viewer might have seen, as something that matched, at some moment of the window: ids
    by key. `buried`: also those that it knew as deleted."""

    def build() -> Statement:
        scope, binder = Within(kind, viewer), Binder()
        matched = condition(where, scope, binder, reader.dialect)
        sight = permitted(scope) if buried else visible(scope)
        statement = (
            select(scope.key, scope.table.c.uid)
            .distinct()
            .select_from(scope.joined())
            .where(matched, sight, reader.dialect.listed(scope.key, binder))
        )
        return prepare(statement, binder, reader.dialect)

    if not keys:
        return {}
    statement = reader.prepared(("formerly", kind, viewer.rank, where.shape(), buried), build)
    bound = extras(viewer) | window.bounds
    rows = reader.answer(statement, [*where.values(), list(keys)], bound)
    return dict(rows)


def known(reader: Reader, viewer: Viewer, window: Window, kind: Kind, keys: Sequence[int]) -> set[int]:
    """The changes of the window that made versions of these records which the viewer might have seen then, or which
    buried them."""

    def build() -> Statement:
        scope, binder = AsBegun(kind, viewer), Binder()
        statement = (
            select(scope.table.c.seq_from)
            .select_from(scope.joined())
            .where(permitted(scope), reader.dialect.listed(scope.key, binder))
        )
        return prepare(statement, binder, reader.dialect)

    if not keys:
        return set()
    statement = reader.prepared(("known", kind, viewer.rank), build)
    bound = extras(viewer) | window.bounds
    rows = reader.answer(statement, [list(keys)], bound)
    return {seq for (seq,) in rows}


MASKED = {*POSITION, *PLACES, *TEXTS, *OF_PROTECTED, "protected", *SPECIAL}
"""Fields that may be withheld today where they were not, or that other records answer."""


def plainly(where: Filter, kind: Kind) -> Filter:
    """What a question asks of fields that whoever sees the record today may read of any moment; of all else everything.

    By it alone it may be told whether a record matched once: told by more, it would say what has been withheld since.
    """
    if isinstance(where, ask.And):
        return ask.And(tuple(plainly(part, kind) for part in where.parts))
    return where if _is_plain(where, kind) else EVERYTHING


def _is_plain(node: Filter, kind: Kind) -> bool:
    match node:
        case ask.And(parts) | ask.Or(parts):
            return all(_is_plain(part, kind) for part in parts)
        case ask.Not(part):
            return _is_plain(part, kind)
        case ask.Compare(name) | ask.OneOf(name) | ask.Missing(name):
            return _is_own(name, kind)
        case ask.Comparison(left, _, right):
            return _reads_plainly(left, kind) and _reads_plainly(right, kind)
        case ask.Like(of, pattern):
            return _reads_plainly(of, kind) and _reads_plainly(pattern, kind)
    return False


def _reads_plainly(node: ask.Operand, kind: Kind) -> bool:
    match node:
        case ask.Property(name):
            return _is_own(name, kind)
        case ask.Literal():
            return True
        case ask.Folded(of):
            return _reads_plainly(of, kind)
        case ask.Arithmetic(left, _, right):
            return _reads_plainly(left, kind) and _reads_plainly(right, kind)
    raise NotImplementedError(f"not known: {node!r}")


def _is_own(name: str, kind: Kind) -> bool:
    field = BY_NAME[kind].get(name)
    return field is not None and field.seen_by is SeenBy.everyone and name not in MASKED


__all__ = ["AsBegun", "Within", "formerly", "known", "plainly"]

"""A piece of work on the records: one viewer, one transaction, and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from app.access.viewer import Viewer
from app.domain.vocabulary import AssessmentRule
from app.errors import Gone, NotFound, PreconditionFailed, invalid
from app.query.fields import Kind
from app.storage import single
from app.storage.database import Connection, Database
from app.storage.history import Actor
from app.storage.write import Transaction

T = TypeVar("T")
A = TypeVar("A")


class Did(StrEnum):
    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    deleted = "deleted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a record."""

    kind: Kind
    uid: str
    did: Did
    key: int = 0
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members of the answer."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A record that another hangs on."""

    key: int
    uid: str
    sharing: str


@dataclass(slots=True)
class Work:
    """`viewer` acts in `transaction`; what the viewer may not see is not there for it to change either. `rule` assesses
    incidents that name none."""

    transaction: Transaction
    viewer: Viewer
    rule: str = AssessmentRule.envelope.value

    def visible_row(self, kind: Kind, uid: str, *, lock: bool = True) -> dict[str, Any]:
        """The stored row, where the viewer may see the record: otherwise NotFound, or Gone."""
        row = self.transaction.row(kind, uid, lock=lock)
        single.one(self.transaction.reader, self.viewer, kind, uid, fields=("id",))
        return row

    def reference(self, kind: Kind, uid: str | None, field: str) -> Ref | None:
        """The record that a form names in `field`; InvalidInput where the viewer knows of none."""
        if uid is None:
            return None
        try:
            row = self.visible_row(kind, uid, lock=False)
        except NotFound:
            raise invalid(field, f"there is no {kind} {uid}", "unknown_id") from None
        except Gone as gone:
            raise invalid(field, gone.detail, "deleted") from None
        return Ref(row["id"], uid, row.get("effective_sharing", "public"))


def working(database: Database, viewer: Viewer, work: Callable[[Work], T]) -> T:
    """`work` in one transaction of the viewer's, its history written, committed."""
    return answered(database, viewer, work, lambda _, result: result)


def answered(
    database: Database,
    viewer: Viewer,
    work: Callable[[Work], T],
    answer: Callable[[Work, T], A],
    rule: str = AssessmentRule.envelope.value,
) -> A:
    """The same; `answer` reads what the work has left, before the commit and in the same transaction."""
    assert viewer.partner is not None
    assert viewer.partner_key is not None
    actor = Actor(viewer.partner, viewer.partner_key, viewer.key_id)

    def within(connection: Connection) -> A:
        transaction = Transaction(database, connection, actor)
        working = Work(transaction, viewer, rule)
        result = work(working)
        transaction.finish()
        return answer(working, result)

    return database.write(within)


def require_version(row: Mapping[str, Any], expected: int | None) -> None:
    """Raises PreconditionFailed where the record has moved on since the caller read it."""
    if expected is not None and row["version"] != expected:
        raise PreconditionFailed(f"the record is at version {row['version']}, not {expected}; read it again")


def digest(document: Any) -> bytes:
    """What a partner sent, in 32 bytes: the same document gives the same, however its keys were ordered."""
    return hashlib.sha256(orjson.dumps(document, default=_fields, option=orjson.OPT_SORT_KEYS)).digest()


def _fields(form: object) -> dict[str, Any]:
    """What a form states that was checked before."""
    if not isinstance(form, BaseModel):
        raise TypeError
    return form.__dict__


def json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def changed(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ from the stored row; JSON columns are compared as what they mean."""

    def same(name: str, value: Any) -> bool:
        stored = row[name]
        return bool(stored == (orjson.loads(value) if isinstance(stored, dict | list) else value))

    return {name: value for name, value in values.items() if not same(name, value)}

"""The history: one entry for each change, in commit order, each sealed with the hash of the one before.

``hash = SHA-256(previous hash ‖ entry)``, the entry being the JSON that `sealed` writes: members in table order, no white
space, and in the place of what it says (reason, before, after) ``content = SHA-256(salt ‖ {"reason", "before", "after"})``,
the last two as stored. So what an entry says can be redacted, with its salt, while the content's digest stays and the chain
still recomputes; without the salt no guess can be tried on it. The first entry follows 32 zero bytes. Entries of before
there were salts are sealed with what they say itself.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, update

from app.query.fields import Kind
from app.storage import tables
from app.storage.dialects.base import DatabaseDialect
from app.storage.types import timestamp_text

BEFORE_THE_FIRST = bytes(32)
CREATE = "create"
"""The action of a record's first entry."""
DUMP = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
COLUMNS = tuple(str(column.name) for column in tables.changes.columns)

_HEAD = select(tables.history_head.c.seq, tables.history_head.c.hash)
_MOVED = update(tables.history_head).values(seq=bindparam("seq"), hash=bindparam("hash"))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes: an organisation, by one of its keys (null: on the command line)."""

    partner: str
    partner_key: int
    key_id: str | None = None


@dataclass(slots=True)
class Change:
    """What happened to one record. `before` and `after` are JSON; on a creation `after` holds what was stated."""

    action: str
    kind: Kind
    record: str
    version: int
    before: bytes | None
    after: bytes | None
    reason: str | None = None


def written(document: dict[str, Any]) -> bytes:
    """A document as the history keeps it: JSON, members in the order of their names."""
    # Copied: what orjson makes holds on to four kilobytes, however little it says, and many wait for the end together.
    return bytes(memoryview(orjson.dumps(document, option=DUMP)))


SALT_BYTES = 16
SALTS_AT_ONCE = 256


def sealed(previous: bytes, entry: Sequence[Any]) -> bytes:
    """The hash of an entry given as its columns in table order, without the hash."""
    seq, at, partner, api_key, action, kind, record, version, reason, before, after, salt, content = entry
    # Written out: whoever verifies a history spends his time here.
    members = {
        "seq": seq,
        "at": at,
        "partner": partner,
        "api_key": api_key,
        "action": action,
        "kind": kind,
        "record": record,
        "version": version,
    }
    if content is None and salt is not None:
        content = content_of(salt, reason, before, after)
    if content is None:
        members |= {"reason": reason, "before": before, "after": after}
        _as_stored(members)
    else:
        members["content"] = bytes(content).hex()
    return hashlib.sha256(previous + orjson.dumps(members)).digest()


def content_of(salt: bytes, reason: str | None, before: str | None, after: str | None) -> bytes:
    """The digest of what an entry says."""
    says = b'%b{"reason":%b,"before":%b,"after":%b}' % (
        salt,
        b"null" if reason is None else orjson.dumps(reason),
        b"null" if before is None else before.encode(),
        b"null" if after is None else after.encode(),
    )
    return hashlib.sha256(says).digest()


def as_it_reads(previous: bytes, entry: Sequence[Any]) -> bytes:
    """The digest of an entry as it stands, whatever it is sealed with."""
    members = dict(zip(COLUMNS, entry, strict=False))
    for name in ("salt", "content"):
        members[name] = None if members[name] is None else bytes(members[name]).hex()
    _as_stored(members)
    return hashlib.sha256(previous + orjson.dumps(members)).digest()


def _as_stored(members: dict[str, Any]) -> None:
    for name in ("before", "after"):
        if members[name] is not None:
            members[name] = orjson.Fragment(members[name])


def append(
    connection: Connection, dialect: DatabaseDialect, changes: Sequence[Change], actor: Actor, at: datetime
) -> int:
    """Appends the changes and gives the sequence number of the first. Nobody else appends until the commit."""
    dialect.lock_history(connection)
    seq, head = connection.execute(_HEAD).one()
    first = int(seq) + 1
    chain = _Chain(head)
    dialect.insert(
        connection, tables.changes, COLUMNS, chain.entries(first, changes, actor, at), len(changes)
    )
    connection.execute(_MOVED, {"seq": first + len(changes) - 1, "hash": chain.head})
    return first


@dataclass(slots=True)
class _Chain:
    """`head` is the hash of the last entry that was made."""

    head: bytes

    def entries(
        self, first: int, changes: Sequence[Change], actor: Actor, at: datetime
    ) -> Iterator[tuple[Any, ...]]:
        """The changes as rows of the table."""
        moment, salts = timestamp_text(at), _salts(len(changes))
        for seq, change in enumerate(changes, start=first):
            entry = self._entry(seq, change, actor, moment, next(salts))
            self.head = sealed(self.head, entry)
            yield (*entry, self.head)

    @staticmethod
    def _entry(seq: int, change: Change, actor: Actor, moment: str, salt: bytes) -> tuple[Any, ...]:
        return (
            seq,
            moment,
            actor.partner,
            actor.key_id,
            change.action,
            change.kind.value,
            change.record,
            change.version,
            change.reason,
            None if change.before is None else change.before.decode(),
            None if change.after is None else change.after.decode(),
            salt,
            None,
        )


def _salts(count: int) -> Iterator[bytes]:
    """Fresh ones, of one call of the system for hundreds."""
    for start in range(0, count, SALTS_AT_ONCE):
        drawn = os.urandom(SALT_BYTES * min(SALTS_AT_ONCE, count - start))
        for at in range(0, len(drawn), SALT_BYTES):
            yield drawn[at : at + SALT_BYTES]

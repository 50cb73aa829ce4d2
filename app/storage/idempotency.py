"""Answers kept for a while, so that a request sent twice over a flaky network is done once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from app.errors import IdempotencyMismatch
from app.storage.tables import api_keys, idempotency_keys
from app.storage.types import now


@dataclass(frozen=True, slots=True)
class Kept:
    status: int
    headers: dict[str, str]
    body: str


def request_digest(method: str, path: str, body: bytes, *conditions: str) -> bytes:
    head = "\x00".join((method, path, *conditions))
    return hashlib.sha256(head.encode() + b"\x00" + body).digest()


def _key(connection: Connection, api_key: str) -> int:
    return int(connection.execute(select(api_keys.c.id).where(api_keys.c.uid == api_key)).scalar_one())


def find(connection: Connection, api_key: str, key: str, digest: bytes, hours: int) -> Kept | None:
    """The kept answer; IdempotencyMismatch where the key came with another request. Old answers are forgotten."""
    connection.execute(
        delete(idempotency_keys).where(idempotency_keys.c.created_at < now() - timedelta(hours=hours))
    )
    row = connection.execute(
        select(idempotency_keys).where(
            idempotency_keys.c.api_key_ref == _key(connection, api_key), idempotency_keys.c.key == key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.request_digest != digest:
        raise IdempotencyMismatch(
            "this Idempotency-Key came with another request before; use a new one for each request"
        )
    return Kept(row.status, row.headers, row.body)


def keep(connection: Connection, api_key: str, key: str, digest: bytes, answer: Kept) -> None:
    values: dict[str, Any] = {
        "api_key_ref": _key(connection, api_key),
        "key": key,
        "request_digest": digest,
        "status": answer.status,
        "headers": answer.headers,
        "body": answer.body,
        "created_at": now(),
    }
    connection.execute(insert(idempotency_keys).values(values))

"""Where the next page starts: the last record's sort value and id, signed so that nobody can make one up.

A cursor belongs to one order of one kind of record; used with another it is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

import orjson

from app.errors import InvalidParameter, Problem

SIGNATURE_BYTES = 12
LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """`value` is the sort field's value as it travels (null among the records without one), `uid` the record's id."""

    value: str | int | float | None
    uid: str


def _signature(secret: str, order: str, payload: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"cursor\x00" + order.encode() + b"\x00" + payload, hashlib.sha256)[
        :SIGNATURE_BYTES
    ]


def encode(cursor: Cursor, *, order: str, secret: str) -> str:
    payload = orjson.dumps([cursor.value, cursor.uid])
    return base64.urlsafe_b64encode(_signature(secret, order, payload) + payload).rstrip(b"=").decode()


def decode(token: str, *, order: str, secret: str) -> Cursor:
    """The cursor, or InvalidParameter: it was cut, altered, or made for another order or by another service."""
    if len(token) > LONGEST or not token.isascii():
        raise _refused()
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise _refused() from None
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, order, payload)):
        raise _refused()
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise _refused()
    value, uid = orjson.loads(payload)
    return Cursor(value, uid)


def _refused() -> InvalidParameter:
    detail = "is not a cursor of this list in this order; start again without it"
    return InvalidParameter([Problem("cursor", "invalid_cursor", detail)])

"""API keys: ``irk_<prefix>_<secret><checksum>``.

The prefix finds the row, the checksum (CRC-32, six base-62 digits) lets a secret scanner or a typo be told without
the database, and only a keyed hash (HMAC-SHA-256 under the service's secret) is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import zlib
from dataclasses import dataclass

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX_LENGTH = 10
SECRET_LENGTH = 32
CHECKSUM_LENGTH = 6
MARK = "irk"
LENGTH = len(MARK) + 1 + PREFIX_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH


@dataclass(frozen=True, slots=True)
class NewKey:
    text: str
    """The whole key: shown once, never stored."""
    prefix: str
    hash: bytes


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = []
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def keyed_hash(key: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"api-key\x00" + key.encode(), hashlib.sha256)


def new_key(secret: str) -> NewKey:
    """A key that the service under `secret` will know again."""
    prefix = _random(PREFIX_LENGTH)
    body = f"{MARK}_{prefix}_{_random(SECRET_LENGTH)}"
    text = body + _checksum(body)
    return NewKey(text, prefix, keyed_hash(text, secret))


def prefix_of(key: str) -> str | None:
    """The prefix of a well-formed key; None for anything else."""
    if len(key) != LENGTH or not key.isascii() or not key.startswith(f"{MARK}_"):
        return None
    body, checksum = key[:-CHECKSUM_LENGTH], key[-CHECKSUM_LENGTH:]
    if _checksum(body) != checksum:
        return None
    return key[len(MARK) + 1 : len(MARK) + 1 + PREFIX_LENGTH]


def matches(key: str, stored: bytes, secret: str) -> bool:
    return hmac.compare_digest(keyed_hash(key, secret), stored)

"""From an API key to its viewer. Read on every request, so that a revoked key stops working at once."""

from __future__ import annotations

from datetime import datetime

from app.access import keys
from app.access.viewer import Viewer
from app.domain.vocabulary import Role
from app.errors import Unauthenticated
from app.storage.database import Reader
from app.storage.types import now, timestamp_text

QUERY = """
SELECT k.hash, k.role, k.expires_at, k.revoked_at, k.uid, p.id, p.slug, p.deleted_at
FROM api_keys AS k JOIN partners AS p ON p.id = k.partner_ref
WHERE k.prefix = {mark} AND k.deleted_at IS NULL
"""


def viewer_of(reader: Reader, key: str, secret: str) -> Viewer:
    """The viewer, or Unauthenticated. An unknown key and a wrong secret read the same."""
    prefix = keys.prefix_of(key)
    if prefix is None:
        raise Unauthenticated("the key is not well formed: look for a lost or changed character")
    mark = "%s" if reader.dialect.name == "postgresql" else "?"
    rows = reader.rows(QUERY.format(mark=mark), (prefix,))
    if not rows or not keys.matches(key, bytes(rows[0][0]), secret):
        raise Unauthenticated("the key is not known here")
    _, role, expires_at, revoked_at, uid, partner_key, slug, partner_deleted = rows[0]
    if revoked_at is not None or partner_deleted is not None:
        raise Unauthenticated("the key was revoked")
    if _text(expires_at) <= timestamp_text(now()):
        raise Unauthenticated("the key has expired: ask for a new one")
    return Viewer(Role(role), slug, partner_key, uid)


def _text(moment: str | datetime) -> str:
    return moment if isinstance(moment, str) else timestamp_text(moment)

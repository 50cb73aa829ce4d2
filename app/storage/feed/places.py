"""Where a follower stands in the history."""

from __future__ import annotations

from typing import NamedTuple

from app.query.fields import Kind


class Place(NamedTuple):
    """A follower holds what became of all changes up to `after`. Within a window that ends with change `until` it holds
    also what comes before the record `uid` of `kind` in the feed's order, and that one."""

    after: int
    until: int | None = None
    kind: Kind | None = None
    uid: str | None = None

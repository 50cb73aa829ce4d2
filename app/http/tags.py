"""ETags, and the headers that go with them: what a cache may keep, for whom, and when it may go on with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http.coding import taken_by, untagged
from app.settings import VERSION

TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')
"""One tag of a list of them; what stands between its quotes."""


@lru_cache(maxsize=1024)
def _sight_mark(sight: str) -> str:
    # With the release: after an upgrade the same data may read otherwise, and no cache may go on with what it has.
    return hashlib.sha256(f"{VERSION} {sight}".encode()).hexdigest()[:6]


def _mark(revision: int, viewer: Viewer, form: str) -> str:
    mark = f"{revision}.{_sight_mark(viewer.sight)}"
    return f"{mark}.{form}" if form else mark


def entity_tag(
    revision: int, viewer: Viewer, version: int | None = None, *, form: str = "", weak: bool = False
) -> str:
    """``"version.revision.sight.form"``; lists have no version, JSON no form. The revision is that of all data: nothing
    changed, same bytes; where it says the same in other bytes the tag is `weak`."""
    mark = _mark(revision, viewer, form)
    return _quoted(mark if version is None else f"{version}.{mark}", weak)


def _quoted(mark: str, weak: bool) -> str:
    return f'W/"{mark}"' if weak else f'"{mark}"'


def sight_headers(viewer: Viewer) -> dict[str, str]:
    """A shared cache may keep what the public sees, and must ask again each time; what a key sees is the caller's own."""
    return {
        "cache-control": "public, no-cache" if viewer.role is None else "private, no-cache",
        "vary": "Authorization, Accept, Accept-Encoding",
    }


def reading_headers(viewer: Viewer, tag: str) -> dict[str, str]:
    """The headers of an answer that hangs on records, and on who asks."""
    return {"etag": tag, **sight_headers(viewer)}


def not_modified(
    request: Request, revision: Callable[[], int], viewer: Viewer, form: str, *, weak: bool = False
) -> Response | None:
    """A 304 where the caller holds what is so at the revision, in a coding that it takes. Only who holds something is
    worth a look at the revision."""
    held = request.headers.get("if-none-match")
    if held is None:
        return None
    current, takes = _mark(revision(), viewer, form), taken_by(request)
    for tag in TAG.findall(held):
        mark, coding = untagged(tag)
        if coding in takes and (mark == current or mark.partition(".")[2] == current):
            return Response(status_code=304, headers=reading_headers(viewer, _quoted(tag, weak)))
    return None

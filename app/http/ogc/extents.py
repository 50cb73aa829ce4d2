"""Extents, kept for as long as the data and the viewer's sight are the same: one pass over the records for each change."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from fastapi import Request

from app.access.viewer import Viewer
from app.query.fields import Kind
from app.storage.database import Reader
from app.storage.extent import Extent, extent_of

MOST_KEPT = 256
"""Sights of collections: the public's, and one for each organisation that looks, each of now or of another moment."""


class Extents:
    """What was found last for each sight. Threads share it; the worst that a race costs is a second pass."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Kind, int | None], Extent] = OrderedDict()
        self._lock = Lock()

    def of(self, reader: Reader, viewer: Viewer, kind: Kind, as_of: int | None = None) -> Extent:
        """The extent as of a change or of now, at the revision of now: what may be seen today decides in any case."""
        key = (viewer.sight, kind, as_of)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept.revision == reader.revision():
            return kept
        found = extent_of(reader, viewer, kind, as_of)
        with self._lock:
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def extents_of(request: Request) -> Extents:
    """Those of the running service."""
    state = request.app.state
    if not hasattr(state, "ogc_extents"):
        state.ogc_extents = Extents()
    found: Extents = state.ogc_extents
    return found

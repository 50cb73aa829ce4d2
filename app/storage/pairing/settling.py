"""Pairs that an editor settled, having found them to be two incidents: left out, or what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from app.access.viewer import Viewer
from app.storage.database import Reader
from app.storage.distinct import Two, said_to_be_two
from app.storage.pairing.pair import Pair


def chosen(
    reader: Reader, viewer: Viewer, found: Sequence[Pair], *, settled: bool, as_of: int | None = None
) -> list[Pair]:
    """Those that are settled, or those that are not. For others than editors nothing ever is: by a pair that is missing they
    would learn what is not theirs to know."""
    if not viewer.is_editor:
        return list(found)
    keys = {each.position.key for pair in found for each in (pair.one, pair.other)}
    said = said_to_be_two(reader, viewer, keys, as_of)
    looked_up = [
        pair._replace(said=tuple(sorted(said.get(Two.of(pair.one.uid, pair.other.uid), ()))))
        for pair in found
    ]
    return [pair for pair in looked_up if bool(pair.said) is settled]

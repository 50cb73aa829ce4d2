"""Which pairs hold once it is known what the two hang together with."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from app.access.viewer import Viewer
from app.query.fields import Kind
from app.storage import duplicates, single
from app.storage.database import Reader
from app.storage.pairing.pair import Pair
from app.storage.single import Found, Wanted


def judged(
    reader: Reader, viewer: Viewer, found: list[Pair], least: int, as_of: int | None = None
) -> list[Pair]:
    """Without those that are part of one another, and those that one report tells apart and that are not likely then."""
    containers = _containers(reader, viewer, found, as_of)
    keys = {each.position.key for pair in found for each in (pair.one, pair.other)}
    reports = duplicates.reports_of(reader, viewer, keys, as_of)
    kept = []
    for pair in found:
        one, other, guessed = pair.one, pair.other, pair.guess
        if other.uid in _around(one.uid, containers) or one.uid in _around(other.uid, containers):
            continue
        both = reports.get(one.position.key, set()) & reports.get(other.position.key, set())
        judged = guessed.told_apart() if both else guessed
        if judged.score >= least:
            kept.append(pair._replace(guess=judged))
    return kept


def _containers(
    reader: Reader, viewer: Viewer, found: Sequence[Pair], as_of: int | None
) -> dict[str, str | None]:
    """What each is part of, and that again, as far as the viewer may see."""
    known = {each.uid: each.part_of for pair in found for each in (pair.one, pair.other)}
    while unknown := sorted({container for container in known.values() if container} - known.keys()):
        wanted = [Wanted(Kind.incident, uid, ("part_of",), (), as_of) for uid in unknown]
        known |= dict.fromkeys(unknown)
        for uid, told in zip(unknown, single.several(reader, viewer, wanted), strict=True):
            if isinstance(told, Found):
                known[uid] = orjson.loads(told.document)["part_of"]
    return known


def _around(uid: str, containers: dict[str, str | None]) -> set[str]:
    """All that the incident lies within."""
    found: set[str] = set()
    container = containers[uid]
    while container is not None and container not in found:
        found.add(container)
        container = containers[container]
    return found

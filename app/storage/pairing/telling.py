"""Pairs as they are told: both incidents as the viewer may see them, and the guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from app.access.viewer import Viewer
from app.domain.duplicates import Guess
from app.query.cursor import Cursor
from app.query.fields import Kind
from app.query.filter import EVERYTHING
from app.storage import single
from app.storage.database import Reader
from app.storage.distinct import Said, who_said
from app.storage.duplicates import Near, near_in_time, one
from app.storage.moments import past
from app.storage.pairing.judging import judged
from app.storage.pairing.pair import Pair, Question, paired
from app.storage.pairing.settling import chosen
from app.storage.pairing.walk import MOST_NEAR, Walk
from app.storage.single import Found, Wanted

SHOWN = (
    "id", "code", "title", "date_start", "date_end", "country", "admin1", "place", "killed_low", "killed_best",
    "killed_high", "wounded_low", "wounded_best", "wounded_high", "verification_status", "workflow", "report_count",
    "partner", "version",
)  # fmt: skip
Document = dict[str, Any]


class Told(NamedTuple):
    """Both incidents as the viewer may see them, and the guess; who said that they are two, where somebody did."""

    incidents: tuple[Document, Document]
    guess: Guess
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """`compared`: of a list, the incidents that the page looked at; of one incident, those that it was compared with."""

    told: list[Told]
    next: Cursor | None
    compared: int
    revision: int
    whole: bool = True


def pairs(reader: Reader, viewer: Viewer, question: Question) -> Pairs:
    """A page of the list, newest incident first."""
    with reader.snapshot():
        revision, as_of = reader.revision(), past(reader, question.as_of)
        page, following, walked = Walk(reader, viewer, replace(question, as_of=as_of)).page()
        return Pairs(_told(reader, viewer, page, as_of), following, walked, revision)


def pairs_of(
    reader: Reader,
    viewer: Viewer,
    uid: str,
    least: int,
    limit: int,
    as_of: int | None = None,
    *,
    settled: bool = False,
) -> Pairs:
    """Those that the incident may be the same as, the likeliest first. Raises as `single.one` does."""
    with reader.snapshot():
        as_of = past(reader, as_of)
        revision = single.one(reader, viewer, Kind.incident, uid, fields=("id",), as_of=as_of).revision
        head = one(reader, viewer, uid, as_of)
        if head is None or not head.incident.is_dated:
            return Pairs([], None, 0, revision)
        about = Near.of([head.incident])
        near = near_in_time(reader, viewer, EVERYTHING, about, None, MOST_NEAR + 1, as_of)
        whole, near = len(near) <= MOST_NEAR, near[:MOST_NEAR]
        likely = [pair for other in near for pair in paired(head, other, least)]
        likely = chosen(reader, viewer, likely, settled=settled, as_of=as_of)
        found = judged(reader, viewer, likely, least, as_of)
        found.sort(key=lambda pair: (-pair.guess.score, pair.other.position))
        return Pairs(_told(reader, viewer, found[:limit], as_of), None, len(near) - 1, revision, whole)


def _told(reader: Reader, viewer: Viewer, found: Sequence[Pair], as_of: int | None) -> list[Told]:
    uids = list(dict.fromkeys(each.uid for pair in found for each in (pair.one, pair.other)))
    wanted = [Wanted(Kind.incident, uid, SHOWN, (), as_of) for uid in uids]
    shown = {
        uid: orjson.loads(told.document)
        for uid, told in zip(uids, single.several(reader, viewer, wanted), strict=True)
        if isinstance(told, Found)
    }
    said = who_said(reader, (two for pair in found for two in pair.said), as_of)
    return [
        Told((shown[pair.one.uid], shown[pair.other.uid]), pair.guess, tuple(said[two] for two in pair.said))
        for pair in found
    ]

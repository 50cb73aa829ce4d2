"""Saying of two incidents, which may look like one recorded twice, that they are two; and taking that back.

Both say it of each other, so that it is met from either side. Nothing else writes it: see `storage.distinct` for what merges
make of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.domain.transitions import DistinguishForm, Transition
from app.errors import Conflict, invalid
from app.query.fields import Kind
from app.storage import lookup
from app.storage.distinct import said_to_be_two
from app.storage.write import Amendment
from app.writing.transitions import begun
from app.writing.work import Did, Outcome, Work, json_text

Row = dict[str, Any]
NAME = "distinct_from"


def distinguish(work: Work, uid: str, form: DistinguishForm, expected: int | None) -> Outcome:
    """They are two from now on: the list of likely duplicates leaves them out. Said again, it changes nothing."""
    one, other = _two(work, Transition.distinguish, uid, form, expected)
    if other["uid"] in one[NAME]:
        return Outcome(Kind.incident, uid, Did.unchanged, one["id"])
    said = [
        _amended(row, [*row[NAME], named["uid"]], Transition.distinguish, form.reason)
        for row, named in ((one, other), (other, one))
    ]
    work.transaction.amend(said)
    return Outcome(Kind.incident, uid, Did.updated, one["id"])


def undistinguish(work: Work, uid: str, form: DistinguishForm, expected: int | None) -> Outcome:
    """They may be one again: what was said of them goes, and what was said of any that was merged into them."""
    one, other = _two(work, Transition.undistinguish, uid, form, expected)
    said = said_to_be_two(work.transaction.reader, work.viewer, (one["id"], other["id"]))
    twos = [two for found in said.values() for two in found]
    if not twos:
        raise Conflict(
            f"nobody said that {uid} and {form.other} are two incidents: there is nothing to take back"
        )
    work.transaction.amend(_less(work, twos, form.reason))
    return Outcome(Kind.incident, uid, Did.updated, one["id"])


def _two(
    work: Work, transition: Transition, uid: str, form: DistinguishForm, expected: int | None
) -> tuple[Row, Row]:
    """Both rows, locked, once the viewer may do this to them."""
    if form.other == uid:
        raise invalid("other", "an incident is not compared with itself", "itself")
    work.reference(Kind.incident, form.other, "other")
    # In the order of their keys, as merging does.
    rows = {row["uid"]: row for row in lookup.by_uid(work.transaction, Kind.incident, [uid, form.other])}
    begun(work, transition, uid, expected)
    work.reference(Kind.incident, form.other, "other")
    return rows[uid], rows[form.other]


def _less(work: Work, twos: Sequence[tuple[str, str]], reason: str) -> list[Amendment]:
    gone: dict[str, set[str]] = {}
    for one, other in twos:
        gone.setdefault(one, set()).add(other)
        gone.setdefault(other, set()).add(one)
    rows = lookup.by_uid(work.transaction, Kind.incident, sorted(gone))
    return [
        _amended(
            row,
            (named for named in row[NAME] if named not in gone[row["uid"]]),
            Transition.undistinguish,
            reason,
        )
        for row in rows
    ]


def _amended(row: Row, named: Iterable[str], act: Transition, reason: str) -> Amendment:
    return Amendment(Kind.incident, row, {NAME: json_text(sorted(named))}, reason=reason, action=act.value)

"""Whether a record surely holds: the short way through its changes, for the many of which nothing is wrong.

It tells no more than that. What it does not take for sure (anything that was redacted, too) `judging` looks at closely.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson

from app.domain.redaction import REDACTED
from app.storage.verifying.reading import (
    CLAIM,
    FROM,
    NOBODY,
    OF,
    POSITION,
    SAME,
    SAYS,
    TO,
    Chunk,
    Row,
    Rows,
    Shape,
)
from app.storage.verifying.replaying import LINKS, MERGED, Values
from app.storage.write import Claim

MARK = f'"{REDACTED}"'
OF_CLAIMS = Claim._fields
NO_CLAIMS: list[Any] = []
NO_LINK: tuple[None, str, Values] = (None, "", {})
TOLD = orjson.OPT_SORT_KEYS
LinkTold = tuple[str, int, Values]
"""From which change on a link stood, when that was, and what was said of it."""


class Screen:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.kind = shape.kind.value
        self.beginning: Values = {**dict.fromkeys(shape.plain), **shape.defaults}
        self.beginning |= {name: None for _, name, _ in shape.references}
        self.plain = itemgetter(*shape.plain)
        defaults = [(name, shape.defaults[name]) for name in shape.nested]
        self.nested = [(name, nothing, orjson.dumps(nothing).decode()) for name, nothing in defaults]
        self.nested_from = SAYS + len(shape.plain)
        self.references_from = self.nested_from + len(shape.nested)
        # What is stored as text has to be that very text, what is stored as a moment that very moment.
        self.moment: Callable[[str], Any] = str if shape.embedded else datetime.fromisoformat
        self.is_nested: Callable[[str, Any], bool] = _is_written if shape.embedded else _says

    def holds(self, chunk: Chunk, key: int) -> bool:
        """Whether the record is what its changes say. A fault of any kind means that it may not be."""
        kept, changes = chunk.kept[key], chunk.changes.get(key)
        if changes is None or kept[0][FROM] is None or changes[0][4] != "create":
            return False
        state = self.beginning.copy()
        standing: dict[str, LinkTold] = {}
        ended: list[tuple[str, int | None, LinkTold]] = []
        versions, at_version = len(kept), 0
        for number, (_, seq, version, at, action, kind, after) in enumerate(changes, start=1):
            if version != number or kind != self.kind or MARK in after:
                return False
            told = orjson.loads(after)
            links = told.pop(LINKS, None)
            if links is not None:
                _follow(links, seq, at, standing, ended)
            if number > 1 and None in told.values():
                told = {n: self.beginning.get(n) if v is None else v for n, v in told.items()}
            state.update(told)
            moment = self.moment(at)
            state["version"], state["updated_at"] = version, moment
            if number == 1:
                state["created_at"] = moment
            if action == "delete" or told.get(MERGED) is not None:
                state["deleted_at"] = moment
            elif MERGED in told:
                state["deleted_at"] = None
            if at_version < versions and kept[at_version][FROM] == seq:
                row, at_version = kept[at_version], at_version + 1
                end = kept[at_version][FROM] if at_version < versions else None
                if row[TO] != end or not row[SAME] or not self._is(row, state, chunk):
                    return False
            elif number == len(changes) or changes[number][3] != at:
                return False
        if at_version < versions:
            return False
        ended += [(report, None, told_of) for report, told_of in standing.items()]
        return self._links_hold(ended, chunk, key)

    def _is(self, row: Row, state: Values, chunk: Chunk) -> bool:
        """Whether a version is what the history says."""
        if row[SAYS : self.nested_from] != self.plain(state):
            return False
        for (name, nothing, in_text), text in zip(self.nested, row[self.nested_from :], strict=False):
            value = state[name]
            if not (text == in_text and value == nothing) and not self.is_nested(text, value):
                return False
        for (_, name, kind), key in zip(self.shape.references, row[self.references_from :], strict=True):
            if key is None:
                if state[name] is not None:
                    return False
            elif chunk.names.get((kind, key), NOBODY) != state[name]:
                return False
        return True

    def _links_hold(self, told: list[tuple[str, int | None, LinkTold]], chunk: Chunk, key: int) -> bool:
        links = chunk.links.get(key, ())
        claims = chunk.claims.get(key, ())
        if len(links) != len(told):
            return False
        if not told:
            return not claims
        of: dict[Any, Rows] = {}
        for claim in claims:
            mine = of.setdefault(claim[OF], [])
            mine.append(claim)
        expected = {(report, start): (end, at, link) for report, end, (at, start, link) in told}
        for _, ref, report, start, end, created_at, role, date_wording, note in links:
            until, at, link = expected.pop((report, start), NO_LINK)
            if end != until or created_at != self.moment(at):
                return False
            if (role, date_wording, note) != (link["role"], link.get("date_wording"), link.get("note")):
                return False
            members = 1 + (date_wording is not None) + (note is not None)
            mine = of.pop((ref, start, end), NO_CLAIMS)
            if len(link) != members + bool(mine) or not _are_claims(link.get("claims", NO_CLAIMS), mine):
                return False
        return not of


def _follow(
    links: dict[str, Values | None],
    seq: int,
    at: str,
    standing: dict[str, LinkTold],
    ended: list[tuple[str, int | None, LinkTold]],
) -> None:
    for report, link in links.items():
        if report in standing:
            ended.append((report, seq, standing.pop(report)))
        if link is not None:
            standing[report] = (at, seq, link)


def _are_claims(told: list[Values], claims: Rows) -> bool:
    """Neither more nor less than what is stored."""
    if len(told) != len(claims):
        return False
    if len(claims) > 1:
        claims.sort(key=itemgetter(POSITION))
    for position, (claim, row) in enumerate(zip(told, claims, strict=True)):
        stored = row[CLAIM:]
        if row[POSITION] != position or len(claim) != len(stored) - stored.count(None):
            return False
        if tuple(map(claim.get, OF_CLAIMS)) != stored:
            return False
    return True


def _is_written(text: str, value: Any) -> bool:
    return text == orjson.dumps(value).decode()


def _says(text: str, value: Any) -> bool:
    return orjson.dumps(orjson.loads(text), option=TOLD) == orjson.dumps(value, option=TOLD)

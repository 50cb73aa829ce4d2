"""A question answered in plain Python: what both databases must answer, too."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.access.viewer import Viewer
from app.domain.folding import fold_all, words_of
from app.domain.places import earth_distance_m
from app.query import filter as ask
from app.query.filter import Operator

Record = Mapping[str, Any]
Truth = bool | None
"""None: cannot be told, for a value is not stated. Only what is True is found."""


def _all(truths: list[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


COMPARED = {
    Operator.equal: operator.eq,
    Operator.different: operator.ne,
    Operator.less: operator.lt,
    Operator.at_most: operator.le,
    Operator.greater: operator.gt,
    Operator.at_least: operator.ge,
}
# The same few texts are folded for every question.
_folded = cache(fold_all)
_words_of = cache(words_of)


def _compared(a: Any, how: Operator, b: Any) -> Truth:
    return None if a is None or b is None else COMPARED[how](a, b)


def _earliness(record: Record, words: ask.Words) -> int:
    text = f" {_folded(record['words'])} "
    nowhere = 1_000_000

    def stands(piece: str) -> int:
        return text.index(piece) + 1 if piece in text else nowhere

    def begins(word: str) -> int:
        return stands(f" {word} ") if f" {word} " in text else stands(f" {word}") + 1000

    *whole, beginnings = words.wanted
    return sum(min(nowhere, *(stands(f" {word} ") for word in group)) for group in whole) + min(
        nowhere, *(begins(word) for word in beginnings)
    )


@dataclass(frozen=True)
class Plain:
    """Records as their makers stated them. `words`, `reports` and `sources` of each are for the questions about them."""

    records: list[Record]

    def holds(self, node: ask.Filter, record: Record) -> Truth:
        match node:
            case ask.And(parts):
                return _all([self.holds(part, record) for part in parts])
            case ask.Or(parts):
                return _not(_all([_not(self.holds(part, record)) for part in parts]))
            case ask.Not(part):
                return _not(self.holds(part, record))
            case ask.Compare(name, how, value):
                return _compared(record[name], how, value)
            case ask.OneOf(name, options):
                return None if record[name] is None else record[name] in options
            case ask.Missing(name):
                return record[name] is None
            case ask.InBox(box):
                return None if record["lon"] is None else box.holds(record["lon"], record["lat"])
            case ask.Near(lon, lat, radius):
                if record["lon"] is None:
                    return None
                return earth_distance_m(record["lon"], record["lat"], lon, lat) <= radius
            case ask.Words((*whole, beginnings), _):
                found = _words_of(record["words"])
                return all(not set(group).isdisjoint(found) for group in whole) and any(
                    word.startswith(beginnings) for word in found
                )
            case ask.Attributed(actor, roles):
                named = [each for each in record["attributions"] if each.actor == actor]
                return any(not roles or each.role in roles for each in named)
            case ask.Linked():
                return bool(record["reports"])
            case ask.Related(relation, uid):
                return uid in record[f"{relation}s"]
        raise NotImplementedError(node)

    def visible(self, viewer: Viewer, record: Record) -> bool:
        if viewer.is_editor:
            return True
        published = record["workflow"] == "published"
        sharing = record["effective_sharing"]
        if viewer.partner is None:
            return published and sharing == "public"
        own = record["partner"] == viewer.partner and sharing != "restricted"
        return own or (published and sharing in ("public", "partners"))

    def by_relevance(
        self, viewer: Viewer, where: ask.Filter, words: ask.Words | None, most: int = 1_000_000
    ) -> list[str]:
        """The codes of what is found, the earlier its words stand the sooner; of ties the last recorded first; of many only the last recorded."""
        assert words is not None
        found = [
            (_earliness(record, words), -age, record["code"])
            for age, record in enumerate(self.records)
            if self.visible(viewer, record) and self.holds(where, record) is True
        ]
        return [code for _, _, code in sorted(found[-most:])]

    def answer(self, viewer: Viewer, where: ask.Filter, sort: str, *, descending: bool) -> list[str]:
        """The codes of what is found, in order: by value, then by age; without a value last, in both directions."""
        found = [
            (age, r)
            for age, r in enumerate(self.records)
            if self.visible(viewer, r) and self.holds(where, r) is True
        ]
        value = (lambda age, r: age) if sort == "id" else (lambda age, r: r[sort])
        stated = sorted(
            ((value(age, r), age, r["code"]) for age, r in found if value(age, r) is not None),
            key=lambda entry: entry[:2],
            reverse=descending,
        )
        missing = sorted(((age, r["code"]) for age, r in found if value(age, r) is None), reverse=descending)
        return [entry[-1] for entry in stated] + [code for _, code in missing]

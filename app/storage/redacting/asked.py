"""What a redaction is asked to take away, and what that means for the entries of one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.redaction import is_mark, mark
from app.storage.blanks import is_blank
from app.storage.verifying.replaying import LINKS

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """Which words of a link and of its claims go. `claims`: only of these; None: of all."""

    link: frozenset[str] = frozenset()
    claim: frozenset[str] = frozenset()
    claims: frozenset[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.link or self.claim)


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one record: columns, words of what hangs on it, and the reasons given with some of its changes."""

    fields: tuple[str, ...]
    """As they were asked for."""
    columns: frozenset[str]
    words: Words = field(default_factory=Words)
    changes: frozenset[int] = frozenset()


@dataclass(slots=True)
class Rule:
    """What goes of the entries of one record."""

    columns: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    """Values that go from `like` columns as well: the service copies some."""
    like: frozenset[str] = frozenset()
    reasons: frozenset[int] = frozenset()
    """The changes whose reasons go."""
    words: Mapping[str, Words] = field(default_factory=dict)
    """By the report that is linked."""

    def takes(self, name: str, value: Any) -> bool:
        if is_blank(value) or is_mark(value):
            return False
        return name in self.columns or (name in self.like and isinstance(value, str) and value in self.texts)


class Marking:
    """One entry's documents with marks in the place of what goes, under one salt. `took`: whether anything went."""

    def __init__(self, rule: Rule, salt: bytes) -> None:
        self._rule = rule
        self._salt = salt
        self.took = False

    def mark(self, value: Any) -> Document:
        self.took = True
        return mark(self._salt, value)

    def document(self, told: Document) -> Document:
        return {
            name: self._links(value)
            if name == LINKS
            else self.mark(value)
            if self._rule.takes(name, value)
            else value
            for name, value in told.items()
        }

    def _links(self, told: Document) -> Document:
        words = self._rule.words
        return {
            report: self._link(link, words[report]) if link is not None and words.get(report) else link
            for report, link in told.items()
        }

    def _link(self, link: Document, words: Words) -> Document:
        found = self._without(link, words.link)
        if "claims" in found and words.claim:
            found["claims"] = [
                self._without(claim, words.claim)
                if words.claims is None or claim["uid"] in words.claims
                else claim
                for claim in found["claims"]
            ]
        return found

    def _without(self, told: Document, names: frozenset[str]) -> Document:
        return {
            name: self.mark(value) if name in names and not is_mark(value) else value
            for name, value in told.items()
        }

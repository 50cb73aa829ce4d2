"""Redacting: what law asks to be taken away leaves every place where it stood, and its hash stays as evidence.

In the history `{"redacted": {"hmac-sha256": "…"}}` stands for a value: its HMAC under a salt that the service forgets at once, and
tells once to whoever redacts. Without the salt no guess can be tried on it; with salt and value anybody can see that it fits.
"""

from __future__ import annotations

import hmac
import json
from typing import Annotated, Any

from pydantic import Field

from app.domain.inputs import RecordId
from app.domain.transitions import ReasonForm
from app.errors import Problem

ACTION = "redact"
"""What the history calls it."""
REDACTED = "redacted"
"""The member that marks a value, and the word where a name may not be null."""
ALGORITHM = "hmac-sha256"
REASON = "reason"
"""Asks for the reasons given with some changes of the record."""


def mark(salt: bytes, value: object) -> dict[str, Any]:
    """What stands in the place of a value: the HMAC of the value as JSON (members sorted, no white space)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {REDACTED: {ALGORITHM: hmac.digest(salt, text.encode(), "sha256").hex()}}


def is_mark(value: object) -> bool:
    """No value of a record's own looks so: names of places are text."""
    return isinstance(value, dict) and value.keys() == {REDACTED} and isinstance(value[REDACTED], dict)


def without_marks(told: Any) -> Any:
    """A document of the history as the tables hold it: what was redacted is not stated."""
    if isinstance(told, dict):
        return {name: without_marks(value) for name, value in told.items() if not is_mark(value)}
    return [without_marks(value) for value in told] if isinstance(told, list) else told


class RedactForm(ReasonForm):
    """What is taken away, and why. `claims`: only the words of these; `changes`: whose reasons, by their numbers."""

    fields: Annotated[list[str], Field(min_length=1, max_length=50)]
    claims: Annotated[list[RecordId], Field(min_length=1, max_length=200)] | None = None
    changes: (
        Annotated[list[Annotated[int, Field(strict=True, ge=1)]], Field(min_length=1, max_length=200)] | None
    ) = None

    def meaning(self) -> list[Problem]:
        problems = []
        if (REASON in self.fields) != (self.changes is not None):
            detail = "says whose reasons go, by the numbers of changes; it goes with the field reason, and reason with it"
            problems.append(Problem("changes", "goes_with_reason", detail))
        if self.claims is not None and not any(name.startswith("claims.") for name in self.fields):
            problems.append(
                Problem("claims", "goes_with_words", "goes with claims.wording or claims.covers_note")
            )
        return problems

"""Redacting: an admin takes away what law asks for, for good, and the history says that it was done and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.access.rules import require_redactor
from app.domain.redaction import REASON, RedactForm
from app.errors import InvalidInput, Problem
from app.query.fields import Kind, redactable
from app.storage import lookup, redacting
from app.storage.redacting import Asked, Redacted, Words
from app.writing.claims import reassess
from app.writing.sources import WEIGHED
from app.writing.work import Did, Outcome, Work, require_version

MEMBER = "redaction"
"""What the answer tells of it."""
SALTS = "salts"
"""Of that: what is told this once, and kept nowhere."""


def redact(work: Work, kind: Kind, uid: str, form: RedactForm, expected: int | None) -> Outcome:
    """What the fields hold, and ever held, leaves every place where it stands; deleted records included."""
    require_redactor(work.viewer)
    row = work.transaction.row(kind, uid)
    require_version(row, expected)
    asked = _asked(work, kind, row, form)
    done = redacting.redact(work.transaction, kind, row, asked, form.reason)
    if done is None:
        return Outcome(kind, uid, Did.unchanged, row["id"], {MEMBER: _told(Redacted([], 0))})
    if kind is Kind.source and not WEIGHED.isdisjoint(asked.columns):
        touched = lookup.weighed_by(work.transaction, row["id"])
        reassess(work, touched, "what its source's reports weigh has changed")
    return Outcome(kind, uid, Did.updated, row["id"], {MEMBER: _told(done)})


def _told(done: Redacted) -> dict[str, Any]:
    return {
        "records": done.records,
        "changes": len(done.taken),
        SALTS: [{"change": each.seq, "salt": each.salt.hex()} for each in done.taken],
    }


def _asked(work: Work, kind: Kind, row: Mapping[str, Any], form: RedactForm) -> Asked:
    known = (*redactable(kind), REASON)
    problems = [
        Problem(
            f"fields[{place}]",
            "not_redactable",
            f"{name[:60]!r} cannot be redacted; of {kind}s these can be: {', '.join(known)}",
        )
        for place, name in enumerate(form.fields)
        if name not in known
    ]
    if problems:
        raise InvalidInput(problems)
    claims = None if form.claims is None else frozenset(form.claims)
    asked = Asked(
        fields=tuple(dict.fromkeys(form.fields)),
        columns=frozenset(name for name in form.fields if "." not in name and name != REASON),
        words=Words(_of(form, "links."), _of(form, "claims."), claims),
        changes=frozenset(form.changes or ()),
    )
    _require_there(work, kind, row, form)
    return asked


def _of(form: RedactForm, prefix: str) -> frozenset[str]:
    return frozenset(name.removeprefix(prefix) for name in form.fields if name.startswith(prefix))


def _require_there(work: Work, kind: Kind, row: Mapping[str, Any], form: RedactForm) -> None:
    """Names what is asked for and is not there: whoever redacts must not believe that something went."""
    held = redacting.claims_of(work.transaction, kind, row["id"]) if form.claims else frozenset()
    reasons = redacting.reasons_of(work.transaction, row["uid"]) if form.changes else frozenset()
    problems = [
        Problem(f"claims[{place}]", "unknown_id", f"no report claimed this of it: {uid}")
        for place, uid in enumerate(form.claims or ())
        if uid not in held
    ]
    problems += [
        Problem(
            f"changes[{place}]",
            "no_reason",
            f"{seq} is no change of it that was given a reason, or that still has it",
        )
        for place, seq in enumerate(form.changes or ())
        if seq not in reasons
    ]
    if problems:
        raise InvalidInput(problems)

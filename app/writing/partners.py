"""Partners and their API keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from app.access import keys
from app.access.rules import require_admin, require_key
from app.access.viewer import Viewer
from app.domain.ids import KEY, PARTNER, new_id
from app.domain.inputs import Form
from app.domain.reading import read_patch
from app.domain.text import Line, clean
from app.domain.vocabulary import Role
from app.errors import Conflict, Forbidden, InvalidInput, Problem
from app.query.fields import Kind
from app.storage import lookup
from app.storage.database import Connection, Database
from app.storage.history import Actor
from app.storage.write import Amendment, New, Transaction
from app.writing import records
from app.writing.work import Did, Outcome, Work, changed, require_version

LOCAL = "local"
"""The organisation that runs the service: the command line acts as it."""
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?")


class PartnerForm(Form):
    """An organisation that holds keys."""

    slug: Annotated[str, Field(strict=True, max_length=62)]
    name: Line | None = None

    def meaning(self) -> list[Problem]:
        problems = []
        if not _SLUG.fullmatch(self.slug):
            problems.append(
                Problem("slug", "invalid_slug", "must be lower-case letters, digits and inner hyphens")
            )
        if self.name is None:
            problems.append(Problem("name", "missing", "is required"))
        return problems


class KeyForm(Form):
    """A key to issue. `expires_in_days` null: as long as the service's settings say."""

    partner: Annotated[str, Field(strict=True, max_length=62), AfterValidator(clean)]
    role: Role
    label: Line | None = None
    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """`text` is the whole key: shown now and never again."""

    outcome: Outcome
    text: str


def ensure_local(database: Database) -> Viewer:
    """The viewer behind the command line: an admin of the organisation that runs the service, which is made if need be."""

    def ensured(connection: Connection) -> int:
        database.dialect.serialise(connection, f"partner:{LOCAL}")
        transaction = Transaction(database, connection, Actor(LOCAL, 0))
        standing = lookup.partner(transaction, LOCAL)
        key = None if standing is None else standing.id
        if key is None:
            new = New(Kind.partner, {"uid": new_id(PARTNER), "slug": LOCAL, "name": "This installation"})
            transaction.create([new])
            transaction.finish()
            key = new.key
        return int(key)

    return Viewer(Role.admin, LOCAL, database.write(ensured), None)


def add(work: Work, form: PartnerForm) -> Outcome:
    require_admin(work.viewer, "add partners")
    work.transaction.dialect.serialise(work.transaction.connection, f"partner:{form.slug}")
    taken = lookup.partner(work.transaction, form.slug)
    if taken is not None:
        raise Conflict(f"the slug {form.slug!r} is taken by {taken.uid}")
    uid = new_id(PARTNER)
    new = New(Kind.partner, {"uid": uid, "slug": form.slug, "name": form.name})
    work.transaction.create([new])
    return Outcome(Kind.partner, uid, Did.created, new.key)


def amend(work: Work, uid: str, patch: Mapping[str, Any], expected: int | None) -> Outcome:
    """The name can change; the slug is in links and files, and stays."""
    require_key(work.viewer)
    row = work.visible_row(Kind.partner, uid)
    require_admin(work.viewer, "change partners")
    require_version(row, expected)
    form = read_patch(PartnerForm, {"slug": row["slug"], "name": row["name"]}, patch)
    if form.slug != row["slug"]:
        raise InvalidInput([Problem("slug", "fixed", "cannot be changed")])
    differing = changed(row, {"name": form.name})
    if not differing:
        return Outcome(Kind.partner, uid, Did.unchanged, row["id"])
    work.transaction.amend([Amendment(Kind.partner, row, differing)])
    return Outcome(Kind.partner, uid, Did.updated, row["id"])


def delete(work: Work, uid: str, reason: str, expected: int | None) -> Outcome:
    """A tombstone; the partner's keys are revoked with it, its records stay."""
    require_key(work.viewer)
    row = work.visible_row(Kind.partner, uid)
    require_admin(work.viewer, "delete partners")
    require_version(row, expected)
    if row["id"] == work.viewer.partner_key:
        raise Conflict("this is your own organisation")
    held = lookup.working_keys(work.transaction, row["id"])
    work.transaction.amend(
        [
            Amendment(
                Kind.key, dict(key), {"revoked_at": work.transaction.at}, reason=reason, action="revoke"
            )
            for key in held
        ]
    )
    records.bury(work, Kind.partner, row, reason)
    return Outcome(Kind.partner, uid, Did.deleted, row["id"])


def issue(work: Work, form: KeyForm, *, secret: str, lifetime_days: int) -> Issued:
    """A new key for a partner."""
    require_admin(work.viewer, "issue keys")
    held = lookup.partner(work.transaction, form.partner)
    if held is None or held.deleted_at is not None:
        raise InvalidInput([Problem("partner", "unknown_partner", f"there is no partner {form.partner!r}")])
    until = work.transaction.at + timedelta(days=form.expires_in_days or lifetime_days)
    return _issued(work, held.id, str(form.role), form.label, until, secret)


def _issued(work: Work, partner: int, role: str, label: str | None, until: datetime, secret: str) -> Issued:
    key = keys.new_key(secret)
    uid = new_id(KEY)
    values = {
        "uid": uid,
        "partner_ref": partner,
        "role": role,
        "label": label,
        "prefix": key.prefix,
        "hash": key.hash,
        "expires_at": until,
    }
    new = New(Kind.key, values)
    work.transaction.create([new])
    return Issued(Outcome(Kind.key, uid, Did.created, new.key), key.text)


def rotate(work: Work, uid: str, *, secret: str, lifetime_days: int) -> Issued:
    """A key with the same partner, role, label and lifetime; the old one stops working at once."""
    require_key(work.viewer)
    row = work.visible_row(Kind.key, uid)
    if not work.viewer.is_admin and uid != work.viewer.key_id:
        raise Forbidden("a key may rotate itself; others are rotated by an admin")
    if row["revoked_at"] is not None:
        raise Conflict("the key was revoked; issue a new one")
    work.transaction.amend(
        [Amendment(Kind.key, row, {"revoked_at": work.transaction.at}, reason="rotated", action="rotate")]
    )
    lived = row["expires_at"] - row["created_at"]
    until = work.transaction.at + min(lived, timedelta(days=lifetime_days))
    return _issued(work, row["partner_ref"], row["role"], row["label"], until, secret)


def revoke(work: Work, uid: str, reason: str, expected: int | None) -> Outcome:
    """The key stops working at once; it stays listed, revoked."""
    require_key(work.viewer)
    row = work.visible_row(Kind.key, uid)
    if not work.viewer.is_admin and uid != work.viewer.key_id:
        raise Forbidden("a key may revoke itself; others are revoked by an admin")
    require_version(row, expected)
    if row["revoked_at"] is not None:
        return Outcome(Kind.key, uid, Did.unchanged, row["id"])
    work.transaction.amend(
        [Amendment(Kind.key, row, {"revoked_at": work.transaction.at}, reason=reason, action="revoke")]
    )
    return Outcome(Kind.key, uid, Did.deleted, row["id"])

"""A key for a service that runs in a process of its own, under the default secret of development."""

from __future__ import annotations

from app.domain.vocabulary import Role
from app.settings import DEFAULT_SECRET
from app.storage.database import Database
from app.writing import partners
from app.writing.partners import KeyForm, PartnerForm
from app.writing.work import working


def editor_of(database: Database) -> str:
    return _issued(database, "local", Role.editor)


def key_of(database: Database, role: str, partner: str) -> str:
    """A key of an organisation that is not there yet."""
    form = PartnerForm(slug=partner, name=partner.title())
    local = partners.ensure_local(database)
    working(database, local, lambda w: partners.add(w, form))
    return _issued(database, partner, Role(role))


def _issued(database: Database, partner: str, role: Role) -> str:
    form = KeyForm(partner=partner, role=role)
    local = partners.ensure_local(database)
    issued = working(
        database, local, lambda w: partners.issue(w, form, secret=DEFAULT_SECRET, lifetime_days=1)
    )
    return issued.text

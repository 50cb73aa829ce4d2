"""A key for a service that runs in a process of its own, under the default secret of development."""

from __future__ import annotations

from app.domain.vocabulary import Role
from app.settings import DEFAULT_SECRET
from app.storage.database import Database
from app.writing import partners
from app.writing.partners import KeyForm
from app.writing.work import working


def editor_of(database: Database) -> str:
    form = KeyForm(partner="local", role=Role.editor)
    local = partners.ensure_local(database)
    issued = working(
        database, local, lambda w: partners.issue(w, form, secret=DEFAULT_SECRET, lifetime_days=1)
    )
    return issued.text

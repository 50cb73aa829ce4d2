"""Whoever asks: the public, or a partner's key with a role."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """`role` None is the public. `partner_key` is the internal key of the organisation, `key_id` the API key's id."""

    role: Role | None = None
    partner: str | None = None
    partner_key: int | None = None
    key_id: str | None = None

    @property
    def is_editor(self) -> bool:
        """Sees everything: editors and admins."""
        return self.role in (Role.editor, Role.admin)

    @property
    def is_admin(self) -> bool:
        return self.role is Role.admin

    @property
    def sight(self) -> str:
        """What the viewer's sight depends on: two viewers of one sight get the same bytes."""
        if self.is_admin:
            return "admin"
        if self.is_editor:
            return f"editor.{self.partner_key}"
        return "public" if self.role is None else f"partner.{self.partner_key}"

    @property
    def rank(self) -> str:
        """Which statement serves the viewer: public, partner, editor or admin."""
        return self.sight.partition(".")[0]


PUBLIC = Viewer()

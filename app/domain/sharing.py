"""Who may read: the order of the four levels."""

from __future__ import annotations

from app.domain.vocabulary import Sharing

STRICTNESS: dict[str, int] = {level.value: rank for rank, level in enumerate(Sharing)}
"""0 is the loosest. VOCABULARY lists the levels loosest first."""
_LOOSEST = Sharing.public.value


def strictest(*levels: str | None) -> str:
    """The strictest of some levels; null hangs on nothing and asks for nothing."""
    found = _LOOSEST
    for level in levels:
        if level is not None and STRICTNESS[level] > STRICTNESS[found]:
            found = level
    return found

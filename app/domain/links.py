"""Two links of one report, to incidents that turn out to be one: made a single link without losing what either says."""

from __future__ import annotations

from app.domain.vocabulary import LinkRole

SAYS_MOST = (LinkRole.disputes, LinkRole.corrects, LinkRole.describes, LinkRole.mentions)
"""A report that disputes one account of an event disputes it; one that only mentions another describes it all the same."""


def role_together(one: str, other: str) -> str:
    """Of two roles the one that says more."""
    return min(one, other, key=lambda role: SAYS_MOST.index(LinkRole(role)))


def words_together(one: str | None, other: str | None) -> str | None:
    """Both, where they differ."""
    if one is None or other is None or one == other:
        return other if one is None else one
    return f"{one} | {other}"

"""Profiles by name; any other name is a mapping file of the user's own."""

from __future__ import annotations

from pathlib import Path

from app.errors import invalid
from app.writing.importing.items import Profile
from app.writing.importing.profiles.mapping import MappingProfile
from app.writing.importing.profiles.stanford import StanfordProfile
from app.writing.importing.profiles.ucdp import GedProfile, GedSourcesProfile

BUILT_IN = ("ucdp-ged", "ucdp-ged-sources", "stanford-msa")


def profile_of(name: str) -> Profile:
    """The profile; InvalidInput where there is none of that name, or the mapping file is wrong."""
    if name == "ucdp-ged":
        return GedProfile()
    if name == "ucdp-ged-sources":
        return GedSourcesProfile()
    if name == "stanford-msa":
        return StanfordProfile()
    if name.endswith(".toml"):
        return MappingProfile.load(Path(name))
    raise invalid(
        "profile",
        f"must be one of {', '.join(BUILT_IN)}, or a mapping file ending in .toml; {name!r} is neither",
    )

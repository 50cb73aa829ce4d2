"""What tells of the service, not of records."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.asks.asking import UIDS, asked
from tests.support.world import World


@dataclass(frozen=True)
class OfItself:
    """Tells of the service, not of records."""

    def check(self, world: World, viewer: str, path: str) -> None:
        answer = asked(world, viewer, path)
        assert answer.status_code == 200
        assert not UIDS.findall(answer.text) or path.startswith(("/docs", "/openapi"))


@dataclass(frozen=True)
class OfCollections:
    """What a collection is; its extent is that of what the viewer sees, and names nobody."""

    def check(self, world: World, viewer: str, path: str) -> None:
        for group in ("incidents", "reports"):
            for form in ("json", "html"):
                at = path.replace("{collection}", group)
                assert asked(world, viewer, at, f=form).status_code == 200

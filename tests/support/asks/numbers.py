"""Sums and counts: of what the viewer sees."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.asks.asking import asked, pages
from tests.support.world import World, sees


@dataclass(frozen=True)
class Sums:
    """Each incident's figure is a power of two: the sum says whom it holds."""

    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        seen = [2**n for n, record in enumerate(world.groups["incidents"]) if sees(viewer, record)]
        item = asked(world, viewer, path, **dict(self.params)).json()["items"][0]
        assert (item["incidents"], item["killed_best"]) == (len(seen), sum(seen))


@dataclass(frozen=True)
class Explains:
    """What a total is made of is the incidents that the viewer sees; parts and wholes beside them likewise."""

    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        seen = {r.uid: 2**n for n, r in enumerate(world.groups["incidents"]) if sees(viewer, r)}
        found: dict[str, int] = {}
        for page in pages(world, viewer, path, limit=7, **dict(self.params)):
            assert page["total"]["killed_best"] == (sum(seen.values()) if seen else None)
            found |= {item["id"]: item["counts_best"] for item in page["items"]}
            assert page["total"]["incidents"] == sum(page["categories"].values()) == len(seen)
        assert found == seen
        assert asked(world, viewer, path, f="html", **dict(self.params)).status_code == 200
        # Every one of these is the whole of a part; the part is told as such only to those who see the whole.
        for page in pages(world, viewer, path, limit=1000):
            wholes = {item["contained_in"] for item in page["items"]} - {None}
            assert wholes == {r.uid for r in world.of_their_own("incidents") if sees(viewer, r)}
            assert page["also"]["contained"] == len(wholes)
        assert asked(world, viewer, path, f="html", limit=1000).status_code == 200


@dataclass(frozen=True)
class Divides:
    """Likewise of all groups together; under their sources, no other source is named."""

    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        seen = [2**n for n, record in enumerate(world.groups["incidents"]) if sees(viewer, record)]
        items = asked(world, viewer, path, group_by="day,cause", **dict(self.params)).json()["items"]
        assert sum(item["incidents"] for item in items) == len(seen)
        assert sum(item["killed_best"] for item in items) == sum(seen)
        under = asked(world, viewer, path, group_by="source", **dict(self.params)).json()["items"]
        assert {item["source"] for item in under} - {None} <= world.seen(viewer, "sources")


@dataclass(frozen=True)
class Facets:
    """As many incidents as the viewer sees, and only sources that it sees."""

    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        answer = asked(world, viewer, path, facets="event_type,source", **dict(self.params))
        found = answer.json()["facets"]
        assert sum(each["incidents"] for each in found["event_type"]) == len(world.seen(viewer, "incidents"))
        assert {each["value"] for each in found["source"]} - {None} <= world.seen(viewer, "sources")

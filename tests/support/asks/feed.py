"""The changes feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import httpx_sse

from tests.support.asks.asking import UIDS
from tests.support.world import World, sees

LISTS = {"incident": {"include": "reports,claims"}, "report": {"include": "incidents,claims"}}
"""With one kind all that rides along with it, too."""


@dataclass(frozen=True)
class Follows:
    """From the beginning, each kind and all at once: what the viewer sees is to be held, and nothing else."""

    streamed: bool = False

    def check(self, world: World, viewer: str, path: str) -> None:
        kinds = {"incident": "incidents", "report": "reports", "source": "sources"}
        for asked_for in (",".join(kinds), *kinds):
            lists = LISTS.get(asked_for, {})
            items = self._items(world.client(viewer), path, kind=asked_for, limit="1000", **lists)
            held = {item["id"] for item in items if item["event"] == "put"}
            left = [item for item in items if item["event"] == "remove"]
            assert len(held) + len({item["id"] for item in left}) == len(items)
            for kind, group in kinds.items():
                if kind in asked_for.split(","):
                    members = {record.uid for record in world.groups[group]}
                    assert held & members == world.seen(viewer, group)
            for item in left:
                self._let_go(world, viewer, item)
            texts = str([item.get("record") for item in items] + [item["changes"] for item in items])
            assert not set(UIDS.findall(texts)) & world.secrets(viewer)

    def _let_go(self, world: World, viewer: str, item: dict[str, Any]) -> None:
        """Of what was deleted those are told who could read it. All of the world was public once: what is out of sight since is
        told without content."""
        if item["because"] == "deleted":
            buried = {r.uid for records in world.buried.values() for r in records if sees(viewer, r)}
            assert item["id"] in buried
            return
        assert (item["because"], item["changes"], len(item)) == ("out_of_sight", [], 5)
        known = {
            record.uid for group in world.groups for record in world.groups[group] if sees(viewer, record)
        }
        assert item["id"] not in known

    def _items(self, client: httpx.Client, path: str, **params: str) -> list[dict[str, Any]]:
        if not self.streamed:
            page = client.get(path, params=params).json()
            assert not page["more"]
            return list(page["items"])
        items = []
        with httpx_sse.connect_sse(client, "GET", path, params=params) as events:
            for event in events.iter_sse():
                if event.event == "place":
                    assert event.json()["seq"] == event.json()["head"]
                    return items
                items.append(event.json())
        raise AssertionError("the stream ended")

"""A partner's copy of what it may see, kept up to date over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

Item = dict[str, Any]
GROUPS = {"incident": "incidents", "report": "reports", "source": "sources"}


@dataclass
class Mirror:
    """`question` as the feed takes it: `kind`, `fields`, and what a list takes."""

    client: httpx.Client
    question: dict[str, str] = field(default_factory=dict)
    after: str = "0"
    copy: dict[str, Item] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    more: bool = False
    """Whether the last page said that there is more already."""

    def sync(self) -> None:
        """Where the history ends, then all that the lists tell."""
        self.after = str(self.client.get("/v1/changes/head").json()["seq"])
        self.copy = self.fresh()

    def fresh(self) -> dict[str, Item]:
        question = dict(self.question)
        kinds = question.pop("kind", ",".join(GROUPS)).split(",")
        found: dict[str, Item] = {}
        for kind in kinds:
            following: str | None = str(
                httpx.URL(f"/v1/{GROUPS[kind]}", params={**question, "limit": "1000"})
            )
            while following is not None:
                page = self.client.get(following).json()
                found |= {record["id"]: record for record in page["items"]}
                following = page["next"]
        return found

    def asked(self, **more: Any) -> httpx.Response:
        return self.client.get("/v1/changes", params={**self.question, "after": self.after, **more})

    def poll(self, **more: Any) -> list[Item]:
        """One page, applied; its items."""
        answer = self.asked(**more)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        self.apply(page["items"])
        self.after, self.more = page["cursor"], page["more"]
        assert self.more == (page["seq"] < page["head"])
        return list(page["items"])

    def catch_up(self, **more: Any) -> list[Item]:
        """All that there is; its items."""
        told: list[Item] = []
        while True:
            told += self.poll(**more)
            page = self.asked(limit=1).json()
            if not page["more"] and not page["items"]:
                return told

    def apply(self, items: list[Item]) -> None:
        self.items += items
        for item in items:
            if item["event"] == "put":
                self.copy[item["id"]] = item["record"]
            else:
                self.copy.pop(item["id"], None)

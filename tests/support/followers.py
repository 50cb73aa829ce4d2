"""Followers of the changes feed: each keeps a copy of what one viewer may see, brought up to date from where it stands."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.access.viewer import Viewer
from app.query.spec import Query, default_order
from app.storage import read
from app.storage.database import Database, Reader
from app.storage.feed import Followed, Following, Place, follow

Copy = dict[str, dict[str, Any]]
"""Records by id."""


def listed(reader: Reader, viewer: Viewer, asked: Following) -> Copy:
    """What the lists tell."""
    found: Copy = {}
    for kind in asked.kinds:
        sort, descending = default_order(kind)
        query = Query(
            kind, asked.where, sort, descending, limit=10_000, fields=asked.fields, include=asked.include
        )
        for document in read.page(reader, viewer, query).documents:
            record = orjson.loads(document)
            found[record["id"]] = record
    return found


@dataclass
class Follower:
    """`synced`: it began with a copy of all that there was; else with nothing, at the beginning of the history."""

    database: Database
    viewer: Viewer
    asked: Following
    chance: random.Random
    name: str
    place: Place = field(default_factory=lambda: Place(0))
    copy: Copy = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    """All that it was told."""

    def sync(self) -> None:
        """As a partner would: where the history ends, then the lists, page by page, while others write."""
        self.place = Place(self.database.read(lambda reader: reader.revision()))
        self.copy = {}

    def take_lists(self) -> None:
        self.copy = self.fresh()

    def fresh(self) -> Copy:
        return self.database.read(lambda reader: listed(reader, self.viewer, self.asked))

    def poll(self, limit: int | None = None) -> Followed:
        """One page, applied."""
        most = limit or self.chance.choice([1, 2, 3, 7, 1000])
        told = self.database.read(lambda reader: follow(reader, self.viewer, self.asked, self.place, most))
        assert len(told.items) <= most
        for raw in told.items:
            self.apply(orjson.loads(raw))
        self.place = told.place
        return told

    def apply(self, item: dict[str, Any]) -> None:
        self.items.append(item)
        if item["event"] == "put":
            assert item["record"]["id"] == item["id"]
            self.copy[item["id"]] = item["record"]
        else:
            assert "record" not in item
            self.copy.pop(item["id"], None)

    def catch_up(self) -> None:
        while True:
            told = self.poll()
            if told.place == Place(told.head):
                return

"""Followers who keep a copy with its cursor across whatever becomes of the service, and those who change things meanwhile."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import httpx_sse

from tests.support.loopback import NO_TLS
from tests.support.mirrors import Item, Mirror
from tests.support.reporting import Sending

PATIENCE = 90.0
EXPECTED = {200, 404, 409, 410, 503}
"""What a change may be answered, where others change the same."""


@dataclass
class Place:
    """Where the service is now; it moves when it is started again."""

    url: str = ""


@dataclass(frozen=True)
class Stored:
    """Copy and cursor, always replaced together, as a transaction of a partner's database would."""

    copy: dict[str, Item] = field(default_factory=dict)
    after: str = "0"
    seq: int = 0


@dataclass
class Keeper:
    """`streams`: it listens, and comes back with its last cursor; else it asks for pages that wait."""

    name: str
    headers: dict[str, str]
    place: Place
    streams: bool
    limit: int = 100
    wait: int = 2
    stored: Stored = field(default_factory=Stored)
    told: Counter[tuple[int, str]] = field(default_factory=Counter)
    """How often it was told of each change, by number and record, in what it stored."""
    broken: int = 0
    wrong: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with httpx.Client(headers=self.headers, timeout=90, verify=NO_TLS) as client:
            try:
                while not self.stopped.is_set():
                    self._followed(client)
            except (
                AssertionError,
                KeyError,
                ValueError,
            ) as fault:  # told by the test, whose thread this is not
                self.wrong.append(f"{self.name}: {fault!r}")

    def _followed(self, client: httpx.Client) -> None:
        """Until the line breaks, or nobody is there."""
        try:
            (self._listen if self.streams else self._ask)(client)
        except httpx.TransportError:
            self.broken += 1
            time.sleep(0.1)

    def _ask(self, client: httpx.Client) -> None:
        while not self.stopped.is_set():
            asked = {"after": self.stored.after, "wait": self.wait, "limit": self.limit}
            answer = client.get(f"{self.place.url}/v1/changes", params=asked)
            if answer.status_code == 503:
                time.sleep(0.05)
                continue
            assert answer.status_code == 200, answer.text
            page = answer.json()
            self._store(page["items"], page["cursor"], page["seq"])

    def _listen(self, client: httpx.Client) -> None:
        headers = {"Last-Event-ID": self.stored.after}
        with httpx_sse.connect_sse(
            client, "GET", f"{self.place.url}/v1/changes/stream", headers=headers
        ) as events:
            if events.response.status_code == 503:
                time.sleep(0.05)
                return
            items: list[Item] = []
            for event in events.iter_sse():
                if event.event == "change":
                    items.append(json.loads(event.data))
                elif event.event == "place":
                    self._store(items, event.id, json.loads(event.data)["seq"])
                    items = []
                if self.stopped.is_set():
                    return

    def _store(self, items: list[Item], after: str, seq: int) -> None:
        copy = dict(self.stored.copy)
        for item in items:
            if item["event"] == "put":
                copy[item["id"]] = item["record"]
            else:
                copy.pop(item["id"], None)
            self.told.update((change["seq"], item["id"]) for change in item["changes"])
        self.stored = Stored(copy, after, seq)

    def fresh(self) -> dict[str, Item]:
        """What it would hold if it began anew."""
        with httpx.Client(base_url=self.place.url, headers=self.headers, timeout=30, verify=NO_TLS) as client:
            return Mirror(client).fresh()


@dataclass
class Changing:
    """Amends, restricts and deletes what `sending` was told is there: nothing that it may have to send again."""

    sending: Sending
    place: Place
    headers: dict[str, str]
    chance: random.Random
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(headers=self.headers, timeout=90, verify=NO_TLS) as client:
            try:
                while not self.stopped.is_set():
                    self._tried(client)
            except (AssertionError, KeyError, ValueError) as fault:
                self.wrong.append(repr(fault))

    def _tried(self, client: httpx.Client) -> None:
        try:
            self._change(client)
        except httpx.TransportError:
            time.sleep(0.1)

    def _change(self, client: httpx.Client) -> None:
        done = sorted(self.sending.done)
        if not done:
            time.sleep(0.01)
            return
        kind = self.chance.choice(["incident", "incident", "report", "source"])
        asked = {"external_id": f"{kind}-n{self.chance.choice(done)}", "fields": "id"}
        found = client.get(f"{self.place.url}/v1/{kind}s", params=asked)
        if found.status_code != 200 or not found.json()["items"]:
            return
        uid = found.json()["items"][0]["id"]
        time.sleep(0.02)  # whoever sends has to have a turn
        verb, act = self._act(kind)
        answer = act(client, f"{self.place.url}/v1/{kind}s/{uid}")
        self.answers[verb, answer.status_code] += 1
        assert answer.status_code in EXPECTED, f"{verb} {uid}: {answer.status_code} {answer.text}"

    def _act(self, kind: str) -> tuple[str, Callable[[httpx.Client, str], httpx.Response]]:
        anything = {"If-Match": "*"}
        if self.chance.random() < 0.2:
            gone = {"reason": "in error"}
            return "delete", lambda client, path: client.delete(path, params=gone, headers=anything)
        shared: dict[str, Any] = {"sharing": self.chance.choice(["public", "partners", "restricted"])}
        name = "name" if kind == "source" else "title"
        patch = self.chance.choice([shared, {name: f"Called {self.chance.random()}"}])
        verb = "share" if patch is shared else "amend"
        return verb, lambda client, path: client.patch(path, json=patch, headers=anything)


def begun(workers: list[Any]) -> list[threading.Thread]:
    threads = [threading.Thread(target=worker.run, daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    return threads


def caught_up(keepers: list[Keeper], head: int) -> None:
    """Waits until each has stored what came up to a change."""
    deadline = time.monotonic() + PATIENCE
    while any(keeper.stored.seq < head for keeper in keepers):
        assert [fault for keeper in keepers for fault in keeper.wrong] == []
        behind = [(keeper.name, keeper.stored.seq) for keeper in keepers if keeper.stored.seq < head]
        assert time.monotonic() < deadline, f"never heard of {head}: {behind}"
        time.sleep(0.05)


def ended(workers: list[Any], threads: list[threading.Thread]) -> None:
    for worker in workers:
        worker.stopped.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert [fault for worker in workers for fault in worker.wrong] == []

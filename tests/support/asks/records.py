"""Single records, and what they tell of others."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.support.asks.asking import UIDS, asked
from tests.support.world import World, sees


@dataclass(frozen=True)
class Tells:
    """A hub's answer, whole, names those of the group that the viewer sees."""

    group: str
    hub: str
    include: str = ""
    form: str = ""
    limit: str = ""

    def check(self, world: World, viewer: str, path: str) -> None:
        asked_for = (("include", self.include), ("f", self.form), ("limit", self.limit))
        params = {name: value for name, value in asked_for if value}
        answer = asked(world, viewer, path.format(id=world.hubs[self.hub]), **params)
        assert answer.status_code == 200
        members = {record.uid for record in world.groups[self.group]}
        expected = world.seen(viewer, self.group)
        assert set(UIDS.findall(answer.text)) & members == expected
        if self.form == "html":
            return
        counted = answer.json().get(f"{self.group.removesuffix('s')}_count", len(expected))
        assert counted == len(expected)


@dataclass(frozen=True)
class Each:
    """One by one: there for those who see it, and for the others just as if it had never been."""

    group: str
    buried: bool = False
    kept: bool = False
    """What was buried is still told."""

    def check(self, world: World, viewer: str, path: str) -> None:
        records = (world.buried if self.buried or self.kept else world.groups)[self.group]
        unknown = f"{records[0].uid[:3]}_{'0' * 26}"
        never = without(unknown, asked(world, viewer, path.format(id=unknown)))
        for record in records:
            answer = asked(world, viewer, path.format(id=record.uid))
            expected = (410 if self.buried else 200) if sees(viewer, record) else 404
            assert answer.status_code == expected, record
            assert expected != 404 or without(record.uid, answer) == never


def without(uid: str, response: httpx.Response) -> dict[str, str]:
    """What an answer tells, but for the id that was asked for."""
    document = {**response.json(), **response.headers}
    for varies in ("request_id", "x-request-id", "date", "content-length"):
        document.pop(varies, None)
    return {name: str(value).replace(uid, "ID") for name, value in document.items()}


@dataclass(frozen=True)
class Through:
    """What is asked for through a record of the group is found only by those who see that record."""

    parameter: str
    group: str
    finds: str
    params: tuple[tuple[str, str], ...] = ()

    def check(self, world: World, viewer: str, path: str) -> None:
        for record in world.of_their_own(self.group):
            reached = world.hubs.get(self.finds) or world.beyond.get(f"{self.finds} {record.uid}")
            answer = asked(world, viewer, path, **{self.parameter: record.uid}, **dict(self.params))
            found = [item["id"] for item in answer.json()["items"]]
            assert found == ([reached] if sees(viewer, record) else []), record


@dataclass(frozen=True)
class Refers:
    """What hangs on a record of the group names it only to those who see it."""

    field: str
    group: str
    near: str

    def check(self, world: World, viewer: str, path: str) -> None:
        for record in world.of_their_own(self.group):
            one = asked(world, viewer, path.format(id=world.beyond[f"{self.near} {record.uid}"])).json()
            assert one[self.field] == (record.uid if sees(viewer, record) else None)

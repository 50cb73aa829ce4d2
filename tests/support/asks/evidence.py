"""Claims and likely duplicates."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.asks.asking import asked, pages
from tests.support.asks.records import Each
from tests.support.world import TWINS, VIEWERS, World, sees


@dataclass(frozen=True)
class Claims:
    """The claims of which the viewer sees both the incident and the report; all others are those of the hubs."""

    params: tuple[tuple[str, str], ...] = ()

    def check(self, world: World, viewer: str, path: str) -> None:
        hub = world.hubs["incident"], world.hubs["report"]
        expected = {(hub[0], report) for report in world.seen(viewer, "reports")}
        expected |= {(incident, hub[1]) for incident in world.seen(viewer, "incidents")}
        found = [
            (item["incident_id"], item["report_id"])
            for page in pages(world, viewer, path, limit=7, **dict(self.params))
            for item in page["items"]
        ]
        assert (len(found), set(found)) == (len(expected), expected)


@dataclass(frozen=True)
class Doubles:
    """A pair is told to those who see both of the two, and whoever has a key. That two are two is told to editors alone: all
    others meet the pair as before."""

    def check(self, world: World, viewer: str, path: str) -> None:
        if viewer == "public":
            for params in ({}, {"settled": "true"}):
                assert asked(world, viewer, path, **params).status_code == 401
            return
        for group in TWINS:
            self._told(world, viewer, path, group)
        if world.moment is not None:
            return  # then none was a draft
        # Which are asked for goes by what the viewer may ask of: these are all that are drafts.
        seen = {r.uid: r for r in world.groups["twins"] if sees(viewer, r)}
        drafts = {uid for uid, record in seen.items() if record.workflow == "draft"}
        of_drafts = asked(world, viewer, path, country="JOR", workflow="draft").json()["items"]
        assert {i["id"] for pair in of_drafts for i in pair["incidents"]} & set(seen) == drafts

    def _told(self, world: World, viewer: str, path: str, group: str) -> None:
        twins = {(r.uid, world.beyond[f"twin of {r.uid}"]) for r in world.groups[group] if sees(viewer, r)}
        expected = {frozenset(pair) for pair in twins}
        if not is_editor(viewer):
            assert self._found(world, viewer, path, group) == expected
            assert world.client(viewer).get(path, params={"settled": "true"}).status_code == 400
            return
        settled = group == "settled"
        assert self._found(world, viewer, path, group) == (set() if settled else expected)
        assert self._found(world, viewer, path, group, settled="true") == (expected if settled else set())

    def _found(self, world: World, viewer: str, path: str, group: str, **params: str) -> set[frozenset[str]]:
        """The pairs of a group, each met once."""
        items = [
            pair
            for page in pages(world, viewer, path, country=TWINS[group], limit=2, **params)
            for pair in page["items"]
        ]
        assert all((pair["settled"] is not None) is bool(params) for pair in items)
        found = [frozenset(incident["id"] for incident in pair["incidents"]) for pair in items]
        assert len(found) == len(set(found))
        return set(found)


@dataclass(frozen=True)
class DoublesOfOne:
    """Likewise of one incident; one that the viewer does not see is not there."""

    def check(self, world: World, viewer: str, path: str) -> None:
        for group in TWINS:
            self._told(world, viewer, path, group)
        if viewer != "public":
            Each("incidents").check(world, viewer, path)
            Each("incidents", buried=True).check(world, viewer, path)

    def _told(self, world: World, viewer: str, path: str, group: str) -> None:
        left_out = group == "settled" and is_editor(viewer)
        for record in world.groups[group]:
            twin = world.beyond[f"twin of {record.uid}"]
            answers = [asked(world, viewer, path.format(id=uid)) for uid in (record.uid, twin)]
            if viewer == "public":
                assert [answer.status_code for answer in answers] == [401, 401]
                continue
            assert [a.status_code for a in answers] == [200 if sees(viewer, record) else 404, 200]
            (items, compared) = (answers[1].json()[name] for name in ("items", "compared"))
            expected = [record.uid] if sees(viewer, record) and not left_out else []
            assert [i["incidents"][1]["id"] for i in items] == expected
            assert compared == sees(viewer, record)
            offered = world.moment is None and is_editor(viewer)
            for call in ("merge", "distinguish"):
                assert all((i[call] is not None) is offered for i in items)
            assert all(i["settled"] is i["undistinguish"] is None for i in items)


def is_editor(viewer: str) -> bool:
    return VIEWERS[viewer][1] == "desk"

"""Claims and likely duplicates."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.asks.asking import asked, pages
from tests.support.asks.records import Each
from tests.support.world import VIEWERS, World, sees


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
    """A pair is told to those who see both of the two, and whoever has a key."""

    def check(self, world: World, viewer: str, path: str) -> None:
        twins = {
            record.uid: world.beyond[f"twin of {record.uid}"]
            for record in world.groups["twins"]
            if sees(viewer, record)
        }
        if viewer == "public":
            assert asked(world, viewer, path).status_code == 401
            return
        found = [
            {incident["id"] for incident in pair["incidents"]}
            for page in pages(world, viewer, path, country="JOR", limit=2)
            for pair in page["items"]
        ]
        assert len(found) == len(twins)
        assert all({uid, twin} in found for uid, twin in twins.items())
        if world.moment is not None:
            return  # then none was a draft
        # Which are asked for goes by what the viewer may ask of: these are all that are drafts.
        drafts = {r.uid for r in world.groups["twins"] if sees(viewer, r) and r.workflow == "draft"}
        of_drafts = asked(world, viewer, path, country="JOR", workflow="draft").json()["items"]
        assert {i["id"] for pair in of_drafts for i in pair["incidents"]} & set(twins) == drafts


@dataclass(frozen=True)
class DoublesOfOne:
    """Likewise of one incident; one that the viewer does not see is not there."""

    def check(self, world: World, viewer: str, path: str) -> None:
        for record in world.groups["twins"]:
            twin = world.beyond[f"twin of {record.uid}"]
            answers = [asked(world, viewer, path.format(id=uid)) for uid in (record.uid, twin)]
            if viewer == "public":
                assert [answer.status_code for answer in answers] == [401, 401]
                continue
            assert [a.status_code for a in answers] == [200 if sees(viewer, record) else 404, 200]
            (items, compared) = (answers[1].json()[name] for name in ("items", "compared"))
            assert [i["incidents"][1]["id"] for i in items] == ([record.uid] if sees(viewer, record) else [])
            assert compared == sees(viewer, record)
            offered = world.moment is None and VIEWERS[viewer][1] == "desk"
            assert all((i["merge"] is not None) is offered for i in items)
        if viewer != "public":
            Each("incidents").check(world, viewer, path)
            Each("incidents", buried=True).check(world, viewer, path)

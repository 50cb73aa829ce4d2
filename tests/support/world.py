"""A world in which every state of every kind of record occurs, to ask who sees what of it.

Everything belongs to `alpha`. Hubs are public, and linked to all: what hangs on a hub is found through it. At first all of
it was published and public; it was brought into its states later: what may be seen of it then is what may be seen today.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import httpx
from sqlalchemy import select

from app.storage.tables import api_keys, partners
from tests.support.api import Api

WORKFLOWS = ("draft", "in_review", "published")
LEVELS = ("public", "partners", "organisation", "restricted")
VIEWERS = {
    "public": ("public", "nobody"),
    "reader of the owner": ("reader", "alpha"),
    "contributor of the owner": ("contributor", "alpha"),
    "reader of another": ("reader", "beta"),
    "contributor of another": ("contributor", "beta"),
    "editor": ("editor", "desk"),
    "admin": ("admin", "desk"),
}
SEES = {  # who: at which workflow, up to which level
    "public": {"published": "public"},
    "another": {"published": "partners"},
    "owner": dict.fromkeys(WORKFLOWS, "organisation"),
    "desk": dict.fromkeys(WORKFLOWS, "restricted"),
}

TWINS = {"twins": "JOR", "settled": "TUR"}
"""Where likely duplicates are: those that nobody decided on, and those that an editor found to be two."""


@dataclass(frozen=True, slots=True)
class Record:
    uid: str
    workflow: str = ""
    sharing: str = ""
    partner: str = "alpha"
    """Who holds it: decides alone, of partners and keys."""


def sees(viewer: str, record: Record) -> bool:
    """What VOCABULARY says of sharing and workflow, told apart from the service's own rule."""
    role, partner = VIEWERS[viewer]
    if not record.sharing:
        return role == "admin" or partner == record.partner
    who = {"public": "public", "editor": "desk", "admin": "desk"}.get(role)
    who = who or ("owner" if partner == record.partner else "another")
    most = SEES[who].get(record.workflow)
    return most is not None and LEVELS.index(record.sharing) <= LEVELS.index(most)


@dataclass(slots=True)
class World:
    api: Api
    groups: dict[str, list[Record]] = field(default_factory=dict)
    """Incidents and reports are in each state twice: of their own, and for the source that they hang on."""
    buried: dict[str, list[Record]] = field(default_factory=dict)
    hubs: dict[str, str] = field(default_factory=dict)
    beyond: dict[str, str] = field(default_factory=dict)
    """The part of an incident, the report and the incident of a source: by the id of what they hang on."""
    open_until: int = 0
    """The last change before things were taken out of sight."""
    moment: int | None = None
    """The change of which is asked; None: now."""

    def client(self, viewer: str) -> httpx.Client:
        return self.api.client(*VIEWERS[viewer])

    def seen(self, viewer: str, group: str) -> set[str]:
        return {record.uid for record in self.groups[group] if sees(viewer, record)}

    def of_their_own(self, group: str) -> list[Record]:
        """One record of each state."""
        return self.groups[group][: len(list(states()))]

    def secrets(self, viewer: str) -> set[str]:
        """Ids that the viewer must never meet anywhere."""
        alive = {r.uid for records in self.groups.values() for r in records if not sees(viewer, r)}
        return alive | {r.uid for records in self.buried.values() for r in records}


def states() -> Iterator[tuple[str, str]]:
    return product(WORKFLOWS, LEVELS)


def build(api: Api) -> World:
    world = World(api)
    for viewer in VIEWERS:
        world.client(viewer)
    owner = api.client("editor", "alpha")
    world.hubs["incident"] = api.incident(owner, title="The hub", country="LBN")["id"]
    _sources(world, owner)
    _incidents(world, owner)
    _reports(world, owner)
    _parts(world, owner)
    _twins(world, owner)
    _bury(world, owner)
    world.open_until = api.database.read(lambda reader: reader.revision())
    _tighten(world, owner)
    with api.database.reading.connect() as connection:
        slugs = connection.execute(select(partners.c.uid, partners.c.slug)).all()
        held = connection.execute(
            select(api_keys.c.uid, partners.c.slug).join(partners, partners.c.id == api_keys.c.partner_ref)
        ).all()
    world.groups["partners"] = [Record(uid, partner=slug) for uid, slug in slugs]
    world.groups["keys"] = [Record(uid, partner=slug) for uid, slug in held]
    return world


def _sources(world: World, owner: httpx.Client) -> None:
    world.groups["sources"] = [
        Record(world.api.source(owner, name="A marker")["id"], workflow, level)
        for workflow, level in states()
    ]


def _incidents(world: World, owner: httpx.Client) -> None:
    """Each with a figure that is a power of two, so that a sum says whom it holds."""
    found = world.groups["incidents"] = []
    for number, (workflow, level, source) in enumerate(_hung(world)):
        of_its_own = {} if source is None else {"source_id": source}
        dated: dict[str, Any] = {} if number % 2 else {"date_start": f"2016-12-{number + 1:02}"}
        body = {
            "title": "A marker",
            "country": "SYR",
            "lon": 37 + number / 100,
            "lat": 36,
            "killed_best": 2**number,
            "assessment_reason": "counted",
            "workflow": "published",
            "external_id": f"i{number}",
            "code": f"I-{number}",
        }
        uid = world.api.posted("/v1/incidents", body | of_its_own | dated, owner)["id"]
        found.append(Record(uid, workflow, level))
        if source is not None:
            world.beyond[f"incident of {source}"] = uid


def _hung(world: World) -> Iterator[tuple[str, str, str | None]]:
    for workflow, level in states():
        yield workflow, level, None
    for source in world.groups["sources"]:
        yield source.workflow, source.sharing, source.uid


def _reports(world: World, owner: httpx.Client) -> None:
    said = {"metric": "displaced", "best": 1}
    found = world.groups["reports"] = []
    for number, (workflow, level, source) in enumerate(_hung(world)):
        of_its_own = {} if source is None else {"source_id": source}
        linked = [{"incident_id": world.hubs["incident"], "claims": [said], "note": "A marker"}]
        body = {
            "title": "A marker",
            "workflow": "published",
            "external_id": f"r{number}",
            "incidents": linked,
        }
        if number % 2:
            body["date_published"] = "2016-12-06"
        uid = world.api.posted("/v1/reports", body | of_its_own, owner)["id"]
        found.append(Record(uid, workflow, level))
        if source is not None:
            world.beyond[f"report of {source}"] = uid
    all_incidents = [
        {"incident_id": record.uid, "claims": [said], "note": "A marker"}
        for record in world.groups["incidents"]
    ]
    world.hubs["report"] = world.api.report(owner, title="The hub", incidents=all_incidents)["id"]


def _parts(world: World, owner: httpx.Client) -> None:
    for record in world.of_their_own("incidents"):
        part = world.api.incident(owner, title="A part", country="IRQ", part_of=record.uid)
        world.beyond[f"part of {record.uid}"] = part["id"]


def _twins(world: World, owner: httpx.Client) -> None:
    """Each state once, beside a public incident that may well be the same; no two months have to do with each other. Once more
    with an editor's word that they are two: so what is public says so of what is not."""
    for group, country in TWINS.items():
        found = world.groups[group] = []
        for number, (workflow, level) in enumerate(states()):
            body = {
                "title": "A double",
                "country": country,
                "place": "Mashhad",
                "date_start": f"2017-{number + 1:02}-01",
            }
            uid, twin = (world.api.incident(owner, **body)["id"] for _ in range(2))
            found.append(Record(uid, workflow, level))
            world.beyond[f"twin of {uid}"] = twin
            if group == "settled":
                said = {"other": twin, "reason": f"{uid} was an hour later"}
                path = f"/v1/incidents/{uid}/distinguish"
                answer = world.client("editor").post(path, json=said, headers={"If-Match": "*"})
                assert answer.status_code == 200, answer.text


def _bury(world: World, owner: httpx.Client) -> None:
    makers = {"incidents": world.api.incident, "reports": world.api.report}
    for group, make in makers.items():
        world.buried[group] = [
            Record(make(owner, title="A marker", workflow=w, sharing=level)["id"], w, level)
            for w, level in states()
        ]
    # Nobody names a source that was deleted: it reads like one that only drafts name.
    world.buried["sources"] = [
        Record(world.api.source(owner, name="A marker", sharing=level)["id"], "draft", level)
        for level in LEVELS
    ]
    for group, records in world.buried.items():
        for record in records:
            answer = owner.delete(
                f"/v1/{group}/{record.uid}", params={"reason": "twice"}, headers={"If-Match": "*"}
            )
            assert answer.status_code == 200, answer.text


def _tighten(world: World, owner: httpx.Client) -> None:
    """Each record into its state; what hangs on a source has its sharing from that."""
    hung = {uid for beyond, uid in world.beyond.items() if " of src_" in beyond}
    for group in ("sources", "incidents", "reports", *TWINS):
        for record in world.groups[group]:
            patch = {"workflow": record.workflow} if group != "sources" else {}
            if record.uid not in hung:
                patch["sharing"] = record.sharing
            path = "incidents" if group in TWINS else group
            world.api.patched(f"/v1/{path}/{record.uid}", owner, **patch)

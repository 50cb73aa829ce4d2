"""Who sees what: every viewer, through every way of reading, of records in every state.

`tests/support/world.py` holds the world and says who ought to see what of it. MATRIX says how each route is asked; a
route that is not in it fails the tests, so that nobody adds a way of reading that this file does not try.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx_sse
import openpyxl
import pyarrow.parquet as pq
import pytest

from app.access.rules import fields_for
from app.access.viewer import PUBLIC
from app.main import create_app
from app.query.fields import Kind
from app.settings import Settings
from app.storage.database import Database
from tests.conftest import SECRET
from tests.support.api import Api, Running
from tests.support.emptying import empty
from tests.support.world import VIEWERS, World, build, sees

UIDS = re.compile(r"\b(?:inc|rep|src|par|key)_[0-9a-z]{26}\b")


@pytest.fixture(scope="module")
def world(running: Running, migrated: Database) -> Iterator[World]:
    empty(migrated)
    with Api(running, migrated, SECRET) as api:
        yield build(api)


class Ask(Protocol):
    def check(self, world: World, viewer: str, path: str) -> None: ...


def told(response: httpx.Response) -> str:
    """All that an answer says, what its cursor holds included."""
    text = response.text + str(response.headers)
    is_json = response.headers.get("content-type") in ("application/json", "application/geo+json")
    if (
        response.status_code == 200
        and is_json
        and "cursor=" in (following := str(response.json().get("next")))
    ):
        token = parse_qs(urlsplit(following).query)["cursor"][0]
        text += base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[12:].decode()
    return text


def asked(world: World, viewer: str, path: str, **params: Any) -> httpx.Response:
    url = httpx.URL(path).copy_merge_params(params)
    if world.moment is not None and "as_of" not in url.params:  # else it is the address of a next page
        url = url.copy_merge_params({"as_of": str(world.moment)})
    response = world.client(viewer).get(url)
    assert world.moment is None or response.status_code == 404 or _says_of_which(response), url
    leaked = set(UIDS.findall(told(response))) & world.secrets(viewer)
    assert not leaked - set(UIDS.findall(str(response.request.url))), (path, params)
    return response


def _says_of_which(response: httpx.Response) -> bool:
    return response.status_code == 410 or "as-of" in response.headers


def pages(world: World, viewer: str, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    response = asked(world, viewer, path, **params)
    while True:
        assert response.status_code == 200, response.text
        page = response.json()
        yield page
        if not page["next"]:
            return
        response = asked(world, viewer, page["next"])


@dataclass(frozen=True)
class Lists:
    """The items, over all pages, are those of the group that the viewer sees; and so many are counted."""

    group: str
    params: tuple[tuple[str, str], ...] = ()

    def check(self, world: World, viewer: str, path: str) -> None:
        expected = world.seen(viewer, self.group)
        count = {"count": "true"} if self.group in ("incidents", "reports", "sources") else {}
        found: list[str] = []
        for page in pages(world, viewer, path, limit=10, **count, **dict(self.params)):
            found += [item["id"] for item in page["items"]]
            assert not count or page["count"] == len(expected)
        assert sorted(found) == sorted(expected), self


@dataclass(frozen=True)
class AsOf:
    """The same, of the moment when all of it was public: what may be seen of it is what may be seen today."""

    ask: Ask

    def check(self, world: World, viewer: str, path: str) -> None:
        self.ask.check(replace(world, moment=world.open_until), viewer, path)


def also_as_of(*asks: Ask) -> list[Ask]:
    return [*asks, *(AsOf(ask) for ask in asks)]


@dataclass(frozen=True)
class Exports:
    """What stands in a file is what the list shows; a file that is compressed is opened to look."""

    group: str
    form: str
    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        answer = asked(world, viewer, path, f=self.form, **dict(self.params))
        assert answer.status_code == 200
        named = UIDS.findall(self._text(answer.content))
        assert not set(named) & world.secrets(viewer)
        members = {record.uid for record in world.groups[self.group]}
        assert set(named) & members == world.seen(viewer, self.group)

    def _text(self, file: bytes) -> str:
        match self.form:
            case "xlsx":
                return str([*openpyxl.load_workbook(io.BytesIO(file)).active.iter_rows(values_only=True)])
            case "parquet":
                return str(pq.read_table(io.BytesIO(file)).to_pylist())
        return file.decode()


FILES = ("csv", "ndjson", "geojson", "geojsonseq", "xlsx", "parquet")


def files(group: str, *params: tuple[str, str]) -> list[Ask]:
    return also_as_of(*(Exports(group, form, (*params, ("limit", "1000"))) for form in FILES))


@dataclass(frozen=True)
class Features:
    """The features of each collection, over all pages, and each on its own, as those of /v1."""

    one: bool = False

    def check(self, world: World, viewer: str, path: str) -> None:
        for group in ("incidents", "reports"):
            at = path.replace("{collection}", group)
            if self.one:
                Each(group).check(world, viewer, at.replace("{feature}", "{id}"))
                Each(group, buried=True).check(world, viewer, at.replace("{feature}", "{id}"))
                continue
            found: list[str] = []
            following: str | None = f"{at}?limit=10"
            while following is not None:
                page = asked(world, viewer, following).json()
                found += [feature["id"] for feature in page["features"]]
                following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
            assert len(found) == len(set(found))
            members = {record.uid for record in world.groups[group]}
            assert set(found) & members == world.seen(viewer, group)
            for form in ("json", "html"):
                assert asked(world, viewer, at, f=form, limit=1000).status_code == 200


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
            assert all((i["merge"] is not None) is (VIEWERS[viewer][1] == "desk") for i in items)
        if viewer != "public":
            Each("incidents").check(world, viewer, path)
            Each("incidents", buried=True).check(world, viewer, path)


@dataclass(frozen=True)
class Facets:
    """As many incidents as the viewer sees, and only sources that it sees."""

    params: tuple[tuple[str, str], ...]

    def check(self, world: World, viewer: str, path: str) -> None:
        answer = asked(world, viewer, path, facets="event_type,source", **dict(self.params))
        found = answer.json()["facets"]
        assert sum(each["incidents"] for each in found["event_type"]) == len(world.seen(viewer, "incidents"))
        assert {each["value"] for each in found["source"]} - {None} <= world.seen(viewer, "sources")


@dataclass(frozen=True)
class Follows:
    """From the beginning, each kind and all at once: what the viewer sees is to be held, and nothing else. Of what was deleted
    those are told who could read it."""

    streamed: bool = False

    def check(self, world: World, viewer: str, path: str) -> None:
        kinds = {"incident": "incidents", "report": "reports", "source": "sources"}
        for asked_for in (",".join(kinds), *kinds):
            items = self._items(world.client(viewer), path, kind=asked_for, limit="1000")
            held = {item["id"] for item in items if item["event"] == "put"}
            left = {item["id"]: item["because"] for item in items if item["event"] == "remove"}
            assert len(held) + len(left) == len(items)
            for kind, group in kinds.items():
                if kind in asked_for.split(","):
                    members = {record.uid for record in world.groups[group]}
                    assert held & members == world.seen(viewer, group)
            buried = [record for records in world.buried.values() for record in records]
            assert left.keys() <= {record.uid for record in buried if sees(viewer, record)}
            assert set(left.values()) <= {"deleted"}
            texts = str([item.get("record") for item in items] + [item["changes"] for item in items])
            assert not set(UIDS.findall(texts)) & world.secrets(viewer)

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


def orders(kind: Kind) -> list[str]:
    """Every order that there is for everybody, by turns up and down."""
    names = [field.name for field in fields_for(PUBLIC, kind).values() if field.sortable]
    return [f"-{name}" if number % 2 else name for number, name in enumerate(names)]


SYRIA = (("country", "SYR"),)
MARKED = (("filter", "title = 'A marker'"),)
MATRIX: dict[str, list[Ask]] = {
    "/v1/incidents": [
        *also_as_of(
            *(Lists("incidents", (*SYRIA, ("sort", order))) for order in orders(Kind.incident)),
            Lists("incidents", (*SYRIA, ("include", "reports,claims"))),
            Lists("incidents", (*SYRIA, ("fields", "code"))),
            Lists("incidents", (("bbox", "36.9,35.9,38,36.1"),)),
            Lists("incidents", (("near", "37,36"), ("radius", "100000"))),
            Lists("incidents", (("killed_at_least", "1"),)),
            Lists("incidents", (("linked", "true"), *SYRIA)),
            Through("report", "reports", "incident"),
            Through("source", "sources", "incident of", SYRIA),
            Through("part_of", "incidents", "part of"),
        ),
        Lists("incidents", (("q", "marker"),)),
        *files("incidents", *SYRIA),
    ],
    "/v1/incidents/duplicates": [Doubles()],
    "/v1/incidents/{id}/duplicates": [DoublesOfOne()],
    "/v1/incidents/{id}": also_as_of(
        Each("incidents"),
        Each("incidents", buried=True),
        Tells("reports", "incident", "reports,claims"),
        Refers("part_of", "incidents", "part of"),
    ),
    "/v1/incidents/{id}/explain": also_as_of(
        Each("incidents"),
        Each("incidents", buried=True),
        Tells("reports", "incident"),
        Tells("reports", "incident", form="html"),
    ),
    "/v1/incidents/{id}/history": [
        Each("incidents"),
        Each("incidents", kept=True),
        Tells("reports", "incident", limit="100"),
    ],
    "/v1/reports/{id}/history": [Each("reports"), Each("reports", kept=True)],
    "/v1/sources/{id}/history": [Each("sources"), Each("sources", kept=True)],
    "/v1/incidents/{id}/claims": also_as_of(
        Each("incidents"), Each("incidents", buried=True), Tells("reports", "incident")
    ),
    "/v1/claims": also_as_of(Claims(), Claims((("unread", "false"), ("metric", "displaced,killed")))),
    "/v1/reports": [
        *(Lists("reports", (("q", "marker"), ("sort", order))) for order in orders(Kind.report)),
        *also_as_of(
            *(Lists("reports", (*MARKED, ("sort", order))) for order in orders(Kind.report)),
            Lists("reports", (*MARKED, ("include", "incidents,claims"))),
            Lists("reports", (*MARKED, ("linked", "true"))),
            Through("incident", "incidents", "report"),
            Through("source", "sources", "report of"),
        ),
        *files("reports", *MARKED),
    ],
    "/v1/reports/{id}": also_as_of(
        Each("reports"),
        Each("reports", buried=True),
        Tells("incidents", "report", "incidents,claims"),
    ),
    "/v1/sources": [
        *(Lists("sources", (("q", "marker"), ("sort", order))) for order in orders(Kind.source)),
        *also_as_of(
            *(Lists("sources", (("partner", "alpha"), ("sort", order))) for order in orders(Kind.source)),
            Lists("sources", (("protected", "false"), ("partner", "alpha"))),
        ),
        *files("sources", ("partner", "alpha")),
    ],
    "/v1/sources/{id}": also_as_of(Each("sources"), Each("sources", buried=True)),
    "/v1/partners": [Lists("partners")],
    "/v1/partners/{id}": [Each("partners")],
    "/v1/keys": [Lists("keys")],
    "/v1/keys/{id}": [Each("keys")],
    "/v1/totals": [
        *also_as_of(Sums(SYRIA), Sums((("bbox", "36.9,35.9,38,36.1"),)), Divides(SYRIA)),
        Sums((("q", "marker"),)),
        Divides((("q", "marker"),)),
    ],
    "/v1/totals/explain": [*also_as_of(Explains(SYRIA)), Explains((("q", "marker"),))],
    "/v1/incidents/facets": [*also_as_of(Facets(SYRIA)), Facets((("q", "marker"),))],
    "/v1/changes": [Follows()],
    "/v1/changes/stream": [Follows(streamed=True)],
    "/v1/changes/head": [OfItself()],
    "/v1/fields": [OfItself()],
    "/v1": [OfItself()],
    "/health/live": [OfItself()],
    "/health/ready": [OfItself()],
    "/ogc": [OfItself()],
    "/ogc/": [OfItself()],
    "/ogc/api": [OfItself()],
    "/ogc/conformance": [OfItself()],
    "/ogc/collections": [OfItself()],
    "/ogc/collections/{collection}": [OfCollections()],
    "/ogc/collections/{collection}/queryables": [OfCollections()],
    "/ogc/collections/{collection}/items": also_as_of(Features()),
    "/ogc/collections/{collection}/items/{feature}": also_as_of(Features(one=True)),
    "/docs": [],
    "/docs/files": [],
    "/docs/oauth2-redirect": [],
    "/openapi.json": [],
}  # fmt: skip


def routes_that_read() -> set[str]:
    found = set()
    for route in create_app(Settings()).routes:
        contexts = route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else [route]
        found |= {c.path for c in contexts if "GET" in getattr(c, "methods", ("GET",))}
    return found


def test_the_matrix_has_every_route_that_reads() -> None:
    assert set(MATRIX) == routes_that_read()


@pytest.mark.parametrize("path", [path for path, asks in MATRIX.items() if asks])
@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_viewer_meets_what_it_may_see_and_nothing_else(world: World, viewer: str, path: str) -> None:
    for ask in MATRIX[path]:
        ask.check(world, viewer, path)


@pytest.mark.parametrize("group", ["incidents", "reports", "sources", "partners", "keys"])
@pytest.mark.parametrize("viewer", [name for name in VIEWERS if name not in ("public", "admin")])
def test_what_is_not_seen_cannot_be_changed_and_is_not_there(world: World, viewer: str, group: str) -> None:
    """404, not 403: a refusal must not tell that there is something."""
    client = world.client(viewer)
    hidden = [record for record in world.groups[group] if not sees(viewer, record)]
    for record in hidden:
        path = f"/v1/{group}/{record.uid}"
        answers = [client.delete(path, params={"reason": "r"}, headers={"If-Match": "*"})]
        if group != "keys":
            answers.append(client.patch(path, json={"x": 1}, headers={"If-Match": "*"}))
        else:
            answers.append(client.post(f"{path}/rotate"))
        assert {answer.status_code for answer in answers} == {404}, record
        assert world.client("admin").get(path).status_code == 200


@pytest.mark.parametrize("viewer", ["contributor of the owner", "contributor of another"])
def test_what_is_not_seen_cannot_be_named_in_a_write(world: World, viewer: str) -> None:
    client = world.client(viewer)

    def hidden(group: str) -> str:
        return next(record.uid for record in world.groups[group] if not sees(viewer, record))

    own = client.post("/v1/reports", json={"title": "Mine"}).json()["id"]
    incident, report, source = hidden("incidents"), hidden("reports"), hidden("sources")
    for path, status in (
        (f"/v1/incidents/{incident}/reports/{own}", 404),
        (f"/v1/incidents/{world.hubs['incident']}/reports/{report}", 404),
    ):
        assert client.put(path, json={}).status_code == status
        assert client.delete(path, params={"reason": "r"}).status_code == status
    bodies = [
        ("/v1/incidents", {"source_id": source}),
        ("/v1/incidents", {"part_of": incident}),
        ("/v1/reports", {"source_id": source}),
        ("/v1/reports", {"incidents": [{"incident_id": incident}]}),
    ]
    for path, body in bodies:
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_id"), body
    gone = client.delete(
        f"/v1/reports/{own}", params={"reason": "r", "replaced_by": report}, headers={"If-Match": "*"}
    )
    assert gone.status_code == 400
    assert client.delete(f"/v1/reports/{own}", params={"reason": "r"}, headers={"If-Match": "*"}).is_success


def test_a_kind_of_record_without_rules_in_this_file_is_noticed() -> None:
    assert {str(kind) for kind in Kind} == {"incident", "report", "source", "partner", "key"}

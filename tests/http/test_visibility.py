"""Who sees what: every viewer, through every way of reading, of records in every state.

`tests/support/world.py` holds the world and says who ought to see what of it. MATRIX says how each route is asked; a
route that is not in it fails the tests, so that nobody adds a way of reading that this file does not try.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.access.rules import fields_for
from app.access.viewer import PUBLIC
from app.main import create_app
from app.query.fields import Kind
from app.settings import Settings
from app.storage.database import Database
from tests.conftest import SECRET
from tests.support.api import Api, Running
from tests.support.asks.asking import Ask, AsOf, also_as_of
from tests.support.asks.evidence import Claims, Doubles, DoublesOfOne
from tests.support.asks.feed import Follows
from tests.support.asks.itself import OfCollections, OfItself
from tests.support.asks.lists import Exports, Features, Lists, files
from tests.support.asks.numbers import Divides, Explains, Facets, Sums
from tests.support.asks.records import Each, Refers, Tells, Through
from tests.support.emptying import empty
from tests.support.world import VIEWERS, World, build, sees


@pytest.fixture(scope="module")
def world(running: Running, migrated: Database) -> Iterator[World]:
    empty(migrated)
    with Api(running, migrated, SECRET) as api:
        yield build(api)


def orders(kind: Kind) -> list[str]:
    """Every order that there is for everybody, by turns up and down."""
    names = [field.name for field in fields_for(PUBLIC, kind).values() if field.sortable]
    return [f"-{name}" if number % 2 else name for number, name in enumerate(names)]


SYRIA = (("country", "SYR"),)
MARKER = (("q", "marker"),)
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
            Lists("incidents", MARKER),
            Lists("incidents", (*MARKER, ("sort", "relevance"), ("include", "hits"))),
            Lists("incidents", (("linked", "true"), *SYRIA)),
            Through("report", "reports", "incident"),
            Through("source", "sources", "incident of", SYRIA),
            Through("part_of", "incidents", "part of"),
        ),
        *files("incidents", *SYRIA),
        AsOf(Exports("incidents", "csv", (*MARKER, ("limit", "1000")))),
    ],
    "/v1/incidents/duplicates": also_as_of(Doubles()),
    "/v1/incidents/{id}/duplicates": also_as_of(DoublesOfOne()),
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
        *also_as_of(
            *(Lists("reports", (*MARKER, ("sort", order))) for order in (*orders(Kind.report), "relevance")),
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
        *also_as_of(
            *(Lists("sources", (*MARKER, ("sort", order))) for order in (*orders(Kind.source), "relevance")),
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
        *also_as_of(
            Sums(SYRIA), Sums((("bbox", "36.9,35.9,38,36.1"),)), Divides(SYRIA), Sums(MARKER), Divides(MARKER)
        ),
    ],
    "/v1/totals/explain": also_as_of(Explains(SYRIA), Explains(MARKER)),
    "/v1/incidents/facets": also_as_of(Facets(SYRIA), Facets(MARKER)),
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
    "/ogc/collections": also_as_of(OfItself()),
    "/ogc/collections/{collection}": also_as_of(OfCollections()),
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

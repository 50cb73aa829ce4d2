"""A protected source: editors read who it is, everybody else a pseudonym that stays the same."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.access.viewer import PUBLIC, Viewer
from app.domain.vocabulary import Role
from app.query.fields import CATALOGUE, Kind, SeenBy
from app.query.filter import Missing, Not
from app.query.spec import Query
from app.storage.read import page
from tests.support.api import Api
from tests.support.state import problem

SECRET = {
    "name": "Xaviera Quillfeather",
    "url": "https://quillfeather.example/home",
    "notes": "Lives at Quillfeather Lane",
    "owner": "Quillfeather Press",
}
PLACE = {"language": "ar", "country": "SYR"}
OPEN = {
    "pseudonym": "Aleppo source 1",
    "source_type": "private_protected",
    "scale": "local",
    "reliability": "C",
}
REPORT = {
    "title": "What they saw",
    "url": "https://quillfeather.example/post/1",
    "archive_url": "https://archive.example/quillfeather",
    "date_retrieved": "2016-12-07",
    "content_hash": "sha256:" + "ab" * 32,
}
NOT_EDITORS = [
    ("public", ""),
    ("reader", "alpha"),
    ("contributor", "alpha"),
    ("reader", "beta"),
    ("contributor", "beta"),
]
EDITORS = [("editor", "desk"), ("admin", "desk"), ("editor", "beta")]


def _told(api: Api, **more: str) -> dict[str, str]:
    """A protected source of alpha's with an incident of its own and a report on another."""
    owner = api.client("editor", "alpha")
    source = api.source(owner, **SECRET, **PLACE, **OPEN, **more)["id"]
    told = api.incident(owner, title="Seen by many", country="IRQ")["id"]
    linked = [{"incident_id": told, "claims": [{"metric": "killed", "best": 3}]}]
    report = api.report(
        owner, source_id=source, notes="Quillfeather again", incidents=linked, **REPORT, **more
    )["id"]
    return {
        "source": source,
        "report": report,
        "told": told,
        "own": api.incident(owner, source_id=source)["id"],
    }


def _everything(client: httpx.Client, ids: dict[str, str]) -> str:
    """All that can be read of it, as one text, headers included."""
    paths = [
        *("/v1/sources", "/v1/reports?include=incidents,claims", "/v1/incidents?include=reports,claims"),
        f"/v1/sources/{ids['source']}",
        f"/v1/reports/{ids['report']}?include=incidents,claims",
        *(f"/v1/incidents/{ids[name]}?include=reports,claims" for name in ("told", "own")),
        f"/v1/incidents/{ids['told']}/claims",
        "/v1/sources?fields=name,pseudonym&sort=-id&limit=1",
    ]
    answers = [client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.text + str(answer.headers) for answer in answers)


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_who_a_protected_source_is_is_told_to_nobody_but_editors(api: Api, viewer: tuple[str, str]) -> None:
    ids, client = _told(api), api.client(*viewer)
    source = client.get(f"/v1/sources/{ids['source']}").json()
    hidden = dict.fromkeys([*SECRET, *PLACE]) | {"name": OPEN["pseudonym"]}
    assert {name: source[name] for name in hidden} == hidden
    assert {name: source[name] for name in OPEN} == OPEN
    report = client.get(f"/v1/reports/{ids['report']}").json()
    assert (report["source_name"], report["title"]) == (OPEN["pseudonym"], REPORT["title"])
    assert [report[name] for name in ("url", "archive_url", "date_retrieved", "content_hash")] == [None] * 4
    assert client.get(f"/v1/incidents/{ids['own']}").json()["source_name"] == OPEN["pseudonym"]
    everything = _everything(client, ids)
    assert OPEN["pseudonym"] in everything
    if viewer[1] != "alpha":
        assert "uillfeather" not in everything
    assert "uillfeather" not in everything.replace("Quillfeather again", "")


@pytest.mark.parametrize("viewer", EDITORS)
def test_editors_read_who_it_is(api: Api, viewer: tuple[str, str]) -> None:
    ids, client = _told(api), api.client(*viewer)
    source = client.get(f"/v1/sources/{ids['source']}").json()
    assert {name: source[name] for name in SECRET} == SECRET
    report = client.get(f"/v1/reports/{ids['report']}").json()
    assert (report["source_name"], report["url"]) == (SECRET["name"], REPORT["url"])


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_its_name_cannot_be_searched_for(api: Api, viewer: tuple[str, str]) -> None:
    _told(api)
    client = api.client(*viewer)
    for path in ("/v1/sources", "/v1/reports", "/v1/incidents"):
        for words in ("Xaviera", "quillfeather", "Xav", "lane"):
            assert client.get(path, params={"q": words}).json()["items"] == [], (path, words)
    assert client.get("/v1/totals", params={"q": "quillfeather"}).json()["items"][0]["incidents"] == 0
    assert len(client.get("/v1/sources", params={"q": "aleppo source"}).json()["items"]) == 1


HIDDEN = [(kind, f) for kind, fields in CATALOGUE.items() for f in fields if f.seen_by is not SeenBy.everyone]


def test_a_hidden_field_cannot_be_filtered_by(api: Api) -> None:
    """Whatever parameter or language will come to ask for it: below them, it is null, or not there at all."""
    _told(api, external_id="one of ours")
    marked = {"external_id": "ours", "lon": 37.1, "lat": 36.2, "location_generalised_to": "admin1"}
    told = api.incident(api.client("editor", "alpha"), **marked)["id"]
    theirs = api.report(derived_from=(other := api.report()["id"]), same_origin_as=other)["id"]
    protected = api.source(**SECRET, protected=True)["id"]
    api.patched(f"/v1/reports/{theirs}", source_id=protected)
    for report, number in ((theirs, 4), (other, 61)):
        claims = [{"metric": "killed", "wording": f"at most {number}" if number == 4 else str(number)}]
        link = api.editor.put(f"/v1/incidents/{told}/reports/{report}", json={"claims": claims})
        assert link.status_code == 201
    api.patched(f"/v1/reports/{theirs}", derived_from=None, same_origin_as=None)
    api.patched(
        f"/v1/reports/{api.report()['id']}", source_id=protected, derived_from=other, same_origin_as=other
    )

    def found(viewer: Viewer, kind: Kind, name: str) -> list[str]:
        stated = Query(kind, Not(Missing(name)), "id")
        return api.database.read(lambda reader: page(reader, viewer, stated)).documents

    assert len(HIDDEN) > 10
    for kind, field in HIDDEN:
        assert not field.sortable or field.seen_by is SeenBy.editors
        assert found(Viewer(Role.editor), kind, field.name), field.name
        for viewer in (PUBLIC, Viewer(Role.contributor, "beta", -1, "key")):
            if field.seen_by is SeenBy.editors:
                with pytest.raises(KeyError):
                    found(viewer, kind, field.name)
            else:
                assert found(viewer, kind, field.name) == [], field.name


def test_protection_taken_up_later_holds_from_that_moment(api: Api) -> None:
    source = api.source(**SECRET)["id"]
    report = api.report(source_id=source, **REPORT)["id"]
    before = api.public.get(f"/v1/sources/{source}")
    assert before.json()["name"] == SECRET["name"]
    pseudonym = api.patched(f"/v1/sources/{source}", protected=True)["pseudonym"]
    after = api.public.get(f"/v1/sources/{source}", headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.json()["name"]) == (200, pseudonym)
    told = api.public.get(f"/v1/reports/{report}").json()
    assert (told["source_name"], told["url"]) == (pseudonym, None)
    assert api.public.get("/v1/sources", params={"q": "Quillfeather"}).json()["items"] == []
    assert api.patched(f"/v1/sources/{source}", notes="More")["pseudonym"] == pseudonym


LIFTING: list[dict[str, Any]] = [
    {"protected": False},
    {"protected": None, "source_type": "ngo"},
    {"protected": False, "source_type": "ngo"},
    {"protected": False, "name": "Other"},
]


@pytest.mark.parametrize("patch", LIFTING)
def test_only_an_editor_lifts_the_protection(api: Api, patch: dict[str, Any]) -> None:
    sent = {**SECRET, "protected": True, "external_id": "s-1", "source_type": "ngo"}
    path = f"/v1/sources/{api.posted('/v1/sources', sent, api.contributor)['id']}"
    answer = api.contributor.patch(path, json=patch, headers={"If-Match": "*"})
    assert answer.status_code == 403, answer.text
    again = {k: v for k, v in (sent | patch).items() if v is not None}
    assert api.contributor.post("/v1/sources", json=again).status_code in (200, 403)
    assert api.contributor.get(path).json()["protected"] is True
    assert api.patched(path, protected=False)["protected"] is False
    assert api.contributor.get(path).json()["name"] == SECRET["name"]


def test_a_source_without_a_name_is_given_a_pseudonym_that_stays(api: Api) -> None:
    one, other = (api.posted("/v1/sources", {"source_type": "private_protected"}) for _ in range(2))
    assert one["pseudonym"] != other["pseudonym"]
    assert (one["name"], one["protected"]) == (one["pseudonym"], True)
    renamed = api.patched(f"/v1/sources/{one['id']}", name="A. Person")
    assert (renamed["pseudonym"], renamed["name"]) == (one["pseudonym"], "A. Person")


@pytest.mark.parametrize(
    "first", [{}, {"name": "A. Person", "pseudonym": "Witness 1"}], ids=["never", "no more"]
)
def test_a_protected_source_without_a_name_can_be_amended(api: Api, first: dict[str, Any]) -> None:
    source = api.posted("/v1/sources", {"source_type": "private_protected", **first})
    path = f"/v1/sources/{source['id']}"
    if first:
        source = api.patched(path, name=None)
    graded = api.patched(path, reliability="B")
    assert (graded["reliability"], graded["name"]) == ("B", source["pseudonym"])
    renamed = api.patched(path, pseudonym="Witness 2")
    assert (renamed["name"], renamed["pseudonym"]) == ("Witness 2", "Witness 2")
    told = problem(
        api.editor.patch(path, json={"name": "Witness 2"}, headers={"If-Match": "*"}), 422, "pseudonym"
    )
    assert told["errors"][0]["code"] == "reveals_name"

"""That two likely duplicates are two is said among editors: all others read what they read before, whichever way they ask."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest

from tests.http.test_distinguishing import two
from tests.http.test_duplicates import LIST, strike
from tests.http.test_transitions import do
from tests.support.api import Api
from tests.support.mirrors import Mirror
from tests.support.state import problem, state_of

SECRET = "the-guard-told-us"
OTHERS = {
    "public": ("public", "nobody"),
    "reader": ("reader", "gamma"),
    "contributor of the owner": ("contributor", "alpha"),
    "contributor of another": ("contributor", "beta"),
}
MOVED = (
    "version",
    "updated_at",
    "seq",
    "head",
    "at",
    "as_of",
    "etag",
    "timeStamp",
    "cursor",
    "next",
    "revision",
)
"""What every change moves, of whatever a record says."""
WAYS = (
    "/v1/incidents?limit=100",
    "/v1/incidents?f=csv",
    "/v1/incidents?f=ndjson",
    "/v1/incidents?f=geojson",
    "/v1/incidents?f=xlsx",
    "/v1/incidents?f=parquet",
    "/v1/incidents?sort=-updated_at",
    "/v1/incidents?include=reports,claims&q=mashhad&count=true",
    "/v1/incidents/{one}?include=reports,claims",
    "/v1/incidents/{one}/history",
    "/v1/incidents/{other}/history?limit=1",
    "/v1/incidents/{one}/explain",
    "/v1/incidents/{one}/explain?f=html",
    "/v1/incidents/{one}/claims",
    "/v1/incidents/facets?facets=country",
    "/v1/totals",
    "/v1/totals/explain",
    "/v1/reports?include=incidents,claims",
    "/v1/fields",
    "/ogc/collections/incidents/items?f=json",
    "/ogc/collections/incidents/items/{one}?f=json",
    "/ogc/collections/incidents/items/{one}?f=html",
    "/ogc/collections/incidents/queryables",
    "/ogc/api",
    "/v1/changes?after=0&limit=1000",
)
"""Of the two, and of likely duplicates to those with a key."""


def client_of(api: Api, viewer: str) -> httpx.Client:
    role, partner = OTHERS[viewer]
    return api.public if role == "public" else api.client(role, partner)


def told(client: httpx.Client, way: str, **uids: str) -> str:
    answer = client.get(way.format(**uids))
    assert answer.status_code == 200, (way, answer.text)
    if answer.headers["content-type"].startswith("application/vnd.openxmlformats"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return answer.content.decode("utf-8", "replace")


def settled_matter(found: Any) -> Any:
    """An answer but for what every change moves."""
    if isinstance(found, dict):
        return {name: settled_matter(value) for name, value in found.items() if name not in MOVED}
    return [settled_matter(each) for each in found] if isinstance(found, list) else found


@pytest.fixture
def both(api: Api) -> tuple[str, str]:
    """Two of one organisation, so that its contributor reads both, drafts or not."""
    for viewer in OTHERS:
        client_of(api, viewer)
    return strike(api), strike(api)


@pytest.mark.parametrize("viewer", OTHERS)
def test_nobody_else_reads_of_it(api: Api, both: tuple[str, str], viewer: str) -> None:
    one, other = both
    client, uids = client_of(api, viewer), {"one": one, "other": other}
    two(api.editor, one, other, SECRET)
    api.patched(f"/v1/incidents/{one}", title="The first strike at Mashhad")
    for way in WAYS:
        text = told(client, way, **uids)
        for word in (SECRET, "distinct_from", "distinguish"):
            assert word not in text, (way, word)
    assert SECRET in told(api.editor, WAYS[9], **uids), "editors do"
    assert "distinct_from" in told(api.editor, "/v1/fields")


@pytest.mark.parametrize("viewer", OTHERS)
def test_nobody_else_meets_anything_that_was_not_so_before(
    api: Api, both: tuple[str, str], viewer: str
) -> None:
    one, other = both
    client, uids = client_of(api, viewer), {"one": one, "other": other}
    ways = [w for w in WAYS if "f=" not in w or w.endswith("f=json")]
    ways = [w for w in ways if "sort=-updated_at" not in w and "/v1/changes" not in w]
    if viewer != "public":
        ways += [LIST, f"/v1/incidents/{one}/duplicates", f"{LIST}?q=mashhad"]
    before = [settled_matter(client.get(way.format(**uids)).json()) for way in ways]
    two(api.editor, one, other, SECRET)
    for way, was in zip(ways, before, strict=True):
        assert settled_matter(client.get(way.format(**uids)).json()) == was, way
    if viewer != "public":
        (pair,) = client.get(LIST).json()["items"]
        assert [pair[n] for n in ("merge", "distinguish", "undistinguish", "settled")] == [None] * 4


@pytest.mark.parametrize("viewer", OTHERS)
def test_a_copy_is_as_it_was_but_for_its_version(api: Api, both: tuple[str, str], viewer: str) -> None:
    mirror, editors = Mirror(client_of(api, viewer)), Mirror(api.editor)
    mirror.sync()
    editors.sync()
    two(api.editor, *both, SECRET)
    items = mirror.catch_up()
    assert {item["id"] for item in items} == set(both)
    assert all(item["changes"] == [] for item in items)
    assert mirror.copy == mirror.fresh(), "whose version it has, too"
    told_editors = [change for item in editors.catch_up() for change in item["changes"]]
    assert [(c["action"], c["reason"]) for c in told_editors] == [("distinguish", SECRET)] * 2


@pytest.mark.parametrize("viewer", OTHERS)
def test_nobody_else_can_ask_for_it(api: Api, both: tuple[str, str], viewer: str) -> None:
    client = client_of(api, viewer)
    two(api.editor, *both)
    for asked in (
        "fields=distinct_from",
        "sort=distinct_from",
        "filter=distinct_from IS NULL",
        "settled=true",
    ):
        answer = problem(client.get(f"/v1/incidents?{asked}"), 400)
        assert "distinct_from," not in answer["detail"]
    csv = client.get("/v1/incidents?f=csv&fields=distinct_from")
    assert csv.status_code == 400
    if viewer != "public":
        for path in (LIST, f"/v1/incidents/{both[0]}/duplicates"):
            refused = problem(client.get(f"{path}?settled=true"), 400, "settled")
            assert "settled," not in refused["detail"]


@pytest.mark.parametrize("viewer", OTHERS)
def test_nobody_else_says_it(api: Api, both: tuple[str, str], viewer: str) -> None:
    """And from a refusal nobody learns whether it was said."""
    one, other = both
    client, refused = client_of(api, viewer), []
    for said in (False, True):
        if said:
            two(api.editor, one, other, SECRET)
        before = state_of(api.database)
        answers = [
            do(client, one, verb, other=other, reason="r")
            for verb in ("distinguish", "undistinguish", "merge")
        ]
        assert state_of(api.database) == before
        refused.append([(a.status_code, a.json()["detail"]) for a in answers])
    assert refused[0] == refused[1]
    assert {status for status, _ in refused[0]} == {401 if viewer == "public" else 403}


def test_what_is_out_of_sight_is_not_there(api: Api) -> None:
    hidden, seen = strike(api, "beta", sharing="organisation"), strike(api)
    client = api.client("contributor", "gamma")
    for verb in ("distinguish", "undistinguish"):
        problem(do(client, hidden, verb, other=seen, reason="r"), 404)
        assert hidden not in do(client, seen, verb, other=hidden, reason="r").text

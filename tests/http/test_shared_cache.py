"""A shared cache before the service: it spares work, and shows nobody what is another's or was so before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api import Api
from tests.support.caches import Squid, Written, squid
from tests.support.codings import decoded

PROSE = "A long text that no one reads. " * 60
Cache = Written | Squid


@pytest.fixture(params=["written", "squid"])
def cache(request: pytest.FixtureRequest, api: Api) -> Iterator[Cache]:
    if request.param == "written":
        yield Written(api.running.url)
        return
    with squid(api.running.url) as found:
        if found is None:
            pytest.skip("Squid is not installed")
        yield found


def key_of(api: Api, role: str, partner: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.key(role, partner)}"}


def test_what_has_not_changed_comes_out_of_the_cache(api: Api, cache: Cache) -> None:
    record = api.incident(summary=PROSE)
    for path in (
        "/v1/incidents",
        f"/v1/incidents/{record['id']}",
        "/v1/totals",
        "/v1/incidents?f=csv",
        "/v1/fields",
    ):
        before = cache.spared
        first, again = cache.get(path, {}), cache.get(path, {})
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.content == first.content
        assert again.headers["etag"] == first.headers["etag"]
        assert cache.spared == before + 1, path


def test_what_has_changed_does_not(api: Api, cache: Cache) -> None:
    record = api.incident(title="before")
    path = f"/v1/incidents/{record['id']}"
    for title in ("one", "two", "three"):  # within a second, too
        api.patched(path, title=title)
        for _ in range(2):
            assert cache.get(path, {}).json()["title"] == title
            assert title in cache.get("/v1/incidents?f=csv", {}).text
    reason = {"reason": "a test"}
    assert api.editor.delete(path, params=reason, headers={"If-Match": "*"}).status_code == 200
    for _ in range(2):
        assert cache.get(path, {}).status_code == 410
        assert cache.get("/v1/incidents", {}).json()["items"] == []


def test_what_was_not_there_is_seen_as_soon_as_it_is(api: Api, cache: Cache) -> None:
    record = api.incident(workflow="draft")
    path = f"/v1/incidents/{record['id']}"
    for _ in range(2):
        assert cache.get(path, {}).status_code == 404
    api.patched(path, workflow="published")
    assert cache.get(path, {}).status_code == 200


def test_nobody_is_shown_what_is_anothers(api: Api, cache: Cache) -> None:
    public = api.incident(title="public")["title"]
    api.incident(workflow="draft", title="secret draft")
    api.incident(sharing="partners", title="shared")
    viewers = {
        "editor": key_of(api, "editor", "desk"),
        "partner": key_of(api, "reader", "beta"),
        "public": {},
    }
    seen = {"editor": {public, "secret draft", "shared"}, "partner": {public, "shared"}, "public": {public}}
    for order in (("editor", "partner", "public"), ("public", "editor", "public", "partner", "public")):
        for name in order:
            answer = cache.get("/v1/incidents", viewers[name])
            assert {item["title"] for item in answer.json()["items"]} == seen[name]
            assert cache.get("/v1/incidents?f=csv", viewers[name]).text.count("secret draft") == (
                name == "editor"
            )
    bad = cache.get("/v1/incidents", {"Authorization": "Bearer irk_nobody"})
    assert bad.status_code == 401
    assert cache.get("/v1/incidents", {}).status_code == 200


def test_each_gets_the_format_and_the_coding_that_it_reads(api: Api, cache: Cache) -> None:
    api.incident(summary=PROSE)
    kinds = {"application/json": b"{", "text/csv": b"id,", "application/geo+json": b'{"type":"Feature'}
    for _ in range(2):
        for kind, start in kinds.items():
            for coding in ("gzip", "identity", "br"):
                answer = cache.get("/v1/incidents", {"Accept": kind, "Accept-Encoding": coding})
                assert answer.headers["content-type"].startswith(kind)
                assert answer.headers.get("content-encoding", "identity") == coding
                assert answer.content.startswith(start)
                assert PROSE.strip().encode() in answer.content
    raw = decoded(answer.content, "identity")
    assert raw == answer.content


def test_every_answer_says_how_it_may_be_kept(api: Api) -> None:
    record = api.incident(summary=PROSE)
    gone = api.incident()
    path = f"/v1/incidents/{gone['id']}"
    api.editor.delete(path, params={"reason": "a test"}, headers={"If-Match": "*"})
    kept = ("/v1/incidents", "/v1/incidents?f=geojson", "/v1/incidents?f=csv", "/v1/incidents?f=xlsx", "/v1/totals",
            f"/v1/incidents/{record['id']}", "/v1/fields", "/v1/incidents/facets?facets=country")  # fmt: skip
    for each in kept:
        for client, control in ((api.public, "public, no-cache"), (api.editor, "private, no-cache")):
            answer = client.get(each)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, control), each
            assert answer.headers["vary"] == "Authorization, Accept, Accept-Encoding"
            assert answer.headers["etag"]
            again = client.get(each, headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304, each
            for name in ("cache-control", "vary", "etag"):
                assert again.headers[name] == answer.headers[name]
    for client in (api.public, api.editor):
        for each, status in (
            (path, 410),
            ("/v1/incidents/inc_0", 404),
            ("/nothing", 404),
            ("/v1/incidents?a=1", 400),
        ):
            answer = client.get(each)
            assert (answer.status_code, answer.headers["cache-control"]) == (status, "no-store")
    moved = api.public.get("/v1/incidents/")
    assert moved.status_code == 307
    assert "cache-control" not in moved.headers, "a 307 that says nothing is kept by nobody"
    document = api.public.get("/openapi.json")
    assert (document.headers["cache-control"], document.headers["vary"]) == (
        "public, no-cache",
        "Accept-Encoding",
    )
    again = api.public.get("/openapi.json", headers={"If-None-Match": document.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_of_a_page_a_date_confirms_nothing(api: Api) -> None:
    """No page has a Last-Modified, and a date alone is never told that nothing has changed."""
    api.incident()
    answer = api.public.get("/v1/incidents", headers={"If-Modified-Since": "Fri, 31 Dec 2100 23:59:59 GMT"})
    assert answer.status_code == 200
    assert "last-modified" not in answer.headers

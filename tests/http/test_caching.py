"""ETag, 304 and HEAD: an answer that still holds is not sent again, and one that does not is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.api import Api
from tests.support.loopback import NO_TLS


def paths(api: Api) -> list[str]:
    claims = [{"metric": "killed", "best": 2}]
    body = {
        "title": "r",
        "workflow": "published",
        "incidents": [{"incident": {"title": "i"}, "claims": claims}],
    }
    report = api.posted("/v1/reports", body)
    incident = api.public.get("/v1/incidents").json()["items"][0]
    return [
        "/v1/incidents",
        "/v1/incidents?killed_at_least=1&count=true",
        "/v1/reports",
        "/v1/sources",
        f"/v1/incidents/{incident['id']}",
        f"/v1/incidents/{incident['id']}?include=reports,claims",
        f"/v1/incidents/{incident['id']}/claims",
        f"/v1/reports/{report['id']}",
        "/v1/totals",
        "/v1/totals?country=SYR",
    ]


def test_nothing_changed_nothing_sent(api: Api) -> None:
    for path in paths(api):
        first = api.public.get(path)
        tag = first.headers["etag"]
        for asked in (tag, f"W/{tag}", f'"other", {tag}'):
            again = api.public.get(path, headers={"If-None-Match": asked})
            assert (again.status_code, again.content) == (304, b""), (path, asked)
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"] == first.headers["cache-control"]
            assert again.headers["vary"] == first.headers["vary"]
        assert api.public.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_whatever_changes_the_answer_changes_the_tag(api: Api) -> None:
    asked = paths(api)
    tags = {path: api.public.get(path).headers["etag"] for path in asked}
    incident = api.public.get("/v1/incidents").json()["items"][0]
    api.patched(f"/v1/incidents/{incident['id']}", title="Another")
    for path, tag in tags.items():
        answer = api.public.get(path, headers={"If-None-Match": tag})
        assert answer.status_code == 200, path
        assert answer.headers["etag"] != tag


def test_what_one_may_see_another_does_not_get_from_a_cache(api: Api) -> None:
    api.incident(workflow="draft", title="secret")
    for path in ("/v1/incidents", "/v1/totals"):
        viewers = [
            api.public,
            api.client("reader", "alpha"),
            api.client("reader", "beta"),
            api.editor,
            api.admin,
        ]
        tags = [client.get(path).headers["etag"] for client in viewers]
        assert len(set(tags)) == len(tags)
        for client in viewers:
            for other, tag in zip(viewers, tags, strict=True):
                status = client.get(path, headers={"If-None-Match": tag}).status_code
                assert status == (304 if client is other else 200)
        assert api.public.get(path).headers["cache-control"] == "public, no-cache"
        assert api.editor.get(path).headers["cache-control"] == "private, no-cache"
        assert "Authorization" in api.public.get(path).headers["vary"]


def test_an_address_that_was_answered_before_is_still_read_as_it_stands(api: Api) -> None:
    """What is remembered of an address (that it is sound, in which form) holds for it alone, and for nobody's key."""
    api.incident(title="one")
    reader = api.key("reader")
    path = "/v1/incidents?country=SYR"
    tag = api.public.get(path).headers["etag"]
    held = {"If-None-Match": tag}
    assert api.public.get(path, headers=held).status_code == 304
    features = held | {"Accept": "application/geo+json"}
    for _ in range(2):
        assert api.public.get(path, headers=features).status_code == 200
    assert api.public.get(path, headers=held).status_code == 304
    for _ in range(2):
        assert api.public.get(f"{path}&colour=red", headers=held).status_code == 400
    for key, status in ((reader, 200), ("irk_nobody", 401)):
        keyed = held | {"Authorization": f"Bearer {key}"}
        assert api.public.get(path, headers=keyed).status_code == status, key
    assert api.public.post("/v1/incidents/search", json={"country": "SYR"}, headers=held).status_code == 200
    assert api.public.head(path, headers=held).status_code == 304


def test_who_reads_after_a_change_never_hears_that_nothing_changed(api: Api) -> None:
    """Many ask at once, and share looks at the revision; a change that was acknowledged is in each later look."""
    incident = api.incident(title="first")["id"]
    path, base = f"/v1/incidents/{incident}", str(api.public.base_url)
    stop = threading.Event()

    def ask() -> int:
        told = 0
        with httpx.Client(base_url=base, timeout=30, verify=NO_TLS) as client:
            tag = ""
            while not stop.is_set():
                answer = client.get(path, headers={"If-None-Match": tag} if tag else {})
                assert answer.status_code in (200, 304)
                told += answer.status_code == 304
                tag = answer.headers["etag"]
        return told

    with ThreadPoolExecutor(8) as askers:
        asking = [askers.submit(ask) for _ in range(8)]
        try:
            tag = api.public.get(path).headers["etag"]
            for number in range(60):
                api.patched(path, title=f"version {number}")
                answer = api.public.get(path, headers={"If-None-Match": tag})
                assert (answer.status_code, answer.json()["title"]) == (200, f"version {number}")
                tag = answer.headers["etag"]
        finally:
            stop.set()
    assert sum(asked.result() for asked in asking) > 60


@pytest.mark.parametrize(
    "path", ["/v1/incidents", "/v1/totals", "/v1/fields", "/v1", "/health/live", "/v1/nothing"]
)
def test_head_answers_what_get_would_without_the_body(api: Api, path: str) -> None:
    get, head = api.public.get(path), api.public.head(path)
    assert head.status_code == get.status_code
    assert head.content == b""
    differ = {"date", "x-request-id", "content-length"}
    assert {k: v for k, v in head.headers.items() if k not in differ} == {
        k: v for k, v in get.headers.items() if k not in differ
    }
    if path != "/v1/nothing":  # the problem holds the request's id and method
        assert head.headers["content-length"] == get.headers["content-length"]


def test_answers_to_writes_are_not_kept_by_caches(api: Api) -> None:
    answer = api.editor.post("/v1/incidents", json={"title": "a"})
    assert answer.headers["cache-control"] == "no-store"
    assert api.public.get("/v1/incidents?limit=0").headers["cache-control"] == "no-store"


def test_browsers_may_read_from_anywhere(api: Api) -> None:
    asked = {
        "Origin": "https://news.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,if-match",
    }
    preflight = api.public.options("/v1/incidents", headers=asked)
    assert preflight.status_code == 200
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    answer = api.public.get("/v1/incidents", headers={"Origin": "https://news.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"ETag", "Link"} <= set(answer.headers["access-control-expose-headers"].split(", "))

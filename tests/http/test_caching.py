"""ETag, 304 and HEAD: an answer that still holds is not sent again, and one that does not is."""

from __future__ import annotations

import pytest

from tests.support.api import Api


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

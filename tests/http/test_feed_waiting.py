"""Followers who wait: pages that come when there is something, streams, and what ends them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import orjson
import pytest

from app.access.viewer import PUBLIC
from app.errors import InvalidParameter
from app.http.feed.answering import Answer, Answering, Asking
from app.query.fields import Kind
from app.settings import LimitSettings, Settings
from app.storage.feed import Following
from app.storage.feed import follow as feed_follow
from tests.support.api import Api, Running, serving
from tests.support.loopback import NO_TLS
from tests.support.mirrors import Mirror
from tests.support.state import problem

Event = httpx_sse.ServerSentEvent
DOCUMENT = Path(__file__).parents[2] / "docs" / "following.md"
Follow = Callable[[httpx.Client, dict[str, Any], str], str]


def head(api: Api) -> str:
    return str(api.public.get("/v1/changes/head").json()["seq"])


@contextmanager
def listening(client: httpx.Client, url: str = "", **options: Any) -> Iterator[Iterator[Event]]:
    params = options.pop("params", {})
    with httpx_sse.connect_sse(
        client, "GET", f"{url}/v1/changes/stream", params=params, timeout=20, **options
    ) as events:
        assert events.response.status_code == 200, events.response.read()
        assert events.response.headers["cache-control"] == "no-store"
        yield events.iter_sse()


def until_place(events: Iterator[Event]) -> tuple[list[dict[str, Any]], Event]:
    """Changes up to the next word of where they lead, and that."""
    items = []
    for event in events:
        if event.event == "place":
            return items, event
        assert event.event == "change", event
        items.append(orjson.loads(event.data))
    raise AssertionError("the stream ended")


def test_a_page_waits_until_there_is_something(api: Api) -> None:
    mirror = Mirror(api.public, {"kind": "incident", "country": "SYR"})
    mirror.sync()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(mirror.poll, wait=20)
        time.sleep(0.3)
        api.incident(country="IRQ", title="Of no concern")
        api.incident(title="Hidden", sharing="restricted")
        time.sleep(0.5)
        assert not waiting.done()
        began = time.monotonic()
        uid = api.incident(title="Asked for")["id"]
        assert [item["id"] for item in waiting.result(10)] == [uid]
        assert time.monotonic() - began < 5
    assert mirror.copy == mirror.fresh()


def test_a_page_that_waited_in_vain_says_where_it_stands(api: Api) -> None:
    before = head(api)
    api.incident(sharing="restricted")
    began = time.monotonic()
    answer = api.public.get("/v1/changes", params={"after": before, "wait": 1}).json()
    assert time.monotonic() - began >= 1
    assert (answer["items"], answer["more"]) == ([], False)
    assert str(answer["seq"]) == head(api)
    # What is there already is not waited for.
    began = time.monotonic()
    assert api.editor.get("/v1/changes", params={"after": before, "wait": 30}).json()["items"]
    assert time.monotonic() - began < 10


def test_a_stream_tells_what_comes_and_goes_on_where_it_was_left(api: Api) -> None:
    mirror = Mirror(api.public)
    first = api.incident(title="There before")["id"]
    with listening(api.public) as events:
        items, place = until_place(events)
        assert [item["id"] for item in items] == [first]
        mirror.apply(items)
        second = api.incident(title="While listening")["id"]
        items, place = until_place(events)
        assert [item["id"] for item in items] == [second]
        mirror.apply(items)
        assert orjson.loads(place.data) == {"seq": int(head(api)), "head": int(head(api))}
    api.patched(f"/v1/incidents/{first}", title="While away")
    api.patched(f"/v1/incidents/{second}", sharing="partners")
    with listening(api.public, headers={"Last-Event-ID": place.id}) as events:
        items, place = until_place(events)
        assert {(item["id"], item["event"]) for item in items} == {(first, "put"), (second, "remove")}
        mirror.apply(items)
    assert mirror.copy == mirror.fresh()
    mirror.after = place.id  # both ways of following take each other's place
    assert mirror.catch_up() == []


def test_what_is_of_no_concern_is_not_told_to_a_stream(api: Api) -> None:
    question = {"kind": "incident", "country": "LBN", "after": head(api)}
    with listening(api.public, params=question) as events:
        assert until_place(events)[0] == []
        api.incident(country="SYR")
        time.sleep(0.5)
        uid = api.incident(country="LBN")["id"]
        items, _ = until_place(events)
        assert [item["id"] for item in items] == [uid]


def test_a_key_that_is_revoked_ends_its_stream(api: Api) -> None:
    reader = api.client("reader", "beta")
    (key,) = [k for k in api.admin.get("/v1/keys").json()["items"] if k["role"] == "reader"]
    with listening(reader, params={"after": head(api)}) as events:
        assert until_place(events)[0] == []
        revoked = api.admin.delete(
            f"/v1/keys/{key['id']}", params={"reason": "lost"}, headers={"If-Match": "*"}
        )
        assert revoked.status_code == 200, revoked.text
        last = list(events)[-1]
    assert last.event == "problem"
    assert orjson.loads(last.data)["type"].endswith("unauthenticated")


def test_a_changed_sharing_reaches_every_stream_at_once(api: Api) -> None:
    uid = api.incident()["id"]
    viewers = [api.public, api.client("reader", "alpha"), api.client("reader", "beta"), api.editor]
    told: dict[int, dict[str, Any]] = {}
    ready = threading.Barrier(len(viewers) + 1)

    def follow(number: int) -> None:
        with listening(viewers[number], params={"after": head(api)}) as events:
            until_place(events)
            ready.wait(10)
            (told[number],), _ = until_place(events)

    threads = [threading.Thread(target=follow, args=(n,)) for n in range(len(viewers))]
    for thread in threads:
        thread.start()
    ready.wait(10)
    api.patched(f"/v1/incidents/{uid}", sharing="restricted")
    for thread in threads:
        thread.join(10)
    assert [told[n]["event"] for n in range(4)] == ["remove", "remove", "remove", "put"]


@pytest.fixture
def narrow(settings: Settings, api: Api) -> Iterator[Running]:
    """A service that allows two followers, and short streams."""
    with serving(
        settings.model_copy(update={"limits": LimitSettings(followers=2, stream_seconds=2)})
    ) as running:
        yield running


def test_a_stream_ends_after_its_time_and_can_be_gone_on_with(api: Api, narrow: Running) -> None:
    began = time.monotonic()
    with listening(api.public, narrow.url) as events:
        told = list(events)
    assert 1.5 < time.monotonic() - began < 10
    assert [event.event for event in told] == ["place", "place"], "the last word says where it stands"
    assert Mirror(api.public, after=told[-1].id).poll() == []


def test_no_more_follow_than_the_service_allows(api: Api, narrow: Running) -> None:
    params = {"after": head(api)}
    with (
        listening(api.public, narrow.url, params=params) as one,
        listening(api.public, narrow.url, params=params) as other,
    ):
        until_place(one)
        until_place(other)
        for path, more in (("/v1/changes", {"wait": 5}), ("/v1/changes/stream", {})):
            answer = api.public.get(f"{narrow.url}{path}", params={**params, **more})
            problem(answer, 503)
            assert answer.headers["retry-after"] == "30"
        # Who does not wait is served.
        assert api.public.get(f"{narrow.url}/v1/changes", params=params).status_code == 200
    deadline = time.monotonic() + 10
    while api.public.get(f"{narrow.url}/v1/changes", params={**params, "wait": 1}).status_code == 503:
        assert time.monotonic() < deadline, "who left still counts"


def test_head_of_a_stream_ends(api: Api) -> None:
    answer = api.public.head("/v1/changes/stream")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def documented() -> Follow:
    """`follow` as the document shows it, to the letter."""
    (block,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(compile(block, str(DOCUMENT), "exec"), names)
    follow: Follow = names["follow"]
    return follow


def test_the_client_of_the_document_keeps_its_copy_right(api: Api, settings: Settings) -> None:
    """From the beginning, over streams that end after a second, what is changed while it listens and while it does not."""
    follow = documented()
    stays, goes, deleted = (api.incident(title=title)["id"] for title in ("Stays", "Goes", "Deleted"))
    copy: dict[str, Any] = {}
    limits = LimitSettings(stream_seconds=1)
    with (
        serving(settings.model_copy(update={"limits": limits})) as brief,
        httpx.Client(base_url=brief.url, timeout=30, verify=NO_TLS) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        after = follow(client, copy, "0")
        assert copy == Mirror(client).fresh()
        assert copy.keys() == {stays, goes, deleted}
        listening = pool.submit(follow, client, copy, after)
        api.patched(f"/v1/incidents/{stays}", title="Called otherwise")
        api.patched(f"/v1/incidents/{goes}", sharing="partners")
        after = listening.result(20)
        api.editor.delete(f"/v1/incidents/{deleted}", params={"reason": "twice"}, headers={"If-Match": "*"})
        came = api.incident(title="Came")["id"]
        after = follow(client, copy, after)
        assert copy.keys() == {stays, came}
        assert copy == Mirror(client).fresh()
        unchanged = dict(copy)
        assert follow(client, copy, after)
        assert copy == unchanged


def test_what_goes_wrong_with_one_question_is_not_the_others_fault(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = api.incident()["id"]

    def follow(reader: Any, viewer: Any, asked: Following, *more: Any) -> Any:
        if asked.kinds == (Kind.report,):
            raise RuntimeError("a fault of ours")
        return feed_follow(reader, viewer, asked, *more)

    monkeypatch.setattr("app.http.feed.answering.follow", follow)
    with ThreadPoolExecutor(1) as threads:
        answering = Answering(settings, api.database, threads, lambda reader, key: PUBLIC)
        asked = [
            Asking(None, (("kind", kind),), None) for kind in ("report", "nonsense", "incident", "report")
        ]
        ours, theirs, sound, again = answering._answers(asked)
    assert isinstance(ours, RuntimeError)
    assert again is ours
    assert isinstance(theirs, InvalidParameter)
    assert isinstance(sound, Answer)
    assert [orjson.loads(item)["id"] for item in sound.items] == [uid]

"""Records that many ask for at the same time are read together, and everybody gets what is theirs to see."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import Response

from app.access.viewer import PUBLIC
from app.errors import NotFound, Unavailable
from app.http import together
from app.http.batches import MOST_UNDER_WAY
from app.http.together import Asking, Sought, Together
from app.query.fields import Kind
from app.storage.database import Database, Reader
from app.storage.single import Found, Wanted
from tests.support.api import Api
from tests.support.loopback import NO_TLS

ASKERS = [
    ("public", ""),
    ("reader", "alpha"),
    ("contributor", "alpha"),
    ("contributor", "beta"),
    ("editor", "desk"),
]
TIMES = 3


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each statement was asked for."""
    sizes: list[int] = []
    several = together.several

    def told(reader: Any, viewer: Any, wanted: Any) -> Any:
        sizes.append(len(wanted))
        return several(reader, viewer, wanted)

    monkeypatch.setattr(together, "several", told)
    return sizes


def paths_of(api: Api) -> list[str]:
    """Records of every stage and level, one deleted, one that never was, in several forms."""
    public = api.incident(title="public")
    draft = api.incident(api.contributor, workflow="draft", title="draft")
    shared = api.incident(title="partners", sharing="partners")
    closed = api.incident(title="restricted", sharing="restricted")
    gone = api.incident(title="gone")
    report = api.report(source_id=api.source(name="A. Person", source_type="private_protected")["id"])
    api.editor.put(f"/v1/incidents/{public['id']}/reports/{report['id']}", json={})
    answer = api.editor.delete(
        f"/v1/incidents/{gone['id']}", params={"reason": "a test"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 200, answer.text
    incidents = [record["id"] for record in (public, draft, shared, closed, gone)] + ["inc_never"]
    plain = [f"/v1/incidents/{uid}" for uid in incidents]
    return [
        *plain,
        *[f"{path}?include=reports,claims&fields=title" for path in plain],
        *[f"/ogc/collections/incidents/items/{uid}" for uid in incidents],
        f"/v1/reports/{report['id']}",
        f"/v1/reports/{report['id']}?include=incidents",
        f"/v1/incidents/{public['id']}?fields=nonsense",
    ]


async def asked_at_once(base: str, requests: list[tuple[str, dict[str, str]]]) -> list[tuple[int, Any]]:
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60, verify=NO_TLS) as client:
        answers = await asyncio.gather(*[client.get(path, headers=headers) for path, headers in requests])
    return [told(answer) for answer in answers]


def told(answer: httpx.Response) -> tuple[int, Any]:
    """What an answer says, less what is each request's own."""
    body = answer.json()
    body.pop("request_id", None)
    return answer.status_code, (body, answer.headers.get("etag"), answer.headers["cache-control"])


def test_everybody_gets_what_they_would_get_alone(api: Api, batches: list[int]) -> None:
    paths = paths_of(api)
    keys = [
        {} if role == "public" else {"Authorization": f"Bearer {api.key(role, partner)}"}
        for role, partner in ASKERS
    ]
    requests = [(path, key) for key in keys for path in paths]
    with httpx.Client(base_url=api.running.url, verify=NO_TLS) as client:
        alone = [told(client.get(path, headers=headers)) for path, headers in requests]
    assert set(batches) == {1}
    batches.clear()
    assert {status for status, _ in alone} == {200, 400, 404, 410}
    crowd = [request for request in requests for _ in range(TIMES)]
    assert asyncio.run(asked_at_once(api.running.url, crowd)) == [
        each for each in alone for _ in range(TIMES)
    ]
    assert max(batches) > 1, "nobody was asked for together: this test shows nothing"


@pytest.fixture
def known(api: Api) -> str:
    return str(api.incident()["id"])


def seeking(uid: str) -> Callable[[Any, Any], Sought]:
    def answer(found: Found) -> Response:
        return Response(found.document)

    return lambda reader, viewer: Sought(Wanted(Kind.incident, uid), answer)


def broken(reader: Any, viewer: Any) -> Sought:
    raise ZeroDivisionError


def crowd(
    database: Database, works: list[Callable[[Any, Any], Any]], leaving: int | None = None
) -> list[Any]:
    """What each is told. The one at the front has the lane, so that the others gather."""

    async def ask() -> list[Any]:
        with ThreadPoolExecutor(MOST_UNDER_WAY) as threads:
            gathered = Together(database, threads, lambda reader, key: PUBLIC)
            tasks = [
                asyncio.ensure_future(gathered.answer(Asking(None, work, ("identity",)))) for work in works
            ]
            if leaving is not None:
                await asyncio.sleep(0)
                tasks[leaving].cancel()
            return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(ask())


def test_a_fault_is_told_to_the_one_who_met_it(api: Api, batches: list[int], known: str) -> None:
    works = [seeking(known), seeking(known), seeking(known), broken, seeking("inc_never"), seeking(known)]
    answers = crowd(api.database, works)
    assert [type(answer) for answer in answers] == [
        Response,
        Response,
        Response,
        ZeroDivisionError,
        NotFound,
        Response,
    ]
    batches.clear()
    crowd(api.database, works[:3] + works[4:])
    assert sorted(batches) == [1, 4]


def test_who_goes_away_leaves_the_others_their_answers(api: Api, batches: list[int], known: str) -> None:
    for leaving in range(5):
        answers = crowd(api.database, [seeking(known)] * 5, leaving)
        assert [isinstance(answer, Response) for answer in answers] == [n != leaving for n in range(5)]
    assert 4 in batches


def test_many_are_answered_in_turns_of_a_few(api: Api, batches: list[int], known: str) -> None:
    answers = crowd(api.database, [seeking(known)] * 100)
    assert all(isinstance(answer, Response) for answer in answers)
    assert max(batches) == together.MOST
    assert sum(batches) == 100


def test_one_that_takes_long_holds_up_those_beside_it_alone(api: Api, known: str) -> None:
    answered = threading.Event()

    def slow(reader: Any, viewer: Any) -> Sought:
        assert answered.wait(30), "nobody else was answered meanwhile"
        return seeking(known)(reader, viewer)

    def quick(reader: Any, viewer: Any) -> Sought:
        answered.set()
        return seeking(known)(reader, viewer)

    assert [type(answer) for answer in crowd(api.database, [slow, quick, quick])] == [Response] * 3


def test_a_database_that_is_not_there_is_told_to_all(api: Api) -> None:
    class Away(Database):
        def read(self, work: Callable[[Reader], Any]) -> Any:
            raise Unavailable("away")

    database = Away(api.database.settings)
    try:
        answers = crowd(database, [seeking("inc_any")] * 5)
    finally:
        database.close()
    assert [type(answer) for answer in answers] == [Unavailable] * 5

"""The head of the history over HTTP: kept elsewhere, it shows later whether all still stands, and tells nothing of what was done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text

from app.storage import tables, verifying
from app.storage.database import Database
from app.storage.history import sealed
from app.storage.verifying import Head, chain
from tests.support.api import Api
from tests.support.state import problem

HEAD = "/v1/changes/head"


def told(api: Api, **params: Any) -> dict[str, Any]:
    answer = api.editor.get(HEAD, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def tampered(database: Database, done: str, undone: str) -> Iterator[None]:
    """What is done in quiet, for the service to find; undone after."""
    with database.writing.begin() as connection:
        assert connection.execute(text(done)).rowcount > 0
    try:
        yield
    finally:
        with database.writing.begin() as connection:
            connection.execute(text(undone))


def test_the_head_is_the_one_that_the_command_prints_and_takes(api: Api) -> None:
    api.incident(title="One")
    found = api.public.get(HEAD).json()
    with api.database.still() as connection:
        assert found["head"] == str(verifying.head(connection))
        assert verifying.first_break(connection, Head.parse(found["head"])) is None
        last = connection.execute(select(tables.changes).order_by(tables.changes.c.seq.desc()).limit(1)).one()
    assert (found["seq"], found["at"]) == (last.seq, last.at)
    assert found["head"] == f"{found['seq']}:{found['hash']}"


def test_a_head_that_was_noted_is_found_again(api: Api) -> None:
    heads = []
    for title in ("One", "Two", "Three"):
        api.incident(title=title)
        heads.append(api.public.get(HEAD).json())
    assert len({head["hash"] for head in heads}) == 3
    for noted in heads:
        again = api.public.get(HEAD, params={"at": noted["seq"]}).json()
        assert again["head"] == noted["head"]
        assert told(api, at=noted["seq"]) == noted
    ahead = problem(api.public.get(HEAD, params={"at": told(api)["seq"] + 1}), 404, code="not-found")
    assert "there is no change" in ahead["detail"]
    assert api.public.get(HEAD, params={"at": 0}).json() == {
        "seq": 0, "at": None, "hash": "0" * 64, "head": "0:" + "0" * 64,
    }  # fmt: skip


def test_when_an_earlier_change_was_made_is_told_as_as_of_tells_it(api: Api) -> None:
    api.incident(workflow="draft")
    seq = told(api)["seq"]
    api.incident()
    for role in ("public", "contributor", "editor"):
        client = api.client(role)
        at = client.get(HEAD, params={"at": seq}).json()["at"]
        assert client.get("/v1/totals", params={"as_of": at}).json()["as_of"] == {"seq": seq, "at": at}


def test_no_guess_of_what_a_change_said_can_be_tried_on_what_is_told(api: Api) -> None:
    """Whoever knows the hash before a change, and all of the change but a name, could try names until the next hash fits."""
    api.incident(title="before")
    before = api.public.get(HEAD).json()
    api.source(name="The name that nobody may know", protected=True, pseudonym="Source 1")
    after = api.public.get(HEAD).json()
    with api.database.reading.connect() as connection:
        changes = {
            row.seq: row for row in connection.execute(select(tables.changes).order_by(tables.changes.c.seq))
        }
    stored = {bytes(row.hash).hex() for row in changes.values()}
    entry = tuple(changes[after["seq"]])[:-1]
    assert sealed(bytes(changes[before["seq"]].hash), entry).hex() in stored, "so it would fit"
    assert sealed(bytes.fromhex(before["hash"]), entry).hex() not in {after["hash"], *stored}
    for seq in range(1, after["seq"] + 1):
        for client in (api.public, api.editor):
            assert client.get(HEAD, params={"at": seq}).json()["hash"] not in stored


@pytest.mark.parametrize(
    ("done", "undone", "seq", "what"),
    [
        (
            "UPDATE changes SET version = 7 WHERE seq = 3",
            "UPDATE changes SET version = 1 WHERE seq = 3",
            3,
            "change 3 is not what was sealed",
        ),
        (
            "UPDATE changes SET seq = -3 WHERE seq = 3",
            "UPDATE changes SET seq = 3 WHERE seq = -3",
            3,
            "change 3 is missing",
        ),
        (
            "UPDATE history_head SET seq = seq + 1",
            "UPDATE history_head SET seq = seq - 1",
            None,
            "is missing, or the head is wrong",
        ),
    ],
)
def test_what_was_done_in_quiet_is_named(
    api: Api, done: str, undone: str, seq: int | None, what: str
) -> None:
    for number in range(4):
        api.incident(title=f"Number {number}")
    whole = told(api, verify="true")
    assert (whole["verified"], whole["changes"]) == (True, whole["seq"])
    assert whole["head"] == told(api)["head"]
    assert "first_break" not in whole
    with tampered(api.database, done, undone):
        found = told(api, verify="true")
        assert found["verified"] is False
        assert what in found["first_break"]["what"]
        assert found["first_break"]["seq"] == (whole["seq"] + 1 if seq is None else seq)
        assert "changes" not in found
    assert told(api, verify="true") == whole


def test_a_head_that_was_altered_is_no_answer_that_the_caller_has(api: Api) -> None:
    api.incident()
    first = api.public.get(HEAD)
    held = {"If-None-Match": first.headers["etag"]}
    assert api.public.get(HEAD, headers=held).status_code == 304
    with api.database.reading.connect() as connection:
        digest = bytes(connection.execute(select(tables.history_head.c.hash)).scalar_one())
    for other, status in ((bytes(32), 200), (digest, 304)):
        with api.database.writing.begin() as connection:
            connection.execute(tables.history_head.update().values(hash=other))
        assert api.public.get(HEAD, headers=held).status_code == status
    verified = api.editor.get(HEAD, params={"verify": "true"})
    assert "etag" not in verified.headers
    assert verified.headers["cache-control"] == "no-store"


def test_recomputing_is_for_editors(api: Api) -> None:
    problem(api.public.get(HEAD, params={"verify": "true"}), 401)
    for role in ("reader", "contributor"):
        problem(api.client(role).get(HEAD, params={"verify": "true"}), 403)
    for client in (api.editor, api.admin):
        assert client.get(HEAD, params={"verify": "true"}).json()["verified"] is True


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("at=", "at"),
        ("at=-1", "at"),
        ("at=1.0", "at"),
        ("at=x", "at"),
        ("at=99999999999", "at"),
        ("verify=1", "verify"),
        ("verify=", "verify"),
        ("at=1&verify=true", "at"),
        ("at=1&at=2", "at"),
        ("against=1", "against"),
        ("country=SYR", "country"),
    ],
)
def test_bad_questions(api: Api, question: str, field: str) -> None:
    problem(api.editor.get(f"{HEAD}?{question}"), 400, field)


def test_recomputing_holds_up_nobody(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits in the middle, others read, write and export; a second one is told to come again."""
    api.incident()
    key = {"Authorization": f"Bearer {api.key('editor', 'desk')}"}
    within, on = threading.Event(), threading.Event()
    seal = chain.sealed

    def slow(previous: bytes, entry: Any) -> bytes:
        within.set()
        assert on.wait(30)
        return seal(previous, entry)

    monkeypatch.setattr(chain, "sealed", slow)
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(api.editor.get, HEAD, params={"verify": "true"})
        try:
            assert within.wait(30)
            client = api.public
            assert client.get("/v1/incidents").status_code == 200
            assert client.get("/v1/incidents?f=csv").status_code == 200
            assert client.post("/v1/incidents", json={"title": "Two"}, headers=key).status_code == 201
            second = client.get(HEAD, params={"verify": "true"}, headers=key)
            problem(second, 503, code="unavailable")
            assert int(second.headers["retry-after"]) > 0
        finally:
            on.set()
        found = waiting.result().json()
    assert found["verified"] is True
    assert found["changes"] == found["seq"] == told(api)["seq"] - 1, "it saw one state of the data"


def test_a_connection_that_was_cut_meanwhile_is_replaced(api: Api) -> None:
    if api.database.is_embedded:
        pytest.skip("an embedded database has no connection to cut")
    own = Database(api.running.settings.database)
    try:
        with own.still() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with api.database.writing.begin() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        with own.still() as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
            assert verifying.first_break(connection) is None
    finally:
        own.close()

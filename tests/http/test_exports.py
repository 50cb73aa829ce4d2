"""Exports under way: clients that leave or stall, faults in the middle, and what others get meanwhile."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openpyxl
import pytest

from app.errors import Unavailable
from app.formats import sheet
from app.http import exporting
from app.storage import export
from app.storage.export import Export
from tests.support.api import Api, Running, serving
from tests.support.loopback import NO_TLS
from tests.support.many import many_incidents

PLACES = 2
RECORDS = 1_520
LAST_CHUNK = b"0\r\n\r\n"
PROSE = "A long text that no one reads. " * 300


@pytest.fixture(scope="module")
def large(lasting: Api) -> Api:
    """More than all buffers between the service and a client that reads nothing hold."""
    many_incidents(lasting.database, lasting.local, RECORDS, summary=PROSE)
    return lasting


@contextmanager
def impatient(api: Api) -> Iterator[Running]:
    """The service with two places for exports, for which nobody waits long."""
    database = api.running.settings.database.model_copy(
        update={"export_threads": PLACES, "lock_timeout_seconds": 1.0}
    )
    with serving(api.running.settings.model_copy(update={"database": database})) as other:
        yield other


def begin(running: Running, question: str = "f=csv") -> socket.socket:
    """A client that takes the first bytes of an export and no more."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    host, port = running.url.removeprefix("http://").split(":")
    client.connect((host, int(port)))
    client.sendall(f"GET /v1/incidents?{question} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    client.settimeout(20)
    status = client.recv(12)
    if status != b"HTTP/1.1 200":
        told = status + client.recv(4_096)
        client.close()
        raise AssertionError(told)
    return client


def rest(client: socket.socket) -> bytes:
    """What still comes, up to the last chunk or to where the service breaks off."""
    received = bytearray()
    while not received.endswith(LAST_CHUNK) and (piece := client.recv(1 << 16)):
        received += piece
    client.close()
    return bytes(received)


def whole(running: Running, name: str = "ndjson") -> int:
    """How many records an export of everything brings, once there is a place for it."""
    for _ in range(20):
        answer = httpx.get(f"{running.url}/v1/incidents?f={name}&fields=title", timeout=30, verify=NO_TLS)
        if answer.status_code != 503:
            break
    assert answer.status_code == 200, answer.text
    return answer.content.count(b"\n")


def until_free(running: Running) -> None:
    """All places are free within some seconds, and their connections good; clients take them, and leave again."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        clients = []
        try:
            clients = [begin(running) for _ in range(PLACES)]
        except AssertionError:
            time.sleep(0.1)
        else:
            return
        finally:
            for client in clients:
                client.close()
    raise AssertionError("the places of exports stay taken")


def idle_in_transaction(api: Api) -> int:
    question = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND state LIKE 'idle in transaction%%'"
    )
    return 0 if api.database.is_embedded else int(api.database.read(lambda r: r.rows(question))[0][0])


def test_who_leaves_in_the_middle_gives_the_place_back(large: Api) -> None:
    with impatient(large) as running:
        for _ in range(3 * PLACES):
            until_free(running)
        for _ in range(PLACES + 1):
            assert whole(running) == RECORDS
        for _ in range(100):
            if not idle_in_transaction(large):
                break
            time.sleep(0.1)
        assert idle_in_transaction(large) == 0


def test_slow_exports_hold_up_no_reads_and_only_so_many_other_exports(large: Api) -> None:
    with impatient(large) as running:
        stalled = [begin(running) for _ in range(PLACES)]
        for _ in range(20):
            assert httpx.get(f"{running.url}/v1/incidents?limit=1", verify=NO_TLS).status_code == 200
        refused = httpx.get(f"{running.url}/v1/incidents?f=csv", verify=NO_TLS)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert int(refused.headers["retry-after"]) > 0
        for client in stalled:
            client.close()
        until_free(running)


def test_a_slow_export_tells_one_state_of_the_data(large: Api) -> None:
    client = begin(large.running, "f=ndjson&fields=title,summary")
    later = large.incident(title="later")
    try:
        received = rest(client)
        assert received.endswith(LAST_CHUNK)
        assert received.count(b'{"id":') == RECORDS
        assert b'"later"' not in received
        assert whole(large.running) == RECORDS + 1
    finally:
        answer = large.editor.delete(
            f"/v1/incidents/{later['id']}", params={"reason": "as before"}, headers={"If-Match": "*"}
        )
        assert answer.status_code == 200, answer.text


def test_who_takes_nothing_for_long_is_left(large: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "LONGEST_STALL_SECONDS", 0.3)
    with impatient(large) as running:
        stalled = [begin(running) for _ in range(PLACES)]
        time.sleep(0.5)
        until_free(running)
        for client in stalled:
            client.close()


def test_a_fault_in_the_middle_breaks_the_answer_off(large: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Export._part

    def faulty(self: Export, *args: Any, **kwargs: Any) -> Iterator[list[str]]:
        yield next(sound(self, *args, **kwargs))
        time.sleep(2 * exporting.ENOUGH_SECONDS)  # so that what there is goes out
        yield next(sound(self, *args, **kwargs))
        raise Unavailable("a fault")

    with impatient(large) as running:
        with monkeypatch.context() as patched:
            patched.setattr(Export, "_part", faulty)
            for _ in range(PLACES + 1):
                with pytest.raises(httpx.RemoteProtocolError):
                    httpx.get(f"{running.url}/v1/incidents?f=ndjson&sort=id", verify=NO_TLS)
        for _ in range(PLACES + 1):
            assert whole(running) == RECORDS


def test_an_export_keeps_no_more_than_a_batch(large: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one batch is read ahead of what the client takes."""
    monkeypatch.setattr(export, "BATCH", 10)
    read = 0
    sound = Export._part

    def counted(self: Export, *args: Any, **kwargs: Any) -> Iterator[list[str]]:
        nonlocal read
        for batch in sound(self, *args, **kwargs):
            read += len(batch)
            yield batch

    monkeypatch.setattr(Export, "_part", counted)
    client = begin(large.running, "f=ndjson")
    time.sleep(1)
    assert 0 < read < RECORDS, "what fits into the buffers, not everything"
    before = read
    time.sleep(0.3)
    assert read == before
    client.close()


def end_all_connections(api: Api) -> None:
    question = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    api.database.read(lambda reader: reader.rows(question))


def test_exports_outlive_a_restart_of_the_database(large: Api) -> None:
    if large.database.is_embedded:
        pytest.skip("it has no connections to lose")
    with impatient(large) as running:
        clients = [begin(running) for _ in range(PLACES)]
        end_all_connections(large)
        for client in clients:
            assert not rest(client).endswith(LAST_CHUNK)
        for _ in range(PLACES + 1):
            assert whole(running) == RECORDS
        end_all_connections(large)
        for _ in range(PLACES + 1):
            assert httpx.get(f"{running.url}/v1/incidents?f=csv&limit=1", verify=NO_TLS).status_code == 200


def test_a_fault_before_the_first_byte_is_a_problem(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.incident()

    def faulty(self: Export, *args: Any, **kwargs: Any) -> Iterator[list[str]]:
        raise Unavailable("a fault", retry_after=7)
        yield []

    with impatient(api) as running:
        with monkeypatch.context() as patched:
            patched.setattr(Export, "_part", faulty)
            for _ in range(PLACES + 1):
                answer = httpx.get(f"{running.url}/v1/incidents?f=csv", verify=NO_TLS)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
                assert "content-disposition" not in answer.headers
        assert whole(running) == 1


def test_a_workbook_that_has_no_room_is_refused_before_it_begins(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.export.Export.__init__", _with_room_for(2))
    for _ in range(3):
        api.incident()
    answer = api.public.get("/v1/incidents?f=xlsx")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "f"
    assert "f=csv" in answer.text
    for question in ("f=xlsx&limit=2", "f=xlsx&killed_at_least=1"):
        book = openpyxl.load_workbook(
            io.BytesIO(api.public.get(f"/v1/incidents?{question}").content), read_only=True
        )
        assert book.active.max_row <= 3
        book.close()
    assert api.public.get("/v1/incidents?f=xlsx&limit=3").status_code == 400


def _with_room_for(records: int) -> Any:
    made = Export.__init__

    def small(self: Export, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **{**kwargs, "most": records if kwargs["most"] else None})

    return small


def test_a_text_longer_than_a_cell_is_refused(api: Api) -> None:
    api.incident(summary="a" * (sheet.LONGEST_TEXT + 1))
    answer = api.public.get("/v1/incidents?f=xlsx")
    assert answer.status_code == 400
    assert "summary" in answer.json()["errors"][0]["detail"]
    assert api.public.get("/v1/incidents?f=xlsx&fields=title").status_code == 200

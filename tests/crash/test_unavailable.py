"""A database that cannot serve: 503 with Retry-After and the way back once it can; never a 500, never half a write."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from app.settings import DatabaseSettings, Settings
from app.storage.dialects.postgresql import HISTORY_LOCK
from tests.support.api import serving
from tests.support.editor import editor_of
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.loopback import NO_TLS
from tests.support.proxy import through_a_proxy
from tests.support.reporting import report
from tests.support.service import Process, serve
from tests.support.state import problem
from tests.support.tables import one, opened

SOON = {"INCIDENTS_DATABASE_LOCK_TIMEOUT_SECONDS": "1"}
READS = ("/v1/incidents", "/v1/reports", "/v1/sources", "/v1/totals", "/v1/incidents?q=incident", "/v1/incidents?bbox=30,30,40,40")  # fmt: skip


class Client:
    """An editor of the service."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.taken = 0

    def send(self, number: int) -> httpx.Response:
        answer = self.http.post("/v1/reports", json=report(number))
        self.taken += answer.status_code == 201
        return answer

    def fill(self, most: int) -> httpx.Response:
        """Reports until one is not taken; that answer."""
        for number in range(1, most + 1):
            answer = self.send(number)
            if answer.status_code != 201:
                return answer
        raise AssertionError(f"{most} reports fitted where they should not")

    def reads(self) -> set[int]:
        return {self.http.get(path).status_code for path in READS}


@contextmanager
def client_of(service: Process, key: str) -> Iterator[Client]:
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=60, verify=NO_TLS) as http:
        yield Client(http)


def unavailable(answer: httpx.Response, within: float = 60) -> None:
    problem(answer, 503, code="unavailable")
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert answer.elapsed.total_seconds() < within


def keyed(url: str) -> str:
    with opened(url) as database:
        return editor_of(database)


def check(url: str, reports: int) -> None:
    """As many reports as were acknowledged, each whole."""
    with opened(url) as database:
        check_history(database)
        check_indexes(database)
    for table, each in (("reports", 1), ("incidents", 1), ("sources", 1), ("links", 1), ("claims", 2)):
        assert one(url, f"SELECT count(*) FROM {table}") == (reports * each,), table


MOUNTED = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=4m none "$1" && cp "$0" "$1" && head -c 500000 /dev/zero > "$1/filler" && shift && exec "$@"'  # fmt: skip


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder that only the service's own mount hides."""
    folder = tmp_path / "disk"
    folder.mkdir()
    tried = subprocess.run(
        [*MOUNTED, 'mount -t tmpfs -o size=1m none "$0"', str(folder)], capture_output=True
    )
    if shutil.which("unshare") is None or tried.returncode:
        pytest.skip("this system mounts no small disk for us")
    return folder


def test_a_full_disk(sqlite_alone: str, disk: Path, tmp_path: Path) -> None:
    key = keyed(sqlite_alone)
    file = sqlite_alone.removeprefix("sqlite:///")
    before = (*MOUNTED, ON_A_SMALL_DISK, file, str(disk))
    with (
        serve(f"sqlite:///{disk / Path(file).name}", tmp_path, before=before) as service,
        client_of(service, key) as client,
    ):
        unavailable(client.fill(3_000))
        taken = client.taken
        assert taken > 0
        for number in range(5_000, 5_005):
            unavailable(client.send(number))
        assert client.reads() == {200}
        assert client.http.get("/health/live").status_code == 200
        assert client.http.get("/v1/incidents?count=true").json()["count"] == taken

        inside = service.root / str(disk).lstrip("/")
        (inside / "filler").unlink()
        assert client.send(6_000).status_code == 201, "there is room again"
        for left in inside.glob("incidents.db*"):
            shutil.copy(left, tmp_path / f"copy-{left.name}")
        service.check_log()
    check(f"sqlite:///{tmp_path / 'copy-incidents.db'}", taken + 1)


LIMITED = "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)); os.execv(sys.argv[2], sys.argv[2:])"  # fmt: skip


def test_a_file_that_may_not_grow(sqlite_alone: str, tmp_path: Path) -> None:
    key = keyed(sqlite_alone)
    file = Path(sqlite_alone.removeprefix("sqlite:///"))
    before = (sys.executable, "-c", LIMITED, str(file.stat().st_size + 400_000))
    with (
        serve(sqlite_alone, tmp_path, before=before) as service,
        client_of(service, key) as client,
    ):
        unavailable(client.fill(3_000))
        taken = client.taken
        assert taken > 0
        assert client.reads() == {200}
        service.check_log()
    check(sqlite_alone, taken)
    with serve(sqlite_alone, tmp_path) as service, client_of(service, key) as client:
        assert client.send(6_000).status_code == 201
    check(sqlite_alone, taken + 1)


@contextmanager
def writer_on_file(url: str) -> Iterator[None]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def holder_of_history(url: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (HISTORY_LOCK,))
        yield


def test_a_writer_that_never_ends(url: str, key: str, tmp_path: Path) -> None:
    hold = writer_on_file if url.startswith("sqlite") else holder_of_history
    with serve(url, tmp_path, settings=SOON) as service, client_of(service, key) as client:
        assert client.send(1).status_code == 201
        with hold(url):
            start = time.monotonic()
            unavailable(client.send(2), within=8)
            assert time.monotonic() - start > 0.9, "it waits its turn first"
            assert client.reads() == {200}
            assert client.http.get("/health/ready").status_code == 200
        assert client.send(3).status_code == 201
    check(url, 2)


def test_a_postgresql_that_goes_away_and_comes_back(postgresql_alone: str, tmp_path: Path) -> None:
    key = keyed(postgresql_alone)
    with (
        through_a_proxy(postgresql_alone) as (proxy, url),
        serve(url, tmp_path, settings=SOON) as service,
        client_of(service, key) as client,
    ):
        assert client.send(1).status_code == 201
        assert client.reads() == {200}
        proxy.cut()
        for _ in range(3):
            for path in (*READS, "/health/ready"):
                unavailable(client.http.get(path), within=10)
            unavailable(client.send(2), within=10)
        assert client.http.get("/health/live").status_code == 200
        proxy.mend()
        assert client.reads() == {200}, "the first read after the cut is served already"
        assert client.send(3).status_code == 201
        assert client.http.get("/health/ready").status_code == 200
        service.check_log()
    check(postgresql_alone, 2)


def test_a_postgresql_that_was_never_there(tmp_path: Path) -> None:
    settings = Settings(database=DatabaseSettings(url="postgresql://nobody@127.0.0.1:1/incidents"))
    with serving(settings) as running, httpx.Client(base_url=running.url, verify=NO_TLS) as http:
        for path in (*READS, "/health/ready"):
            unavailable(http.get(path))
        unavailable(http.post("/v1/incidents", json={}, headers={"Authorization": "Bearer irk_x"}))
        assert http.get("/health/live").status_code == 200


def test_a_database_at_another_schema(sqlite_alone: str, tmp_path: Path) -> None:
    with serve(sqlite_alone, tmp_path) as service:
        assert httpx.get(f"{service.url}/health/ready", verify=NO_TLS).status_code == 200
        with closing(sqlite3.connect(sqlite_alone.removeprefix("sqlite:///"))) as other, other:
            other.execute("UPDATE alembic_version SET version_num = '0000'")
        unavailable(httpx.get(f"{service.url}/health/ready", verify=NO_TLS))


@pytest.mark.parametrize("damage", ["pages", "header"])
def test_a_damaged_file(sqlite_alone: str, tmp_path: Path, damage: str) -> None:
    key = keyed(sqlite_alone)
    file = Path(sqlite_alone.removeprefix("sqlite:///"))
    with serve(sqlite_alone, tmp_path) as service, client_of(service, key) as client:
        for number in range(1, 40):
            assert client.send(number).status_code == 201
        uid = client.http.get("/v1/incidents").json()["items"][0]["id"]
        with closing(sqlite3.connect(file)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with file.open("r+b") as raw:
            raw.seek(4096 if damage == "pages" else 0)
            raw.write(b"\xa5" * (file.stat().st_size - raw.tell()))
        for _ in range(2):
            for path in (*READS, f"/v1/incidents/{uid}?include=reports,claims", "/health/ready"):
                unavailable(client.http.get(path))
            unavailable(client.send(100))
        assert client.http.get("/health/live").status_code == 200
        service.check_log()

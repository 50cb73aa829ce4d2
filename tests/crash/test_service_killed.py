"""`kill -9` of a service that takes reports: what it acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx
import psycopg

from tests.support.editor import editor_of
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.loopback import NO_TLS
from tests.support.reporting import Sending
from tests.support.service import serve
from tests.support.tables import one, opened

REPORTS = 1_000
RANDOM = random.Random(20161205)


def check(url: str, done: set[int]) -> None:
    """Every report that was acknowledged, and every report whole."""
    with opened(url) as database:
        check_history(database)
        check_indexes(database)
        with database.reading.connect() as connection:
            kept = {row[0] for row in connection.exec_driver_sql("SELECT external_id FROM reports")}
    assert {f"report-n{number}" for number in done} <= kept
    whole = len(kept)
    for table, each in (("incidents", 1), ("sources", 1), ("links", 1), ("claims", 2)):
        assert one(url, f"SELECT count(*) FROM {table}") == (whole * each,), table
    pairs = one(
        url,
        "SELECT count(*) FROM links l JOIN reports r ON r.id = l.report_ref JOIN incidents i ON i.id = l.incident_ref"
        " WHERE substr(r.external_id, 8) = substr(i.external_id, 10)",
    )
    assert pairs == (whole,)


def test_nothing_acknowledged_is_lost_and_nothing_is_there_by_half(
    url: str, key: str, tmp_path: Path
) -> None:
    sending = Sending(key, "", REPORTS)
    started = False
    for least in (150, 500):
        with serve(url, tmp_path) as service:
            sending.url = service.url
            if not started:
                sending.start(8)
                started = True
            sending.acknowledged(RANDOM.randint(least, least + 200))
            service.kill()
        before = set(sending.done)
        check(url, before)
    with serve(url, tmp_path) as service:
        sending.url = service.url
        sending.finish()
        listed = httpx.get(f"{service.url}/v1/incidents", params={"count": "true"}, verify=NO_TLS).json()
        assert listed["count"] == REPORTS
        total = httpx.get(f"{service.url}/v1/totals", verify=NO_TLS).json()["items"][0]
        assert total["killed_best"] == sum(number % 50 for number in range(1, REPORTS + 1))
    assert sending.lost > 0, "nothing was under way when the service was killed"
    assert sending.done == set(range(1, REPORTS + 1))
    check(url, sending.done)
    assert one(url, "SELECT count(*) FROM reports") == (REPORTS,)


def test_the_database_ends_the_service_s_connections(postgresql_alone: str, tmp_path: Path) -> None:
    url = postgresql_alone
    with opened(url) as database:
        key = editor_of(database)
    reports = 400
    sending = Sending(key, "", reports)
    reads: list[int] = []
    with serve(url, tmp_path) as service, psycopg.connect(url, autocommit=True) as connection:
        sending.url = service.url
        sending.start(8)
        ended = 0
        for least in (40, 120, 200, 280):
            sending.acknowledged(least)
            found = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'incident-records' AND datname = current_database()"
            ).fetchone()
            ended += found[0] if found else 0
            for _ in range(6):
                reads.append(httpx.get(f"{service.url}/v1/incidents", timeout=30, verify=NO_TLS).status_code)
                time.sleep(0.01)
        sending.finish()
        assert httpx.get(f"{service.url}/health/ready", verify=NO_TLS).status_code == 200
        service.check_log()
    assert ended > 8
    assert set(reads) == {200}, "a read on a connection that was ended is tried again on another"
    assert set(sending.answers) <= {200, 201, 503}
    assert sending.lost == 0
    check(url, sending.done)
    assert one(url, "SELECT count(*) FROM reports") == (reports,)


def test_sixteen_writers_on_the_embedded_database(sqlite_alone: str, tmp_path: Path) -> None:
    """Two processes that serve, sixteen that send: each waits its turn, and none is sent away."""
    with opened(sqlite_alone) as database:
        key = editor_of(database)
    reports = 400
    sending = Sending(key, "", reports, retry=False)
    with serve(sqlite_alone, tmp_path, "--workers", "2") as service:
        sending.url = service.url
        sending.start(16)
        sending.finish()
        assert "locked" not in service.told()
        service.check_log()
    assert sending.answers == [201] * reports
    check(sqlite_alone, set(range(1, reports + 1)))

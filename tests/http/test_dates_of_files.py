"""``Last-Modified`` of exports: for clients that fetch files and know no ETags."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from app.http import dates
from tests.support.api import Api, serving
from tests.support.loopback import NO_TLS

CSV = "/v1/incidents?f=csv"


@pytest.fixture
def public(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A service that has seen nothing yet, and gives dates at once."""
    monkeypatch.setattr(dates, "MARGIN_SECONDS", 0)
    with serving(api.running.settings) as own, httpx.Client(base_url=own.url, verify=NO_TLS) as client:
        yield client


def settled(public: httpx.Client) -> str:
    """The file's date, waited for."""
    for _ in range(30):
        found = public.get(CSV).headers.get("last-modified")
        if found is not None:
            return str(found)
        time.sleep(0.1)
    pytest.fail("the file never gets a date")


def test_a_file_is_fetched_again_only_when_it_has_changed(api: Api, public: httpx.Client) -> None:
    record = api.incident(title="As it was")
    assert "last-modified" not in public.get(CSV).headers, "not sure yet"
    first = settled(public)
    assert parsedate_to_datetime(first).timestamp() <= time.time()
    held = {"If-Modified-Since": first}
    same = public.get(CSV, headers=held)
    assert (same.status_code, same.content, same.headers["last-modified"]) == (304, b"", first)
    assert same.headers["vary"] == "Authorization, Accept, Accept-Encoding"
    assert public.head(CSV, headers=held).status_code == 304
    assert public.head(CSV).headers["last-modified"] == first
    api.patched(f"/v1/incidents/{record['id']}", title="Corrected")
    new = public.get(CSV, headers=held)
    assert new.status_code == 200
    assert "Corrected" in new.text
    assert parsedate_to_datetime(settled(public)) > parsedate_to_datetime(first)


def test_an_etag_knows_better(api: Api, public: httpx.Client) -> None:
    api.incident()
    later = {"If-Modified-Since": settled(public), "If-None-Match": '"another"'}
    assert public.get(CSV, headers=later).status_code == 200


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 0000", "9" * 400])
def test_a_date_that_is_none_is_not_heeded(api: Api, public: httpx.Client, date: str) -> None:
    api.incident()
    settled(public)
    assert public.get(CSV, headers={"If-Modified-Since": date}).status_code == 200


def test_pages_and_what_a_key_sees_have_no_date(api: Api, public: httpx.Client) -> None:
    api.incident()
    held = {"If-Modified-Since": settled(public)}
    key = {"Authorization": api.editor.headers["authorization"]}
    for path, more in (("/v1/incidents", {}), (CSV, key), ("/v1/totals", {})):
        answer = public.get(path, headers=held | more)
        assert answer.status_code == 200
        assert "last-modified" not in answer.headers


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_fetches_a_file_when_it_is_newer(api: Api, public: httpx.Client, tmp_path: Path) -> None:
    record = api.incident(title="As it was")
    settled(public)
    file = tmp_path / "incidents.csv"

    def fetched() -> str:
        command = ["curl", "-s", "-R", "-o", file, "-w", "%{http_code}", f"{public.base_url}{CSV}"]
        held = ["-z", file] if file.exists() else []
        done = subprocess.run([*command, *held], capture_output=True, text=True, timeout=30, check=True)
        return done.stdout

    assert fetched() == "200"
    assert fetched() == "304"
    assert "As it was" in file.read_text()
    api.patched(f"/v1/incidents/{record['id']}", title="Corrected")
    assert fetched() == "200"
    assert "Corrected" in file.read_text()

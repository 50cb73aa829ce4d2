"""A page of another origin follows the feed in a real browser, with the lines of JavaScript of docs/following.md as they stand there.

On the embedded database alone: which one it is makes no difference to a browser.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.settings import DatabaseSettings, Settings
from tests.support.api import serving
from tests.support.chromium import Page, program, shown
from tests.support.editor import editor_of
from tests.support.loopback import NO_TLS
from tests.support.migrated import migrated_sqlite
from tests.support.service import Process, serve
from tests.support.tables import opened

FOLLOWING = Path(__file__).parents[2] / "docs" / "following.md"
WATCHED = """
let begun = 0;
const heard = [];
const fetched = window.fetch;
window.fetch = (address, ...more) => {
  if (String(address).endsWith("/v1/changes/head")) begun += 1;
  return fetched(address, ...more);
};
window.EventSource = class extends EventSource {
  constructor(...more) {
    super(...more);
    this.addEventListener("change", ({ data }) => heard.push(JSON.parse(data).id));
  }
};
const tell = (copy) => {
  const titles = Object.fromEntries([...copy].map(([id, record]) => [id, record.title]));
  fetched("/told", { method: "POST", body: JSON.stringify({ begun, heard, titles }) });
};
"""
"""Before the document's lines: how often they began, which records changes were heard of, and the copy, told to the test."""


def lines() -> str:
    (found,) = re.findall(
        r"^```javascript\n(.*?)^```", FOLLOWING.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return str(found)


class House:
    """A service that a browser follows, which comes and goes; and a second one on the same database, for those who write."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._folder = folder
        self.file = folder / "incidents.db"
        self.url = migrated_sqlite(self.file)
        with opened(self.url) as database:
            key = editor_of(database)
        self._writing = ExitStack()
        stack.push(self._writing)
        self._key = {"Authorization": f"Bearer {key}", "If-Match": "*"}
        self._open()
        self._serving = ExitStack()
        stack.push(self._serving)
        self.port = 0
        self.process = self.begin()

    def _open(self) -> None:
        writer = self._writing.enter_context(serving(Settings(database=DatabaseSettings(url=self.url))))
        self.client = self._writing.enter_context(
            httpx.Client(base_url=writer.url, headers=self._key, timeout=30, verify=NO_TLS)
        )

    def begin(self) -> Process:
        """At the address where it was."""
        self.process = self._serving.enter_context(serve(self.url, self._folder, "--port", str(self.port)))
        self.port = urlsplit(self.process.url).port or 0
        return self.process

    def end(self) -> None:
        self._serving.close()

    def put_back(self, backup: Path) -> None:
        self.end()
        self._writing.close()
        for leftover in self._folder.glob("incidents.db*"):
            leftover.unlink()
        shutil.copy(backup, self.file)
        self._open()
        self.begin()

    def wrote(self, method: str, path: str, **sent: Any) -> str:
        answer = self.client.request(method, f"/v1/incidents{path}", **sent)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def recorded(self, title: str) -> str:
        return self.wrote("POST", "", json={"title": title, "workflow": "published", "country": "SYR"})

    def titles(self) -> dict[str, str]:
        items = httpx.get(f"{self.process.url}/v1/incidents?limit=100", verify=NO_TLS).json()["items"]
        return {item["id"]: item["title"] for item in items}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(stack, tmp_path)


@pytest.fixture
def page(house: House, tmp_path: Path) -> Iterator[Page]:
    browser = program()
    if browser is None:
        pytest.skip("Chromium is not installed")
    asked = f'follow("http://127.0.0.1:{house.port}", "country=SYR&fields=title&limit=2", tell);'
    with shown(browser, f"{WATCHED}{lines()}{asked}", tmp_path) as page:
        yield page


def test_a_browser_comes_back_by_itself_and_misses_nothing(house: House, page: Page) -> None:
    first, second, third = (house.recorded(title) for title in ("first", "second", "third"))
    before = page.tells("titles", {first: "first", second: "second", third: "third"})
    house.wrote("PATCH", f"/{first}", json={"title": "changed while it listens"})
    page.tells("titles", {**before["titles"], first: "changed while it listens"})
    house.process.kill()
    house.wrote("PATCH", f"/{second}", json={"title": "changed while nobody was there"})
    house.wrote("DELETE", f"/{third}", params={"reason": "in error"})
    fourth = house.recorded("fourth")
    house.end()
    house.begin()
    told = page.tells("titles", house.titles())
    assert told["titles"] == {
        first: "changed while it listens",
        second: "changed while nobody was there",
        fourth: "fourth",
    }
    assert told["begun"] == 1, "it went on where it was, and did not begin anew"
    assert told["heard"].count(first) == before["heard"].count(first) + 1, "what it had heard came once"
    house.end()
    house.begin()
    house.wrote("PATCH", f"/{fourth}", json={"sharing": "restricted"})
    told = page.tells("titles", house.titles())
    assert (told["begun"], fourth in told["titles"]) == (1, False)


def test_it_begins_anew_where_the_service_was_set_back_to_a_backup(house: House, page: Page) -> None:
    first = house.recorded("first")
    backup = house.file.with_name("backup.db")
    with closing(sqlite3.connect(house.file)) as there, closing(sqlite3.connect(backup)) as copy:
        there.backup(copy)
    second = house.recorded("of a history that is no more")
    page.tells("titles", {first: "first", second: "of a history that is no more"})
    house.put_back(backup)
    assert page.tells("titles", {first: "first"})["begun"] == 2

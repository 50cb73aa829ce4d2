"""A file imported through the command line, and the service that answers for what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.command import Done, incidents
from tests.support.files import Three
from tests.support.loopback import NO_TLS
from tests.support.service import serve


@dataclass(frozen=True, slots=True)
class Imported:
    url: str
    folder: Path
    done: Done
    client: httpx.Client

    def more(self, file: Path, profile: str | Path, *options: str | Path) -> Done:
        """Another file, published as well."""
        return incidents(
            self.url, "import", file, "--profile", profile, "--publish", *options, cwd=self.folder
        )

    def asked(self, path: str, **parameters: Any) -> dict[str, Any]:
        # None: empty parameters would take the query of a `next` away.
        answer = self.client.get(path, params=parameters or None)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def total(self, **filters: Any) -> dict[str, Any]:
        item: dict[str, Any] = self.asked("/v1/totals", **filters)["items"][0]
        return item

    def pages(self, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every record, page after page, as `next` leads."""
        page = self.asked(path, limit=1000, **parameters)
        while True:
            yield from page["items"]
            if page["next"] is None:
                return
            page = self.asked(page["next"])


@contextmanager
def imported(url: str, folder: Path, file: Path, profile: str, *options: str | Path) -> Iterator[Imported]:
    """`file`, published in a new database, at the newest schema, that is now served to the public."""
    done = incidents(url, "import", file, "--profile", profile, "--publish", *options, cwd=folder)
    with (
        serve(url, folder) as service,
        httpx.Client(base_url=service.url, timeout=60, verify=NO_TLS) as client,
    ):
        yield Imported(url, folder, done, client)


def figure(total: dict[str, Any], of: str) -> tuple[Any, Any, Any]:
    return (total[f"{of}_low"], total[f"{of}_best"], total[f"{of}_high"])


UNSTATED = (None, None, None)
NOTHING: Three = (0, 0, 0)

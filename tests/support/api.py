"""The service on loopback, and clients for each kind of viewer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from app.access.viewer import Viewer
from app.domain.vocabulary import Role
from app.main import create_app
from app.settings import Settings
from app.storage.database import Database
from app.writing import partners
from app.writing.partners import KeyForm, PartnerForm
from app.writing.work import working
from tests.support.loopback import NO_TLS


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    settings: Settings


@contextmanager
def serving(settings: Settings) -> Iterator[Running]:
    """A real server in a thread of this process, on a free port of loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    for _ in range(500):
        if server.started:
            break
        time.sleep(0.01)
    try:
        yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", settings)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class Api:
    """HTTP clients by viewer. Partners `alpha` and `beta` exist; others are made when first named."""

    def __init__(self, running: Running, database: Database, secret: str) -> None:
        self.running = running
        self.database = database
        self.secret = secret
        self.local: Viewer = partners.ensure_local(database)
        self._clients: dict[tuple[str, str], httpx.Client] = {}
        self._partners: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()

    def key(self, role: str, partner: str = "alpha", *, days: int | None = None) -> str:
        """A new key's text."""
        if partner not in self._partners:
            working(
                self.database,
                self.local,
                lambda w: partners.add(w, PartnerForm(slug=partner, name=partner.title())),
            )
            self._partners.add(partner)
        form = KeyForm(partner=partner, role=Role(role), expires_in_days=days)
        issued = working(
            self.database, self.local, lambda w: partners.issue(w, form, secret=self.secret, lifetime_days=30)
        )
        return issued.text

    def client(self, role: str, partner: str = "alpha") -> httpx.Client:
        """A client with a key of the role; role `public` has none."""
        if (role, partner) not in self._clients:
            headers = {} if role == "public" else {"Authorization": f"Bearer {self.key(role, partner)}"}
            self._clients[role, partner] = httpx.Client(
                base_url=self.running.url, headers=headers, timeout=30, verify=NO_TLS
            )
        return self._clients[role, partner]

    @property
    def public(self) -> httpx.Client:
        return self.client("public")

    @property
    def contributor(self) -> httpx.Client:
        return self.client("contributor")

    @property
    def editor(self) -> httpx.Client:
        return self.client("editor", "desk")

    @property
    def admin(self) -> httpx.Client:
        return self.client("admin", "desk")

    def incident(self, by: httpx.Client | None = None, **values: Any) -> dict[str, Any]:
        """A stored incident; published and public unless told otherwise."""
        body = {
            "title": "An incident",
            "date_start": "2016-12-06",
            "country": "SYR",
            "workflow": "published",
            **values,
        }
        return self.posted("/v1/incidents", body, by)

    def report(self, by: httpx.Client | None = None, **values: Any) -> dict[str, Any]:
        body = {"title": "A report", "date_published": "2016-12-06", "workflow": "published", **values}
        return self.posted("/v1/reports", body, by)

    def source(self, by: httpx.Client | None = None, **values: Any) -> dict[str, Any]:
        return self.posted("/v1/sources", {"name": "An outlet", "source_type": "local_media", **values}, by)

    def posted(self, path: str, body: dict[str, Any], by: httpx.Client | None = None) -> dict[str, Any]:
        response = (by or self.editor).post(path, json=body)
        assert response.status_code == 201, response.text
        record: dict[str, Any] = response.json()
        return record

    def patched(self, path: str, by: httpx.Client | None = None, **changes: Any) -> dict[str, Any]:
        """The record after a merge patch on whatever version it has."""
        response = (by or self.editor).patch(path, json=changes, headers={"If-Match": "*"})
        assert response.status_code == 200, response.text
        record: dict[str, Any] = response.json()
        return record

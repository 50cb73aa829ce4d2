"""Sixteen writers at once on the embedded database: nobody is turned away, nothing acknowledged is lost."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.domain.vocabulary import Role
from app.query.fields import Kind
from app.storage.database import Database
from app.storage.tables import changes, incidents
from app.writing import partners
from app.writing.partners import KeyForm, PartnerForm
from app.writing.work import working
from tests.bench.services import SECRET, Service

WRITERS = 16
PARTNER = "writers"


@dataclass(slots=True)
class Written:
    """What became of a run."""

    acknowledged: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    seconds: float = 0.0
    lost: int = 0
    extra: int = 0
    changes: int = 0

    @property
    def is_sound(self) -> bool:
        stored = len(self.acknowledged)
        return not self.refused and not self.lost and not self.extra and self.changes == stored

    def told(self) -> str:
        rate = len(self.acknowledged) / self.seconds
        refused = ", ".join(f"{count} x {what}" for what, count in self.refused.items()) or "none"
        return (
            f"{WRITERS} writers on SQLite for {self.seconds:.0f} s: {len(self.acknowledged):,} incidents acknowledged, "
            f"{rate:,.0f} a second, slowest {self.slowest * 1000:,.0f} ms; refused: {refused}; "
            f"acknowledged but not stored: {self.lost}; stored but not acknowledged: {self.extra}; "
            f"entries in the history: {self.changes:,}"
        )


def measure(database: Database, seconds: float) -> Written:
    """A bounded run on an empty database."""
    keys = _keys(database)
    written, lock = Written(), threading.Lock()
    with Service("ours", url=database.settings.url) as service:
        start = threading.Barrier(WRITERS + 1)
        threads = [
            threading.Thread(target=_write, args=(service.port, key, number, seconds, start, written, lock))
            for number, key in enumerate(keys)
        ]
        for thread in threads:
            thread.start()
        start.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        written.seconds = time.perf_counter() - began
    with database.writing.connect() as connection:
        stored = set(connection.execute(select(incidents.c.uid)).scalars())
        created = (changes.c.kind == Kind.incident.value) & (changes.c.action == "create")
        written.changes = connection.execute(
            select(func.count()).select_from(changes).where(created)
        ).scalar_one()
    acknowledged = set(written.acknowledged)
    written.lost, written.extra = len(acknowledged - stored), len(stored - acknowledged)
    return written


def _keys(database: Database) -> list[str]:
    """A contributor's key for each writer."""
    local = partners.ensure_local(database)
    working(database, local, lambda work: partners.add(work, PartnerForm(slug=PARTNER, name="Writers")))
    form = KeyForm(partner=PARTNER, role=Role.contributor)
    return [
        working(database, local, lambda work: partners.issue(work, form, secret=SECRET, lifetime_days=1)).text
        for _ in range(WRITERS)
    ]


def _write(
    port: int,
    key: str,
    writer: int,
    seconds: float,
    start: threading.Barrier,
    written: Written,
    lock: threading.Lock,
) -> None:
    """One writer: its own connection, one request after the other until the time is over."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    acknowledged: list[str] = []
    refused: Counter[str] = Counter()
    slowest, number = 0.0, 0
    start.wait()
    until = time.perf_counter() + seconds
    while (asked := time.perf_counter()) < until:
        number += 1
        body = {
            "title": f"Writer {writer}, incident {number}",
            "date_start": "2016-12-06",
            "country": "SYR",
            "admin1": "Idlib",
            "place": "Ma'arrat al-Numan",
            "lon": 36.67,
            "lat": 35.64,
            "event_type": "air_or_drone_strike",
            "external_id": f"{writer}-{number}",
        }
        try:
            connection.request("POST", "/v1/incidents", json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as fault:
            refused[type(fault).__name__] += 1
            connection.close()
            continue
        slowest = max(slowest, time.perf_counter() - asked)
        if response.status == 201:
            acknowledged.append(json.loads(text)["id"])
        else:
            refused[f"{response.status} {text[:200].decode(errors='replace')}"] += 1
    connection.close()
    with lock:
        written.acknowledged += acknowledged
        written.refused += refused
        written.slowest = max(written.slowest, slowest)

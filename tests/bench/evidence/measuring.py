"""As-of lists beside plain ones, the feed, verify, what history adds to a write, followers."""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from app.domain.vocabulary import Role
from app.settings import DatabaseSettings
from app.storage import history, write
from app.storage.database import Database
from app.storage.verifying import Broken, walked, whole
from app.writing import incidents, partners
from app.writing.partners import KeyForm, PartnerForm
from app.writing.work import working
from tests.bench import bulk, cluster, table
from tests.bench.databases import empty_database, say, servers
from tests.bench.evidence import followers
from tests.bench.evidence.deepen import deepen
from tests.bench.importing import MAPPING, imported, made_up
from tests.bench.sameness import Asker
from tests.bench.services import SECRET, Service
from tests.bench.store import CACHE, KINDS, Store
from tests.support.server import Server

PARTS = ("asof", "feed", "verify", "appending", "followers")
LISTS = {
    "newest 50": "/v1/incidents?limit=50",
    "by country": "/v1/incidents?limit=50&country=SYR",
    "by killed": "/v1/incidents?limit=50&sort=-killed_best",
}
ROUNDS, REQUESTS = 7, 40
AMENDED = 2_000
Row = list[str]


def as_of(kind: str, incidents: int, folder: Path) -> Iterator[Row]:
    """Ratios of medians, in turns."""
    with (
        _deep(kind, incidents, folder) as (url, seq),
        Service("ours", url=url) as service,
        closing(Asker(service.port)) as asker,
    ):
        for name, target in LISTS.items():
            ratios, times = [], []
            for _ in range(ROUNDS):
                plain, then = (_median(asker, t) for t in (target, f"{target}&as_of={seq}"))
                ratios.append(then / plain)
                times.append((plain, then))
            plain, then = (statistics.median(t[side] for t in times) * 1000 for side in (0, 1))
            told = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f}) times"
            yield [f"as of, {name}", KINDS[kind], f"{plain:.2f} ms, {then:.2f} ms", told, "≤ 2"]


def _median(asker: Asker, target: str) -> float:
    took = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        asker.text(target)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


@contextmanager
def _deep(kind: str, incidents: int, folder: Path) -> Iterator[tuple[str, int]]:
    """A copy of the made-up incidents, with versions."""
    if kind == "sqlite":
        made = Store(None, 20161206, say).url(kind, incidents).removeprefix("sqlite:///")
        file = folder / "deep.db"
        shutil.copy(made, file)
        yield _deepened(f"sqlite:///{file}")
        file.unlink()
        return
    with cluster.server(CACHE, given=False) as server:
        assert server is not None
        made = Store(server, 20161206, say).url(kind, incidents).rpartition("/")[2].partition("?")[0]
        with server.temporary_database("deep", template=made) as url:
            yield _deepened(url)


def _deepened(url: str) -> tuple[str, int]:
    say("three versions of each")
    with closing(Database(DatabaseSettings(url=url, statement_timeout_seconds=3600))) as database:
        return url, deepen(database)


def _key(database: Database) -> str:
    local = partners.ensure_local(database)
    working(database, local, lambda w: partners.add(w, PartnerForm(slug="desk", name="Desk")))
    form = KeyForm(partner="desk", role=Role.editor)
    return working(database, local, lambda w: partners.issue(w, form, secret=SECRET, lifetime_days=1)).text


def feed(kind: str, database: Database) -> Iterator[Row]:
    """From the beginning to the head over HTTP, as the public: whole records, then ids."""
    with Service("ours", url=database.settings.url) as service, closing(Asker(service.port)) as asker:
        for name, question in (
            ("whole records", "limit=1000"),
            ("ids", "limit=1000&kind=incident&fields=id"),
        ):
            rates = []
            for _ in range(3):
                target, began, more = f"/v1/changes?{question}", time.perf_counter(), True
                while more:
                    page = orjson.loads(asker.text(target)[0])
                    target, more = f"/v1/changes?{question}&after={page['cursor']}", page["more"]
                rates.append(page["head"] / (time.perf_counter() - began))
            told = f"{max(rates):,.0f} changes a second"
            yield [f"feed, {name}", KINDS[kind], f"{page['head']:,} changes", told, "≥ 20,000"]


def verify(kind: str, database: Database) -> Iterator[Row]:
    """The chain, as a head is checked by; then each record by its changes, too, by one process and by two."""
    passes = {
        "chain": _walked,
        "chain and records": lambda d: _looked(d, 1),
        "chain and records, two processes": lambda d: _looked(d, 2),
    }
    for name, looked in passes.items():
        done = [looked(database) for _ in range(3)]
        changes, rate = done[0][0], max(changes / seconds for changes, seconds in done)
        told = f"{rate:,.0f} changes a second"
        yield [f"verify, {name}", KINDS[kind], f"{changes:,} changes", told, "≥ 50,000"]


def _walked(database: Database) -> tuple[int, float]:
    changes, began = 0, time.perf_counter()
    with database.still() as connection:
        for found in walked(connection):
            if isinstance(found, Broken):
                raise SystemExit(f"the history does not hold: {found}")
            changes += found
    return changes, time.perf_counter() - began


def _looked(database: Database, jobs: int) -> tuple[int, float]:
    """From where the processes have begun."""
    with whole(database, jobs) as looking:
        began = time.perf_counter()
        for found in looking.breaks():
            raise SystemExit(f"something does not hold: {found}")
        return looking.head.seq, time.perf_counter() - began


def appending(kind: str, database: Database) -> Iterator[Row]:
    """Amendments of one field, a transaction each; how much of the time the history's entry and the version take."""
    local, chance = partners.ensure_local(database), random.Random(1)
    with database.reading.connect() as connection:
        uids = [row[0] for row in connection.exec_driver_sql("SELECT uid FROM incidents LIMIT 5000")]
    spent = [0.0]
    appended, kept = history.append, write.Transaction._keep_versions

    def timed(work: Any) -> Any:
        def within(*given: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*given)
            finally:
                spent[0] += time.perf_counter() - began

        return within

    history.append, write.Transaction._keep_versions = timed(appended), timed(kept)  # type: ignore[method-assign]
    try:
        began = time.perf_counter()
        for number in range(AMENDED):
            patch = {"summary": f"Summary {number}"}
            uid = chance.choice(uids)
            working(database, local, lambda w, uid=uid, patch=patch: incidents.amend(w, uid, patch, None))
        whole = time.perf_counter() - began
    finally:
        history.append, write.Transaction._keep_versions = appended, kept  # type: ignore[method-assign]
    told = f"{spent[0] / whole:.0%} of the write"
    each = f"{whole / AMENDED * 1000:.2f} ms a write"
    yield ["history appended, version and words kept", KINDS[kind], each, told, "≤ 30 %"]


def following(kind: str, database: Database) -> Iterator[Row]:
    """All with one question, and with ten different ones."""
    key = _key(database)
    with Service("ours", url=database.settings.url) as service:
        httpx.get(f"{service.url}/health/ready").raise_for_status()
        many = [f"kind=incident&country=SYR&fields=title&filter=killed_best IS NULL OR killed_best <> {n}".replace(" ", "%20") for n in range(10)]  # fmt: skip
        for name, questions in (("one question", ["kind=incident"]), ("ten questions", many)):
            found = followers.measure(service.port, key, questions)
            told = f"p50 {found.at(0.5) * 1000:,.0f} ms, p99 {found.at(0.99) * 1000:,.0f} ms, all {found.took[-1] * 1000:,.0f} ms"
            size = f"{followers.CHANGES} changes to {found.followers:,}; {found.missing} missing"
            yield [f"followers, {name}", KINDS[kind], size, told, "p99 < 1 s"]


@contextmanager
def _filled(kind: str, changes: int, server: Server | None, folder: Path) -> Iterator[Database]:
    """Made-up rows, imported with their whole history."""
    with empty_database(kind, server, folder) as database:
        say(f"{KINDS[kind]}: importing {changes:,} rows")
        mapping = folder / "log.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        imported(database, made_up(folder, changes), str(mapping), folder, "--publish")
        bulk.settle(database)
        yield database


def run(incidents: int, changes: int, kinds: list[str], parts: tuple[str, ...] = PARTS) -> None:
    """Prints the table."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        folder = Path(name)
        if "asof" in parts:
            for kind in kinds:
                rows += as_of(kind, incidents, folder)
        if set(parts) - {"asof"}:
            with servers(kinds) as server:
                for kind in [k for k in kinds if k == "sqlite" or server is not None]:
                    rows += _of_a_history(kind, changes, parts, server, folder)
    print(table.markdown(["what", "database", "measured on", "measured", "goal"], rows))
    print(f"\n{incidents:,} incidents with three versions each. {table.facts()}.")


def _of_a_history(
    kind: str, changes: int, parts: tuple[str, ...], server: Server | None, folder: Path
) -> Iterator[Row]:
    with (
        tempfile.TemporaryDirectory(dir=folder) as inner,
        _filled(kind, changes, server, Path(inner)) as database,
    ):
        for name, measured in {
            "feed": feed,
            "verify": verify,
            "appending": appending,
            "followers": following,
        }.items():
            if name in parts:
                yield from measured(kind, database)

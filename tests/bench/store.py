"""Made-up databases, kept between runs: by size, seed, the schema's revision, and what the generator makes."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from app.settings import DatabaseSettings
from app.storage import migrate
from app.storage.database import Database
from tests.bench import bulk, generate
from tests.support.server import Server

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "bench"
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
Say = Callable[[str], None]


@dataclass(slots=True)
class Store:
    """Where they are, and a PostgreSQL where there is one."""

    server: Server | None
    seed: int
    say: Say
    cache: Path = CACHE
    marks: list[str] = field(init=False)
    """Of the schema as it is now, then of earlier ones that can be brought up to date."""

    def __post_init__(self) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        made = generate.fingerprint(self.seed)
        self.marks = [f"{self.seed}_{schema}_{made}" for schema in _schemas()]

    @property
    def mark(self) -> str:
        return self.marks[0]

    def url(self, kind: str, incidents: int) -> str:
        """The address of a filled database, made where there is none yet."""
        name, *earlier = (f"bench_test_{incidents}_{mark}" for mark in self.marks)
        if kind == "sqlite":
            return self._file(name, earlier, incidents)
        assert self.server is not None
        known = self._databases()
        older = next((former for former in earlier if former in known), None)
        if name not in known and older is not None:
            self._upgraded(self.server.url(older), "postgresql")
            self._run(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(older), sql.Identifier(name))
            )
        elif name not in known:
            self._drop_older(f"bench_test_{incidents}_")
            started = f"{name}_unfinished"
            self.server.drop_database(started)
            self._filled(self.server.create_database(started), "postgresql", incidents)
            self._run(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(started), sql.Identifier(name)
                )
            )
        return self.server.url(name)

    def _file(self, name: str, earlier: list[str], incidents: int) -> str:
        file = self.cache / f"{name}.db"
        older = next((self.cache / f"{n}.db" for n in earlier if (self.cache / f"{n}.db").exists()), None)
        if not file.exists() and older is not None:
            self._upgraded(f"sqlite:///{older}", "sqlite")
            os.replace(older, file)
            for rest in self.cache.glob(f"{older.stem}*"):
                # The plain table for the peers is none of the schema's business.
                if rest.name.endswith("_peers.db"):
                    os.replace(rest, file.with_name(f"{file.stem}_peers.db"))
                else:
                    rest.unlink()
        elif not file.exists():
            for older in self.cache.glob(f"bench_test_{incidents}_*"):
                older.unlink()
            started = self.cache / f"bench_test_{incidents}_unfinished.db"
            self._filled(f"sqlite:///{started}", "sqlite", incidents)
            os.replace(started, file)
        return f"sqlite:///{file}"

    def _filled(self, url: str, kind: str, incidents: int) -> None:
        self.say(f"{KINDS[kind]}: making {incidents:,} incidents, once")
        start = time.perf_counter()
        with closing(Database(DatabaseSettings(url=url, statement_timeout_seconds=3600))) as database:
            migrate.upgrade(database)
            filled = bulk.fill(database, incidents, self.seed)
        seconds = time.perf_counter() - start
        self.say(f"{KINDS[kind]}: {filled.reports:,} reports, {filled.links:,} links; {seconds:.0f} s")

    def _upgraded(self, url: str, kind: str) -> None:
        """By the migrations that came since, as an operator's database would be."""
        self.say(f"{KINDS[kind]}: bringing the made-up incidents up to date")
        settings = DatabaseSettings(url=url, statement_timeout_seconds=3600)
        with closing(Database(settings)) as database:
            migrate.upgrade(database)
            bulk.settle(database)

    def _databases(self) -> list[str]:
        assert self.server is not None
        with psycopg.connect(self.server.admin_url, autocommit=True) as connection:
            return [row[0] for row in connection.execute("SELECT datname FROM pg_database")]

    def _drop_older(self, stem: str) -> None:
        assert self.server is not None
        for name in self._databases():
            if name.startswith(stem):
                self.server.drop_database(name)

    def _run(self, statement: sql.Composed) -> None:
        assert self.server is not None
        with psycopg.connect(self.server.admin_url, autocommit=True) as connection:
            connection.execute(statement)


def _schemas() -> list[str]:
    """Marks of all migrations, of all but the last, and so on. Not their numbers: until they are published, texts change."""
    shared = [*(ROOT / "migrations").glob("*.py")]
    versions = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    digest, marks = hashlib.sha256(), []
    for file in (*sorted(shared), *versions):
        digest.update(file.read_bytes())
        if file in versions:
            marks.append(digest.hexdigest()[:8])
    return marks[::-1]

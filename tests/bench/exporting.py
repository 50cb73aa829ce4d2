"""Exports of everything: rows a second beside the database's own client, and memory that does not grow with them.

python -m tests.bench.exporting [--incidents N]      by default a million, as csv and ndjson, on both databases

The client answers the same question: the same fields of the same records in the same order, as text that it makes itself.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from app.access.viewer import PUBLIC
from app.query.fields import BY_NAME, Kind
from app.query.filter import And
from app.query.spec import Query
from app.settings import DatabaseSettings
from app.storage import read
from app.storage.database import Database
from app.storage.export import EVERYTHING, cells_asked
from tests.bench import cluster, generate, table
from tests.bench.store import CACHE, KINDS, Store
from tests.support.service import Process, serve

MILLION = 1_000_000
LEAST_RATIO = 0.5
MOST_GROWTH_MB = 100.0
LONGEST = 900.0
FORMATS = ("csv", "ndjson")
EVERY = Query(Kind.incident, And(()), "id", limit=EVERYTHING)
HEADS = ["export", "database", "rows", "ours, rows a second", "its client's", "ratio (min–max)", "memory above idle", "goals"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One format of one database."""

    form: str
    kind: str
    rows: int
    ours: list[float]
    theirs: list[float]
    above_idle_mb: float

    @property
    def ratios(self) -> list[float]:
        return sorted(theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True))

    @property
    def met(self) -> bool:
        return median(self.ratios) >= LEAST_RATIO and self.above_idle_mb <= MOST_GROWTH_MB

    def told(self) -> list[str]:
        ratios = self.ratios
        goals = f"≥ {LEAST_RATIO}, ≤ {MOST_GROWTH_MB:.0f} MB: {'met' if self.met else 'MISSED'}"
        return [
            self.form,
            KINDS[self.kind],
            f"{self.rows:,}",
            f"{self.rows / median(self.ours):,.0f}",
            f"{self.rows / median(self.theirs):,.0f}",
            f"**{median(ratios):.2f}** ({ratios[0]:.2f}–{ratios[-1]:.2f})",
            f"{self.above_idle_mb:.0f} MB",
            goals,
        ]


def statement(database: Database, form: str) -> str:
    """The export's question as the client takes it, its few numbers written in."""
    field = BY_NAME[EVERY.kind][EVERY.sort]
    with database.held() as reader:
        ask = cells_asked if form == "csv" else read.part_asked
        asked, values, bound = ask(reader, PUBLIC, EVERY, field, EVERYTHING, nulls=False)
        sql, parameters = asked.sql, asked.parameters(values, bound, database.dialect)
    if not database.is_embedded:
        return str(sql % parameters)
    for value in parameters:
        sql = sql.replace("?", str(value), 1)
    return sql


def command(database: Database, form: str) -> list[str]:
    """The database's own client, which writes the answer to standard output."""
    sql = statement(database, form)
    if database.is_embedded:
        return ["sqlite3", "-readonly", "-csv" if form == "csv" else "-list", str(database.file), sql]
    options = "WITH (FORMAT csv, HEADER)" if form == "csv" else ""
    return ["psql", "-X", "-q", "-d", database.settings.url, "-c", f"COPY ({sql}) TO STDOUT {options}"]


def client_seconds(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=LONGEST)
    return time.perf_counter() - start


def service_seconds(url: str, form: str) -> tuple[float, int]:
    """How long the running service takes, and how many line feeds it sends."""
    host, port = url.removeprefix("http://").split(":")
    asked = f"GET /v1/incidents?f={form}&sort=id HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    buffer, lines, last = bytearray(1 << 20), 0, b""
    with socket.create_connection((host, int(port)), timeout=LONGEST) as client:
        start = time.perf_counter()
        client.sendall(asked.encode())
        while got := client.recv_into(buffer):
            lines += buffer.count(b"}\n", 0, got) if form == "ndjson" else 0
            last = (last + bytes(buffer[max(0, got - 5) : got]))[-5:]
        seconds = time.perf_counter() - start
    if last != b"0\r\n\r\n":
        raise RuntimeError(f"the {form} export broke off")
    return seconds, lines


def anonymous_mb(process: Process) -> float:
    """The memory that the service holds of its own: mapped pages of the database's file belong to the system."""
    found = re.search(r"RssAnon:\s+(\d+) kB", (process.root.parent / "status").read_text())
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def watched(process: Process) -> Iterator[list[float]]:
    """The most memory so far, as the only member of the list."""
    most, over = [anonymous_mb(process)], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], anonymous_mb(process))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def measure(kind: str, url: str, rounds: int, folder: Path) -> list[Measured]:
    """Ours and the client's, in turns."""
    patient = {"INCIDENTS_DATABASE_STATEMENT_TIMEOUT_SECONDS": "3600"}
    database, found = Database(DatabaseSettings(url=url)), []
    rows = 0
    try:
        # The one that tells how many there are comes first.
        for form in reversed(FORMATS):
            words = command(database, form)
            with serve(url, folder, settings=patient) as process:
                idle = anonymous_mb(process)
                ours, theirs = [], []
                with watched(process) as most:
                    for _ in range(rounds):
                        theirs.append(client_seconds(words))
                        seconds, lines = service_seconds(process.url, form)
                        ours.append(seconds)
                        rows = lines or rows
            found.append(Measured(form, kind, rows, ours, theirs, most[0] - idle))
    finally:
        database.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.bench.exporting", description=__doc__.split("\n")[0])
    parser.add_argument("--incidents", type=int, default=MILLION, help="how many are made up (1000000)")
    parser.add_argument("--database", choices=["both", *KINDS], default="both")
    parser.add_argument("--rounds", type=int, default=3, help="of each export (3)")
    parser.add_argument("--seed", type=int, default=generate.SEED)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where made-up databases are kept")
    args = parser.parse_args()
    kinds = list(KINDS) if args.database == "both" else [args.database]
    with ExitStack() as stack:
        server = (
            stack.enter_context(cluster.server(args.cache, given=False)) if "postgresql" in kinds else None
        )
        found: list[Measured] = []
        for kind, client in (("sqlite", "sqlite3"), ("postgresql", "psql")):
            if kind not in kinds:
                continue
            if (kind == "postgresql" and server is None) or shutil.which(client) is None:
                _say(f"NOT MEASURED: {KINDS[kind]}; it, or its client {client}, is not installed")
                continue
            url = Store(server, args.seed, _say, args.cache).url(kind, args.incidents)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="incidents-bench-")))
            found += measure(kind, url, args.rounds, folder)
    print(table.markdown(HEADS, [each.told() for each in found]), f"\n{table.facts()}.", sep="\n")
    return 0 if found and all(each.met for each in found) else 1


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

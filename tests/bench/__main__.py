"""`make bench`: our service beside a textbook one on the same tables. Ratios count; times belong to this machine."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import DatabaseSettings
from app.storage import migrate
from app.storage.database import Database
from tests.bench import generate, importing, reads, table, writers
from tests.bench.load import CONNECTIONS, Load
from tests.support.postgres import Server, find_or_start

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000, help="how many are made up (10000)")
    parser.add_argument("--seed", type=int, default=generate.SEED)
    parser.add_argument("--database", choices=["both", *KINDS], default="both")
    parser.add_argument("--rounds", type=int, default=11, help="rounds of every question (11)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each question in a round (0.5)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--writers", action="store_true", help="instead: 16 writers at once on SQLite")
    parser.add_argument("--writing-seconds", type=float, default=10.0, help="how long they write (10)")
    parser.add_argument(
        "--import",
        dest="importing",
        nargs="?",
        const="",
        metavar="FILE",
        help="instead: time imports, of made-up rows and of a UCDP GED file where one is named",
    )
    return parser.parse_args()


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


@contextmanager
def empty_database(kind: str, server: Server | None, folder: Path) -> Iterator[Database]:
    """A new one at the newest schema, gone afterwards."""
    if kind == "sqlite":
        yield from _migrated(f"sqlite:///{folder / 'bench.db'}")
    else:
        assert server is not None
        with server.temporary_database("bench") as url:
            yield from _migrated(url)


def _migrated(url: str) -> Iterator[Database]:
    database = Database(DatabaseSettings(url=url))
    try:
        migrate.upgrade(database)
        yield database
    finally:
        database.close()


@contextmanager
def servers(kinds: list[str]) -> Iterator[Server | None]:
    server = find_or_start() if "postgresql" in kinds else None
    try:
        yield server
    finally:
        if server is not None:
            server.stop()


def reading(args: argparse.Namespace) -> None:
    kinds = list(KINDS) if args.database == "both" else [args.database]
    rows, more = [], []
    with servers(kinds) as server, Load(args.connections) as load:
        if server is None and "postgresql" in kinds:
            kinds.remove("postgresql")
        ceiling = reads.ceiling(load, args.seconds)
        more.append(
            f"the load alone makes {ceiling:,.0f} requests a second on {args.connections} connections"
        )
        for kind in kinds:
            with tempfile.TemporaryDirectory(prefix="incidents-bench-") as folder, empty_database(kind, server, Path(folder)) as database:  # fmt: skip
                start = time.perf_counter()
                filled = generate.fill(database, args.incidents, args.seed)
                say(f"{KINDS[kind]}: filled in {time.perf_counter() - start:.0f} s")
                told = f"{filled.incidents:,} incidents, {filled.reports:,} reports, {filled.claims:,} claims"
                rows += reads.measure(
                    KINDS[kind],
                    database,
                    seed=args.seed,
                    seconds=args.seconds,
                    rounds=args.rounds,
                    load=load,
                    say=say,
                )
        if server is not None:
            more.append(server.versions())
    print(
        f"{table.of_rows(rows)}\n\n{told}; {args.rounds} rounds of {args.seconds:g} s. {table.facts(*more)}."
    )


def writing(args: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="incidents-bench-") as folder, empty_database("sqlite", None, Path(folder)) as database:  # fmt: skip
        written = writers.measure(database, args.writing_seconds)
    print(f"{written.told()}.\n\n{table.facts()}.")
    return written.is_sound


def importing_files(args: argparse.Namespace) -> bool:
    """Whether memory stayed flat."""
    kinds = list(KINDS) if args.database == "both" else [args.database]
    with servers(kinds) as server, tempfile.TemporaryDirectory(prefix="incidents-bench-") as name:
        folder = Path(name)
        if server is None and "postgresql" in kinds:
            kinds.remove("postgresql")

        @contextmanager
        def opened(kind: str) -> Iterator[Database]:
            with tempfile.TemporaryDirectory(dir=folder) as inner, empty_database(kind, server, Path(inner)) as database:  # fmt: skip
                yield database

        file = Path(args.importing) if args.importing else None
        told, flat = importing.measure(kinds, opened, file, folder, say)
        more = [server.versions()] if server is not None else []
    heads = [
        "file",
        "database",
        "rows",
        "refused",
        "rows a second",
        "peak memory",
        "memory against fewer rows",
    ]
    print(f"{table.markdown(heads, told)}\n\n{table.facts(*more)}.")
    return flat


def main() -> int:
    args = _arguments()
    if args.writers:
        return 0 if writing(args) else 1
    if args.importing is not None:
        return 0 if importing_files(args) else 1
    reading(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())

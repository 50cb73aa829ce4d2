"""`make bench`: our service beside a textbook one and others on the same incidents. Ratios count; times belong to this machine."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.storage.database import Database
from tests.bench import cluster, generate, importing, peers, questions, reads, table, writers
from tests.bench.databases import empty_database, say, servers
from tests.bench.evidence import measuring
from tests.bench.load import CONNECTIONS, Load
from tests.bench.store import CACHE, KINDS, Store

FEW = 10_000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--incidents", type=int, default=FEW, help="how many are made up, once for all runs (10000)"
    )
    parser.add_argument("--seed", type=int, default=generate.SEED)
    parser.add_argument("--database", choices=["both", *KINDS], default="both")
    parser.add_argument(
        "--peers",
        type=_names(tuple(peers.PINS)),
        default=(),
        help=f"others to measure, by commas, of: {', '.join(peers.PINS)}; each is installed on first use",
    )
    parser.add_argument(
        "--questions",
        type=_names(questions.NAMES),
        default=questions.NAMES,
        help=f"by commas, of: {', '.join(questions.NAMES)} (all)",
    )
    parser.add_argument("--keep", action="store_true", help="also put the table into docs/benchmarks.md")
    parser.add_argument("--prepare", action="store_true", help="only make the databases that a run needs")
    parser.add_argument("--rounds", type=int, default=11, help="rounds of every question (11)")
    parser.add_argument("--seconds", type=float, default=0.5, help="of each question in a round (0.5)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument(
        "--evidence", action="store_true", help="instead: as-of lists, feed, verify, appending, followers"
    )
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


def _names(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        found = tuple(text.split(","))
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return found

    return read


def reading(args: argparse.Namespace) -> None:
    kinds = list(KINDS) if args.database == "both" else [args.database]
    given = bool(os.environ.get("INCIDENTS_TEST_POSTGRESQL_URL"))
    with ExitStack() as stack:
        server = stack.enter_context(cluster.server(CACHE, given=given)) if "postgresql" in kinds else None
        if server is None and "postgresql" in kinds:
            kinds.remove("postgresql")
        store = Store(server, args.seed, say)
        urls = {kind: store.url(kind, args.incidents) for kind in kinds}
        growing = "growth" in args.questions and args.incidents > FEW
        few = {kind: store.url(kind, FEW) for kind in kinds} if growing else {}
        if args.prepare:
            for kind in kinds:
                peers.prepare(kind, urls[kind], args.peers, CACHE, say)
            return
        load = stack.enter_context(Load(args.connections))
        more = [f"the load alone makes {reads.ceiling(load, args.seconds):,.0f} requests a second"]
        measured = []
        for kind in kinds:
            wanted = tuple(name for name in args.peers if kind in peers.DATABASES[name])
            plan = reads.Plan(args.questions, wanted, args.seed, args.seconds, args.rounds)
            measured.append(reads.measure(kind, urls[kind], few.get(kind), plan, load, say))
        if server is not None:
            more.append(server.versions())
        more += [pin.replace("==", " ") for name in args.peers for pin in peers.PINS[name][:1]]
    _tell(args, measured, more)


def _tell(args: argparse.Namespace, measured: list[reads.Measured], more: list[str]) -> None:
    command = shlex.join(sys.argv[1:]).replace('"', "'")
    lines = [f'`make bench ARGS="{command}"`', ""]
    lines += [f"**{absent}**\n" for one in measured for absent in one.absent]
    lines.append(table.of_rows(row for one in measured for row in one.rows))
    crowds = [crowd for one in measured for crowd in one.crowded]
    if crowds:
        lines += ["", f"{reads.CROWD} connections:", "", table.of_crowds(crowds)]
    lines += [
        "",
        f"{args.incidents:,} incidents with 2.5 reports each; {args.connections} connections, one process each; "
        f"{args.rounds} rounds of {args.seconds:g} s. {table.facts(*more)}.",
    ]
    lines += ["", *(f"- {peers.DIFFERS[name]}." for name in args.peers)] if args.peers else []
    print("\n".join(lines))
    if args.keep:
        table.keep("\n".join(lines))


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
    if args.evidence:
        measuring.run(args.incidents, FEW, list(KINDS) if args.database == "both" else [args.database])
        return 0
    if args.writers:
        return 0 if writing(args) else 1
    if args.importing is not None:
        return 0 if importing_files(args) else 1
    reading(args)
    return 0


if __name__ == "__main__":
    sys.exit(main())

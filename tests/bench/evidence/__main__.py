"""`python -m tests.bench.evidence`: some of what `make bench ARGS=--evidence` measures."""

from __future__ import annotations

import argparse

from tests.bench.evidence.measuring import PARTS, run
from tests.bench.store import KINDS


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench.evidence", description=__doc__)
    parser.add_argument("--incidents", type=int, default=100_000, help="of as-of lists, three versions each")
    parser.add_argument("--changes", type=int, default=20_000, help="of the feed and of verify")
    parser.add_argument("--database", choices=["both", *KINDS], default="both")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"by commas, of: {', '.join(PARTS)} (all)")
    return parser.parse_args()


def main() -> None:
    args = _arguments()
    kinds = list(KINDS) if args.database == "both" else [args.database]
    run(args.incidents, args.changes, kinds, tuple(args.parts.split(",")))


if __name__ == "__main__":
    main()

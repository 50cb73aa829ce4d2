"""``incidents verify``: whether anything was changed behind the history's back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.cli.opening import existing
from app.settings import Settings
from app.storage import verifying
from app.storage.verifying import Head

MOST_TOLD = 100
HELP = """Recompute the history, and compare every record with it.

Each change carries the hash of itself and of the one before: the first that does not hold is named. Every record, its kept
versions, links and claims have to be what their changes say. Search and map indexes and the totals kept beside the records
follow from these, and are not compared; nor are partners and keys, of which no versions are kept.

The last line is the head, SEQ:HASH. Keep it where nobody who can write to the database can write: with --against, later, no
change up to it can have been altered or removed, even by somebody who sealed the whole history anew.

Exit code 0: everything holds; 1: something does not, and the lines say what.
"""


class _HeadType(click.ParamType[Head]):
    name = "SEQ:HASH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        try:
            return Head.parse(str(value))
        except ValueError as fault:
            self.fail(str(fault), param, ctx)


@click.command("verify", help=HELP)
@click.option("--against", type=_HeadType(), help="A head that an earlier run printed.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="How many processes share the work. Without it: as many as there are processors, where there is much to do.",
)
def verify(against: Head | None, jobs: int | None) -> None:
    """Tells on standard output what does not hold, and the head."""
    with existing(Settings().checked()) as database, verifying.whole(database, jobs) as whole:
        end = whole.head
        with _progress(2 * end.seq) as progress:
            found = list(islice(whole.breaks(against, progress), MOST_TOLD + 1))
    for each in found[:MOST_TOLD]:
        click.echo(each)
    if found:
        click.echo("and more" if len(found) > MOST_TOLD else f"{len(found):,} found")
        sys.exit(1)
    click.echo(f"{end.seq:,} changes, and every record is what they say.")
    click.echo(end)


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("history", total=size)
        yield lambda done: bar.advance(task, done)

"""``incidents import``: a file of rows into records."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.access.viewer import Viewer
from app.cli.opening import opened
from app.cli.stopping import stopping
from app.domain.vocabulary import Role, Workflow
from app.errors import InvalidInput
from app.settings import Settings
from app.storage import lookup
from app.storage.database import Database
from app.writing import partners
from app.writing.importing.ahead import Reading, reading_ahead
from app.writing.importing.engine import Importer, Summary
from app.writing.importing.files import Refusals
from app.writing.importing.items import Profile
from app.writing.importing.profiles import BUILT_IN, profile_of
from app.writing.partners import LOCAL


@click.command("import", help="Import a CSV (plain or .gz). A file that is sent again changes nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile", required=True, help=f"{', '.join(BUILT_IN)}, or a mapping file of your own (.toml)."
)
@click.option(
    "--partner", default=LOCAL, show_default=True, help="The organisation whose records these are (its slug)."
)
@click.option("--publish", is_flag=True, help="Publish at once; otherwise the records are drafts.")
@click.option("--dry-run", is_flag=True, help="Read, check and count, and leave nothing behind.")
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows go, to be mended and sent again. [default: FILE.refused.csv here]",
)
def import_(
    file: Path, profile: str, partner: str, publish: bool, dry_run: bool, refused: Path | None
) -> None:
    """Prints what became of the rows; exit code 1 where any was refused."""
    start = time.monotonic()
    settings = Settings().checked()
    chosen = _usable(profile)
    refused = refused or Path(f"{file.name.removesuffix('.gz').removesuffix('.csv')}.refused.csv")
    if refused.resolve() == file.resolve():
        raise click.UsageError("--refused names the file that is imported; choose another name")
    # Rows are many small objects that die young: the collector need not look at them so often.
    gc.set_threshold(100_000, 20, 50)
    stage, rule = Workflow.published if publish else Workflow.draft, settings.assessment.rule
    reading = Reading(file, chosen, stage, rule, *_delimited(chosen))
    with closing(reading.open()) as table:
        size, header = table.size, table.header
    with stopping() as stop, reading_ahead(reading) as batches, opened(settings) as database:
        viewer = _viewer(database, partner)
        importer = Importer(database, viewer, chosen, stage, rule=rule, dry_run=dry_run)
        refusals = Refusals(refused, header, encoding=reading.encoding, delimiter=reading.delimiter)
        head = "Stopped after"
        try:
            with closing(refusals), _progress(file.name, size, importer.summary) as progress:
                importer.run(stop.until_asked(batches), refusals, progress)
            if not stop.asked:
                head = "Would have done" if dry_run else "Done"
        finally:
            if importer.summary.rows or head != "Stopped after":
                _tell(importer.summary, head, time.monotonic() - start, refused)
    if stop.asked:
        raise click.Abort
    if importer.summary.refused:
        sys.exit(1)


def _usable(name: str) -> Profile:
    try:
        return profile_of(name)
    except InvalidInput as fault:
        raise click.UsageError(str(fault)) from None


def _viewer(database: Database, slug: str) -> Viewer:
    """An editor of the organisation."""
    local = partners.ensure_local(database)
    if slug == LOCAL:
        return Viewer(Role.editor, LOCAL, local.partner_key)
    key = lookup.partner_key(database, slug)
    if key is None:
        raise click.UsageError(
            f"there is no partner {slug!r}; add it with: incidents partners add {slug} --name NAME"
        )
    return Viewer(Role.editor, slug, key)


def _delimited(profile: Profile) -> tuple[str, str]:
    """Encoding and delimiter of the profile's files."""
    return getattr(profile, "encoding", "utf-8-sig"), getattr(profile, "delimiter", ",")


@contextmanager
def _progress(name: str, size: int, summary: Summary) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, told the bytes that were read."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(name, total=size, rows=0)
        yield lambda done: bar.update(task, completed=done, rows=summary.rows)


def _tell(summary: Summary, head: str, seconds: float, refused: Path) -> None:
    speed = summary.rows / seconds if seconds > 0 else 0
    click.echo(f"{head}: {summary.rows:,} rows in {seconds:.1f} s ({speed:,.0f} a second)")
    for name in ("created", "updated", "unchanged", "repaired", "refused"):
        click.echo(f"  {name:<10}{getattr(summary, name):>10,}")
    if summary.reports_created or summary.sources_created:
        click.echo(
            f"  with {summary.reports_created:,} new reports of {summary.sources_created:,} new sources"
        )
    for number, reason in summary.refusals:
        click.echo(f"  row {number:,}: {reason}", err=True)
    if summary.refused:
        more = summary.refused - len(summary.refusals)
        click.echo(
            f"  {f'and {more:,} more; ' if more > 0 else ''}the refused rows are in {refused}: mend and import them",
            err=True,
        )

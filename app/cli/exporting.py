"""``incidents export``: records into a file, as they come, in little memory."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click
import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from app.access.rules import fields_for
from app.access.viewer import PUBLIC, Viewer
from app.cli.opening import existing
from app.domain.vocabulary import Role
from app.errors import InvalidParameter
from app.formats.asked import for_reading
from app.formats.form import Batches, Format
from app.formats.registry import BY_NAME, FORMATS
from app.query import cql2
from app.query.fields import DEFAULT_SORT, Kind
from app.query.filter import Filter, all_of
from app.query.spec import Query
from app.settings import Settings
from app.storage import lookup, moments
from app.storage.database import Database
from app.storage.export import Export
from app.storage.moments import Moment
from app.writing.partners import LOCAL

KINDS = {f"{kind}s": kind for kind in (Kind.incident, Kind.report, Kind.source)}
EXPORTS = {form.name: form for form in FORMATS if not form.is_page}
ENDINGS = {f".{form.extension}": form for form in EXPORTS.values()} | {".jsonl": BY_NAME["ndjson"]}
BINARY = ("xlsx", "parquet")
HELP = """Write records to a file or to standard output, as they come.

Files travel. By default the file holds WHAT THE PUBLIC SEES: published and public records, their published positions, no
protected source. --as PARTNER holds what keys of that organisation see, its own drafts among them. --everything holds WHAT
EDITORS SEE: drafts, restricted records, exact positions, and who protected sources are. Keep such a file as you keep the
database.

A file stands under its name only once it is whole.
"""


@click.command("export", help=HELP)
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default="incidents", show_default=True, help="Which records."
)
@click.option(
    "--filter", "where", metavar="CQL2", help="Only those that match, e.g. \"country = 'SYR' AND killed_best >= 10\"."
)  # fmt: skip
@click.option(
    "--format",
    "form_name",
    type=click.Choice(list(EXPORTS)),
    help="How they are written. [default: by FILE's ending, else csv]",
)
@click.option("--fields", metavar="NAMES", help="Only these fields, by commas; id always comes.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to. [default: standard output]"
)  # fmt: skip
@click.option(
    "--as", "partner", metavar="PARTNER", help="What keys of this organisation see, instead (its slug)."
)
@click.option(
    "--as-of",
    "moment",
    metavar="MOMENT",
    help="The records as they stood, as far as they may be seen today: a time (2026-01-31T12:00:00Z), a day (its end, UTC), or the number of a change.",
)
@click.option("--everything", is_flag=True, help="What editors see, instead: all there is.")
def export(
    kind: str,
    where: str | None,
    form_name: str | None,
    fields: str | None,
    output: Path | None,
    partner: str | None,
    moment: str | None,
    everything: bool,
) -> None:
    """Tells on standard output what was written where, if it was written to a file."""
    settings = Settings().checked()
    if partner is not None and everything:
        raise click.UsageError("--as and --everything go not together")
    form = _form(form_name, output)
    if output is None and form.name in BINARY and sys.stdout.isatty():
        raise click.UsageError(f"a terminal cannot show {form.name}; name a file with --output")
    with existing(settings) as database:
        viewer, seen_by = _viewer(database, partner, everything=everything)
        query = _query(KINDS[kind], viewer, where, fields)
        then = None if moment is None else _moment(database, moment)
        query = replace(query, as_of=None if then is None else then.seq)
        query, shape = for_reading(query, viewer, form)
        made = Export(database, viewer, query, limit=None, most=form.most, cells=form.takes_cells)
        with _target(output) as file, _counted(kind) as counter, closing(made.batches()) as batches:
            assert form.write is not None
            for piece in form.write(counter.through(batches), shape):
                file.write(piece)
    if output is not None:
        of_then = "" if then is None else f", as of change {then.seq}" + (f" ({then.at})" if then.at else "")
        click.echo(f"{counter.records:,} {kind} in {output}: {seen_by}{of_then}")


def _form(name: str | None, output: Path | None) -> Format:
    if name is not None:
        return EXPORTS[name]
    return EXPORTS["csv"] if output is None else ENDINGS.get(output.suffix.lower(), EXPORTS["csv"])


def _viewer(database: Database, partner: str | None, *, everything: bool) -> tuple[Viewer, str]:
    """Whose eyes the file is made with, and that in words."""
    if everything:
        key = lookup.partner_key(database, LOCAL)
        return Viewer(Role.editor, LOCAL, key), "what editors see, not to be passed on"
    if partner is None:
        return PUBLIC, "what the public sees"
    key = lookup.partner_key(database, partner)
    if key is None:
        raise click.UsageError(f"there is no partner {partner!r}; see: incidents partners list")
    return Viewer(Role.reader, partner, key), f"what {partner} sees, not to be passed on"


def _moment(database: Database, text: str) -> Moment:
    try:
        return database.read(lambda reader: moments.asked(reader, "--as-of", text))
    except InvalidParameter as fault:
        raise click.UsageError(str(fault)) from None


def _query(kind: Kind, viewer: Viewer, where: str | None, fields: str | None) -> Query:
    sort = DEFAULT_SORT[kind]
    query = Query(kind, _filter(kind, viewer, where), sort.removeprefix("-"), sort.startswith("-"))
    if fields is None:
        return query
    seen = fields_for(viewer, kind)
    names = [name.strip() for name in fields.split(",")]
    for name in names:
        if name not in seen:
            raise click.UsageError(f"--fields: there is no field {name!r}; there are {', '.join(seen)}")
    return replace(query, fields=tuple(name for name in seen if name in names))


def _filter(kind: Kind, viewer: Viewer, where: str | None) -> Filter:
    if where is None:
        return all_of()
    try:
        asked = orjson.loads(where) if where.lstrip().startswith("{") else where
        return cql2.read(asked, kind, fields_for(viewer, kind))
    except (InvalidParameter, orjson.JSONDecodeError) as fault:
        raise click.UsageError(f"--filter: {fault}") from None


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    """Where the bytes go. A file is written beside its name, and gets it when all is there."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    final = output.resolve()
    with _told(output):
        if final.exists() and not final.is_file():  # a device or a pipe: nothing to put in its place
            with final.open("wb") as file:
                yield file
            return
        beside = final.with_name(f".{final.name}.{secrets.token_hex(4)}.part")
        try:
            with beside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.replace(final)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def _told(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno == errno.EPIPE:
            raise
        raise click.ClickException(f"cannot write {output}: {fault.strerror or fault}") from None


class Counter:
    """Counts records as they pass."""

    def __init__(self, bar: Progress, kind: str) -> None:
        self.records = 0
        self._bar = bar
        self._task = bar.add_task(kind, total=None, records=0)

    def through(self, batches: Batches) -> Batches:
        for batch in batches:
            self.records += len(batch)
            self._bar.update(self._task, records=self.records)
            yield batch


@contextmanager
def _counted(kind: str) -> Iterator[Counter]:
    """A counter that shows itself on standard error where that is a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.fields[records]:,} {task.description}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        yield Counter(bar, kind)

"""``incidents redact``: takes away what law asks for, for good."""

from __future__ import annotations

import sys

import click

from app.cli.opening import existing
from app.domain.ids import INCIDENT, REPORT, SOURCE
from app.domain.reading import read_form
from app.domain.redaction import RedactForm
from app.query.fields import Kind
from app.settings import Settings
from app.writing import partners
from app.writing.redacting import MEMBER, redact
from app.writing.work import working

KINDS = {INCIDENT: Kind.incident, REPORT: Kind.report, SOURCE: Kind.source}
HELP = """Redact fields of an incident, a report or a source, deleted or not.

What they hold, and ever held, leaves every place where it is stored: the record, its former versions, links and claims, the
history, the search index. The history keeps hashes in its place, and this act with its reason. Nobody can bring it back.

Each line of the output is the number of a change that was rewritten, and its salt: with it and the original anybody can be
shown that this is what stood there. It is told this once and kept nowhere.
"""


@click.command("redact", help=HELP)
@click.argument("record_id", metavar="ID")
@click.option(
    "--field", "fields", multiple=True, required=True, metavar="NAME", help="What goes; may be given again."
)
@click.option("--reason", required=True, help="Why; kept, and told to readers: it must not repeat what goes.")
@click.option(
    "--claim", "claims", multiple=True, metavar="ID", help="With claims.…: only the words of these."
)
@click.option(
    "--change",
    "changes",
    multiple=True,
    type=int,
    metavar="N",
    help="With the field reason: of which changes.",
)
@click.option(
    "--vacuum",
    is_flag=True,
    help="Embedded database: also write the file anew, without what earlier changes left in it.",
)
def redact_(
    record_id: str,
    fields: tuple[str, ...],
    reason: str,
    claims: tuple[str, ...],
    changes: tuple[int, ...],
    *,
    vacuum: bool,
) -> None:
    kind = KINDS.get(record_id.partition("_")[0])
    if kind is None:
        raise click.BadParameter("must be the id of an incident, a report or a source", param_hint="ID")
    asked = {"fields": list(fields), "reason": reason, "claims": list(claims), "changes": list(changes)}
    form = read_form(RedactForm, {name: value for name, value in asked.items() if value})
    with existing(Settings().checked()) as database:
        if vacuum and not database.is_embedded:
            raise click.UsageError("--vacuum is for the embedded database; on PostgreSQL see VACUUM FULL")
        viewer = partners.ensure_local(database)
        outcome = working(database, viewer, lambda work: redact(work, kind, record_id, form, None))
        for each in outcome.more[MEMBER]["salts"]:
            click.echo(f"{each['change']} {each['salt']}")
        sys.stdout.flush()  # whatever comes after: these are told once
        database.forgotten(rewritten=vacuum)
    if not outcome.more[MEMBER]["changes"]:
        click.echo("nothing of it stands anywhere", err=True)

"""``incidents assess``: what follows from the claims, worked out anew."""

from __future__ import annotations

import click

from app.cli.opening import existing
from app.domain.wording import RULES
from app.settings import Settings
from app.writing import partners
from app.writing.assessing import Summary, assess_all


@click.command(
    help="Work out anew what follows from the claims of every incident: figures, proposed status, spread."
)
@click.option(
    "--wording",
    type=click.Choice(list(RULES)),
    help="Read wordings by this rule from now on. [default: each incident's own]",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def assess(wording: str | None, dry_run: bool) -> None:
    """The claims stay as they are. Each incident that changes gets an entry in the history, with the reason."""
    with existing(Settings().checked()) as database:
        summary = assess_all(database, partners.ensure_local(database), wording, dry_run=dry_run)
    _tell(summary, "would change" if dry_run else "changed")


def _tell(summary: Summary, did: str) -> None:
    click.echo(
        f"{summary.incidents:,} incidents looked at; {summary.changed:,} {did}, of {summary.figures:,} the figures"
    )
    for uid, moved in summary.told:
        click.echo(
            f"  {uid}: " + ", ".join(f"{name} {_n(was)} -> {_n(now)}" for name, (was, now) in moved.items())
        )
    more = summary.figures - len(summary.told)
    if more > 0:
        click.echo(f"  and {more:,} more")


def _n(people: int | None) -> str:
    return "not stated" if people is None else f"{people:,}"

"""``incidents``: the service on the command line. Settings come from the environment; see docs/operating.md.

Exit codes: 0 done, 1 something was refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import sys

import click

from app.cli.exporting import export
from app.cli.importing import import_
from app.cli.people import keys, partners
from app.cli.serving import migrate, sample, serve
from app.errors import IncidentRecordsError


@click.group(help="Incident Records: who was killed and wounded, where, when, and who says so.")
@click.version_option(package_name="incident-records", prog_name="incidents")
def cli() -> None:
    """The group of all commands."""


for command in (serve, migrate, sample, partners, keys, import_, export):
    cli.add_command(command)


def main() -> None:
    """The console command. The house's own errors are told in one line, without a traceback."""
    try:
        cli.main(prog_name="incidents")
    except IncidentRecordsError as fault:
        click.echo(f"incidents: {fault}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

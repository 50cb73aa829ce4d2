"""``incidents``: the service on the command line. Settings come from the environment; see docs/operating.md.

Exit codes: 0 done, 1 something was refused or failed, 2 wrong usage.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from app.errors import IncidentRecordsError

COMMANDS = {
    "serve": "serving:serve",
    "migrate": "serving:migrate",
    "sample": "serving:sample",
    "partners": "people:partners",
    "keys": "people:keys",
    "import": "importing:import_",
    "export": "exporting:export",
    "assess": "assessing:assess",
    "verify": "verifying:verify",
    "redact": "redacting:redact_",
}
"""Each command, and where it is: read when it is called, since none needs what all the others do."""


class _Commands(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, command = COMMANDS[name].split(":")
        found = getattr(import_module(f"app.cli.{module}"), command)
        assert isinstance(found, click.Command)
        return found


@click.group(
    cls=_Commands, help="Incident Records: who was killed and wounded, where, when, and who says so."
)
@click.version_option(package_name="incident-records", prog_name="incidents")
def cli() -> None:
    """The group of all commands."""


def main() -> None:
    """The console command. The house's own errors are told in one line, without a traceback."""
    try:
        cli.main(prog_name="incidents")
    except IncidentRecordsError as fault:
        click.echo(f"incidents: {fault}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

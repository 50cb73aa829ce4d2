"""``incidents serve``, ``migrate`` and ``sample``."""

from __future__ import annotations

import click
import uvicorn

from app import logs
from app.cli.opening import opened, shown
from app.domain.example import aleppo_report
from app.domain.inputs import FiledReport, read_form
from app.settings import Settings
from app.storage import migrate as schema
from app.storage.database import Database
from app.writing import partners, reports
from app.writing.work import Did, Outcome, Work, working


@click.command(
    help="Serve the API. Brings the embedded database up to date by itself; PostgreSQL only with --migrate."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve."
)
@click.option("--migrate", "do_migrate", is_flag=True, help="Bring the database to the newest schema first.")
def serve(host: str, port: int, workers: int, do_migrate: bool) -> None:
    """Serves until it is told to stop."""
    settings = Settings().checked()
    logs.configure(settings)
    if do_migrate:
        _migrate(settings)
    with opened(settings):
        pass
    click.echo(
        f"Incident Records on http://{host}:{port} (docs at /docs), {shown(settings.database.url)}", err=True
    )
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="auto",
        http="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=20,
    )


def _migrate(settings: Settings) -> tuple[str | None, str | None]:
    database = Database(settings.database)
    try:
        before = schema.current(database)
        schema.upgrade(database)
        return before, schema.current(database)
    finally:
        database.close()


@click.command(help="Bring the database to the newest schema.")
def migrate() -> None:
    settings = Settings().checked()
    before, after = _migrate(settings)
    told = "is up to date" if before == after else f"was at {before or 'nothing'}"
    click.echo(f"{shown(settings.database.url)} {told}: schema {after}")


@click.command(help="Load the example of record: Aleppo, 6 December 2016.")
def sample() -> None:
    """A second call changes nothing."""
    settings = Settings().checked()
    with opened(settings) as database:
        outcome = load_sample(database)
    click.echo(
        f"The example of record is {'loaded' if outcome.did is Did.created else 'there already'}: report {outcome.uid}"
    )
    click.echo("See it with: curl 'http://127.0.0.1:8000/v1/incidents?country=SYR'")


def load_sample(database: Database) -> Outcome:
    """The report with its four incidents, published, under the organisation that runs the service."""
    document = {**aleppo_report(), "workflow": "published"}

    def file(work: Work) -> Outcome:
        return reports.file(work, read_form(FiledReport, document), document)

    return working(database, partners.ensure_local(database), file)

"""``incidents partners`` and ``incidents keys``."""

from __future__ import annotations

import click
import orjson

from app.cli.opening import opened
from app.domain.inputs import read_form
from app.domain.vocabulary import Role
from app.query.fields import Kind
from app.query.spec import Query
from app.settings import Settings
from app.storage import read
from app.storage.database import Database
from app.writing import partners as organisations
from app.writing.partners import KeyForm, PartnerForm
from app.writing.work import working


@click.group(help="Organisations that hold keys.")
def partners() -> None:
    """The group of partner commands."""


@click.group(help="API keys.")
def keys() -> None:
    """The group of key commands."""


@partners.command("add", help="Add a partner: SLUG is its short name in links and on the command line.")
@click.argument("slug")
@click.option("--name", required=True, help="Its full name.")
def add(slug: str, name: str) -> None:
    with opened(Settings().checked()) as database:
        viewer = organisations.ensure_local(database)
        form = read_form(PartnerForm, {"slug": slug, "name": name})
        outcome = working(database, viewer, lambda work: organisations.add(work, form))
    click.echo(outcome.uid)


@partners.command("list", help="List partners.")
def list_partners() -> None:
    _show(Kind.partner, ("id", "slug", "name", "created_at"))


@keys.command("issue", help="Issue a key; the key alone is printed, this once.")
@click.option("--partner", required=True, help="The partner's slug.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--label", help="What the key is for.")
@click.option(
    "--days", type=click.IntRange(1, 3650), help="How long it works; by default as the settings say."
)
def issue(partner: str, role: str, label: str | None, days: int | None) -> None:
    settings = Settings().checked()
    form = read_form(KeyForm, {"partner": partner, "role": role, "label": label, "expires_in_days": days})
    with opened(settings) as database:
        viewer = organisations.ensure_local(database)
        issued = working(
            database,
            viewer,
            lambda work: organisations.issue(
                work, form, secret=settings.keys.secret, lifetime_days=settings.keys.lifetime_days
            ),
        )
    click.echo(issued.text)


@keys.command("list", help="List keys: prefixes, never the keys themselves.")
def list_keys() -> None:
    _show(Kind.key, ("id", "partner", "role", "label", "prefix", "expires_at", "revoked_at"))


@keys.command("revoke", help="Revoke a key: it stops working at once.")
@click.argument("key_id")
@click.option("--reason", required=True, help="Why; kept for ever.")
def revoke(key_id: str, reason: str) -> None:
    with opened(Settings().checked()) as database:
        viewer = organisations.ensure_local(database)
        outcome = working(database, viewer, lambda work: organisations.revoke(work, key_id, reason, None))
    click.echo(f"{outcome.uid} {'revoked' if outcome.did.value == 'deleted' else 'was revoked before'}")


def _show(kind: Kind, columns: tuple[str, ...]) -> None:
    """Columns apart by two spaces, nothing cut: to be read, or taken apart by other programs."""
    with opened(Settings().checked()) as database:
        rows = _all(database, kind, columns)
    table = [
        columns,
        *(tuple("-" if row[name] is None else str(row[name]) for name in columns) for row in rows),
    ]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _all(database: Database, kind: Kind, columns: tuple[str, ...]) -> list[dict[str, object]]:
    viewer = organisations.ensure_local(database)
    query = Query(kind, sort="id", fields=columns, limit=10_000)
    page = database.read(lambda reader: read.page(reader, viewer, query))
    return [orjson.loads(document) for document in page.documents]

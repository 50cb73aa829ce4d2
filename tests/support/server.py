"""A test server, and the rule that keeps the tests off every database that is not theirs."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql


class PostgresUnavailable(RuntimeError):
    """No PostgreSQL could be had, and the run must not go on without one."""


class NotATestDatabase(RuntimeError):
    """The name does not say that the database is for tests, so the tests keep away from it."""


def check_name(database: str | None) -> str:
    """The name itself, when it says "test". Tests drop databases: this is what keeps them off real ones."""
    if not database or "test" not in database.lower():
        raise NotATestDatabase(
            f'the tests only touch databases with "test" in their name, and {database!r} has not'
        )
    return database


class Server:
    """A running server. `url()` of a name, and databases that come and go."""

    def __init__(self, admin_url: str, origin: str, stop: Callable[[], None] = lambda: None) -> None:
        self.admin_url = admin_url
        self.origin = origin
        self._stop = stop
        self._template: str | None = None

    def url(self, database: str) -> str:
        """The address of a database on this server."""
        parts = urlsplit(self.admin_url)
        query = f"?{parts.query}" if parts.query else ""
        return f"postgresql://{parts.netloc}/{quote(database, safe='')}{query}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create it, as a copy of `template` where given (nobody may be connected to that one); its address."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(check_name(name)))
        if template is not None:
            # Copied as files: block by block through the log takes twice as long, and again when it is dropped.
            statement += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        self._run(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it if it is there, whoever is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(check_name(name))))

    @contextmanager
    def temporary_database(self, stem: str = "incidents", template: str | None = None) -> Iterator[str]:
        """The address of a new database, dropped at the end. Its name is new each time, so that neither the workers
        of one run nor two runs on one server can meet."""
        name = _new(stem)
        try:
            yield self.create_database(name, template)
        finally:
            self.drop_database(name)

    def template(self, make: Callable[[str], None]) -> str:
        """The name of a database to copy. `make` fills it, once in this process."""
        if self._template is None:
            name = _new("template")
            try:
                make(self.create_database(name))
            except BaseException:
                self.drop_database(name)
                raise
            self._template = name
        return self._template

    def drop_template(self) -> None:
        if self._template is not None:
            self.drop_database(self._template)
            self._template = None

    def versions(self) -> str:
        """What this server is, for people."""
        with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=10) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version'),"
                " (SELECT default_version FROM pg_available_extensions WHERE name = 'postgis')"
            ).fetchone()
        assert row is not None
        return f"PostgreSQL {row[0].split()[0]} with PostGIS {row[1]}, {self.origin}"

    def stop(self) -> None:
        """End a private server; a given one is not ours to end."""
        self._stop()

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement)


def _new(stem: str) -> str:
    return f"{stem}_test_{secrets.token_hex(6)}"


def banner(*lines: str) -> None:
    bar = "!" * 100
    print("", bar, *lines, bar, sep="\n", file=sys.stderr, flush=True)

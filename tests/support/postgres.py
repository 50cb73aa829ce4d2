"""A PostgreSQL with PostGIS for the tests: found or started, and never one that holds anybody's records.

Where it comes from, in this order:

1. INCIDENTS_TEST_POSTGRESQL_URL: a server that somebody runs. The database it names must have "test" in its name; the
   tests leave it alone and create databases of their own beside it, so its user must be a superuser (for PostGIS).
2. Installed binaries, 15 or newer, that have PostGIS: a private server in a temporary directory.
3. The same, installed through apt first where that is allowed without a password.
   INCIDENTS_TEST_INSTALL_POSTGRESQL=0 forbids it.
4. None, said loudly. INCIDENTS_TEST_REQUIRE_POSTGRESQL=1 or CI=true makes that an error.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote, urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.support import binaries, private
from tests.support.server import NotATestDatabase, PostgresUnavailable, Server, banner, check_name

__all__ = ["NotATestDatabase", "PostgresUnavailable", "Server", "find_or_start", "required"]

OLDEST = binaries.OLDEST
HOW_TO = (
    "Install postgresql and the postgis package that matches it (Debian: postgresql-NN-postgis-3, Homebrew: postgis), "
    'or set INCIDENTS_TEST_POSTGRESQL_URL to a database with "test" in its name.'
)


def required() -> bool:
    """Whether a run without PostgreSQL counts as failed."""
    names = ("INCIDENTS_TEST_REQUIRE_POSTGRESQL", "CI")
    return any(os.environ.get(name, "").lower() not in {"", "0", "false", "no"} for name in names)


def find_or_start() -> Server | None:
    """The server for this run, or None where there is none to be had and none is required."""
    given = os.environ.get("INCIDENTS_TEST_POSTGRESQL_URL")
    if given:
        return _given(given)
    found = binaries.find()
    if found is None and binaries.install_by_apt():
        found = binaries.find()
    if found is not None:
        return private.start(found)
    reason = f"no PostgreSQL >= {OLDEST} with PostGIS is installed, and none could be installed"
    if required():
        raise PostgresUnavailable(f"{reason}. {HOW_TO}")
    banner(f"PostgreSQL IS NOT COVERED BY THIS RUN: {reason}.", HOW_TO)
    return None


def _given(url: str) -> Server:
    address = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    if not address.startswith("postgresql://"):
        raise NotATestDatabase("INCIDENTS_TEST_POSTGRESQL_URL must look like postgresql://USER@HOST/NAME")
    # As libpq reads it: a `dbname` in the query would win over the path.
    name = check_name(str(conninfo_to_dict(address).get("dbname") or ""))
    if urlsplit(address).path != f"/{quote(name, safe='')}":
        raise NotATestDatabase(
            "INCIDENTS_TEST_POSTGRESQL_URL must name the database in its path, and only there"
        )
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
            postgis = connection.execute(
                "SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise PostgresUnavailable(f"INCIDENTS_TEST_POSTGRESQL_URL does not answer: {error}") from error
    if version < OLDEST or postgis is None:
        raise PostgresUnavailable(
            f"INCIDENTS_TEST_POSTGRESQL_URL is PostgreSQL {version} {'with' if postgis else 'without'} PostGIS; "
            f"the tests need {OLDEST} or newer, with PostGIS"
        )
    return Server(address, "given by INCIDENTS_TEST_POSTGRESQL_URL")

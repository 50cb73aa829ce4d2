"""The PostgreSQL of the measurements: like that of the tests, but its data stay, so that a second run need not fill it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.support import binaries, private
from tests.support.postgres import Server, find_or_start
from tests.support.server import PostgresUnavailable

OPTIONS = private.OPTIONS | {"shared_buffers": "1GB", "effective_cache_size": "4GB", "work_mem": "16MB", "max_wal_size": "8GB"}  # fmt: skip
"""As somebody sets them who has a million records on a machine of a few GB."""


@contextmanager
def server(cache: Path, *, given: bool) -> Iterator[Server | None]:
    """`given`: INCIDENTS_TEST_POSTGRESQL_URL names a server; its databases stay as well. None where there is none."""
    found = None if given else binaries.find()
    if found is None:
        # The same search as the tests', with its installing and its loud words.
        other = find_or_start()
        if other is None or given:
            yield other
            return
        other.stop()
        found = binaries.find()
        assert found is not None
    running = _start(found, cache)
    try:
        yield running
    finally:
        running.stop()


def _start(found: binaries.Binaries, cache: Path) -> Server:
    account = private._account()
    home = _home(cache, account) / f"postgresql-{found.version}"
    data, run, log = home / "data", home / "run", home / "server.log"
    run.mkdir(parents=True, exist_ok=True)
    if account is not None:
        shutil.chown(home, account.uid, account.gid)
    if not (data / "PG_VERSION").exists():
        private._initialise(found, data, account)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(found.directory / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in OPTIONS.items():
        command += ["-c", f"{name}={value}"]
    who = [str(account.uid), str(account.gid)] if account else ["-", "-"]
    # The keeper ends the server when this process ends, however it does; what it removes then is `run`, never `data`.
    keeper = subprocess.Popen(
        [sys.executable, "-I", str(private.KEEPER), str(run), str(log), *who, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=private._environment(),
        start_new_session=True,
    )
    admin_url = f"postgresql://{private.USER}@127.0.0.1:{port}/postgres"
    try:
        private._wait(keeper, admin_url, data, log)
    except (ChildProcessError, PostgresUnavailable) as fault:
        private._release(keeper)
        raise PostgresUnavailable(
            f"the PostgreSQL of the measurements did not start (does another run hold it?): {fault}"
        ) from fault

    def stop() -> None:
        # Written down first: the keeper ends the server at once, and the next start would have to make it good.
        with suppress(psycopg.Error), psycopg.connect(admin_url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        private._release(keeper)

    return Server(admin_url, "a private server", stop)


def _home(cache: Path, account: private.Account | None) -> Path:
    """The cache, or where the server's user can enter that may not enter the cache."""
    if account is None or all(path.stat().st_mode & 0o001 for path in (cache, *cache.parents)):
        return cache
    return Path("/var/tmp/incidents-bench")

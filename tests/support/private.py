"""Starts a PostgreSQL of the tests' own: new data, a free port on loopback, gone with the process that asked for it."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.support.binaries import Binaries
from tests.support.memory import in_memory
from tests.support.server import PostgresUnavailable, Server

USER = "tests"
KEEPER = Path(__file__).with_name("keeper.py")
READY_WITHIN = 60.0

# A test server may lose everything in a crash; not waiting for the disk makes it several times faster.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "128MB",
}


@dataclass(frozen=True)
class Account:
    """Who the server runs as."""

    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def _account() -> Account | None:
    """Somebody other than root, for PostgreSQL refuses root; None to stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to be"
    )


def _environment() -> dict[str, str]:
    """Without PG* variables, which point at other servers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _temporary_directory(account: Account | None) -> Path:
    parent = in_memory() or Path(tempfile.gettempdir())
    if account is not None and not all(path.stat().st_mode & 0o001 for path in (parent, *parent.parents)):
        parent = Path("/tmp")  # root's own folder is closed to the server's user
    directory = Path(tempfile.mkdtemp(prefix="incidents-test-postgresql-", dir=parent))
    if account is not None:
        os.chown(directory, account.uid, account.gid)
    return directory


def start(binaries: Binaries) -> Server:
    account = _account()
    directory = _temporary_directory(account)
    try:
        _initialise(binaries, directory / "data", account)
        # The port is only free at the time of asking: another program may be quicker.
        for attempt in range(5):
            try:
                return _serve(binaries, directory, account)
            except ChildProcessError as error:
                if attempt == 4:
                    raise PostgresUnavailable(f"PostgreSQL did not start: {error}") from error
        raise AssertionError("unreachable")
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def _initialise(binaries: Binaries, data: Path, account: Account | None) -> None:
    # C.UTF-8 sorts by code point, like SQLite. macOS has no such locale; sorting is what matters.
    for locale in (["--locale=C.UTF-8"], ["--locale=en_US.UTF-8", "--lc-collate=C"]):
        result = subprocess.run(
            [
                str(binaries.directory / "initdb"),
                f"--pgdata={data}",
                f"--username={USER}",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
                *locale,
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env=_environment(),
            **(account.popen() if account else {}),
        )
        if result.returncode == 0:
            return
        shutil.rmtree(data, ignore_errors=True)
    raise PostgresUnavailable(f"initdb failed: {result.stderr.strip()}")


def _serve(binaries: Binaries, directory: Path, account: Account | None) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = directory / "data", directory / "server.log"
    command = [str(binaries.directory / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in OPTIONS.items():
        command += ["-c", f"{name}={value}"]
    who = [str(account.uid), str(account.gid)] if account else ["-", "-"]
    keeper = subprocess.Popen(
        [sys.executable, "-I", str(KEEPER), str(directory), str(log), *who, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for the tests; they then end the server in their own time
    )
    stop = _stopper(keeper, directory)
    admin_url = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    try:
        _wait(keeper, admin_url, data, log)
    except ChildProcessError:
        _release(keeper)
        raise
    except BaseException:
        stop()
        raise
    atexit.register(stop)
    return Server(admin_url, "a private server", stop)


def _wait(keeper: subprocess.Popen[bytes], admin_url: str, data: Path, log: Path) -> None:
    """Until it answers, and is the one we started: on a port that somebody else took, a stranger could answer."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if keeper.poll() is not None:
            raise ChildProcessError(_tail(log))
        try:
            with psycopg.connect(admin_url, autocommit=True, connect_timeout=5) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            time.sleep(0.05)
            continue
        if row is not None and Path(row[0]) == data:
            return
        time.sleep(0.05)
    raise PostgresUnavailable(f"PostgreSQL was not ready within {READY_WITHIN:.0f} seconds. {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:] if log.exists() else "It left no log."


def _stopper(keeper: subprocess.Popen[bytes], directory: Path) -> Callable[[], None]:
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() != owner:
            return  # a forked child of the tests: not its server
        atexit.unregister(stop)
        _release(keeper)
        shutil.rmtree(directory, ignore_errors=True)

    return stop


def _release(keeper: subprocess.Popen[bytes]) -> None:
    """Close the pipe: the keeper then ends the server, and itself."""
    if keeper.stdin is not None:
        keeper.stdin.close()
    keeper.wait(30)

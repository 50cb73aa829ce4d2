"""Keeps one PostgreSQL server for exactly as long as standard input stays open.

The tests start this small program, and it starts the server. The kernel closes the pipe when the tests end, however
they end (stopped, crashed, killed), so no server and no data outlive them. A program of its own, because a process
that was killed can no longer clean up after itself. Standard library only: it runs outside the project's environment.

    keeper.py DIRECTORY LOG UID GID COMMAND...      UID and GID are "-" to stay who we are
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from typing import Any


def main() -> int:
    directory, log, uid, gid, *command = sys.argv[1:]
    # PostgreSQL refuses to run as root.
    account: dict[str, Any] = {} if uid == "-" else {"user": int(uid), "group": int(gid), "extra_groups": []}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(log, "ab") as out:
        server: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", **account
        )
    ended_by_itself = False
    try:
        ended_by_itself = _watch(server)
    finally:
        _end(server)
        if not ended_by_itself:  # otherwise its log is left for whoever asks why
            shutil.rmtree(directory, ignore_errors=True)
    return int(ended_by_itself)


def _watch(server: subprocess.Popen[bytes]) -> bool:
    """Wait until the tests are gone (False) or the server is (True)."""
    while server.poll() is None:
        readable, _, _ = select.select([0], [], [], 0.1)
        if readable and not os.read(0, 1):
            return False
    return True


def _end(server: subprocess.Popen[bytes]) -> None:
    """Immediate shutdown: there is nothing to keep, so nothing to flush."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())

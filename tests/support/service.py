"""The service as a process of its own, which can be killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.command import COMMAND, environment
from tests.support.loopback import NO_TLS

READY_WITHIN = 60.0
# Told to end when the tests end, however they end: 1 is PR_SET_PDEATHSIG, and the word outlives the exec.
BOUND_TO_THE_TESTS = (
    sys.executable,
    "-c",
    "import ctypes, os, signal, sys\n"
    "if sys.platform == 'linux': ctypes.CDLL(None).prctl(1, signal.SIGTERM)\n"
    "os.execv(sys.argv[1], sys.argv[1:])",
)
_ADDRESS = re.compile(r"running on (http://127\.0\.0\.1:[0-9]+)")


class Process:
    """`incidents serve`, with its workers. Its log is kept in `log`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self.log = log
        self.url = ""

    def kill(self) -> None:
        """`kill -9`, workers included: nobody is asked, nothing is tidied."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    @property
    def root(self) -> Path:
        """The file system as the service sees it."""
        return Path(f"/proc/{self._process.pid}/root")

    def end(self) -> int:
        """Asked to stop, as an operator would; its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        return int(self._process.returncode)

    def told(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def check_log(self) -> None:
        """Nothing went wrong that the service did not expect."""
        before, found, after = self.told().partition("Traceback")
        assert not found, f"{before[-500:]}{found}{after[:6000]}"

    def wait(self, *, ready: bool = True) -> None:
        """Until it listens, and where `ready` until its database answers."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"the service ended: {self.told()}"
            found = _ADDRESS.search(self.told())
            if found is not None:
                self.url = found[1]
                path = "/health/ready" if ready else "/health/live"
                try:
                    if httpx.get(self.url + path, timeout=10, verify=NO_TLS).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
            time.sleep(0.05)
        raise AssertionError(f"not ready in time: {self.told()}")


@contextmanager
def serve(
    url: str,
    folder: Path,
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    ready: bool = True,
) -> Iterator[Process]:
    """`incidents serve ARGUMENTS` on a free port of loopback, started through the command `before`."""
    log = folder / f"serve-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        started = subprocess.Popen(
            [*before, *BOUND_TO_THE_TESTS, *COMMAND, "serve", "--port", "0", *arguments],
            cwd=folder,
            env=environment(url, settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    process = Process(started, log)
    try:
        process.wait(ready=ready)
        yield process
    finally:
        process.end()

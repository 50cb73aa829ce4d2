"""Shared caches to put before the service: one written here as RFC 9111 says, and Squid where it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.loopback import NO_TLS
from tests.support.server import banner

CONFIGURATION = """
http_port 127.0.0.1:{port} accel defaultsite=127.0.0.1:{origin} no-vhost
cache_peer 127.0.0.1 parent {origin} 0 no-query originserver no-digest login=PASSTHRU
http_access allow all
cache_mem 16 MB
maximum_object_size_in_memory 4 MB
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
visible_hostname cache.test
shutdown_lifetime 0 seconds
"""


@dataclass
class Written:
    """Keeps what may be kept, by address and by the headers that Vary names, and asks again before each use."""

    origin: str
    stored: dict[str, list[tuple[httpx.Request, httpx.Response, bytes]]] = field(default_factory=dict)
    spared: int = 0
    """Answers that came out of the cache."""

    def get(self, path: str, headers: dict[str, str]) -> httpx.Response:
        with httpx.Client(
            base_url=self.origin, headers={"Accept-Encoding": "identity"}, verify=NO_TLS
        ) as client:
            request = client.build_request("GET", path, headers=headers)
            kept = [each for each in self.stored.get(path, []) if self._matches(each, request)]
            if tags := ", ".join(response.headers["etag"] for _, response, _ in kept):
                request.headers["if-none-match"] = tags
            with client.stream("GET", path, headers=request.headers) as answer:
                raw = b"".join(answer.iter_raw())
            if answer.status_code == 304:
                (found,) = [one for one in kept if one[1].headers["etag"] == answer.headers["etag"]]
                self.spared += 1
                return self._rebuilt(found[1], found[2])
            self._keep(path, request, answer, raw)
            return self._rebuilt(answer, raw)

    @staticmethod
    def _matches(one: tuple[httpx.Request, httpx.Response, bytes], request: httpx.Request) -> bool:
        before, response, _ = one
        names = [name.strip() for name in response.headers.get("vary", "").split(",") if name.strip()]
        assert "*" not in names
        return all(before.headers.get(name) == request.headers.get(name) for name in names)

    def _keep(self, path: str, request: httpx.Request, answer: httpx.Response, raw: bytes) -> None:
        control = {part.strip() for part in answer.headers.get("cache-control", "").split(",")}
        if control & {"no-store", "private"} or answer.status_code != 200 or "etag" not in answer.headers:
            return
        if "authorization" in request.headers and "public" not in control:
            return
        assert "no-cache" in control, "else it would have to be told for how long it holds"
        others = [one for one in self.stored.get(path, []) if not self._matches(one, request)]
        self.stored[path] = [*others, (request, answer, raw)]

    @staticmethod
    def _rebuilt(answer: httpx.Response, raw: bytes) -> httpx.Response:
        headers = {
            k: v for k, v in answer.headers.items() if k not in ("content-length", "transfer-encoding")
        }
        return httpx.Response(answer.status_code, headers=headers, content=raw)


class Squid:
    """A running Squid."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        self._asked = 0

    def get(self, path: str, headers: dict[str, str]) -> httpx.Response:
        with httpx.Client(
            base_url=self.url, headers={"Accept-Encoding": "identity"}, timeout=30, verify=NO_TLS
        ) as client:
            self._asked += 1
            return client.get(path, headers=headers)

    @property
    def spared(self) -> int:
        """Answers that came out of the cache, confirmed by the service."""
        for _ in range(500):  # the log is written after the answer
            told = self._log.read_text("utf-8") if self._log.exists() else ""
            if told.count(" GET ") >= self._asked:
                return told.count("TCP_REFRESH_UNMODIFIED")
            time.sleep(0.02)
        raise AssertionError("Squid does not log what it answered")


@contextmanager
def squid(origin: str) -> Iterator[Squid | None]:
    """Squid before the service, in memory alone; None, said loudly, where it is not installed."""
    binary = shutil.which("squid", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if binary is None:
        banner("NO REAL CACHE IS COVERED BY THIS RUN: Squid is not installed.", "Debian: apt install squid")
        yield None
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="incidents-squid-") as name:
        folder = Path(name)
        if os.geteuid() == 0:  # it gives its rights up, and then has to be able to write there
            entry = pwd.getpwnam("proxy")
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        settings = folder / "squid.conf"
        settings.write_text(
            CONFIGURATION.format(port=port, origin=origin.rpartition(":")[2], folder=folder), "utf-8"
        )
        process = subprocess.Popen(
            [binary, "-N", "-f", str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, port, folder)
            yield Squid(f"http://127.0.0.1:{port}", folder / "access.log")
        finally:
            process.kill()  # it keeps nothing, and takes two seconds to end by itself
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, (folder / "cache.log").read_text("utf-8", "replace")
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Squid does not listen")

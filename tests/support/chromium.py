"""A real browser without a window, on a page that a test serves from an origin of its own, and what the page tells the test."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PATIENCE = 90.0
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
)


def program() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


class Page:
    """Whatever its script sends with POST /told, as JSON."""

    def __init__(self, script: str) -> None:
        page = self
        self.told: queue.Queue[Any] = queue.Queue()
        html = f"<!doctype html><meta charset=utf-8><title>A page</title><script>{script}</script>".encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(html if self.path == "/" else b"")

            def do_POST(self) -> None:
                page.told.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def tells(self, name: str, wanted: Any) -> Any:
        """Waits until what the page tells has this under the name, passing over what it told before; all of that."""
        deadline, last = time.monotonic() + PATIENCE, None
        while (left := deadline - time.monotonic()) > 0:
            try:
                last = self.told.get(timeout=left)
            except queue.Empty:
                break
            if last[name] == wanted:
                return last
        raise AssertionError(f"the page never told {wanted} as its {name}; the last that it told is {last}")


@contextmanager
def shown(browser: str, script: str, folder: Path) -> Iterator[Page]:
    """A page with the script, open in the browser."""
    page = Page(script)
    threading.Thread(target=page.server.serve_forever, daemon=True).start()
    process = subprocess.Popen(
        [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", page.url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield page
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
        page.server.shutdown()
        page.server.server_close()

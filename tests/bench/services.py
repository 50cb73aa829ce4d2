"""The services under measurement, each one uvicorn worker in a process of its own, on a free port of loopback.

python -m tests.bench.services NAME < JSON      serves until standard input closes; prints its port first
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import threading
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response

from tests.bench.piped import Piped

SECRET = "a-secret-of-the-benchmark-that-nobody-else-has"


def _ours(config: dict[str, Any]) -> Any:
    from app.main import create_app
    from app.settings import DatabaseSettings, KeySettings, Settings

    database = DatabaseSettings(url=config["url"])
    return create_app(Settings(database=database, keys=KeySettings(secret=SECRET)))


def _textbook(config: dict[str, Any]) -> Any:
    from tests.bench import textbook

    return textbook.create_app(config["url"])


def _plain(config: dict[str, Any]) -> Any:
    """FastAPI that answers bytes made beforehand: as fast as anything on it can be."""
    one, page, tag = config["one"].encode(), config["page"].encode(), config["tag"]
    headers = {"etag": tag, "cache-control": "public, no-cache", "vary": "Authorization, Accept"}
    app = FastAPI()

    @app.get("/v1/incidents/{id}")
    async def record(id: str) -> Response:  # noqa: A002
        return Response(one, media_type="application/json")

    @app.get("/v1/incidents")
    async def listing(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(page, media_type="application/json")

    return app


class _Trivial(asyncio.Protocol):
    """Answers anything at once: what the load itself can do."""

    ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 1024\r\n\r\n" + bytes(1024)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.ANSWER)


def _until_closed() -> None:
    """Standard input ends when the runner does, however it ends."""
    while os.read(0, 1):
        pass


APPS = {"ours": _ours, "textbook": _textbook, "plain": _plain}


async def _serve_trivially(listener: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(_Trivial, sock=listener)
    await asyncio.get_running_loop().run_in_executor(None, _until_closed)
    server.close()


def _main() -> None:
    name, config = sys.argv[1], json.loads(sys.stdin.readline())
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    if name == "trivial":
        print(listener.getsockname()[1], flush=True)
        _run(_serve_trivially(listener))
        return
    server = uvicorn.Server(uvicorn.Config(APPS[name](config), access_log=False, log_level="warning"))
    print(listener.getsockname()[1], flush=True)

    def stop() -> None:
        _until_closed()
        server.should_exit = True

    threading.Thread(target=stop, daemon=True).start()
    server.run(sockets=[listener])


def _run(main: Any) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


class Service(Piped):
    """A running one, on a port of its own."""

    def __init__(self, name: str, **config: Any) -> None:
        super().__init__("tests.bench.services", name)
        self.name = name
        self.port = int(self.told(json.dumps(config)) or "0")
        if not self.port:
            self.end()
            raise RuntimeError(f"the service {name} did not start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


if __name__ == "__main__":
    _main()

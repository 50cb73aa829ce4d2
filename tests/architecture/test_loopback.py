"""Clients of a service on loopback read no certificates: see tests/support/loopback.py."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
FILES = sorted(path for path in TESTS.rglob("*.py") if "bench" not in path.parts)
CLIENTS = {"Client", "AsyncClient", "get", "post", "put", "patch", "delete", "head", "options", "request", "stream"}  # fmt: skip


def without_verify(source: str) -> list[int]:
    """The lines on which a client of httpx is made that would read them."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "httpx"
        and node.func.attr in CLIENTS
        and "verify" not in {keyword.arg for keyword in node.keywords}
    ]


def test_no_client_reads_the_certificates() -> None:
    found = {path.name: lines for path in FILES if (lines := without_verify(path.read_text("utf-8")))}
    assert found == {}


def test_one_that_would_read_them_is_found() -> None:
    source = "httpx.get(url)\nhttpx.get(url, verify=NO_TLS)\nhttpx.URL(url)\nhttpx.Client(base_url=url)\n"
    assert without_verify(source) == [1, 4]

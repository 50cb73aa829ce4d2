"""Whether two services answer the same question with the same values: otherwise there is nothing to compare."""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from typing import Any

MOMENTS = ("created_at", "updated_at")
"""Told to the millisecond by one and to the microsecond by the other: the same moment all the same."""


class Different(RuntimeError):
    """The answers differ; says where."""


class Asker:
    """One connection to a service."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def text(self, target: str) -> tuple[str, http.client.HTTPMessage]:
        """The answer, which must be a 200, and its headers."""
        try:
            self.connection.request("GET", target)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # A server may close a connection that was idle for some seconds.
            self.connection.close()
            self.connection.request("GET", target)
            response = self.connection.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise RuntimeError(f"{target} answered {response.status}: {body[:500]}")
        return body, response.headers

    def json(self, target: str) -> Any:
        return json.loads(self.text(target)[0])

    def close(self) -> None:
        self.connection.close()


def require_same(ours: Any, theirs: Any, where: str) -> None:
    """Field by field, at any depth."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if set(ours) != set(theirs):
            raise Different(f"{where} has other members: {sorted(set(ours) ^ set(theirs))}")
        for name, value in ours.items():
            require_same(value, theirs[name], f"{where}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            raise Different(f"{where} has {len(ours)} items, the other {len(theirs)}")
        for position, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            require_same(one, other, f"{where}[{position}]")
    elif where.endswith(MOMENTS):
        if datetime.fromisoformat(ours) != datetime.fromisoformat(theirs):
            raise Different(f"{where} is {ours}, the other {theirs}")
    elif ours != theirs or type(ours) is not type(theirs):
        raise Different(f"{where} is {ours!r}, the other {theirs!r}")

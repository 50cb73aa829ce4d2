"""The load: HTTP/1.1 with keep-alive over raw asyncio protocols, in a process of its own that takes one job a line.

`Load` is the handle that the runner holds. Requests are bytes made beforehand; of an answer only its status and its
length are looked at, so that one core of client outruns any service here (`trivial` in services.py shows by how much).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.bench.piped import Piped

CONNECTIONS = 16
PATIENCE = 30.0
LEAST = 1
"""Answers on each connection, on average."""
LONGEST = 15.0
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(slots=True)
class Counts:
    answered: int = 0
    wrong: int = 0
    octets: int = 0
    running: bool = True
    example: str = ""
    took: list[float] = field(default_factory=list)

    def note(self, wrong: str) -> None:
        self.wrong += 1
        self.example = self.example or wrong


class _Connection(asyncio.Protocol):
    """Asks the next question as soon as an answer is whole."""

    def __init__(self, questions: Any, counts: Counts, status: bytes) -> None:
        self.questions = questions
        self.counts = counts
        self.status = status
        self.head = b""
        self.missing = 0
        self.tail: bytes | None = None
        self.asked = 0.0
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(next(self.questions))

    def data_received(self, data: bytes) -> None:
        if self.tail is not None:
            self._chunk(data)
        elif self.missing:
            self.missing -= len(data)
        elif not self._headed(self.head + data):
            return
        if self.missing == 0 and self.tail is None:
            counts = self.counts
            counts.took.append(time.perf_counter() - self.asked)
            if counts.running:
                counts.answered += 1
                self._ask()
            else:
                self.transport.close()

    def _headed(self, data: bytes) -> bool:
        """Looks at the head of an answer; False where it is not whole yet."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.head = data
            return False
        self.head = b""
        if data[9:12] != self.status:
            self.counts.note(data[:2000].decode(errors="replace"))
        at = data.find(b"content-length: ", 0, end)
        if at < 0 and b"transfer-encoding: chunked" in data[:end].lower():
            self.tail = b""
            self._chunk(data[end + 4 :])
            return True
        length = int(data[at + 16 : data.find(b"\r", at)]) if at > 0 and data[9:12] != b"304" else 0
        self.missing = end + 4 + length - len(data)
        self.counts.octets += length
        return True

    def _chunk(self, data: bytes) -> None:
        """An answer of unknown length: it ends with an empty chunk, and nothing follows before the next question."""
        assert self.tail is not None
        self.counts.octets += len(data)
        self.tail = (self.tail + data)[-len(LAST_CHUNK) :]
        if self.tail == LAST_CHUNK:
            self.tail = None

    def connection_lost(self, _: Exception | None) -> None:
        if self.counts.running:
            self.counts.note("the connection was closed")
        if not self.closed.done():
            self.closed.set_result(None)


async def _job(job: dict[str, Any]) -> dict[str, Any]:
    loop, port, counts = asyncio.get_running_loop(), job["port"], Counts()
    headers = "".join(f"{name}: {value}\r\n" for name, value in job["headers"].items())
    requests = [
        f"GET {target} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: */*\r\n{headers}\r\n".encode()
        for target in job["targets"]
    ]
    questions, status = cycle(requests), str(job["status"]).encode()
    connections = []
    for _ in range(job["connections"]):
        _, protocol = await loop.create_connection(
            lambda: _Connection(questions, counts, status), "127.0.0.1", port
        )
        connections.append(protocol)
    await asyncio.sleep(job["warmup"])
    counts.answered = counts.octets = 0
    counts.took.clear()
    start = time.perf_counter()
    await asyncio.sleep(job["seconds"])
    # A slow service is given longer: a handful of answers makes no rate. But for one it is waited in any case.
    while counts.answered < LEAST * job["connections"]:
        passed = time.perf_counter() - start
        if (counts.answered and passed > LONGEST) or passed > PATIENCE:
            break
        await asyncio.sleep(0.05)
    answered, octets, seconds = counts.answered, counts.octets, time.perf_counter() - start
    took = sorted(counts.took)
    counts.running = False
    await asyncio.wait_for(asyncio.gather(*(c.closed for c in connections)), 2 * PATIENCE)
    return {
        "rate": answered / seconds,
        "octets": octets // max(answered, 1),
        "wrong": counts.wrong,
        "example": counts.example,
        "p50": took[len(took) // 2] if took else None,
        "p99": took[len(took) * 99 // 100] if took else None,
    }


def _main() -> None:
    run = asyncio.run
    try:
        import uvloop
    except ImportError:  # a system without it: the standard loop will do, with less to spare
        pass
    else:
        run = uvloop.run
    for line in sys.stdin:
        print(json.dumps(run(_job(json.loads(line)))), flush=True)


class LoadFailed(RuntimeError):
    """Some answer was not what was asked for: a rate would mean nothing."""


class Load(Piped):
    """The process that asks."""

    def __init__(self, connections: int = CONNECTIONS) -> None:
        super().__init__("tests.bench.load")
        self.connections = connections

    def rate(
        self,
        port: int,
        targets: list[str],
        seconds: float,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> float:
        """Requests a second over `seconds`, after a warm-up."""
        answer = self.answer(port, targets, seconds, self.connections, status=status, headers=headers)
        if answer["wrong"]:
            raise LoadFailed(
                f"{answer['wrong']} answers to {targets[0]} were not {status}, such as: {answer['example']}"
            )
        return float(answer["rate"])

    def answer(
        self,
        port: int,
        targets: list[str],
        seconds: float,
        connections: int,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """All that is told of a run: the rate, how many answers were wrong, the median and the 99th percentile of times."""
        job = {
            "port": port,
            "targets": targets,
            "headers": headers or {},
            "status": status,
            "seconds": seconds,
            "warmup": min(0.4, seconds / 3),
            "connections": connections,
        }
        told: dict[str, Any] = json.loads(
            self.told(json.dumps(job)) or '{"wrong": 1, "example": "the load ended"}'
        )
        return told


if __name__ == "__main__":
    _main()

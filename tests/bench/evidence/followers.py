"""A thousand followers of the stream of one process: how long after it was acknowledged a change reaches each of them."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

import httpx

FOLLOWERS = 1_000
CHANGES = 30
EVERY_SECONDS = 1.0
PATIENCE = 60.0


@dataclass(slots=True)
class Delivered:
    """Seconds from the moment at which the write was sent, each sorted; and how many streams there were."""

    followers: int
    took: list[float] = field(default_factory=list)
    missing: int = 0

    def at(self, share: float) -> float:
        return self.took[min(len(self.took) - 1, int(len(self.took) * share))]


async def _follow(
    port: int, question: str, ready: asyncio.Semaphore, arrived: dict[str, list[float]]
) -> None:
    """Reads a stream as it comes, without a client that would cost more than the service."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(f"GET /v1/changes/stream?{question} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    began = False
    try:
        while line := await reader.readline():
            if line.startswith(b"HTTP/1.1 ") and b" 200 " not in line:
                raise RuntimeError(line.decode())
            if not began and line.startswith(b"event: place"):
                began = True
                ready.release()
            if line.startswith(b'data: {"event"'):
                uid = json.loads(line[6:])["id"]
                arrived.setdefault(uid, []).append(time.perf_counter())
    finally:
        writer.close()


async def _run(port: int, key: str, questions: list[str]) -> Delivered:
    arrived: dict[str, list[float]] = {}
    ready = asyncio.Semaphore(0)
    head = httpx.get(f"http://127.0.0.1:{port}/v1/changes/head").json()["seq"]
    tasks = [
        asyncio.ensure_future(_follow(port, f"after={head}&{questions[n % len(questions)]}", ready, arrived))
        for n in range(FOLLOWERS)
    ]
    for _ in tasks:
        await asyncio.wait_for(ready.acquire(), PATIENCE)
    delivered = Delivered(FOLLOWERS)
    sent: dict[str, float] = {}
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        for number in range(CHANGES):
            body = {"title": f"Change {number}", "country": "SYR", "workflow": "published"}
            began = time.perf_counter()
            answer = await client.post("/v1/incidents", json=body)
            assert answer.status_code == 201, answer.text
            sent[answer.json()["id"]] = began
            await asyncio.sleep(EVERY_SECONDS)
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline and sum(map(len, arrived.values())) < CHANGES * FOLLOWERS:
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for uid, began in sent.items():
        delivered.took += [moment - began for moment in arrived.get(uid, [])]
    delivered.missing = CHANGES * FOLLOWERS - len(delivered.took)
    delivered.took.sort()
    return delivered


def measure(port: int, key: str, questions: list[str]) -> Delivered:
    """`questions` go around among the followers; each has to match what is written."""
    return asyncio.run(_run(port, key, questions))

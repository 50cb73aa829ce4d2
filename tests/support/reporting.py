"""A partner with many reports to send, who sends each until the service has said that it has it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.support.loopback import NO_TLS

PATIENCE = 60.0


def report(number: int) -> dict[str, Any]:
    """A report with a source of its own, an incident and two claims: half of it would be seen."""
    name = f"n{number}"
    return {
        "external_id": f"report-{name}",
        "title": f"Report {name}",
        "workflow": "published",
        "source": {"external_id": f"source-{name}", "name": f"Outlet {name}"},
        "incidents": [
            {
                "incident": {
                    "external_id": f"incident-{name}",
                    "title": f"Incident {name}",
                    "date_start": "2016-12-06",
                    "country": "SYR",
                    "lon": 36 + number % 100 / 50,
                    "lat": 35 + number % 90 / 45,
                    "workflow": "published",
                },
                "claims": [
                    {"metric": "killed", "wording": f"{number % 50} killed"},
                    {"metric": "wounded", "wording": "dozens"},
                ],
            }
        ],
    }


@dataclass
class Sending:
    """`done` are the numbers that were acknowledged, `answers` every status that came, `lost` answers that did not."""

    key: str
    url: str
    until: int
    retry: bool = True
    done: set[int] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)
    lost: int = 0
    wrong: list[str] = field(default_factory=list)
    _numbers: Any = None
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, threads: int) -> None:
        self._numbers = count(1)
        self._threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def acknowledged(self, least: int) -> None:
        """Waits until so many are done."""
        deadline = time.monotonic() + PATIENCE
        while len(self.done) < least and not self.wrong:
            assert time.monotonic() < deadline, f"{len(self.done)} of {least} were acknowledged in time"
            time.sleep(0.01)

    def finish(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a sender never came to its end"
        assert self.wrong == []

    def _send_all(self) -> None:
        with httpx.Client(
            headers={"Authorization": f"Bearer {self.key}"}, timeout=30, verify=NO_TLS
        ) as client:
            while (number := next(self._numbers)) <= self.until and not self.wrong:
                deadline = time.monotonic() + PATIENCE
                while not self._sent(client, number):
                    if time.monotonic() > deadline:
                        self.wrong.append(f"report {number} was never taken")
                        return
                    time.sleep(0.05)

    def _sent(self, client: httpx.Client, number: int) -> bool:
        try:
            answer = client.post(f"{self.url}/v1/reports", json=report(number))
        except httpx.TransportError:
            self.lost += 1
            return False
        self.answers.append(answer.status_code)
        if answer.status_code in (200, 201):
            self.done.add(number)
            return True
        if answer.status_code == 503 and self.retry and "retry-after" in answer.headers:
            return False
        self.wrong.append(f"report {number}: {answer.status_code} {answer.text}")
        return True

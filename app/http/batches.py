"""Questions that wait at the same time are answered together, in one thread.

Nobody waits for company: a question that finds a lane free goes at once, and only those that come while all are taken go
together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
LANES = 2
"""Batches under way at once: while one is answered the next one gathers."""


class Batches(Generic[Asked, Answered]):
    """Belongs to one event loop. `answers` gives an answer, or the fault, to each question of a batch, in their order; `most` go
    in one."""

    def __init__(
        self,
        threads: ThreadPoolExecutor,
        answers: Callable[[Sequence[Asked]], Sequence[Answered | Exception]],
        most: int,
    ) -> None:
        self._threads = threads
        self._answers = answers
        self._most = most
        self._waiting: deque[tuple[Asked, asyncio.Future[Answered]]] = deque()
        self._under_way = 0

    async def answer(self, asked: Asked) -> Answered:
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        self._go()
        return await future

    def _go(self) -> None:
        if not self._waiting or self._under_way == LANES:
            return
        going = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        self._under_way += 1
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, self._answers, [asked for asked, _ in going]
        )
        running.add_done_callback(lambda done: self._arrived([future for _, future in going], done))

    def _arrived(
        self,
        futures: list[asyncio.Future[Answered]],
        done: asyncio.Future[Sequence[Answered | Exception]],
    ) -> None:
        self._under_way -= 1
        for future, told in zip(futures, done.result(), strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(told, Exception):
                future.set_exception(told)
            else:
                future.set_result(told)
        self._go()

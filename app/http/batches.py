"""Questions that wait at the same time are answered together, in one thread.

Nobody waits for company: a question that finds the lane free goes at once, and only those that come while it is taken go
together. A batch that takes long frees the lane for the next: one slow question holds up those beside it alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
LONG = 0.02
"""Seconds that a batch has the lane for itself. Two at work share the interpreter, and each waits for the other: together they
answer less than one that takes twice as many (decision 15)."""
MOST_UNDER_WAY = 2
"""Batches, those that take long with the one that has the lane."""


@dataclass(slots=True, eq=False)
class _Batch(Generic[Answered]):
    futures: list[asyncio.Future[Answered]]
    has_lane: bool = True


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
        self._lane_taken = False

    async def answer(self, asked: Asked) -> Answered:
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        self._go()
        return await future

    def _go(self) -> None:
        if not self._waiting or self._lane_taken or self._under_way == MOST_UNDER_WAY:
            return
        going = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        self._under_way += 1
        self._lane_taken = True
        batch = _Batch([future for _, future in going])
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._threads, self._answers, [asked for asked, _ in going])
        long = loop.call_later(LONG, self._leave, batch)
        running.add_done_callback(lambda done: self._arrived(batch, long, done))

    def _leave(self, batch: _Batch[Answered]) -> None:
        """The lane, where the batch still has it."""
        if batch.has_lane:
            batch.has_lane = self._lane_taken = False
            self._go()

    def _arrived(
        self,
        batch: _Batch[Answered],
        long: asyncio.TimerHandle,
        done: asyncio.Future[Sequence[Answered | Exception]],
    ) -> None:
        long.cancel()
        self._under_way -= 1
        for future, told in zip(batch.futures, done.result(), strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(told, Exception):
                future.set_exception(told)
            else:
                future.set_result(told)
        self._leave(batch)
        self._go()

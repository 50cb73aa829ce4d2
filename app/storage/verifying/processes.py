"""Several processes that look at parts of one state of the data.

Neither database is asked to share a snapshot. Whatever changes what is verified appends to the history: who sees the same head
sees the same state.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from typing import NamedTuple, TypeVar

from app.errors import IncidentRecordsError, Unavailable
from app.settings import DatabaseSettings
from app.storage.database import Database
from app.storage.verifying.chain import Head, head
from app.storage.verifying.parts import Looked, Part, looked_at
from app.storage.verifying.unswept import sweep, unswept

WORTH_A_PROCESS = 50_000
"""Changes: it takes as long to begin a process as to look at so many."""
BEGIN, LEAVE = "begin", "leave"
T = TypeVar("T")


class _Failed(NamedTuple):
    why: str


def worthwhile(changes: int) -> int:
    """How many processes are worth it."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(there, changes // WORTH_A_PROCESS))


class Processes:
    """Those that were started, each at the other end of a pipe."""

    def __init__(self, pipes: Sequence[Pipe]) -> None:
        self.pipes = pipes

    def see(self, seen: Head) -> bool:
        """Whether all see this state of the data. If not, they leave the one they see."""
        for pipe in self.pipes:
            pipe.send(BEGIN)
        same = [_answer(pipe, Head) == seen for pipe in self.pipes]
        if not all(same):
            self.leave()
        return all(same)

    def leave(self) -> None:
        for pipe in self.pipes:
            pipe.send(LEAVE)

    def looked(self, parts: Sequence[Part], against: Head | None) -> Iterator[Looked]:
        """What was seen of each part, in their order."""
        done: dict[int, Looked] = {}
        todo = iter(enumerate(parts))
        busy: dict[Pipe, int] = {}
        for pipe in self.pipes:
            _hand_out(pipe, todo, busy, against)
        for number in range(len(parts)):
            while number not in done:
                ready = wait(list(busy))
                for pipe in [pipe for pipe in busy if pipe in ready]:
                    done[busy.pop(pipe)] = _answer(pipe, Looked)
                    _hand_out(pipe, todo, busy, against)
            yield done.pop(number)


def _hand_out(
    pipe: Pipe, todo: Iterator[tuple[int, Part]], busy: dict[Pipe, int], against: Head | None
) -> None:
    following = next(todo, None)
    if following is not None:
        number, part = following
        pipe.send((part, against))
        busy[pipe] = number


def _answer(pipe: Pipe, of: type[T]) -> T:
    try:
        answer = pipe.recv()
    except EOFError:
        answer = _Failed("a process that verified has ended before its time")
    if isinstance(answer, _Failed):
        raise Unavailable(answer.why, retry_after=5)
    assert isinstance(answer, of)
    return answer


@contextmanager
def started(settings: DatabaseSettings, jobs: int) -> Iterator[Processes]:
    """Processes that look at a database, as many as are wanted."""
    # Begun anew, not forked: no connection of ours and no lock that a thread of ours holds comes along.
    context = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    try:
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            worker = context.Process(target=work, args=(theirs, settings), daemon=True)
            worker.start()
            theirs.close()
            pipes.append(ours)
            workers.append(worker)
        yield Processes(pipes)
    finally:
        for pipe in pipes:
            pipe.close()
        for worker in workers:
            worker.terminate()
            worker.join()


def work(pipe: Pipe, settings: DatabaseSettings) -> None:
    """What such a process does until its pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it is told, and ends it
    with unswept(), closing(Database(settings)) as database:
        try:
            while pipe.recv() == BEGIN:
                with database.still() as connection:
                    pipe.send(head(connection))
                    while (asked := pipe.recv()) != LEAVE:
                        pipe.send(looked_at(connection, database.dialect, *asked))
                        sweep()
        except EOFError:
            return
        except IncidentRecordsError as fault:
            pipe.send(_Failed(str(fault)))

"""Reading ahead: of a large file a process of its own makes the next rows ready while the last are being written."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkContext, SpawnContext
from pathlib import Path

from app.domain.vocabulary import AssessmentRule, Workflow
from app.errors import IncidentRecordsError, InvalidInput
from app.writing.importing.files import Table
from app.writing.importing.items import Profile
from app.writing.importing.preparing import Preparer
from app.writing.importing.ready import PackedBatch, ReadBatch, gathered

LARGE_FILE = 1_000_000
"""Bytes. Below, starting a process takes longer than it saves."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: what a process of its own has to be told."""

    path: Path
    profile: Profile
    workflow: Workflow
    rule: str = AssessmentRule.envelope.value
    encoding: str = "utf-8-sig"
    delimiter: str = ","

    def open(self) -> Table:
        """The file, its header checked. InvalidInput where it is not of the profile."""
        table = Table(self.path, encoding=self.encoding, delimiter=self.delimiter)
        try:
            self.profile.require(table.header)
        except InvalidInput:
            table.close()
            raise
        return table

    def groups(self) -> Iterator[ReadBatch]:
        """Its rows, made ready some hundreds at a time."""
        with closing(self.open()) as table:
            yield from Preparer(self.profile, self.workflow.value, self.rule).groups(table)


@contextmanager
def reading_ahead(reading: Reading) -> Iterator[Iterator[ReadBatch]]:
    """The file's batches; of a large file a process of its own reads the next ones, from now on."""
    if reading.path.stat().st_size < LARGE_FILE:
        yield gathered(reading.groups())
        return
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(reading, theirs, ours), daemon=True)
    with _signals_of_a_reader():
        process.start()
    theirs.close()  # so that its end is seen here when the process dies
    batches = _coming(ours)
    try:
        yield batches
    finally:
        process.terminate()  # which also ends a thread's waiting
        batches.close()
        process.join()
        ours.close()


def _context() -> ForkContext | SpawnContext:
    """Where it is safe a copy of this process, which need not load again what is loaded here."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


@contextmanager
def _signals_of_a_reader() -> Iterator[None]:
    """What is started here ends when it is told to, and never sees a terminal's Ctrl-C: that is for the writer, who ends it."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    end = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, interrupt)


def _coming(pipe: Pipe) -> Generator[ReadBatch]:
    # A thread unpacks and gathers the next batch while the database works on this one.
    batches = gathered(_received(pipe))
    with ThreadPoolExecutor(1, "read-ahead") as ahead:
        coming = ahead.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = ahead.submit(next, batches, None)
            yield batch


def _received(pipe: Pipe) -> Iterator[ReadBatch]:
    while True:
        try:
            told = pipe.recv()
        except EOFError:
            raise IncidentRecordsError("the process that reads the file died") from None
        if told is None:
            return
        if isinstance(told, Exception):
            raise told
        assert isinstance(told, PackedBatch)
        yield told.unpacked()


def _send(reading: Reading, pipe: Pipe, theirs: Pipe) -> None:
    """The other process: ends with None, or with what went wrong. A writer that died leaves a broken pipe: no more to do.

    `theirs`: the writer's end, which may not stay open here, or it would never break.
    """
    theirs.close()
    gc.set_threshold(100_000, 20, 50)
    with suppress(BrokenPipeError):
        try:
            for group in reading.groups():
                pipe.send(group.packed())
            pipe.send(None)
        except InvalidInput as fault:
            pipe.send(fault)

"""Reading and checking rows: all that needs no database. A large file is read by a process of its own, ahead of the writer."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from app.domain.inputs import IncidentForm, read_form
from app.errors import IncidentRecordsError, InvalidInput, invalid
from app.storage.seen import Seen
from app.writing import incidents as recording
from app.writing.importing.batch import Prepared, report_form, source_form
from app.writing.importing.files import RawRow, Table
from app.writing.importing.items import Profile, ReportSpec
from app.writing.work import digest

LARGE_FILE = 1_000_000
"""Bytes. Below, starting a process takes longer than it saves."""
MOST_CHECKED = 20_000


@dataclass(slots=True)
class ReadBatch:
    """Rows that were read together: those to write, those refused with the reason, how far into the file they reach."""

    prepared: list[Prepared]
    refused: list[tuple[RawRow, str]]
    position: int


class Preparer:
    """Checks the rows of one file of one profile."""

    def __init__(self, profile: Profile, workflow: str) -> None:
        self.profile = profile
        self.workflow = workflow
        self._seen = Seen()
        self._checked: set[str] = set()

    def batches(self, table: Table, size: int) -> Iterator[ReadBatch]:
        """The whole file, `size` rows at a time."""
        rows = iter(table)
        while raw_rows := list(islice(rows, size)):
            batch = ReadBatch([], [], table.position)
            for raw in raw_rows:
                try:
                    batch.prepared.append(self._read(raw))
                except InvalidInput as fault:
                    batch.refused.append((raw, str(fault)))
            yield batch

    def _read(self, raw: RawRow) -> Prepared:
        if raw.fault is not None:
            raise raw.fault
        item = self.profile.read(raw.cells)
        for link in item.links:
            self._check_report(link.report)
        values = {}
        if item.incident is not None:
            named = {**item.incident, "external_id": item.external_id, "workflow": self.workflow}
            values = recording.incident_values(read_form(IncidentForm, named), None, None)
        mark = digest(
            [item.incident, [(link.report.external_id, link.role, link.claims) for link in item.links]]
        )
        if item.unique:
            before = self._seen.first(item.external_id, raw.number)
            if before is not None:
                raise invalid("", f"{item.external_id} stood in row {before} already", "repeated_id")
        return Prepared(raw, item, values, mark)

    def _check_report(self, spec: ReportSpec) -> None:
        """A report that many rows name is checked once."""
        if spec.external_id in self._checked:
            return
        if spec.source is not None:
            source_form(spec.source)
        report_form(spec, self.workflow)
        if len(self._checked) >= MOST_CHECKED:
            self._checked.clear()
        self._checked.add(spec.external_id)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: what a process of its own has to be told."""

    path: Path
    profile: Profile
    workflow: str
    size: int
    encoding: str
    delimiter: str

    def open(self) -> Table:
        return Table(self.path, encoding=self.encoding, delimiter=self.delimiter)

    def batches(self) -> Iterator[ReadBatch]:
        table = self.open()
        try:
            self.profile.require(table.header)
            yield from Preparer(self.profile, self.workflow).batches(table, self.size)
        finally:
            table.close()


def read_ahead(reading: Reading) -> Iterator[ReadBatch]:
    """The file's batches; of a large file the next ones are read while the last is being written."""
    if reading.path.stat().st_size < LARGE_FILE:
        yield from reading.batches()
        return
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(reading, theirs), daemon=True)
    process.start()
    theirs.close()  # so that its end is seen here when the process dies
    try:
        while (batch := _received(ours)) is not None:
            yield batch
    finally:
        ours.close()
        process.terminate()
        process.join()


def _received(pipe: Pipe) -> ReadBatch | None:
    try:
        told = pipe.recv()
    except EOFError:
        raise IncidentRecordsError("the process that reads the file died") from None
    if isinstance(told, Exception):
        raise told
    assert told is None or isinstance(told, ReadBatch)
    return told


def _send(reading: Reading, pipe: Pipe) -> None:
    """The other process: ends with None, or with what went wrong. A writer that died leaves a broken pipe: no more to do."""
    gc.set_threshold(50_000, 20, 50)
    with suppress(BrokenPipeError):
        try:
            for batch in reading.batches():
                pipe.send(batch)
            pipe.send(None)
        except InvalidInput as fault:
            pipe.send(fault)

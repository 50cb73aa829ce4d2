"""Rows into records, batch by batch: what is read is checked first, then written in one transaction with its history.

A batch is all there or not at all. A row that cannot be taken is refused alone, with the reason; a file sent again
changes nothing; memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from app.access.viewer import Viewer
from app.domain.inputs import IncidentForm, read_form
from app.domain.vocabulary import Workflow
from app.errors import InvalidInput, invalid
from app.storage.database import Connection, Database
from app.storage.history import Actor
from app.storage.seen import Seen
from app.storage.write import Transaction
from app.writing import incidents as recording
from app.writing.importing.batch import Batch, Prepared, report_form, source_form
from app.writing.importing.files import RawRow, Refusals, Table
from app.writing.importing.items import Profile, ReportSpec
from app.writing.work import digest

BATCH = 5_000
MOST_TOLD = 20
MOST_KNOWN = 20_000


@dataclass(slots=True)
class Summary:
    """What became of the rows. `repaired` rows are among the created, updated and unchanged ones."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    repaired: int = 0
    refused: int = 0
    reports_created: int = 0
    sources_created: int = 0
    refusals: list[tuple[int, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


class _DryRun(Exception):
    """Ends a batch's transaction without a trace."""


class Importer:
    """Imports files of one profile for one organisation."""

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        profile: Profile,
        *,
        publish: bool = False,
        dry_run: bool = False,
        batch: int = BATCH,
    ) -> None:
        assert viewer.partner is not None
        assert viewer.partner_key is not None
        self.database = database
        self.viewer = viewer
        self.actor = Actor(viewer.partner, viewer.partner_key, viewer.key_id)
        self.profile = profile
        self.workflow = Workflow.published.value if publish else Workflow.draft.value
        self.dry_run = dry_run
        self.batch = batch
        self.summary = Summary()
        self._seen = Seen()
        self._checked: set[str] = set()

    def run(self, table: Table, refusals: Refusals, progress: Callable[[], None] = lambda: None) -> Summary:
        """The whole file. InvalidInput where it is not a file of the profile."""
        self.profile.require(table.header)
        rows = iter(table)
        while batch := list(islice(rows, self.batch)):
            prepared = list(self._prepare(batch, refusals))
            self._write(prepared, refusals)
            progress()
        return self.summary

    def _refuse(self, raw: RawRow, reason: str, refusals: Refusals) -> None:
        self.summary.refused += 1
        if len(self.summary.refusals) < MOST_TOLD:
            self.summary.refusals.append((raw.number, reason))
        refusals.add(raw, reason)

    def _prepare(self, batch: Iterable[RawRow], refusals: Refusals) -> Iterator[Prepared]:
        """Reads and checks rows; refuses what is wrong with them in themselves."""
        for raw in batch:
            try:
                yield self._read(raw)
            except InvalidInput as fault:
                self._refuse(raw, str(fault), refusals)

    def _read(self, raw: RawRow) -> Prepared:
        if raw.fault is not None:
            raise raw.fault
        item = self.profile.read(raw.cells)
        for link in item.links:
            self._check_report(link.report)
        form, values = None, {}
        if item.incident is not None:
            form = read_form(
                IncidentForm, {**item.incident, "external_id": item.external_id, "workflow": self.workflow}
            )
            values = recording.incident_values(form, None, None)
        mark = digest(
            [item.incident, [(link.report.external_id, link.role, link.claims) for link in item.links]]
        )
        if item.unique:
            before = self._seen.first(item.external_id, raw.number)
            if before is not None:
                raise invalid("", f"{item.external_id} stood in row {before} already", "repeated_id")
        return Prepared(raw, item, form, values, mark)

    def _check_report(self, spec: ReportSpec) -> None:
        """A report that many rows name is checked once."""
        if spec.external_id in self._checked:
            return
        if spec.source is not None:
            source_form(spec.source)
        report_form(spec, self.workflow)
        if len(self._checked) >= MOST_KNOWN:
            self._checked.clear()
        self._checked.add(spec.external_id)

    def _write(self, prepared: Sequence[Prepared], refusals: Refusals) -> None:
        """One batch in one transaction; counted only once it is committed."""
        if not prepared:
            return
        batches: list[Batch] = []

        def within(connection: Connection) -> None:
            batch = Batch(Transaction(self.database, connection, self.actor), self.viewer, self.workflow)
            batches.append(batch)
            batch.write(prepared)
            if self.dry_run:
                raise _DryRun

        with suppress(_DryRun):
            self.database.write(within)
        batch = batches[-1]
        for raw, reason in batch.refused:
            self._refuse(raw, reason, refusals)
        for did in batch.did.values():
            setattr(self.summary, did.value, getattr(self.summary, did.value) + 1)
        self.summary.repaired += batch.repaired
        self.summary.reports_created += batch.reports_created
        self.summary.sources_created += batch.sources_created

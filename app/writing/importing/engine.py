"""Rows into records, batch by batch: what is read is checked first, then written in one transaction with its history.

A batch is all there or not at all. A row that cannot be taken is refused alone, with the reason; a file sent again
changes nothing; memory does not grow with the file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from app.access.viewer import Viewer
from app.domain.vocabulary import AssessmentRule, Workflow
from app.errors import IncidentRecordsError
from app.storage.database import Connection, Database
from app.storage.history import Actor
from app.storage.seen import Seen
from app.storage.write import Transaction
from app.writing.importing.batch import Batch
from app.writing.importing.files import RawRow, Refusals
from app.writing.importing.items import Profile
from app.writing.importing.ready import ReadBatch
from app.writing.work import Did

log = logging.getLogger(__name__)

MOST_TOLD = 20
MANY = 4_000
"""Rows written after which the database is to look at its tables anew."""


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
    """Imports files for one organisation."""

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        profile: Profile,
        workflow: Workflow,
        *,
        rule: str = AssessmentRule.envelope.value,
        dry_run: bool = False,
    ) -> None:
        assert viewer.partner is not None
        assert viewer.partner_key is not None
        self.database = database
        self.viewer = viewer
        self.profile = profile
        self.workflow = workflow
        self.rule = rule
        self.actor = Actor(viewer.partner, viewer.partner_key, viewer.key_id)
        self.dry_run = dry_run
        self.summary = Summary()
        self._made = Seen()
        self._made_so_far = 0

    def run(
        self,
        batches: Iterable[ReadBatch],
        refusals: Refusals,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        """All batches of a file, summed up in `summary`; `progress` is told the bytes that were read."""
        with self.database.filling() as written:
            for batch in batches:
                for raw, reason in batch.refused:
                    self._refuse(raw, reason, refusals)
                self._write(batch, refusals)
                written()
                progress(batch.position)
        if self.summary.created + self.summary.updated >= MANY and not self.dry_run:
            self._renew_statistics()

    def _renew_statistics(self) -> None:
        try:
            self.database.renew_statistics()
        except IncidentRecordsError as fault:
            log.warning("all is written, but the database did not look at its tables anew: %s", fault)

    def _refuse(self, raw: RawRow, reason: str, refusals: Refusals) -> None:
        self.summary.refused += 1
        if len(self.summary.refusals) < MOST_TOLD:
            self.summary.refusals.append((raw.number, reason))
        refusals.add(raw, reason)

    def _write(self, read: ReadBatch, refusals: Refusals) -> None:
        """One batch in one transaction; counted only once it is committed."""
        if not read.prepared:
            return
        batches: list[Batch] = []

        def within(connection: Connection) -> None:
            transaction = Transaction(self.database, connection, self.actor)
            batch = Batch(transaction, self.viewer, self.profile, read, self.workflow, self.rule)
            batches.append(batch)
            batch.write()
            if self.dry_run:
                raise _DryRun

        with suppress(_DryRun):
            self.database.write(within)
        batch = batches[-1]
        for raw, reason in batch.refused:
            self._refuse(raw, reason, refusals)
        became = list(batch.did.values())
        for did in (Did.created, Did.updated, Did.unchanged):
            setattr(self.summary, did.value, getattr(self.summary, did.value) + became.count(did))
        self.summary.repaired += batch.repaired
        self.summary.reports_created += self._count("report", batch.new_reports)
        self.summary.sources_created += self._count("source", batch.new_sources)

    def _count(self, kind: str, names: Sequence[str]) -> int:
        """Each name once: a trial leaves nothing that the next batch would find."""
        first = self._made_so_far
        self._made_so_far += len(names)
        named = [(f"{kind} {name}", first + number) for number, name in enumerate(names)]
        return len(names) - len(self._made.repeated(named))

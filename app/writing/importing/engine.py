"""Rows into records, batch by batch: what is read is checked first, then written in one transaction with its history.

A batch is all there or not at all. A row that cannot be taken is refused alone, with the reason; a file sent again
changes nothing; memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import Table as SqlTable

from app.access.viewer import Viewer
from app.domain.assessment import assess
from app.domain.figures import UNSTATED, Figure
from app.domain.ids import CLAIM, INCIDENT, REPORT, SOURCE, new_id, new_ids
from app.domain.inputs import IncidentForm, ReportForm, SourceForm, read_form
from app.domain.sharing import strictest
from app.domain.vocabulary import AssessmentRule, Workflow
from app.errors import Conflict, InvalidInput, invalid
from app.query.fields import Kind
from app.storage.columns import TABLES
from app.storage.database import Database
from app.storage.history import Actor
from app.storage.seen import Seen
from app.storage.tables import incidents, links, sources
from app.storage.write import Amendment, Link, New, Transaction
from app.writing import incidents as recording
from app.writing.claims import columns_of, said
from app.writing.importing.files import RawRow, Refusals, Table
from app.writing.importing.items import Columns, Item, LinkSpec, Profile, ReportSpec, SourceSpec
from app.writing.reports import report_values
from app.writing.sources import source_values
from app.writing.work import Did, Ref, Work, digest

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


@dataclass(slots=True)
class Prepared:
    """A row that was read and checked; what the database has to say comes next."""

    raw: RawRow
    item: Item
    form: IncidentForm | None
    values: dict[str, Any]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """A stored report: what its claims need."""

    key: int
    uid: str
    published: bool
    source: Ref | None
    date: Any = None
    grade: str = "F"


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
        self.partner = viewer.partner_key
        self.actor = Actor(viewer.partner, viewer.partner_key, viewer.key_id)
        self.profile = profile
        self.workflow = Workflow.published.value if publish else Workflow.draft.value
        self.dry_run = dry_run
        self.batch = batch
        self.summary = Summary()
        self._seen = Seen()
        self._sources: dict[str, Ref] = {}
        self._reports: dict[str, Known] = {}
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
        if spec.external_id in self._checked:
            return
        if spec.source is not None:
            _source_form(spec.source)
        self._report_form(spec)
        if len(self._checked) >= MOST_KNOWN:
            self._checked.clear()
        self._checked.add(spec.external_id)

    def _report_form(self, spec: ReportSpec) -> ReportForm:
        return read_form(
            ReportForm, {**spec.document, "external_id": spec.external_id, "workflow": self.workflow}
        )

    def _write(self, prepared: Sequence[Prepared], refusals: Refusals) -> None:
        """One batch in one transaction; counted only once it is committed."""
        if not prepared:
            return
        batches: list[_Batch] = []

        def within(connection: Connection) -> None:
            batch = _Batch(self, Transaction(self.database, connection, self.actor))
            batches.append(batch)
            batch.write(prepared)
            if self.dry_run:
                raise _DryRun

        with suppress(_DryRun):
            self.database.write(within)
        batch = batches[-1]
        if not self.dry_run:
            self._remember(batch)
        for raw, reason in batch.refused:
            self._refuse(raw, reason, refusals)
        for did in batch.did.values():
            setattr(self.summary, did.value, getattr(self.summary, did.value) + 1)
        self.summary.repaired += batch.repaired
        self.summary.reports_created += batch.reports_created
        self.summary.sources_created += batch.sources_created

    def _remember(self, batch: _Batch) -> None:
        for mine, theirs in ((self._sources, batch.sources), (self._reports, batch.reports)):
            if len(mine) >= MOST_KNOWN:
                mine.clear()
            mine.update(theirs)  # type: ignore[arg-type]


def _source_form(spec: SourceSpec) -> SourceForm:
    return read_form(SourceForm, {**spec.document, "external_id": spec.external_id})


class _Batch:
    """The rows of one transaction."""

    def __init__(self, importer: Importer, transaction: Transaction) -> None:
        self.importer = importer
        self.transaction = transaction
        self.connection = transaction.connection
        self.work = Work(transaction, importer.viewer)
        self.sources = dict(importer._sources)
        self.reports = dict(importer._reports)
        self.did: dict[int, Did] = {}
        self.refused: list[tuple[RawRow, str]] = []
        self.repaired = self.reports_created = self.sources_created = 0

    def write(self, prepared: Sequence[Prepared]) -> None:
        self._resolve_sources(prepared)
        self._resolve_reports(prepared)
        stored = self._stored(
            incidents,
            [p.item.external_id for p in prepared],
            incidents.c.submitted_digest,
            incidents.c.deleted_at,
        )
        fresh: list[Prepared] = []
        linked: dict[str, list[Prepared]] = {}
        for p in prepared:
            row = stored.get(p.item.external_id)
            if row is not None and row.deleted_at is not None:
                self.refused.append((p.raw, f"{p.item.external_id} was deleted here; ids are not used again"))
            elif p.item.incident is None and row is None:
                self.refused.append(
                    (p.raw, f"there is no incident {p.item.external_id}; import the incidents first")
                )
            elif row is None:
                fresh.append(p)
            elif p.item.incident is None:
                linked.setdefault(row.uid, []).append(p)
            elif row.submitted_digest == p.digest:
                self._count(p, Did.unchanged)
            else:
                self._amend(p, row.uid)
        self._create(fresh)
        self._link(linked)
        self.transaction.finish()

    def _count(self, p: Prepared, did: Did) -> None:
        self.did[p.raw.number] = did
        self.repaired += p.item.repaired

    def _stored(self, table: SqlTable, external_ids: Sequence[str], *columns: Any) -> dict[str, Any]:
        found = self.connection.execute(
            select(table.c.external_id, table.c.id, table.c.uid, *columns).where(
                table.c.partner_ref == self.importer.partner, table.c.external_id.in_(external_ids)
            )
        )
        return {row.external_id: row for row in found}

    def _resolve_sources(self, prepared: Sequence[Prepared]) -> None:
        wanted = {
            link.report.source.external_id: link.report.source
            for p in prepared
            for link in p.item.links
            if link.report.source is not None and link.report.source.external_id not in self.sources
        }
        if not wanted:
            return
        stored = self._stored(sources, list(wanted), sources.c.effective_sharing)
        self.sources |= {name: Ref(row.id, row.uid, row.effective_sharing) for name, row in stored.items()}
        news = []
        for name, spec in wanted.items():
            if name in stored:
                continue
            values = {
                "uid": new_id(SOURCE),
                "partner_ref": self.importer.partner,
                "submitted_digest": digest(dict(spec.document)),
            }
            news.append(New(Kind.source, values | source_values(_source_form(spec))))
        self.transaction.create(news)
        self.sources_created += len(news)
        for new in news:
            self.sources[new.values["external_id"]] = Ref(
                new.key, new.values["uid"], str(new.values["effective_sharing"])
            )

    def _resolve_reports(self, prepared: Sequence[Prepared]) -> None:
        wanted = {
            link.report.external_id: link.report
            for p in prepared
            for link in p.item.links
            if link.report.external_id not in self.reports
        }
        if not wanted:
            return
        table = TABLES[Kind.report]
        stored = self._stored(
            table,
            list(wanted),
            table.c.workflow,
            table.c.source_ref,
            table.c.date_published,
            table.c.deleted_at,
        )
        news: list[tuple[ReportSpec, New, Ref | None]] = []
        for name, spec in wanted.items():
            source = self.sources[spec.source.external_id] if spec.source is not None else None
            row = stored.get(name)
            if row is None:
                form = self.importer._report_form(spec)
                values = {
                    "uid": new_id(REPORT),
                    "partner_ref": self.importer.partner,
                    "submitted_digest": digest(dict(spec.document)),
                }
                new = New(
                    Kind.report,
                    values | report_values(form, source),
                    {"source_id": source.uid} if source else {},
                )
                news.append((spec, new, source))
            elif row.deleted_at is not None:
                raise Conflict(f"the report {name} was deleted here; restore or rename it before importing")
            else:
                published = row.workflow == Workflow.published.value
                self.reports[name] = Known(
                    row.id, row.uid, published, source, row.date_published, _grade(spec.source)
                )
        self.transaction.create([new for _, new, _ in news])
        self.reports_created += len(news)
        for spec, new, source in news:
            published = new.values["workflow"] == Workflow.published.value
            self.reports[spec.external_id] = Known(
                new.key,
                new.values["uid"],
                published,
                source,
                new.values["date_published"],
                _grade(spec.source),
            )

    def _source_of(self, item: Item) -> Ref | None:
        """The incident's source is that of the first report that makes claims."""
        return self.reports[item.links[0].report.external_id].source if item.links else None

    def _create(self, fresh: Sequence[Prepared]) -> None:
        claim_ids = iter(new_ids(CLAIM, sum(len(link.claims) for p in fresh for link in p.item.links)))
        news = []
        for p, uid in zip(fresh, new_ids(INCIDENT, len(fresh)), strict=True):
            source = self._source_of(p.item)
            values = p.values
            if source is not None:
                values["source_ref"] = source.key
                values["effective_sharing"] = strictest(values["sharing"], source.sharing)
            news.append(
                New(
                    Kind.incident,
                    {
                        "uid": uid,
                        "partner_ref": self.importer.partner,
                        "submitted_digest": p.digest,
                        **values,
                        **self._figures(p),
                    },
                    {"source_id": source.uid} if source else {},
                    links=[self._link_of(link, claim_ids) for link in p.item.links],
                )
            )
            self._count(p, Did.created)
        self.transaction.create(news)

    def _link_of(self, spec: LinkSpec, claim_ids: Iterator[str]) -> Link:
        report = self.reports[spec.report.external_id]
        claims = [{"uid": next(claim_ids), **claim} for claim in spec.claims]
        return Link(report.key, report.uid, spec.role, spec.date_wording, None, claims)

    def _figures(self, p: Prepared) -> dict[str, int | None]:
        public = p.values["workflow"] == Workflow.published.value
        standing = [
            (claim, report)
            for link in p.item.links
            if (report := self.reports[link.report.external_id]).published or not public
            for claim in link.claims
        ]
        if len(standing) == 1 and _is_plain(claim := standing[0][0]):
            # One claim needs no weighing; most files make just one.
            figure, _ = Figure.repaired(claim["low"], claim["best"], claim["high"])
            return columns_of({"killed": figure, "wounded": UNSTATED, "killed_civilians": UNSTATED})
        weighed = [said(claim, report.key, report.grade, report.date) for claim, report in standing]
        return columns_of(assess(weighed, AssessmentRule.envelope.value))

    def _amend(self, p: Prepared, uid: str) -> None:
        """A row that was imported before and differs now: the record follows, its former version is kept."""
        assert p.item.incident is not None
        row = self.transaction.row(Kind.incident, uid)
        patch: dict[str, Any] = dict(p.item.incident)
        patch["attributions"] = list(patch.get("attributions", ()))
        if self.importer.workflow == Workflow.published.value:
            patch["workflow"] = self.importer.workflow
        claim_ids = iter(new_ids(CLAIM, sum(len(link.claims) for link in p.item.links)))
        standing = [self._link_of(link, claim_ids) for link in p.item.links]
        source = self._source_of(p.item)
        if source is not None:
            patch["source_id"] = source.uid
        outcome = recording.change(self.work, row, _as_json(patch), linked=standing, mark=p.digest)
        self._count(p, outcome.did)

    def _link(self, linked: Mapping[str, Sequence[Prepared]]) -> None:
        """Reports that claim nothing, linked to stored incidents: all of one incident in one change."""
        if not linked:
            return
        rows = self.connection.execute(select(incidents).where(incidents.c.uid.in_(list(linked)))).mappings()
        by_uid = {row["uid"]: dict(row) for row in rows}
        keys = [row["id"] for row in by_uid.values()]
        standing = {
            (row.incident_ref, row.report_ref)
            for row in self.connection.execute(
                select(links.c.incident_ref, links.c.report_ref).where(
                    links.c.incident_ref.in_(keys), links.c.seq_to.is_(None)
                )
            )
        }
        amendments = []
        for uid, items in linked.items():
            row = by_uid[uid]
            added = []
            for p in items:
                did = Did.unchanged
                for link in p.item.links:
                    report = self.reports[link.report.external_id]
                    if (row["id"], report.key) not in standing:
                        standing.add((row["id"], report.key))
                        added.append(self._link_of(link, iter(())))
                        did = Did.created
                self._count(p, did)
            if added:
                amendments.append(Amendment(Kind.incident, row, links=added, action="link"))
        self.transaction.amend(amendments)


def _is_plain(claim: Columns) -> bool:
    """Of people killed, all of them, without distinction."""
    return bool(claim["metric"] == "killed" and claim["victim_status"] == "unknown" and claim["covers"] == "whole")


def _grade(spec: SourceSpec | None) -> str:
    return str(spec.document.get("reliability", "F")) if spec is not None else "F"


def _as_json(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in document.items()}

"""The rows of one transaction: what is stored already, what is new, what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.access.viewer import Viewer
from app.domain.assessment import assess
from app.domain.figures import UNSTATED, Figure
from app.domain.ids import CLAIM, INCIDENT, REPORT, SOURCE, new_id, new_ids
from app.domain.inputs import ReportForm, SourceForm, read_form
from app.domain.sharing import strictest
from app.domain.vocabulary import AssessmentRule, Workflow
from app.query.fields import Kind
from app.storage import lookup
from app.storage.lookup import Weight
from app.storage.write import Amendment, Link, New, Transaction
from app.writing import incidents as recording
from app.writing.claims import columns_of, said
from app.writing.importing.files import RawRow
from app.writing.importing.items import Columns, Item, LinkSpec, ReportSpec, SourceSpec
from app.writing.reports import report_values
from app.writing.sources import source_values
from app.writing.work import Did, Ref, Work, digest

DELETED = "was deleted here; ids are not used again"


@dataclass(slots=True)
class Prepared:
    """A row that was read and checked; what the database has to say comes next."""

    raw: RawRow
    item: Item
    values: dict[str, Any]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """A stored report: what its links and claims need."""

    key: int
    uid: str
    source: Ref | None
    weight: Weight


def source_form(spec: SourceSpec) -> SourceForm:
    return read_form(SourceForm, {**spec.document, "external_id": spec.external_id})


def report_form(spec: ReportSpec, workflow: str) -> ReportForm:
    return read_form(ReportForm, {**spec.document, "external_id": spec.external_id, "workflow": workflow})


class Batch:
    """The rows of one transaction."""

    def __init__(self, transaction: Transaction, viewer: Viewer, workflow: str) -> None:
        assert viewer.partner_key is not None
        self.transaction = transaction
        self.work = Work(transaction, viewer)
        self.partner = viewer.partner_key
        self.workflow = workflow
        self.sources: dict[str, Ref] = {}
        self.reports: dict[str, Known] = {}
        self.did: dict[int, Did] = {}
        self.refused: list[tuple[RawRow, str]] = []
        self.gone: dict[str, str] = {}
        """Why a report cannot be linked to, by its external id."""
        self.new_sources: list[str] = []
        self.new_reports: list[str] = []
        self.repaired = 0

    def write(self, prepared: Sequence[Prepared]) -> None:
        """All rows that can be taken, and their history. A refused row brings no report and no source either."""
        names = [p.item.external_id for p in prepared]
        stored = lookup.by_external_id(
            self.transaction, Kind.incident, self.partner, names, "submitted_digest"
        )
        taken = [p for p in prepared if self._is_news(p, stored.get(p.item.external_id))]
        self._resolve_sources(taken)
        self._resolve_reports(taken)
        fresh: list[Prepared] = []
        linked: dict[str, list[Prepared]] = {}
        for p in taken:
            row = stored.get(p.item.external_id)
            gone = next((self.gone[name] for name in _reports(p) if name in self.gone), None)
            if gone is not None:
                self.refused.append((p.raw, gone))
            elif row is None:
                fresh.append(p)
            elif p.item.incident is None:
                linked.setdefault(row.uid, []).append(p)
            else:
                self._amend(p, row.uid)
        self._create(fresh)
        self._link(linked)
        self.transaction.finish()

    def _is_news(self, p: Prepared, row: Any | None) -> bool:
        """Whether there is something to write; what cannot be taken is refused, what is known is counted."""
        if row is not None and row.deleted_at is not None:
            self.refused.append((p.raw, f"{p.item.external_id} {DELETED}"))
        elif row is None and p.item.incident is None:
            self.refused.append(
                (p.raw, f"there is no incident {p.item.external_id}; import the incidents first")
            )
        elif row is not None and p.item.incident is not None and row.submitted_digest == p.digest:
            self._count(p, Did.unchanged)
        else:
            return True
        return False

    def _count(self, p: Prepared, did: Did) -> None:
        self.did[p.raw.number] = did
        self.repaired += p.item.repaired

    def _resolve_sources(self, prepared: Sequence[Prepared]) -> None:
        """Finds or creates the sources that the rows name. Their sharing stays as it is until the commit."""
        wanted = {
            link.report.source.external_id: link.report.source
            for p in prepared
            for link in p.item.links
            if link.report.source is not None
        }
        stored = lookup.by_external_id(self.transaction, Kind.source, self.partner, list(wanted))
        held = lookup.standings(self.transaction, Kind.source, [row.id for row in stored.values()], hold=True)
        news = []
        for name, spec in wanted.items():
            row = stored.get(name)
            if row is not None:
                if row.deleted_at is None:
                    self.sources[name] = Ref(*held[row.id])
                continue
            values = {
                "uid": new_id(SOURCE),
                "partner_ref": self.partner,
                "submitted_digest": digest(dict(spec.document)),
                **source_values(source_form(spec)),
            }
            news.append(New(Kind.source, values))
        self.transaction.create(news)
        self.new_sources += [new.values["external_id"] for new in news]
        for new in news:
            shared = str(new.values["effective_sharing"])
            self.sources[new.values["external_id"]] = Ref(new.key, new.values["uid"], shared)

    def _resolve_reports(self, prepared: Sequence[Prepared]) -> None:
        """Finds or creates the reports that the rows link to."""
        wanted = {link.report.external_id: link.report for p in prepared for link in p.item.links}
        stored = lookup.by_external_id(
            self.transaction, Kind.report, self.partner, list(wanted), "source_ref"
        )
        named = {row.source_ref for row in stored.values() if row.source_ref is not None}
        held = lookup.standings(self.transaction, Kind.source, named, hold=True)
        weights = lookup.weights(self.transaction, [row.id for row in stored.values()])
        news: list[tuple[ReportSpec, New, Ref | None]] = []
        for name, spec in wanted.items():
            row = stored.get(name)
            if row is None and spec.source is not None and spec.source.external_id not in self.sources:
                self.gone[name] = f"the source {spec.source.external_id} {DELETED}"
            elif row is None:
                source = self.sources[spec.source.external_id] if spec.source is not None else None
                news.append((spec, self._new_report(spec, source), source))
            elif row.deleted_at is not None:
                self.gone[name] = f"the report {name} {DELETED}"
            else:
                source = Ref(*held[row.source_ref]) if row.source_ref is not None else None
                self.reports[name] = Known(row.id, row.uid, source, weights[row.id])
        self.transaction.create([new for _, new, _ in news])
        self.new_reports += [spec.external_id for spec, _, _ in news]
        for spec, new, source in news:
            grade = str(spec.source.document.get("reliability", "F")) if spec.source is not None else "F"
            published: date | None = new.values["date_published"]
            weight = Weight(self.workflow == Workflow.published.value, published, grade)
            self.reports[spec.external_id] = Known(new.key, new.values["uid"], source, weight)

    def _new_report(self, spec: ReportSpec, source: Ref | None) -> New:
        values = {
            "uid": new_id(REPORT),
            "partner_ref": self.partner,
            "submitted_digest": digest(dict(spec.document)),
            **report_values(report_form(spec, self.workflow), source),
        }
        return New(Kind.report, values, {"source_id": source.uid} if source else {})

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
                        "partner_ref": self.partner,
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
            if (report := self.reports[link.report.external_id]).weight.published or not public
            for claim in link.claims
        ]
        if len(standing) == 1 and _is_plain(claim := standing[0][0]):
            # One claim needs no weighing; most files make just one.
            figure, _ = Figure.repaired(claim["low"], claim["best"], claim["high"])
            return columns_of({"killed": figure, "wounded": UNSTATED, "killed_civilians": UNSTATED})
        weighed = [
            said(claim, report.key, report.weight.grade, report.weight.date) for claim, report in standing
        ]
        return columns_of(assess(weighed, AssessmentRule.envelope.value))

    def _amend(self, p: Prepared, uid: str) -> None:
        """A row that was imported before and differs now: the record follows, its former version is kept."""
        assert p.item.incident is not None
        row = self.transaction.row(Kind.incident, uid)
        patch: dict[str, Any] = dict(p.item.incident)
        patch["attributions"] = list(patch.get("attributions", ()))
        if self.workflow == Workflow.published.value:
            patch["workflow"] = self.workflow
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
        by_uid = {row["uid"]: row for row in lookup.by_uid(self.transaction, Kind.incident, list(linked))}
        standing = lookup.links_among(self.transaction, [row["id"] for row in by_uid.values()])
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


def _reports(p: Prepared) -> list[str]:
    return [link.report.external_id for link in p.item.links]


def _is_plain(claim: Columns) -> bool:
    """Of people killed, all of them, without distinction."""
    return bool(
        claim["metric"] == "killed" and claim["victim_status"] == "unknown" and claim["covers"] == "whole"
    )


def _as_json(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in document.items()}

"""Rows made ready for the database: read, checked, and written out as far as can be without asking it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from app.domain.assessment import Account, assess
from app.domain.assessment.origins import marks_of
from app.domain.figures import UNSTATED, Figure
from app.domain.ids import CLAIM, INCIDENT, REPORT, SOURCE, new_id, new_ids
from app.domain.inputs import IncidentForm, ReportForm, SourceForm
from app.domain.reading import read_form
from app.domain.sharing import strictest
from app.domain.vocabulary import AssessmentRule, LinkRole, VerificationStatus, Workflow
from app.query.fields import Kind
from app.storage.seen import Seen
from app.storage.weights import Weight
from app.storage.write import Claim, link_document
from app.writing.claims import account_of, assessed_columns, columns_of, said
from app.writing.importing.files import RawRow, Table
from app.writing.importing.items import Item, LinkSpec, Profile, ReportSpec, SourceSpec
from app.writing.importing.ready import (
    Originals,
    Prepared,
    ReadBatch,
    Ready,
    ReadyLink,
    ReadyReport,
    ReadySource,
)
from app.writing.incident_columns import incident_values
from app.writing.reports import report_values
from app.writing.sources import source_values
from app.writing.work import digest

MOST_REMEMBERED = 2_500
"""Reports, with their sources, that are made ready once however many rows name them; more are forgotten between groups."""
TOGETHER = 250
"""Rows that go through all of it together, packing for the journey included: few enough that they stay at hand."""


class _Checked(NamedTuple):
    """A row that can be taken: what it says, the incident's form and figures, and the reports that it names, made ready."""

    raw: RawRow
    item: Item
    form: IncidentForm | None
    reports: list[ReadyReport]
    figures: Mapping[str, Any]


class Preparer:
    """Checks the rows of one file of one profile."""

    def __init__(self, profile: Profile, workflow: str, rule: str) -> None:
        """`rule`: by which figures follow from claims."""
        self.profile = profile
        self.workflow = workflow
        self.rule = rule
        self._seen = Seen()
        self._incident_ids = _stock(INCIDENT)
        self._claim_ids = _stock(CLAIM)
        self._reports: dict[str, ReadyReport] = {}
        self._sources: dict[str, ReadySource] = {}

    def groups(self, table: Table) -> Iterator[ReadBatch]:
        """The whole file, at most TOGETHER rows at a time."""
        rows = iter(table)
        while raw_rows := list(islice(rows, TOGETHER)):
            if len(self._reports) > MOST_REMEMBERED:
                self._reports.clear()
                self._sources.clear()
            group = ReadBatch(table.position, Originals(table.header))
            self._prepare(raw_rows, group)
            group.refused.sort(key=lambda refused: refused[0].number)
            yield group

    def _prepare(self, raw_rows: Sequence[RawRow], group: ReadBatch) -> None:
        """Adds rows to the group.

        Each step is done for all of them before the next: a processor that need not change its mind takes a quarter less.
        """
        read = [(raw, item) for raw in raw_rows if (item := group.accepted(raw, self._read, raw)) is not None]
        checked = [
            row for raw, item in read if (row := group.accepted(raw, self._check, raw, item)) is not None
        ]
        rows = self._not_repeated(checked, group)
        marks = [_mark(row.item) for row in rows]
        links = [tuple([self._link(link) for link in row.item.links]) for row in rows]
        values = [self._values(row, mark) for row, mark in zip(rows, marks, strict=True)]
        incidents = [Ready.of(Kind.incident, told) if told is not None else None for told in values]
        for row, mark, incident, linked in zip(rows, marks, incidents, links, strict=True):
            number, item = row.raw.number, row.item
            group.prepared.append(Prepared(number, item.external_id, mark, item.repaired, incident, linked))
            group.originals.add(row.raw)
            for spec, report in zip(item.links, row.reports, strict=True):
                group.reports[spec.report.external_id] = report
                if report.source is not None:
                    group.sources[report.source] = self._sources[report.source]

    def _not_repeated(self, rows: list[_Checked], group: ReadBatch) -> list[_Checked]:
        """Without those whose id stood in a row before; they are refused."""
        repeated = self._seen.repeated(
            [(row.item.external_id, row.raw.number) for row in rows if row.item.unique]
        )
        if not repeated:
            return rows
        for row in rows:
            if row.raw.number in repeated:
                stood = repeated[row.raw.number]
                group.refused.append((row.raw, f"{row.item.external_id} stood in row {stood} already"))
        return [row for row in rows if row.raw.number not in repeated]

    def _read(self, raw: RawRow) -> Item:
        if raw.fault is not None:
            raise raw.fault
        return self.profile.read(raw.cells)

    def _check(self, raw: RawRow, item: Item) -> _Checked:
        form, figures = None, {}
        reports = [self._report(link.report) for link in item.links]
        if item.incident is not None:
            named = {**item.incident, "external_id": item.external_id, "workflow": self.workflow}
            form = read_form(IncidentForm, named)
            figures = assessed_of(
                [
                    (account_of(link.report.external_id, link.role, report.weight), link.claims)
                    for link, report in zip(item.links, reports, strict=True)
                ],
                self.rule,
            )
        return _Checked(raw, item, form, reports, figures)

    def _link(self, spec: LinkSpec) -> ReadyLink:
        claims = tuple([Claim._make((next(self._claim_ids), *c[1:])) for c in spec.claims])
        told = link_document(spec.role, spec.date_wording, None, claims)
        return ReadyLink(spec.report.external_id, spec.role, spec.date_wording, claims, told)

    def _values(self, row: _Checked, mark: bytes) -> dict[str, Any] | None:
        """The incident's columns."""
        if row.form is None:
            return None
        values = incident_values(row.form, None, None, self.rule)
        values |= {"uid": next(self._incident_ids), "submitted_digest": mark, **row.figures}
        if row.reports:
            values["effective_sharing"] = strictest(values["sharing"], row.reports[0].sharing)
        return values

    def _report(self, spec: ReportSpec) -> ReadyReport:
        """A report that many rows name is made ready once."""
        known = self._reports.get(spec.external_id)
        if known is not None:
            return known
        source = self._source(spec.source) if spec.source is not None else None
        named = {**spec.document, "external_id": spec.external_id, "workflow": self.workflow}
        form = read_form(ReportForm, named)
        values: dict[str, Any] = {"uid": new_id(REPORT), "submitted_digest": digest(dict(spec.document))}
        values |= report_values(form, None)
        shared = source.sharing if source is not None else "public"
        stated: Mapping[str, Any] = spec.source.document if spec.source is not None else {}
        values["effective_sharing"] = strictest(values["effective_sharing"], shared)
        made = ReadyReport(
            Ready.of(Kind.report, values),
            spec.source.external_id if spec.source is not None else None,
            shared,
            Weight(
                self.workflow == Workflow.published.value,
                form.date_published,
                str(stated.get("reliability", "F")),
                marks_of(stated.get("name"), stated.get("owner")),
            ),
        )
        self._reports[spec.external_id] = made
        return made

    def _source(self, spec: SourceSpec) -> ReadySource:
        known = self._sources.get(spec.external_id)
        if known is None:
            form = read_form(SourceForm, {**spec.document, "external_id": spec.external_id})
            values: dict[str, Any] = {"uid": new_id(SOURCE), "submitted_digest": digest(dict(spec.document))}
            values |= source_values(form)
            known = ReadySource(Ready.of(Kind.source, values), values["effective_sharing"])
            self._sources[spec.external_id] = known
        return known


def _mark(item: Item) -> bytes:
    """The digest of what the row says."""
    claimed = [
        (link.report.external_id, link.role, [claim[1:] for claim in link.claims]) for link in item.links
    ]
    return digest([item.incident, claimed])


def _stock(prefix: str) -> Iterator[str]:
    """Ids without end, made many at a time."""
    while True:
        yield from new_ids(prefix, 1_000)


def assessed_of(linked: Sequence[tuple[Account, Sequence[Claim]]], rule: str) -> dict[str, Any]:
    """The figures that follow from what reports claim, the status that they speak for, how far they lie apart."""
    if len(linked) == 1 and len(linked[0][1]) == 1 and _is_plain(linked[0][0], linked[0][1][0], rule):
        claim = linked[0][1][0]
        # One claim needs no weighing; most files make just one.
        figure, _ = Figure.repaired(claim.low, claim.best, claim.high)
        figures = columns_of({"killed": figure, "wounded": UNSTATED, "killed_civilians": UNSTATED})
        return figures | {
            "wording_rule": claim.wording_rule,
            "proposed_status": VerificationStatus.single_source.value,
            "spread": None,
        }
    weighed = [said(claim, account, None) for account, claims in linked for claim in claims]
    assessment = assess([account for account, _ in linked], weighed, rule)
    return assessed_columns(assessment, (c.wording_rule for _, claims in linked for c in claims), None)


def _is_plain(account: Account, claim: Claim, rule: str) -> bool:
    """Of people killed, all of them, without distinction, under a rule that takes one report's word."""
    of_all = claim.metric == "killed" and claim.victim_status == "unknown" and claim.covers == "whole"
    return of_all and account.role == LinkRole.describes and rule != AssessmentRule.corroborated_only

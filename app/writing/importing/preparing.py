"""Rows made ready for the database: read, checked, and written out as far as can be without asking it.

What is made here rests on the file alone: that its reports and sources are new, or are stored as the file states
them. The writer, who knows, makes anew what rests on something else.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

from app.domain.assessment import Account, assess
from app.domain.assessment.origins import marks_of
from app.domain.figures import UNSTATED, Figure
from app.domain.ids import CLAIM, INCIDENT, REPORT, SOURCE, new_id, new_ids
from app.domain.inputs import IncidentForm, ReportForm, SourceForm
from app.domain.reading import read_form
from app.domain.sharing import strictest
from app.domain.vocabulary import AssessmentRule, LinkRole, VerificationStatus, Workflow
from app.errors import InvalidInput
from app.query.fields import BY_NAME, Kind, Type
from app.storage.columns import TABLES
from app.storage.seen import Seen
from app.storage.weights import Weight
from app.storage.write import Claim, link_document, teller
from app.writing.claims import account_of, assessed_columns, columns_of, said
from app.writing.importing.files import RawRow, Table
from app.writing.importing.items import Item, LinkSpec, Profile, ReportSpec, SourceSpec
from app.writing.incident_columns import incident_values
from app.writing.reports import report_values
from app.writing.sources import source_values
from app.writing.work import digest

T = TypeVar("T")
MOST_REMEMBERED = 2_500
"""Reports, with their sources, that are made ready once however many rows name them; more are forgotten between batches."""
GROWING = (1_000, 2_500)
"""Rows of the first batches: the writer need not wait for a large one."""
BATCH = 5_000
TOGETHER = 250
"""Rows that go through the steps of their preparation together: few enough that they stay at hand, too."""
LATER = {
    "partner_ref",
    "source_ref",
    "part_of_ref",
    "merged_into_ref",
    "derived_from_ref",
    "same_origin_as_ref",
}
NEVER = {"retraction_reason", "distinct_from"}
"""What no file says."""
KEPT_BY_STORAGE = {"id", "version", "created_at", "updated_at", "deleted_at", "delete_reason", "replaced_by_ref"}  # fmt: skip
COLUMNS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(str(c.name) for c in TABLES[kind].columns if c.name not in LATER | NEVER | KEPT_BY_STORAGE)
    for kind in (Kind.source, Kind.report, Kind.incident)
}
"""What is made ready of a record, in this order."""
_ordered = {kind: itemgetter(*names) for kind, names in COLUMNS.items()}
_dates = {
    kind: [
        i for i, name in enumerate(names) if name in BY_NAME[kind] and BY_NAME[kind][name].type is Type.date
    ]
    for kind, names in COLUMNS.items()
}
_tell = {kind: teller(kind, names) for kind, names in COLUMNS.items()}


class Ready(NamedTuple):
    """A record as it is written where it is new: `values` of COLUMNS, and what the history tells of it."""

    uid: str
    values: tuple[Any, ...]
    told: bytes

    @classmethod
    def of(cls, kind: Kind, values: Mapping[str, Any]) -> Ready:
        stored = list(_ordered[kind](values))
        for i in _dates[kind]:
            if stored[i] is not None:
                stored[i] = str(stored[i])
        return cls(values["uid"], tuple(stored), _tell[kind](values))

    def but(self, kind: Kind, **values: Any) -> Ready:
        """The same record with other values in some columns."""
        return Ready.of(kind, {**dict(zip(COLUMNS[kind], self.values, strict=True)), **values})


class ReadySource(NamedTuple):
    ready: Ready
    sharing: str


class ReadyReport(NamedTuple):
    """`sharing` (its source's) and `weight` are those of a report that is stored as the file states it."""

    ready: Ready
    source: str | None
    sharing: str
    weight: Weight


class ReadyLink(NamedTuple):
    """A link to a report, by the importer's id for it."""

    report: str
    role: str
    date_wording: str | None
    claims: tuple[Claim, ...]
    told: bytes


class Prepared(NamedTuple):
    """A row that was read and checked. `incident` None: the incident must be stored already."""

    number: int
    external_id: str
    digest: bytes
    repaired: bool
    incident: Ready | None
    links: tuple[ReadyLink, ...]


class _Checked(NamedTuple):
    """A row that can be taken: what it says, the incident's form and figures, and the reports that it names, made ready."""

    raw: RawRow
    item: Item
    form: IncidentForm | None
    reports: list[ReadyReport]
    figures: Mapping[str, Any]


class Originals:
    """The rows as they stood in the file. On their way between processes they stay packed: most are never asked for."""

    def __init__(self, header: Sequence[str], rows: dict[int, list[str]] | bytes) -> None:
        self._header = header
        self._rows = rows

    def add(self, row: RawRow) -> None:
        assert isinstance(self._rows, dict)
        self._rows[row.number] = list(row.cells.values())

    def packed(self) -> Originals:
        return self if isinstance(self._rows, bytes) else Originals(self._header, marshal.dumps(self._rows))

    def __getitem__(self, number: int) -> RawRow:
        if isinstance(self._rows, bytes):
            self._rows = cast(dict[int, list[str]], marshal.loads(self._rows))  # noqa: S302 -- our own process
        return RawRow(number, dict(zip(self._header, self._rows[number], strict=True)))


@dataclass(slots=True)
class ReadBatch:
    """Rows that were read together, with the reports and sources that they name; those refused with the reason; how
    far into the file they reach."""

    position: int
    originals: Originals
    prepared: list[Prepared] = field(default_factory=list)
    reports: dict[str, ReadyReport] = field(default_factory=dict)
    sources: dict[str, ReadySource] = field(default_factory=dict)
    refused: list[tuple[RawRow, str]] = field(default_factory=list)

    def accepted(self, raw: RawRow, check: Callable[..., T], *of: Any) -> T | None:
        """What `check` makes of it; None where it does not take it, and the row is refused."""
        try:
            return check(*of)
        except InvalidInput as fault:
            self.refused.append((raw, str(fault)))
            return None

    def packed(self) -> PackedBatch:
        """For another process: the many small tuples as plain ones, which pack in half the time."""
        rows = [
            (
                *p[:4],
                None if p.incident is None else tuple(p.incident),
                [(*link[:3], [tuple(claim) for claim in link.claims], link.told) for link in p.links],
            )
            for p in self.prepared
        ]
        rest = replace(self, prepared=[], originals=self.originals.packed())
        return PackedBatch(marshal.dumps(rows), rest)


class PackedBatch(NamedTuple):
    rows: bytes
    rest: ReadBatch

    def unpacked(self) -> ReadBatch:
        self.rest.prepared = [
            Prepared(
                number,
                external_id,
                mark,
                repaired,
                None if incident is None else Ready._make(incident),
                tuple(
                    [
                        ReadyLink(report, role, wording, tuple([Claim._make(c) for c in claims]), told)
                        for report, role, wording, claims, told in links
                    ]
                ),
            )
            for number, external_id, mark, repaired, incident, links in marshal.loads(self.rows)  # noqa: S302 -- our own process
        ]
        return self.rest


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

    def batches(self, table: Table) -> Iterator[ReadBatch]:
        """The whole file, at most BATCH rows at a time."""
        rows, sizes = iter(table), chain(GROWING, repeat(BATCH))
        while raw_rows := list(islice(rows, next(sizes))):
            if len(self._reports) > MOST_REMEMBERED:
                self._reports.clear()
                self._sources.clear()
            batch = ReadBatch(table.position, Originals(table.header, {}))
            unique: list[tuple[str, int]] = []
            for start in range(0, len(raw_rows), TOGETHER):
                unique += self._prepare(raw_rows[start : start + TOGETHER], batch)
            self._refuse_repeated(batch, unique)
            batch.refused.sort(key=lambda refused: refused[0].number)
            yield batch

    def _prepare(self, raw_rows: Sequence[RawRow], batch: ReadBatch) -> Iterator[tuple[str, int]]:
        """Adds rows to the batch; gives those ids that may stand in one row only.

        Each step is done for all of them before the next: a processor that need not change its mind takes a quarter less.
        """
        read = [(raw, item) for raw in raw_rows if (item := batch.accepted(raw, self._read, raw)) is not None]
        rows = [row for raw, item in read if (row := batch.accepted(raw, self._check, raw, item)) is not None]
        marks = [_mark(row.item) for row in rows]
        links = [tuple([self._link(link) for link in row.item.links]) for row in rows]
        values = [self._values(row, mark) for row, mark in zip(rows, marks, strict=True)]
        incidents = [Ready.of(Kind.incident, told) if told is not None else None for told in values]
        for row, mark, incident, linked in zip(rows, marks, incidents, links, strict=True):
            number, item = row.raw.number, row.item
            batch.prepared.append(Prepared(number, item.external_id, mark, item.repaired, incident, linked))
            batch.originals.add(row.raw)
            for spec, report in zip(item.links, row.reports, strict=True):
                batch.reports[spec.report.external_id] = report
                if report.source is not None:
                    batch.sources[report.source] = self._sources[report.source]
        return ((row.item.external_id, row.raw.number) for row in rows if row.item.unique)

    def _refuse_repeated(self, batch: ReadBatch, unique: Sequence[tuple[str, int]]) -> None:
        repeated = self._seen.repeated(unique)
        if not repeated:
            return
        for p in batch.prepared:
            if p.number in repeated:
                reason = f"{p.external_id} stood in row {repeated[p.number]} already"
                batch.refused.append((batch.originals[p.number], reason))
        batch.prepared = [p for p in batch.prepared if p.number not in repeated]

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

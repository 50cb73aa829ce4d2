"""The rows of one transaction: what is stored already, what is new, what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.access.viewer import Viewer
from app.domain.sharing import strictest
from app.domain.vocabulary import Workflow
from app.query.fields import Kind
from app.storage import lookup, weights
from app.storage.weights import Weight
from app.storage.write import Amendment, Link, Row, Transaction
from app.writing.around import Around
from app.writing.changing import Wanted, change_all
from app.writing.claims import account_of, reassessed
from app.writing.importing.files import RawRow
from app.writing.importing.items import Profile
from app.writing.importing.preparing import assessed_of
from app.writing.importing.ready import COLUMNS, Prepared, ReadBatch, Ready, ReadyReport
from app.writing.restating import Redactions
from app.writing.work import Did, Outcome, Ref, Work, changed

DELETED = "was deleted here; ids are not used again"


@dataclass(frozen=True, slots=True)
class Known:
    """A stored report: what its links and claims need. `as_stated`: as the file has it, so that what was made ready holds."""

    key: int
    uid: str
    source: Ref | None
    weight: Weight
    as_stated: bool


class Batch:
    """The rows of one transaction."""

    def __init__(
        self,
        transaction: Transaction,
        viewer: Viewer,
        profile: Profile,
        read: ReadBatch,
        workflow: Workflow,
        rule: str,
    ) -> None:
        assert viewer.partner_key is not None
        self.transaction = transaction
        self.work = Work(transaction, viewer, rule)
        self.partner = viewer.partner_key
        self.profile = profile
        self.read = read
        self.public = workflow is Workflow.published
        self.sources: dict[str, Ref] = {}
        self.reports: dict[str, Known] = {}
        self.did: dict[int, Did] = {}
        self.refused: list[tuple[RawRow, str]] = []
        self.gone: dict[str, str] = {}
        """Why a report cannot be linked to, by its external id."""
        self.new_sources: list[str] = []
        self.new_reports: list[str] = []
        self.repaired = 0

    def write(self) -> None:
        """All rows that can be taken, and their history. A refused row brings no report and no source either, but where
        it is refused for what it would make of a stored incident."""
        prepared = self.read.prepared
        names = [p.external_id for p in prepared]
        stored = lookup.by_external_id(
            self.transaction, Kind.incident, self.partner, names, "submitted_digest", "workflow"
        )
        taken = [p for p in prepared if self._is_news(p, stored.get(p.external_id))]
        reports = {link.report: self.read.reports[link.report] for p in taken for link in p.links}
        self._resolve_sources({r.source for r in reports.values() if r.source is not None})
        self._resolve_reports(reports)
        known = [*(row.uid for row in stored.values()), *(report.uid for report in self.reports.values())]
        self.redactions = Redactions(self.work, known)
        fresh: list[Prepared] = []
        changed: dict[str, Prepared] = {}
        linked: dict[str, list[Prepared]] = {}
        for p in taken:
            row = stored.get(p.external_id)
            gone = self._gone(p) if self.gone else None
            if gone is not None:
                self._refuse(p, gone)
            elif row is None:
                fresh.append(p)
            elif p.incident is None:
                linked.setdefault(row.uid, []).append(p)
            else:
                changed[row.uid] = p
        self._change(changed)
        self._create(fresh)
        self._link(linked)
        self.transaction.finish()

    def _gone(self, p: Prepared) -> str | None:
        """Why it cannot be linked to what it names."""
        return next((self.gone[link.report] for link in p.links if link.report in self.gone), None)

    def _is_news(self, p: Prepared, row: Any | None) -> bool:
        """Whether there is something to write; what cannot be taken is refused, what is known is counted."""
        if row is None:
            if p.incident is None:
                self._refuse(p, f"there is no incident {p.external_id}; import the incidents first")
            return p.incident is not None
        if row.deleted_at is not None:
            self._refuse(p, f"{p.external_id} {DELETED}")
        elif p.incident is not None and row.submitted_digest == p.digest and self._stands(row):
            self._count(p, Did.unchanged)
        else:
            return True
        return False

    def _stands(self, row: Any) -> bool:
        """A draft that is now imported for publication changes, though its row is the same."""
        return not self.public or row.workflow == Workflow.published.value

    def _refuse(self, p: Prepared, reason: str) -> None:
        self.refused.append((self.read.originals[p.number], reason))

    def _count(self, p: Prepared, did: Did) -> None:
        self.did[p.number] = did
        self.repaired += p.repaired

    def _resolve_sources(self, wanted: Iterable[str]) -> None:
        """Finds or creates the sources that the rows name. Their sharing stays as it is until the commit."""
        wanted = sorted(wanted)
        stored = lookup.by_external_id(self.transaction, Kind.source, self.partner, wanted)
        held = lookup.standings(self.transaction, Kind.source, [row.id for row in stored.values()], hold=True)
        news = []
        for name in wanted:
            row = stored.get(name)
            if row is None:
                made = self.read.sources[name]
                uid, values, told = made.ready
                news.append((name, made, Row(uid, (*values, self.partner), told, {})))
            elif row.deleted_at is None:
                self.sources[name] = Ref(*held[row.id])
        names = (*COLUMNS[Kind.source], "partner_ref")
        self.transaction.create_rows(Kind.source, names, [row for _, _, row in news], len(news))
        for name, made, row in news:
            self.new_sources.append(name)
            self.sources[name] = Ref(row.key, row.uid, made.sharing)

    def _resolve_reports(self, wanted: Mapping[str, ReadyReport]) -> None:
        """Finds or creates the reports that the rows link to."""
        stored = lookup.by_external_id(
            self.transaction, Kind.report, self.partner, list(wanted), "source_ref"
        )
        named = {row.source_ref for row in stored.values() if row.source_ref is not None}
        held = lookup.standings(self.transaction, Kind.source, named, hold=True)
        weighed = weights.weights(self.transaction, [row.id for row in stored.values()])
        news: list[tuple[str, Row, Ref | None]] = []
        for name, made in wanted.items():
            row = stored.get(name)
            if row is None and made.source is not None and made.source not in self.sources:
                self.gone[name] = f"the source {made.source} {DELETED}"
            elif row is None:
                source = self.sources[made.source] if made.source is not None else None
                news.append((name, self._report_row(made, source), source))
            elif row.deleted_at is not None:
                self.gone[name] = f"the report {name} {DELETED}"
            else:
                source = Ref(*held[row.source_ref]) if row.source_ref is not None else None
                self._know(name, row.id, row.uid, source, weighed[row.id])
        names = (*COLUMNS[Kind.report], "partner_ref", "source_ref")
        self.transaction.create_rows(Kind.report, names, [row for _, row, _ in news], len(news))
        for name, row, source in news:
            self.new_reports.append(name)
            self._know(name, row.key, row.uid, source, wanted[name].weight)

    def _report_row(self, made: ReadyReport, source: Ref | None) -> Row:
        uid, values, told = made.ready
        if source is None:
            return Row(uid, (*values, self.partner, None), told, {})
        if source.sharing != made.sharing:
            sharing = values[COLUMNS[Kind.report].index("sharing")]
            strict = strictest(sharing, source.sharing)
            uid, values, told = made.ready.but(Kind.report, effective_sharing=strict)
        return Row(uid, (*values, self.partner, source.key), told, {"source_id": source.uid})

    def _know(self, name: str, key: int, uid: str, source: Ref | None, weight: Weight) -> None:
        made = self.read.reports[name]
        as_stated = (
            weight.date == made.weight.date
            and weight.grade == made.weight.grade
            and weight.marks == made.weight.marks
            and (weight.published or not self.public)
            and (source.sharing if source is not None else "public") == made.sharing
        )
        self.reports[name] = Known(key, uid, source, weight, as_stated)

    def _source_of(self, p: Prepared) -> Ref | None:
        """The incident's source is that of its first report."""
        return self.reports[p.links[0].report].source if p.links else None

    def _create(self, fresh: Sequence[Prepared]) -> None:
        names = (*COLUMNS[Kind.incident], "partner_ref", "source_ref")
        self.transaction.create_rows(Kind.incident, names, map(self._row, fresh), len(fresh))
        for p in fresh:
            self._count(p, Did.created)

    def _row(self, p: Prepared) -> Row:
        source = self._source_of(p)
        uid, values, told = self._as_things_are(p, source)
        key, refs = (source.key, {"source_id": source.uid}) if source is not None else (None, {})
        return Row(uid, (*values, self.partner, key), told, refs, self._links(p))

    def _as_things_are(self, p: Prepared, source: Ref | None) -> Ready:
        """What was made ready, where it rests on reports that are stored as the file states them; else made anew."""
        assert p.incident is not None
        known = [self.reports[link.report] for link in p.links]
        as_stated = [report.as_stated for report in known]
        if all(as_stated):
            return p.incident
        linked = [
            (account_of(report.key, link.role, report.weight), link.claims)
            for link, report in zip(p.links, known, strict=True)
            if report.weight.published or not self.public
        ]
        sharing = p.incident.values[COLUMNS[Kind.incident].index("sharing")]
        shared = strictest(sharing, source.sharing if source is not None else None)
        return p.incident.but(Kind.incident, effective_sharing=shared, **assessed_of(linked, self.work.rule))

    def _links(self, p: Prepared, incident: str | None = None) -> list[Link]:
        """`told` where they are as the file has them. `incident`: which stored one they are of."""
        links = []
        for report, role, date_wording, claims, told in p.links:
            known = self.reports[report]
            links.append(Link(known.key, known.uid, role, date_wording, None, claims, told))
        return self.redactions.links(incident, links)

    def _held(self, asked: Mapping[str, Sequence[Prepared]]) -> dict[str, dict[str, Any]]:
        """The stored incidents by id, nobody else's to change until the commit. Rows of one deleted since are refused."""
        held = {}
        for row in lookup.by_uid(self.transaction, Kind.incident, list(asked)) if asked else []:
            if row["deleted_at"] is None:
                held[row["uid"]] = row
            else:
                for p in asked[row["uid"]]:
                    self._refuse(p, f"{p.external_id} {DELETED}")
        return held

    def _change(self, changing: Mapping[str, Prepared]) -> None:
        """Rows that were imported before and differ now: the records follow, their former versions are kept."""
        rows = self._held({uid: [p] for uid, p in changing.items()})
        if not rows:
            return
        wanted = [self._wanted(row, changing[uid]) for uid, row in rows.items()]
        for uid, outcome in zip(rows, change_all(self.work, wanted), strict=True):
            p = changing[uid]
            if isinstance(outcome, Outcome):
                self._count(p, outcome.did)
            else:
                self._refuse(p, str(outcome))

    def _wanted(self, row: dict[str, Any], p: Prepared) -> Wanted:
        """Without what was redacted: then the row is not known again by its digest, of which that could be guessed."""
        links = self._links(p, row["uid"])
        patch, left = self.redactions.less(row["uid"], self._patch(p))
        whole = not left and all(link.told is not None for link in links)
        return Wanted(row, patch, links, p.digest if whole else None)

    def _patch(self, p: Prepared) -> dict[str, Any]:
        """What the row says, as a merge patch of what is stored."""
        said = self.profile.read(self.read.originals[p.number].cells).incident
        assert said is not None
        patch = _as_json(said)
        if self.public:
            patch["workflow"] = Workflow.published.value
        source = self._source_of(p)
        if source is not None:
            patch["source_id"] = source.uid
        return patch

    def _link(self, linked: Mapping[str, Sequence[Prepared]]) -> None:
        """Reports that claim nothing, linked to stored incidents: all of one incident in one change."""
        rows = self._held(linked)
        if not rows:
            return
        links = {uid: [link for p in linked[uid] for link in self._links(p)] for uid in rows}
        around = Around(
            self.transaction, list(rows.values()), [link for some in links.values() for link in some]
        )
        amendments = []
        for uid, row in rows.items():
            added: dict[int, Link] = {}
            for p in linked[uid]:
                did = Did.unchanged
                for link in self._links(p):
                    if link.report not in around.links(row) and link.report not in added:
                        added[link.report] = link
                        did = Did.created
                self._count(p, did)
            if added:
                values = changed(row, reassessed(around, row, linked=added.values()))
                amendments.append(
                    Amendment(Kind.incident, row, values, links=list(added.values()), action="link")
                )
        self.transaction.amend(amendments)


def _as_json(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in document.items()}

"""Filing, amending and deleting reports; linking them to incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from app.access.rules import require_amender, require_within_role, require_writer
from app.domain.dates import resolve_relative
from app.domain.folding import fold_all
from app.domain.ids import REPORT, new_id
from app.domain.inputs import (
    FiledIncident,
    FiledReport,
    IncidentForm,
    LinkForm,
    ReportForm,
)
from app.domain.reading import read_form, read_patch
from app.domain.sharing import strictest
from app.domain.vocabulary import Workflow
from app.errors import Conflict, Forbidden, Gone, InvalidInput, NotFound, invalid
from app.query.fields import Kind
from app.storage import lookup, weights
from app.storage.write import Amendment, Link, New
from app.writing import incidents as recording
from app.writing import records, restating
from app.writing import sources as source_recording
from app.writing.around import Around
from app.writing.claims import link_of, reassess, reassessed
from app.writing.restating import LEFT_OUT, Redactions, telling
from app.writing.work import Did, Outcome, Ref, Work, changed, digest, require_version

FORM_FIELDS = tuple(ReportForm.model_fields)
COUNTS = "workflow"
"""What decides whether a report's claims count."""
LEADS = {"derived_from": Kind.report, "same_origin_as": Kind.report}
"""Fields by which a report leads to another that it is not independent of."""
WEIGHED = ("date_published", "source_ref", *(f"{name}_ref" for name in LEADS))
"""What decides between its claims and those of other reports."""
REFERENCES = {"source_id": Kind.source, **LEADS}


def report_values(
    form: ReportForm, source: Ref | None, led: Mapping[str, Ref | None] = MappingProxyType({})
) -> dict[str, Any]:
    """The stored columns that a form fills. `led`: the reports that it leads to, by field."""
    return {
        **{f"{name}_ref": ref.key if ref else None for name in LEADS for ref in (led.get(name),)},
        "sharing": str(form.sharing),
        "effective_sharing": strictest(str(form.sharing), source.sharing if source else None),
        "workflow": str(form.workflow),
        "source_ref": source.key if source else None,
        "url": form.url,
        "archive_url": form.archive_url,
        "language": form.language,
        "title": form.title,
        "date_published": form.date_published,
        "date_retrieved": form.date_retrieved,
        "excerpt": form.excerpt,
        "content_hash": form.content_hash,
        "notes": form.notes,
        "external_id": form.external_id,
        "search_text": fold_all(form.title, form.excerpt),
    }


def file(work: Work, form: FiledReport, submitted: Mapping[str, Any]) -> Outcome:
    """Stores a report with its source, its incidents and its claims; all of it or nothing."""
    require_writer(work.viewer)
    stored = records.submitted_before(work, Kind.report, form.external_id)
    if stored is not None and stored["submitted_digest"] == digest(submitted):
        return Outcome(Kind.report, stored["uid"], Did.unchanged, stored["id"])
    if stored is not None:
        _require_known_incidents(form)
    source, left = _source_of(work, form, submitted)
    if stored is not None:
        patch = {k: v for k, v in submitted.items() if k not in ("source", "incidents")}
        if form.source is not None and source is not None:
            patch["source_id"] = source.uid
        kept, own = Redactions(work, [stored["uid"]]).less(stored["uid"], patch)
        left += own
        change(work, stored, kept, submitted=None if left else submitted)
        report = Ref(stored["id"], stored["uid"], stored["effective_sharing"])
        did = Did.updated
    else:
        require_within_role(work.viewer, form.model_dump())
        report, did = _create(work, form, source, submitted), Did.created
    for position, item in enumerate(form.incidents):
        try:
            more = _link_filed(work, form, report, source, item, submitted["incidents"][position])
        except InvalidInput as fault:
            raise fault.under(f"incidents[{position}]") from None
        left += [f"incidents[{position}].{name}" for name in more]
    return telling(Outcome(Kind.report, report.uid, did, report.key), left)


def _require_known_incidents(form: FiledReport) -> None:
    """A report sent again, changed, must say which incidents it means: otherwise they would be created twice."""
    for position, item in enumerate(form.incidents):
        if item.incident is not None and item.incident.external_id is None:
            raise Conflict(
                f"the report is stored already, and incidents[{position}] has neither an incident_id nor an external_id by "
                "which to find it again; give it one, so that it is not created twice"
            )


def _source_of(work: Work, form: FiledReport, submitted: Mapping[str, Any]) -> tuple[Ref | None, list[str]]:
    """And what was left out of it, since it was redacted."""
    if form.source is None:
        return source_recording.named(work, form.source_id), []
    try:
        outcome = source_recording.record(work, form.source, submitted["source"])
    except InvalidInput as fault:
        raise fault.under("source") from None
    # As it is stored: what was sent again may be older than what an editor made of it.
    left = [f"source.{name}" for name in outcome.more.get(LEFT_OUT, ())]
    return source_recording.standing(work, outcome.key), left


def _create(work: Work, form: ReportForm, source: Ref | None, submitted: Mapping[str, Any]) -> Ref:
    uid = new_id(REPORT)
    led = {name: work.reference(Kind.report, getattr(form, name), name) for name in LEADS}
    values = {
        "uid": uid,
        "partner_ref": work.viewer.partner_key,
        "submitted_digest": digest(submitted),
        **report_values(form, source, led),
    }
    named = {"source_id": source, **led}
    new = New(Kind.report, values, {name: ref.uid for name, ref in named.items() if ref is not None})
    work.transaction.create([new])
    return Ref(new.key, uid, values["effective_sharing"])


def _link_filed(
    work: Work,
    form: FiledReport,
    report: Ref,
    source: Ref | None,
    item: FiledIncident,
    submitted: Mapping[str, Any],
) -> Sequence[str]:
    """What was left out, since it was redacted."""
    sent_link = link_of(report, item)
    known = [report.uid] if item.incident_id is None else [report.uid, item.incident_id]
    (link,) = Redactions(work, known).links(item.incident_id, [sent_link])
    left = [] if link is sent_link else ["claims"]
    if item.incident is None:
        assert item.incident_id is not None
        row = _incident_row(work, item.incident_id)
        _attach(work, row, link, work.transaction.row(Kind.report, report.uid))
        return left
    sent = {**_inherited(form, source), **submitted["incident"]}
    try:
        sent = dated(read_form(IncidentForm, sent), sent, item.date_wording, form)
        outcome = recording.record(work, read_form(IncidentForm, sent), sent, linked=[link])
    except InvalidInput as fault:
        raise fault.under("incident") from None
    return [*left, *(f"incident.{name}" for name in outcome.more.get(LEFT_OUT, ()))]


def _inherited(form: FiledReport, source: Ref | None) -> dict[str, Any]:
    """What an incident takes from the report that brings it, unless it says otherwise: least of all may it be shared wider."""
    taken = {"sharing": str(form.sharing), "workflow": str(form.workflow)}
    return taken | ({"source_id": source.uid} if source is not None else {})


def dated(
    incident: IncidentForm, sent: Mapping[str, Any], wording: str | None, report: ReportForm
) -> dict[str, Any]:
    """What was sent; an incident whose date is only worded ("yesterday") gets it from the day of the report."""
    if incident.date_start is not None or wording is None or report.date_published is None:
        return dict(sent)
    when = resolve_relative(wording, report.date_published)
    if when is None or when.start is None or when.end is None or when.basis is None:
        return dict(sent)
    found = {
        "date_start": when.start.isoformat(),
        "date_end": when.end.isoformat(),
        "date_precision": when.precision.value,
        "date_basis": when.basis.value,
    }
    return {**sent, **found}


def _incident_row(work: Work, uid: str) -> dict[str, Any]:
    try:
        return work.visible_row(Kind.incident, uid)
    except NotFound:
        raise invalid("incident_id", f"there is no incident {uid}", "unknown_id") from None
    except Gone as gone:
        raise invalid("incident_id", gone.detail, "deleted") from None


def link(work: Work, incident_id: str, report_id: str, form: LinkForm) -> tuple[Outcome, bool]:
    """Links a stored report to a stored incident, or replaces the link; true where the link is new."""
    require_writer(work.viewer)
    report = work.visible_row(Kind.report, report_id)
    row = work.visible_row(Kind.incident, incident_id)
    fresh = not _is_linked(work, row["id"], report["id"])
    ref = Ref(report["id"], report_id, report["effective_sharing"])
    said = link_of(ref, form)
    restating.require_editor_for_words(work, incident_id, said)
    attached = _attach(work, row, said, report)
    did = Did.updated if attached else Did.unchanged
    return Outcome(Kind.incident, incident_id, did, row["id"]), fresh


def _is_linked(work: Work, incident: int, report: int) -> bool:
    return (incident, report) in weights.links_among(work.transaction, [incident])


def _require_linker(work: Work, incident: Mapping[str, Any], report: Mapping[str, Any]) -> None:
    """Contributors link their own reports, but do not change the figures of what is published."""
    require_writer(work.viewer)
    if work.viewer.is_editor:
        return
    if report["partner_ref"] != work.viewer.partner_key:
        raise Forbidden("this report is another organisation's")
    published = Workflow.published.value
    if incident["workflow"] == published and report["workflow"] == published:
        raise Forbidden(
            "both are published: only an editor may change what the report claims of the incident"
        )


def _attach(work: Work, row: dict[str, Any], link: Link, report: Mapping[str, Any]) -> bool:
    """False where the very same link stands already."""
    around = Around(work.transaction, [row], [link])
    if around.stands(row, link):
        return False
    _require_linker(work, row, report)
    figures = reassessed(around, row, linked=[link])
    work.transaction.amend(
        [Amendment(Kind.incident, row, changed(row, figures), links=[link], action="link")]
    )
    return True


def unlink(work: Work, incident_id: str, report_id: str, reason: str) -> Outcome:
    """Ends a link and its claims; the history keeps them."""
    require_writer(work.viewer)
    report = work.visible_row(Kind.report, report_id)
    row = work.visible_row(Kind.incident, incident_id)
    if not _is_linked(work, row["id"], report["id"]):
        raise NotFound(f"report {report_id} is not linked to incident {incident_id}")
    _require_linker(work, row, report)
    figures = reassessed(Around(work.transaction, [row]), row, ended=[report["id"]])
    work.transaction.amend(
        [
            Amendment(
                Kind.incident,
                row,
                changed(row, figures),
                ended=[(report["id"], report_id)],
                reason=reason,
                action="unlink",
            )
        ]
    )
    return Outcome(Kind.incident, incident_id, Did.updated, row["id"])


def amend(work: Work, uid: str, patch: Mapping[str, Any], expected: int | None) -> Outcome:
    row = work.visible_row(Kind.report, uid)
    require_version(row, expected)
    restating.require_editor(work, uid, patch)
    return change(work, row, patch)


def change(
    work: Work, row: dict[str, Any], patch: Mapping[str, Any], *, submitted: Mapping[str, Any] | None = None
) -> Outcome:
    """Applies a patch; figures of linked incidents follow where it decides what counts."""
    require_amender(work.viewer, Kind.report, row)
    base = {name: row[name] for name in FORM_FIELDS if name in row and row[name] is not None}
    base |= records.named(work, row, REFERENCES)
    form = read_patch(ReportForm, base, patch)
    require_within_role(work.viewer, form.model_dump(), row)
    if form.source_id == base.get("source_id"):
        source = source_recording.standing(work, row["source_ref"])
    else:
        source = source_recording.named(work, form.source_id)
    led = {name: _led(work, row, name, base.get(name), getattr(form, name)) for name in LEADS}
    if row["external_id"] != form.external_id:
        records.require_free(work, Kind.report, row["partner_ref"], form.external_id)
    differing = changed(row, report_values(form, source, led))
    if not differing:
        return Outcome(Kind.report, row["uid"], Did.unchanged, row["id"])
    moved = [name for name in REFERENCES if getattr(form, name) != base.get(name)]
    if submitted is not None:
        differing["submitted_digest"] = digest(submitted)
    publishes = differing.get("workflow") == Workflow.published.value
    work.transaction.amend(
        [
            Amendment(
                Kind.report,
                row,
                differing,
                refs={name: getattr(form, name) for name in moved},
                refs_before={name: base.get(name) for name in moved},
                action="publish" if publishes else "amend",
            )
        ]
    )
    _weigh_again(work, row["id"], differing)
    return Outcome(Kind.report, row["uid"], Did.updated, row["id"])


def _led(work: Work, row: Mapping[str, Any], name: str, before: str | None, asked: str | None) -> Ref | None:
    """The report that this one leads to; one that leads back to it is refused."""
    if asked == before:
        return records.standing(work, Kind.report, row[f"{name}_ref"])
    if asked == row["uid"]:
        raise invalid(name, "a report does not lead to itself", "itself")
    if asked is not None:
        work.transaction.dialect.serialise(work.transaction.connection, "report origins")
    other = work.reference(Kind.report, asked, name)
    if other is not None and name == "derived_from":
        (weight,) = weights.weights(work.transaction, [other.key]).values()
        if row["id"] in weight.repeats:
            raise invalid(name, "the report would pass on what it says itself", "ring")
    return other


def _weigh_again(work: Work, report: int, differing: Mapping[str, Any]) -> None:
    """Lets figures follow where the report counts otherwise than before."""
    counts, leads = COUNTS in differing, any(f"{name}_ref" in differing for name in LEADS)
    if not counts and not any(name in differing for name in WEIGHED):
        return
    # Reports that lead to this one lead on to where it leads.
    touching = weights.leading_to(work.transaction, report) if leads else [report]
    touched = lookup.incidents_of(work.transaction, touching, several=not counts)
    reassess(work, touched, "what the report counts for has changed")


def delete(
    work: Work, uid: str, reason: str, expected: int | None, replaced_by: str | None = None
) -> Outcome:
    """A tombstone; the report's links and claims end, and the incidents' figures follow."""
    row = work.visible_row(Kind.report, uid)
    require_version(row, expected)
    require_amender(work.viewer, Kind.report, row)
    if not work.viewer.is_editor and row["workflow"] == Workflow.published.value:
        raise Forbidden("a published report is deleted by editors only")
    replacement = records.replacement(work, Kind.report, row, replaced_by)
    touched = lookup.incidents_of(work.transaction, [row["id"]])
    for rows in lookup.by_key(work.transaction, Kind.incident, touched, live=True):
        around = Around(work.transaction, rows)
        work.transaction.amend(
            [
                Amendment(
                    Kind.incident,
                    incident,
                    changed(incident, reassessed(around, incident, ended=[row["id"]])),
                    ended=[(row["id"], uid)],
                    reason=reason,
                    action="unlink",
                )
                for incident in rows
            ]
        )
    records.bury(work, Kind.report, row, reason, replacement)
    return Outcome(Kind.report, uid, Did.deleted, row["id"])

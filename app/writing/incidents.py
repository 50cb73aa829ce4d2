"""Recording, amending and deleting incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.access.rules import require_amender, require_within_role, require_writer
from app.domain.ids import INCIDENT, new_id
from app.domain.inputs import IncidentForm
from app.domain.vocabulary import AssessmentRule
from app.errors import Conflict
from app.query.fields import Kind
from app.storage import lookup
from app.storage.write import Link, New
from app.writing import records, restating
from app.writing import sources as source_recording
from app.writing.around import Around
from app.writing.changing import change
from app.writing.claims import reassessed
from app.writing.incident_columns import incident_values, refs_of, stated_figures, told_of
from app.writing.restating import Redactions, telling
from app.writing.work import Did, Outcome, Ref, Work, digest, require_version


def record(
    work: Work, form: IncidentForm, submitted: Mapping[str, Any], *, linked: Sequence[Link] = ()
) -> Outcome:
    """Stores a new incident, or finds it again by the partner's `external_id` and amends it."""
    require_writer(work.viewer)
    stored = records.submitted_before(work, Kind.incident, form.external_id)
    if stored is not None:
        return _submitted_again(work, stored, submitted, linked)
    require_within_role(work.viewer, told_of(form))
    source = source_recording.named(work, form.source_id)
    if form.part_of is not None:
        # What merges the container takes all its parts along: also those that come at the same time.
        work.transaction.dialect.serialise(work.transaction.connection, "part_of")
    part_of = work.reference(Kind.incident, form.part_of, "part_of")
    made = new(work, form, source, part_of, linked=linked, mark=digest(submitted))
    work.transaction.create([made])
    return Outcome(Kind.incident, made.values["uid"], Did.created, made.key)


def new(
    work: Work,
    form: IncidentForm,
    source: Ref | None,
    part_of: Ref | None,
    *,
    linked: Sequence[Link] = (),
    mark: bytes | None = None,
    partner: int | None = None,
    reason: str | None = None,
) -> New:
    """A new incident, its figures as they follow from the links. `partner`: whose it is, where it is not the viewer's."""
    values = incident_values(form, source, part_of, work.rule)
    new_row = {"id": None, "wording_rule": None, **values}
    figures = reassessed(Around(work.transaction, (), linked), new_row, linked=linked)
    if values["assessment_rule"] == AssessmentRule.assessed.value:
        figures |= stated_figures(form)
    held = {
        "uid": new_id(INCIDENT),
        "partner_ref": work.viewer.partner_key if partner is None else partner,
        "submitted_digest": mark,
    }
    refs = refs_of(source, part_of)
    return New(Kind.incident, {**held, **values, **figures}, refs, links=list(linked), reason=reason)


def _submitted_again(
    work: Work, row: dict[str, Any], submitted: Mapping[str, Any], linked: Sequence[Link]
) -> Outcome:
    if row["submitted_digest"] == digest(submitted) and not linked:
        return Outcome(Kind.incident, row["uid"], Did.unchanged, row["id"])
    redactions = Redactions(work, [row["uid"], *(link.report_id for link in linked)])
    kept, left = redactions.less(row["uid"], submitted)
    links = redactions.links(row["uid"], linked)
    if any(link is not sent for link, sent in zip(links, linked, strict=True)):
        left = [*left, "claims"]
    mark = None if left else digest(submitted)
    return telling(change(work, row, kept, linked=links, mark=mark), left)


def amend(work: Work, uid: str, patch: Mapping[str, Any], expected: int | None) -> Outcome:
    """A merge patch on a stored incident."""
    row = work.visible_row(Kind.incident, uid)
    require_version(row, expected)
    restating.require_editor(work, uid, patch)
    return change(work, row, patch)


def delete(
    work: Work, uid: str, reason: str, expected: int | None, replaced_by: str | None = None
) -> Outcome:
    """A tombstone with its reason; links and claims end, the evidence stays in the history."""
    row = work.visible_row(Kind.incident, uid)
    require_version(row, expected)
    require_amender(work.viewer, Kind.incident, row)
    replacement = records.replacement(work, Kind.incident, row, replaced_by)
    parts = lookup.parts_of(work.transaction, row["id"])
    if parts:
        seen = [uid for uid in parts[:20] if records.is_visible(work, Kind.incident, uid)]
        named = f" ({', '.join(seen)})" if seen else ""
        raise Conflict(f"other incidents are part of it{named}: change their part_of first")
    records.bury(
        work,
        Kind.incident,
        row,
        reason,
        replacement,
        ended=lookup.linked_reports(work.transaction, row["id"]),
    )
    return Outcome(Kind.incident, uid, Did.deleted, row["id"])

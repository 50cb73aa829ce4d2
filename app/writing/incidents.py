"""Recording, amending and deleting incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.access.rules import require_amender, require_position_kept, require_within_role, require_writer
from app.domain.assessment import assess
from app.domain.folding import fold_all
from app.domain.ids import INCIDENT, new_id
from app.domain.inputs import FIGURE_FIELDS, Attribution, IncidentForm
from app.domain.places import Point, generalise
from app.domain.reading import read_patch
from app.domain.sharing import strictest
from app.domain.vocabulary import AssessmentRule, LocationPrecision, Workflow
from app.errors import Conflict, InvalidInput, Problem
from app.query.fields import Kind
from app.storage import lookup
from app.storage.write import Amendment, Link, New
from app.writing import records
from app.writing import sources as source_recording
from app.writing.claims import (
    columns_of,
    new_claims,
    reassess,
    reassessed,
)
from app.writing.work import Did, Outcome, Ref, Work, changed, digest, json_text, require_version

FORM_FIELDS = tuple(IncidentForm.model_fields)


def _attributions(attributions: Sequence[Attribution]) -> str:
    """As JSON text."""
    if not attributions:
        return "[]"
    return _attributions_text(tuple([(a.actor, a.actor_type, a.role, a.status) for a in attributions]))


@lru_cache(maxsize=1024)
def _attributions_text(attributions: tuple[tuple[str, str, str, str], ...]) -> str:
    # Cached: files name the same few parties again and again.
    names = Attribution.model_fields
    return json_text([dict(zip(names, attribution, strict=True)) for attribution in attributions])


def located(form: IncidentForm) -> dict[str, Any]:
    """Where: the published position, made coarse where asked, and beside it the exact one for editors."""
    point = form.point
    precision = str(form.location_precision or _precision_of_names(form, point))
    if form.location_generalised_to is None or point is None:
        return {
            "lon": point.lon if point else None,
            "lat": point.lat if point else None,
            "location_precision": precision,
            "location_generalised_to": None,
            "lon_exact": None,
            "lat_exact": None,
            "location_precision_exact": None,
        }
    coarse = generalise(point, LocationPrecision(form.location_generalised_to))
    return {
        "lon": coarse.lon,
        "lat": coarse.lat,
        "location_precision": str(form.location_generalised_to),
        "location_generalised_to": str(form.location_generalised_to),
        "lon_exact": point.lon,
        "lat_exact": point.lat,
        "location_precision_exact": precision,
    }


def _precision_of_names(form: IncidentForm, point: Point | None) -> LocationPrecision:
    """Where only an area is named, the area; a point or a place says nothing of its own precision."""
    if point is not None or form.place is not None:
        return LocationPrecision.unknown
    if form.admin2 or form.admin2_code:
        return LocationPrecision.admin2
    if form.admin1 or form.admin1_code:
        return LocationPrecision.admin1
    return LocationPrecision.country if form.country else LocationPrecision.unknown


def incident_values(form: IncidentForm, source: Ref | None, part_of: Ref | None) -> dict[str, Any]:
    """The stored columns that a form fills, figures apart."""
    when = form.when
    names = form.place_names
    return {
        "sharing": str(form.sharing),
        "effective_sharing": strictest(str(form.sharing), source.sharing if source else None),
        "workflow": str(form.workflow),
        "code": form.code,
        "title": form.title,
        "summary": form.summary,
        "date_start": when.start,
        "date_end": when.end,
        "date_precision": str(when.precision),
        "date_basis": form.date_basis,
        "time_of_day": form.time_of_day,
        "country": form.country,
        "admin1": form.admin1,
        "admin1_code": form.admin1_code,
        "admin2": form.admin2,
        "admin2_code": form.admin2_code,
        "place": form.place,
        "place_names": json_text(names) if names else "{}",
        **located(form),
        "event_type": str(form.event_type),
        "cause": str(form.cause),
        "assessment_rule": str(
            form.assessment_rule
            or (AssessmentRule.assessed if form.states_figures else AssessmentRule.envelope)
        ),
        "assessment_reason": form.assessment_reason,
        "attributions": _attributions(form.attributions),
        "verification_status": str(form.verification_status),
        "source_ref": source.key if source else None,
        "part_of_ref": part_of.key if part_of else None,
        "tags": json_text(form.tags) if form.tags else "[]",
        "external_id": form.external_id,
        "search_text": fold_all(
            form.title, form.place, *names.values(), form.admin1, form.admin2, form.summary, form.code
        ),
    }


def _told(form: IncidentForm) -> dict[str, Any]:
    """The form as a document, the rule behind its figures spelt out."""
    by_hand = AssessmentRule.assessed.value if form.states_figures else None
    return form.model_dump() | {"assessment_rule": form.assessment_rule or by_hand}


def stated_figures(form: IncidentForm) -> dict[str, int | None]:
    return {name: getattr(form, name) for name in FIGURE_FIELDS}


def refs_of(source: Ref | None, part_of: Ref | None) -> dict[str, str]:
    return {name: ref.uid for name, ref in (("source_id", source), ("part_of", part_of)) if ref is not None}


def record(
    work: Work, form: IncidentForm, submitted: Mapping[str, Any], *, linked: Sequence[Link] = ()
) -> Outcome:
    """Stores a new incident, or finds it again by the partner's `external_id` and amends it."""
    require_writer(work.viewer)
    stored = records.submitted_before(work, Kind.incident, form.external_id)
    if stored is not None:
        return _submitted_again(work, stored, submitted, linked)
    require_within_role(work.viewer, _told(form))
    source = source_recording.named(work, form.source_id)
    part_of = work.reference(Kind.incident, form.part_of, "part_of")
    values = incident_values(form, source, part_of)
    if values["assessment_rule"] == AssessmentRule.assessed.value:
        figures = stated_figures(form)
    else:
        public = values["workflow"] == Workflow.published.value
        figures = columns_of(
            assess(new_claims(work.transaction, linked, published_only=public), values["assessment_rule"])
        )
    uid = new_id(INCIDENT)
    new = New(
        Kind.incident,
        {
            "uid": uid,
            "partner_ref": work.viewer.partner_key,
            "submitted_digest": digest(submitted),
            **values,
            **figures,
        },
        refs_of(source, part_of),
        links=list(linked),
    )
    work.transaction.create([new])
    return Outcome(Kind.incident, uid, Did.created, new.key)


def _submitted_again(
    work: Work, row: dict[str, Any], submitted: Mapping[str, Any], linked: Sequence[Link]
) -> Outcome:
    if row["submitted_digest"] == digest(submitted) and not linked:
        return Outcome(Kind.incident, row["uid"], Did.unchanged, row["id"])
    return change(work, row, submitted, linked=linked, mark=digest(submitted))


def document_of(work: Work, row: Mapping[str, Any]) -> dict[str, Any]:
    """The stored incident as the form that would record it, exact position included."""
    document = {name: row[name] for name in FORM_FIELDS if name in row and row[name] is not None}
    if row["location_generalised_to"] is not None:
        document |= {
            "lon": row["lon_exact"],
            "lat": row["lat_exact"],
            "location_precision": row["location_precision_exact"],
        }
    document |= records.named(work, row, {"source_id": Kind.source, "part_of": Kind.incident})
    return document


def amend(work: Work, uid: str, patch: Mapping[str, Any], expected: int | None) -> Outcome:
    """A merge patch on a stored incident."""
    row = work.visible_row(Kind.incident, uid)
    require_version(row, expected)
    return change(work, row, patch)


def change(
    work: Work,
    row: dict[str, Any],
    patch: Mapping[str, Any],
    *,
    linked: Sequence[Link] = (),
    mark: bytes | None = None,
) -> Outcome:
    """Applies a patch and new links to a locked row; `unchanged` where nothing differs.

    `mark` is the digest of what a partner sent, by which the same is known again.
    """
    require_amender(work.viewer, Kind.incident, row)
    base = _base(document_of(work, row), patch)
    form = read_patch(IncidentForm, base, patch)
    told = _told(form)
    require_within_role(work.viewer, told, row)
    require_position_kept(work.viewer, told, row, patch)
    if row["external_id"] != form.external_id:
        records.require_free(work, Kind.incident, row["partner_ref"], form.external_id)
    publishes = form.workflow == Workflow.published.value and row["workflow"] != Workflow.published.value
    if publishes:
        _publish_reports(work, row["id"])
    differing = changed(row, _values(work, row, form, base, linked))
    linked = [link for link in linked if not lookup.stands_already(work.transaction, row["id"], link)]
    if not differing and not linked:
        return Outcome(Kind.incident, row["uid"], Did.unchanged, row["id"])
    if mark is not None:
        differing["submitted_digest"] = mark
    refs = {"source_id": form.source_id, "part_of": form.part_of}
    moved = [name for name, uid in refs.items() if base.get(name) != uid]
    amendment = Amendment(
        Kind.incident,
        row,
        differing,
        refs={name: refs[name] for name in moved},
        refs_before={name: base.get(name) for name in moved},
        links=linked,
        reason=form.assessment_reason if "assessment_reason" in differing else None,
        action="publish" if publishes else "amend",
    )
    work.transaction.amend([amendment])
    return Outcome(Kind.incident, row["uid"], Did.updated, row["id"])


def _base(document: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What a patch starts from. Figures that follow from a rule are nobody's statement, until a patch sets one of them."""
    assessed = AssessmentRule.assessed.value
    by_rule = document["assessment_rule"] != assessed
    back_to_rule = patch.get("assessment_rule", assessed) != assessed
    if back_to_rule or (by_rule and not any(name in patch for name in FIGURE_FIELDS)):
        return {k: v for k, v in document.items() if k not in FIGURE_FIELDS and k != "assessment_reason"}
    return {k: v for k, v in document.items() if not (by_rule and k == "assessment_rule")}


def _values(
    work: Work, row: dict[str, Any], form: IncidentForm, base: Mapping[str, Any], linked: Sequence[Link]
) -> dict[str, Any]:
    """The stored columns as the form will have them, with the figures that follow."""
    if form.source_id == base.get("source_id"):
        source = source_recording.standing(work, row["source_ref"])
    else:
        source = source_recording.named(work, form.source_id)
    values = incident_values(form, source, _container(work, row, form.part_of, base.get("part_of")))
    if values["assessment_rule"] == AssessmentRule.assessed.value:
        return values | stated_figures(form)
    after = {**row, "assessment_rule": values["assessment_rule"]}
    published = values["workflow"] == Workflow.published.value
    return values | reassessed(work.transaction, after, linked=linked, published=published)


def _container(work: Work, row: Mapping[str, Any], asked: str | None, standing: str | None) -> Ref | None:
    """The containing incident; a ring of containers is refused."""
    if asked == standing:
        return records.standing(work, Kind.incident, row["part_of_ref"])
    if asked is None:
        return None
    work.transaction.dialect.serialise(work.transaction.connection, "part_of")
    container = work.reference(Kind.incident, asked, "part_of")
    above: int | None = container.key if container else None
    while above is not None:
        if above == row["id"]:
            raise InvalidInput([Problem("part_of", "ring", "the incident would be part of itself")])
        above = lookup.container_of(work.transaction, above)
    return container


def _publish_reports(work: Work, incident: int) -> None:
    """What an editor publishes is published with the reports that it rests on; their sharing still decides who reads them."""
    rows = lookup.unpublished_reports(work.transaction, incident)
    reason = "published with its incident"
    published = {"workflow": Workflow.published.value}
    work.transaction.amend(
        [Amendment(Kind.report, row, dict(published), action="publish", reason=reason) for row in rows]
    )
    others = {
        other["id"]: other
        for row in rows
        # For a draft the claims of unpublished reports counted before, too.
        for other in lookup.linked_incidents(work.transaction, row["id"], published_only=True)
        if other["id"] != incident
    }
    reassess(work, others.values(), "a report that it rests on was published")


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

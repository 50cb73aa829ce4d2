"""An incident's form as stored columns, and stored columns as the form that would record them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.domain.dates import precision_of
from app.domain.folding import fold_all
from app.domain.inputs import FIGURE_FIELDS, Attribution, IncidentForm
from app.domain.places import generalise
from app.domain.sharing import strictest
from app.domain.vocabulary import AssessmentRule, LocationPrecision
from app.writing.around import Around
from app.writing.work import Ref, json_text

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
    precision = str(form.location_precision or _precision_of_names(form.__dict__, placed=point is not None))
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


def _precision_of_names(told: Mapping[str, Any], *, placed: bool) -> LocationPrecision:
    """Where only an area is named, the area; a point or a place says nothing of its own precision."""
    if placed or told["place"] is not None:
        return LocationPrecision.unknown
    if told["admin2"] or told["admin2_code"]:
        return LocationPrecision.admin2
    if told["admin1"] or told["admin1_code"]:
        return LocationPrecision.admin1
    return LocationPrecision.country if told["country"] else LocationPrecision.unknown


def incident_values(form: IncidentForm, source: Ref | None, part_of: Ref | None, rule: str) -> dict[str, Any]:
    """The stored columns that a form fills, figures apart. `rule` assesses them where the form names none."""
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
            form.assessment_rule or (AssessmentRule.assessed.value if form.states_figures else rule)
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


def stated_figures(form: IncidentForm) -> dict[str, int | None]:
    return {name: getattr(form, name) for name in FIGURE_FIELDS}


def refs_of(source: Ref | None, part_of: Ref | None) -> dict[str, str]:
    return {name: ref.uid for name, ref in (("source_id", source), ("part_of", part_of)) if ref is not None}


def told_of(form: IncidentForm) -> dict[str, Any]:
    """The form as a document, the rule behind its figures spelt out."""
    by_hand = AssessmentRule.assessed.value if form.states_figures else None
    return form.model_dump() | {"assessment_rule": form.assessment_rule or by_hand}


def document_of(row: Mapping[str, Any], around: Around) -> dict[str, Any]:
    """The stored incident as the form that would record it, exact position included.

    What the service read off other fields is left out: nobody stated it, and it shall follow them when they change.
    """
    document = {name: row[name] for name in FORM_FIELDS if name in row and row[name] is not None}
    if row["location_generalised_to"] is not None:
        document |= {
            "lon": row["lon_exact"],
            "lat": row["lat_exact"],
            "location_precision": row["location_precision_exact"],
        }
    for name in _read_off(row, document):
        document.pop(name, None)
    return document | refs_of(around.source(row), around.container(row))


def _read_off(row: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Fields of which the stored value is the one that the others would give."""
    start, end = row["date_start"], row["date_end"]
    if start is None or row["date_precision"] == precision_of(start, end):
        yield "date_precision"
    if start == end:
        yield "date_end"
    placed = document.get("lon") is not None
    if document["location_precision"] == _precision_of_names(row, placed=placed):
        yield "location_precision"

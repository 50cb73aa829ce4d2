"""Changing stored incidents: one, or all those of an import at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.access.rules import require_amender, require_position_kept, require_within_role
from app.domain.inputs import FIGURE_FIELDS, IncidentForm
from app.domain.reading import read_patch
from app.domain.transitions import Transition
from app.domain.vocabulary import AssessmentRule, VerificationStatus, Workflow
from app.errors import IncidentRecordsError, InvalidInput, Problem
from app.query.fields import Kind
from app.storage import lookup
from app.storage.write import Amendment, Link
from app.writing import records
from app.writing import sources as source_recording
from app.writing.around import Around
from app.writing.claims import reassess, reassessed
from app.writing.incident_columns import document_of, incident_values, stated_figures, told_of
from app.writing.work import Did, Outcome, Ref, Work, changed


@dataclass(frozen=True, slots=True)
class Act:
    """A change that has a name of its own in the history, and why it is made."""

    name: Transition
    reason: str | None


@dataclass(slots=True)
class Wanted:
    """What a stored incident, its row locked, is to become: a merge patch and links that come or are replaced."""

    row: dict[str, Any]
    patch: Mapping[str, Any]
    linked: Sequence[Link] = ()
    mark: bytes | None = None
    """The digest of what a partner sent, by which the same is known again."""
    act: Act | None = None


@dataclass(slots=True)
class _Sound:
    """What is wanted, found to hold together."""

    wanted: Wanted
    base: dict[str, Any]
    form: IncidentForm
    source: Ref | None
    part_of: Ref | None

    @property
    def published(self) -> bool:
        return self.form.workflow == Workflow.published.value

    @property
    def publishes(self) -> bool:
        return self.published and self.wanted.row["workflow"] != Workflow.published.value


def change(
    work: Work,
    row: dict[str, Any],
    patch: Mapping[str, Any],
    *,
    linked: Sequence[Link] = (),
    mark: bytes | None = None,
    act: Act | None = None,
) -> Outcome:
    """Applies a patch and new links to a locked row; `unchanged` where nothing differs."""
    (outcome,) = change_all(work, [Wanted(row, patch, linked, mark, act)])
    if isinstance(outcome, IncidentRecordsError):
        raise outcome
    return outcome


def change_all(work: Work, wanted: Sequence[Wanted]) -> list[Outcome | IncidentRecordsError]:
    """The same for different incidents, as one step; one that cannot be changed so has the reason in its place.

    Containers change one incident at a time: of several at once a ring would not be seen.
    """
    assert len(wanted) == 1 or all("part_of" not in w.patch for w in wanted)
    around = Around(work.transaction, [w.row for w in wanted], [link for w in wanted for link in w.linked])
    outcomes: list[Outcome | IncidentRecordsError] = []
    sound: dict[int, _Sound] = {}
    for position, w in enumerate(wanted):
        outcomes.append(Outcome(Kind.incident, w.row["uid"], Did.unchanged, w.row["id"]))
        try:
            sound[position] = _sound(work, w, around)
        except IncidentRecordsError as fault:
            outcomes[position] = fault
    _publish_reports(work, sound.values())
    amendments = []
    for position, s in sound.items():
        amendment = _amendment(s, around, work.rule)
        if amendment is not None:
            amendments.append(amendment)
            outcomes[position] = Outcome(Kind.incident, s.wanted.row["uid"], Did.updated, s.wanted.row["id"])
    work.transaction.amend(amendments)
    return outcomes


def _sound(work: Work, wanted: Wanted, around: Around) -> _Sound:
    row, patch = wanted.row, wanted.patch
    require_amender(work.viewer, Kind.incident, row)
    base = _base(document_of(row, around), patch)
    form = read_patch(IncidentForm, base, patch)
    told = told_of(form)
    require_within_role(work.viewer, told, row)
    require_position_kept(work.viewer, told, row, patch)
    if row["external_id"] != form.external_id:
        records.require_free(work, Kind.incident, row["partner_ref"], form.external_id)
    if form.source_id == base.get("source_id"):
        source = around.source(row)
    else:
        source = source_recording.named(work, form.source_id)
    if form.part_of == base.get("part_of"):
        part_of = around.container(row)
    else:
        part_of = _container(work, row, form.part_of)
    return _Sound(wanted, base, form, source, part_of)


def _amendment(sound: _Sound, around: Around, rule: str) -> Amendment | None:
    """None where nothing differs."""
    row, form, base = sound.wanted.row, sound.form, sound.base
    differing = changed(row, _values(sound, around, rule))
    linked = [link for link in sound.wanted.linked if not around.stands(row, link)]
    if not differing and not linked:
        return None
    if sound.wanted.mark is not None:
        differing["submitted_digest"] = sound.wanted.mark
    refs = {"source_id": form.source_id, "part_of": form.part_of}
    moved = [name for name, uid in refs.items() if base.get(name) != uid]
    return Amendment(
        Kind.incident,
        row,
        differing,
        refs={name: refs[name] for name in moved},
        refs_before={name: base.get(name) for name in moved},
        links=linked,
        **_told(sound, differing),
    )


def _told(sound: _Sound, differing: Mapping[str, Any]) -> dict[str, Any]:
    """How the history calls it, and why it was done."""
    act = sound.wanted.act
    if act is not None:
        return {"action": act.name.value, "reason": act.reason}
    reason = sound.form.assessment_reason if "assessment_reason" in differing else None
    return {"action": "publish" if sound.publishes else "amend", "reason": reason}


def _base(document: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What a patch starts from. Figures that follow from a rule are nobody's statement, until a patch sets one of them;
    a reason belongs to the rule that it was given with."""
    assessed = AssessmentRule.assessed.value
    before, sets_figures = document["assessment_rule"], any(name in patch for name in FIGURE_FIELDS)
    after = patch.get("assessment_rule", assessed if sets_figures else before)
    outdated: set[str] = set()
    if after != assessed or (before != assessed and not sets_figures):
        outdated.update(FIGURE_FIELDS)
    if after != before:
        outdated.update(("assessment_rule", "assessment_reason"))
    return {name: value for name, value in document.items() if name not in outdated}


def _values(sound: _Sound, around: Around, rule: str) -> dict[str, Any]:
    """The stored columns as the form will have them, with what follows from the claims."""
    values = incident_values(sound.form, sound.source, sound.part_of, rule)
    after = {**sound.wanted.row, "assessment_rule": values["assessment_rule"]}
    values |= reassessed(around, after, linked=sound.wanted.linked, published=sound.published)
    if values["assessment_rule"] == AssessmentRule.assessed.value:
        values |= stated_figures(sound.form)
    values["retraction_reason"] = _why_retracted(sound)
    return values


def _why_retracted(sound: _Sound) -> str | None:
    """The reason belongs to the retraction: another status ends it."""
    act = sound.wanted.act
    if act is not None and act.name is Transition.retract:
        return act.reason
    if sound.form.verification_status != VerificationStatus.retracted.value:
        return None
    reason: str | None = sound.wanted.row["retraction_reason"]
    return reason


def _container(work: Work, row: Mapping[str, Any], asked: str | None) -> Ref | None:
    """Another containing incident than so far; a ring of containers is refused."""
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


def _publish_reports(work: Work, changing: Iterable[_Sound]) -> None:
    """What an editor publishes is published with the reports that it rests on; their sharing still decides who reads them."""
    changing = list(changing)
    published = [s.wanted.row["id"] for s in changing if s.publishes]
    rows = lookup.unpublished_reports(work.transaction, published) if published else []
    if not rows:
        return
    reason = "published with its incident"
    work.transaction.amend(
        [
            Amendment(
                Kind.report, row, {"workflow": Workflow.published.value}, action="publish", reason=reason
            )
            for row in rows
        ]
    )
    # For a draft the claims of unpublished reports counted before, too.
    touched = lookup.incidents_of(work.transaction, [row["id"] for row in rows], published_only=True)
    themselves = {s.wanted.row["id"] for s in changing}
    others = [key for key in touched if key not in themselves]
    reassess(work, others, "a report that it rests on was published")

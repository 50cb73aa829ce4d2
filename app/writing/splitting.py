"""Splitting an incident that turns out to be several: some of its links and claims are those of new incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.inputs import IncidentForm
from app.domain.reading import read_patch
from app.domain.transitions import SplitForm, SplitLink, SplitPart, Transition
from app.domain.vocabulary import AssessmentRule
from app.errors import Conflict, InvalidInput, Problem, invalid
from app.query.fields import Kind
from app.storage import former
from app.storage.write import Amendment, Link, New
from app.writing import incidents
from app.writing import sources as source_recording
from app.writing.around import Around
from app.writing.claims import reassessed
from app.writing.incident_columns import FORM_FIELDS, document_of
from app.writing.merging import relinked
from app.writing.transitions import begun
from app.writing.work import Did, Outcome, Work, changed

OWN = ("code", "external_id", "assessment_reason", *(name for name in FORM_FIELDS if name.startswith(("killed_", "wounded_"))))  # fmt: skip
"""What is the incident's alone: the new ones do not begin with it."""
KEPT = ("workflow", "sharing")
"""What the new ones have as it has: nothing vanishes by a split, and nothing is told more widely."""


def split(work: Work, uid: str, form: SplitForm, expected: int | None) -> Outcome:
    """The named links and claims go to new incidents, described like this one but for what the form says of each."""
    row = begun(work, Transition.split_, uid, expected)
    work.transaction.dialect.serialise(work.transaction.connection, "part_of")
    standing = former.standing(work.transaction, row["id"])
    shares, left = _shared_out(standing, form.incidents)
    base = _base(row, Around(work.transaction, [row]))
    news = []
    for position, (part, links) in enumerate(zip(form.incidents, shares, strict=True)):
        try:
            news.append(_new(work, row, base, part, links, form.reason))
        except InvalidInput as fault:
            raise fault.under(f"incidents[{position}].incident") from None
    for new in news:
        work.transaction.create([new])
    work.transaction.amend([_left(work, row, standing, left, form.reason)])
    return Outcome(Kind.incident, uid, Did.updated, row["id"], {"split": [new.values["uid"] for new in news]})


def _shared_out(standing: Sequence[Link], parts: Sequence[SplitPart]) -> tuple[list[list[Link]], list[Link]]:
    """The links of each new incident, and those that stay. No claim goes to two."""
    left = {link.report_id: link for link in standing}
    shares = []
    for position, part in enumerate(parts):
        share = []
        for place, asked in enumerate(part.reports):
            where = f"incidents[{position}].reports[{place}]"
            try:
                share.append(_taken(left, asked))
            except InvalidInput as fault:
                raise fault.under(where) from None
        if len({link.report for link in share}) != len(share):
            raise invalid(f"incidents[{position}].reports", "names a report twice", "repeated")
        shares.append(share)
    return shares, list(left.values())


def _taken(left: dict[str, Link], asked: SplitLink) -> Link:
    """The whole link, or the claims that are asked for; the link itself then stays as well."""
    link = left.get(asked.report_id)
    if link is None:
        raise invalid("report_id", "is not linked to the incident, or goes to another already", "unknown_id")
    if asked.claims is None:
        del left[asked.report_id]
        return link
    wanted = set(asked.claims)
    unknown = wanted - {claim.uid for claim in link.claims}
    if unknown:
        told = f"no claim of this report is left that is {sorted(unknown)[0]}"
        raise invalid("claims", told, "unknown_id")
    left[asked.report_id] = link.with_claims([claim for claim in link.claims if claim.uid not in wanted])
    return link.with_claims([claim for claim in link.claims if claim.uid in wanted])


def _base(row: Mapping[str, Any], around: Around) -> dict[str, Any]:
    base = {name: value for name, value in document_of(row, around).items() if name not in OWN}
    if base["assessment_rule"] == AssessmentRule.assessed.value:
        del base["assessment_rule"]
    return base


def _new(
    work: Work,
    row: Mapping[str, Any],
    base: Mapping[str, Any],
    part: SplitPart,
    links: list[Link],
    reason: str,
) -> New:
    fixed = [Problem(name, "not_here", "is that of the incident that is split") for name in KEPT]
    if found := [problem for problem in fixed if problem.field in part.incident]:
        raise InvalidInput(found)
    form = read_patch(IncidentForm, base, part.incident)
    source = source_recording.named(work, form.source_id)
    part_of = work.reference(Kind.incident, form.part_of, "part_of")
    new = incidents.new(work, form, source, part_of, linked=links, partner=row["partner_ref"], reason=reason)
    if new.values["effective_sharing"] != row["effective_sharing"]:
        raise Conflict(
            f"what is split off would be shared as {new.values['effective_sharing']}, and {row['uid']} is as"
            f" {row['effective_sharing']}: give it a source that is shared alike"
        )
    return new


def _left(work: Work, row: dict[str, Any], standing: list[Link], left: list[Link], reason: str) -> Amendment:
    """The incident with what stays, its figures as they follow."""
    stay = {link.report for link in left}
    ended = [(link.report, link.report_id) for link in standing if link.report not in stay]
    links = relinked(standing, left)
    around = Around(work.transaction, [row], links)
    figures = reassessed(around, row, linked=links, ended=[report for report, _ in ended])
    return Amendment(
        Kind.incident,
        row,
        changed(row, figures),
        links=links,
        ended=ended,
        reason=reason,
        action=Transition.split_.value,
    )

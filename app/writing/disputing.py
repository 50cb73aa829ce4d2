"""Disputing an incident: a report of whoever disputes it, linked as such, with the reason as what it says.

So a dispute has a source, a day, an address and a copy like all other evidence, is seen by whom its sharing lets see it, can be
answered by further reports, and is withdrawn as any report is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain.ids import REPORT, SOURCE, new_id
from app.domain.inputs import ReportForm, SourceForm
from app.domain.sharing import strictest
from app.domain.transitions import DisputeForm, Transition
from app.domain.vocabulary import LinkRole, Sharing, VerificationStatus, Workflow
from app.query.fields import Kind
from app.storage import lookup
from app.storage.write import Amendment, Link, New
from app.writing import sources as source_recording
from app.writing.reports import report_values
from app.writing.sources import source_values
from app.writing.transitions import begun
from app.writing.work import Did, Outcome, Ref, Work, changed


def dispute(work: Work, uid: str, form: DisputeForm, expected: int | None) -> Outcome:
    """Records that somebody disputes it. Editors are told by the proposed status; no figure and no status changes by it."""
    row = begun(work, Transition.dispute, uid, expected)
    report = _reported(work, row, form)
    proposed = {"proposed_status": VerificationStatus.contested.value}
    link = Link(report.key, report.uid, LinkRole.disputes.value)
    work.transaction.amend(
        [
            Amendment(
                Kind.incident,
                row,
                changed(row, proposed),
                links=[link],
                reason=form.reason,
                action=Transition.dispute.value,
            )
        ]
    )
    return Outcome(Kind.incident, uid, Did.updated, row["id"], {"dispute": {"report_id": report.uid}})


def _reported(work: Work, row: Mapping[str, Any], form: DisputeForm) -> Ref:
    """The report, shared no wider than the incident. An editor's is as public as the incident; others wait for review."""
    source = source_recording.named(work, form.source_id) or _own_source(work)
    filed = ReportForm(
        source_id=source.uid,
        url=form.url,
        language=form.language,
        excerpt=form.reason,
        date_published=work.transaction.at.date(),
        sharing=Sharing(strictest(form.sharing, row["effective_sharing"])),
        workflow=Workflow(row["workflow"]) if work.viewer.is_editor else Workflow.in_review,
    )
    uid = new_id(REPORT)
    values = {"uid": uid, "partner_ref": work.viewer.partner_key, **report_values(filed, source)}
    new = New(Kind.report, values, {"source_id": source.uid})
    work.transaction.create([new])
    return Ref(new.key, uid, values["effective_sharing"])


def _own_source(work: Work) -> Ref:
    """The organisation itself as a source, by its name; recorded when it first speaks."""
    assert work.viewer.partner_key is not None
    work.transaction.dialect.serialise(work.transaction.connection, f"own source:{work.viewer.partner_key}")
    name, found = lookup.own_source(work.transaction, work.viewer.partner_key)
    if found is not None:
        return Ref(*lookup.standing(work.transaction, Kind.source, found, hold=True))
    form, uid = SourceForm(name=name), new_id(SOURCE)
    values = {"uid": uid, "partner_ref": work.viewer.partner_key, **source_values(form)}
    new = New(Kind.source, values)
    work.transaction.create([new])
    return Ref(new.key, uid, values["effective_sharing"])

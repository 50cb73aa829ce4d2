"""Publishing an incident, sending it back, retracting it: each one change, of its own name in the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.access.rules import require_transition
from app.domain.transitions import BACK_TO, POSSIBLE, PublishForm, ReasonForm, State, Transition, state_of
from app.domain.vocabulary import VerificationStatus, Workflow
from app.errors import DoesNotFit
from app.query.fields import Kind
from app.writing.changing import Act, change
from app.writing.work import Outcome, Work, require_version

_WORDS = {State.in_review: "in review"}


def begun(work: Work, transition: Transition, uid: str, expected: int | None) -> dict[str, Any]:
    """The incident's row, locked, once the viewer may do this to it and it is in a state for it."""
    require_transition(work.viewer, transition)
    row = work.visible_row(Kind.incident, uid)
    require_version(row, expected)
    require_fitting(transition, row)
    return row


def require_fitting(transition: Transition, row: Mapping[str, Any]) -> None:
    state = state_of(row)
    if transition not in POSSIBLE[state]:
        raise DoesNotFit(
            f"incident {row['uid']} is {_WORDS.get(state, state.value)}", state.value, POSSIBLE[state]
        )


def publish(work: Work, uid: str, form: PublishForm, expected: int | None) -> Outcome:
    """Shows it to all whom its sharing lets read it, with the reports that it rests on."""
    row = begun(work, Transition.publish, uid, expected)
    patch = {"workflow": Workflow.published.value}
    return change(work, row, patch, act=Act(Transition.publish, form.reason))


def send_back(work: Work, uid: str, form: ReasonForm, expected: int | None) -> Outcome:
    """One step back: from review to a draft, from publication to review. Its reports stay as they are."""
    row = begun(work, Transition.send_back, uid, expected)
    patch = {"workflow": BACK_TO[state_of(row)].value}
    return change(work, row, patch, act=Act(Transition.send_back, form.reason))


def retract(work: Work, uid: str, form: ReasonForm, expected: int | None) -> Outcome:
    """Says of what was published that it does not hold: it stays in sight with the reason, and no total counts it."""
    row = begun(work, Transition.retract, uid, expected)
    patch = {"verification_status": VerificationStatus.retracted.value}
    return change(work, row, patch, act=Act(Transition.retract, form.reason))

"""The transitions of an incident: which there are, in which state each is possible, and the forms that ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.domain.inputs import Form, RecordId
from app.domain.text import Language, Url, something
from app.domain.vocabulary import Sharing, VerificationStatus, Workflow

MOST_REASON = 500


class Transition(StrEnum):
    """What is done to an incident as a whole; the history calls it so."""

    publish = "publish"
    send_back = "send_back"
    retract = "retract"
    merge = "merge"
    unmerge = "unmerge"
    split_ = "split"
    """With a mark, since text has a method of that name."""
    dispute = "dispute"
    distinguish = "distinguish"
    undistinguish = "undistinguish"


class State(StrEnum):
    """Where an incident stands, as far as it decides what can be done to it."""

    draft = "draft"
    in_review = "in_review"
    published = "published"
    retracted = "retracted"
    merged = "merged"


_TWO = (Transition.distinguish, Transition.undistinguish)
POSSIBLE: Mapping[State, tuple[Transition, ...]] = {
    State.draft: (Transition.publish, Transition.merge, Transition.split_, Transition.dispute, *_TWO),
    State.in_review: (
        Transition.publish,
        Transition.send_back,
        Transition.merge,
        Transition.split_,
        Transition.dispute,
        *_TWO,
    ),
    State.published: (
        Transition.send_back,
        Transition.retract,
        Transition.merge,
        Transition.split_,
        Transition.dispute,
        *_TWO,
    ),
    State.retracted: (Transition.dispute, *_TWO),
    State.merged: (Transition.unmerge,),
}
"""What can be done in each state. What was retracted stays in sight, unless another verification_status is given to it."""
BACK_TO = {State.in_review: Workflow.draft, State.published: Workflow.in_review}
"""One step: to whoever wrote it, or from the public to the desk."""


def state_of(row: Mapping[str, Any]) -> State:
    if row["merged_into_ref"] is not None:
        return State.merged
    if row["verification_status"] == VerificationStatus.retracted.value:
        return State.retracted
    return State(row["workflow"])


def _one_line(text: str) -> str:
    if any(character in text for character in "\t\n\r"):
        raise PydanticCustomError("one_line", "must be one line")
    return something(text)


Reason = Annotated[str, Field(strict=True, min_length=1, max_length=MOST_REASON), AfterValidator(_one_line)]
"""Kept for ever, and told to whoever is told of the act."""


class ReasonForm(Form):
    """Why it is done."""

    reason: Reason


class PublishForm(Form):
    """Nothing need be said."""

    reason: Reason | None = None


class MergeForm(ReasonForm):
    """`into`: the incident that stays."""

    into: RecordId


class DistinguishForm(ReasonForm):
    """`other`: the incident that this one is not the same as."""

    other: RecordId


class DisputeForm(ReasonForm):
    """Who disputes it: the caller's organisation, unless a source is named. `sharing` and all else is that of the report."""

    source_id: RecordId | None = None
    url: Url | None = None
    language: Language | None = None
    sharing: Sharing = Sharing.public


class SplitLink(Form):
    """A report that is the new incident's. `claims`: only these, by their ids; without, the whole link with all its claims."""

    report_id: RecordId
    claims: Annotated[list[RecordId], Field(min_length=1, max_length=200)] | None = None


class SplitPart(Form):
    """A new incident: what is other than of the one that is split (a merge patch), and what goes to it."""

    incident: dict[str, Any] = Field(default_factory=dict)
    reports: Annotated[list[SplitLink], Field(max_length=200)] = Field(default_factory=list)


class SplitForm(ReasonForm):
    """The incidents that are new."""

    incidents: Annotated[list[SplitPart], Field(min_length=1, max_length=50)]

"""``POST /v1/incidents/{id}/publish`` and the other transitions of an incident, each one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from app.access.rules import require_transition
from app.domain.inputs import Form
from app.domain.reading import read_form
from app.domain.transitions import (
    DisputeForm,
    DistinguishForm,
    MergeForm,
    PublishForm,
    ReasonForm,
    SplitForm,
    Transition,
)
from app.errors import Gone
from app.http import lifecycle as described
from app.http.bodies import json_object_or_nothing
from app.http.operations import ID_EXAMPLES
from app.http.respond import expected_version
from app.http.routes.incidents import AFTER_LINK
from app.http.routes.records import Endpoint, no_parameters, require_there, sound_id
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.writes import Answer, tell_record, write
from app.query.fields import Kind
from app.writing import disputing, distinguishing, merging, splitting, transitions, unmerging
from app.writing.work import Outcome, Work

router = bare_router("incidents")
Tell = Callable[[Request, Work, Outcome], Answer]


def _doing(
    transition: Transition,
    form: type[Form],
    do: Callable[[Work, str, Any, int | None], Outcome],
    tell: Tell = tell_record,
    require: Callable[[Work, Kind, str], None] = require_there,
) -> Endpoint:
    """`require`: raises where the record is not there for this."""

    async def done(request: Request) -> Response:
        no_parameters(request)
        uid = sound_id(Kind.incident, request.path_params["id"])
        body, sent = await json_object_or_nothing(request, service_of(request).settings.limits.body_bytes)

        def act(work: Work) -> Outcome:
            require(work, Kind.incident, uid)
            expected = expected_version(request)
            require_transition(work.viewer, transition)
            return do(work, uid, read_form(form, sent), expected)

        return await write(request, body, act, tell)

    return done


def _require_known(work: Work, kind: Kind, uid: str) -> None:
    """As `require_there`, but a merged incident counts as there: it leads on, and can be taken back."""
    try:
        require_there(work, kind, uid)
    except Gone as gone:
        if "merged_into" not in gone.members:
            raise


def _with_evidence(request: Request, work: Work, outcome: Outcome) -> Answer:
    return tell_record(request, work, outcome, AFTER_LINK)


def _route(path: str, endpoint: Endpoint, told: dict[str, Any]) -> None:
    router.add_api_route(f"/v1/incidents/{{id}}/{path}", endpoint, methods=["POST"], **told)


_route(
    "publish",
    _doing(Transition.publish, PublishForm, transitions.publish),
    described.transition(
        "publish",
        "Publish an incident, with the reports that it rests on",
        PublishForm,
        {"reason": "Checked by two."},
    ),
)
_route(
    "send-back",
    _doing(Transition.send_back, ReasonForm, transitions.send_back),
    described.transition(
        "send_back", "Send an incident back: from review to draft, from publication to review", ReasonForm
    ),
)
_route(
    "retract",
    _doing(Transition.retract, ReasonForm, transitions.retract),
    described.transition(
        "retract",
        "Retract a published incident: it stays in sight, with the reason, and is not counted",
        ReasonForm,
    ),
)
_route(
    "merge",
    _doing(Transition.merge, MergeForm, merging.merge, _with_evidence),
    described.transition(
        "merge",
        "Merge an incident that was recorded twice into the one that stays; answers that one",
        MergeForm,
        {"into": ID_EXAMPLES[Kind.incident], "reason": "The same strike, recorded by two desks."},
        "IncidentMerged",
    ),
)
_route(
    "unmerge",
    _doing(Transition.unmerge, ReasonForm, unmerging.unmerge, _with_evidence, _require_known),
    described.transition(
        "unmerge",
        "Undo a merge; answers the incident that is one of its own again, and what could not be restored",
        ReasonForm,
        {"reason": "Two strikes after all."},
        "IncidentUnmerged",
    ),
)
_route(
    "distinguish",
    _doing(Transition.distinguish, DistinguishForm, distinguishing.distinguish),
    described.transition(
        "distinguish",
        "Say that an incident and a likely duplicate of it are two: both say so, to editors alone, and the list of likely duplicates leaves them out",
        DistinguishForm,
        {"other": ID_EXAMPLES[Kind.incident], "reason": "Two strikes an hour apart."},
    ),
)
_route(
    "undistinguish",
    _doing(Transition.undistinguish, DistinguishForm, distinguishing.undistinguish),
    described.transition(
        "undistinguish",
        "Take back that an incident and another are two, also where it was said of what was merged into either",
        DistinguishForm,
        {
            "other": ID_EXAMPLES[Kind.incident],
            "reason": "One strike after all: the hour was told in two time zones.",
        },
    ),
)
_route(
    "dispute",
    _doing(Transition.dispute, DisputeForm, disputing.dispute, _with_evidence),
    described.transition(
        "dispute",
        "Dispute an incident: a report of the role `disputes`, with the reason as what it says",
        DisputeForm,
        {"reason": "Our correspondent was there that day: no strike.", "language": "en"},
        "IncidentDisputed",
    ),
)
_route(
    "split",
    _doing(Transition.split_, SplitForm, splitting.split, _with_evidence),
    described.transition(
        "split",
        "Split an incident: links and claims of it go to new incidents, which are like it but for what is said of them",
        SplitForm,
        {"reason": "Two strikes an hour apart.", "incidents": [{"incident": {"title": "The second strike"}}]},
        "IncidentSplit",
    ),
)

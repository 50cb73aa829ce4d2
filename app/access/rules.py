"""Who may see what: the one place where that is decided. Every read passes `visible_to` and `fields_for`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.access.viewer import Viewer
from app.domain.transitions import Transition
from app.domain.vocabulary import AssessmentRule, Role, Sharing, VerificationStatus, Workflow
from app.errors import Forbidden, Unauthenticated
from app.query.fields import CATALOGUE, Field, Kind, SeenBy
from app.query.filter import EVERYTHING, NOTHING, And, Cited, Filter, OneOf, Or, equals

_SHARED_WITH_PARTNERS = OneOf("effective_sharing", (Sharing.public.value, Sharing.partners.value))
_OF_THE_HOUSE = OneOf(
    "effective_sharing", (Sharing.public.value, Sharing.partners.value, Sharing.organisation.value)
)
_PUBLISHED = equals("workflow", Workflow.published.value)
_PUBLIC = equals("effective_sharing", Sharing.public.value)


def visible_to(viewer: Viewer, kind: Kind) -> Filter:
    """The records of `kind` that the viewer may know of.

    The public: published and public; of sources, those that something it may see names. A partner: also published and shared with partners, and its own organisation's
    at any stage, unless restricted. Editors: all. Partners and keys: an admin all, others their own.
    """
    if viewer.is_admin or (viewer.is_editor and kind not in (Kind.partner, Kind.key)):
        return EVERYTHING
    if kind in (Kind.partner, Kind.key):
        return NOTHING if viewer.partner_key is None else equals("partner_key", viewer.partner_key)
    staged: Filter = Cited() if kind is Kind.source else _PUBLISHED
    if viewer.partner_key is None:
        return And((staged, _PUBLIC))
    own = And((equals("partner_key", viewer.partner_key), _OF_THE_HOUSE))
    return Or((And((staged, _SHARED_WITH_PARTNERS)), own))


@lru_cache(maxsize=64)
def fields_of(kind: Kind, *, editor: bool) -> dict[str, Field]:
    """The fields that exist for editors, or for everybody else."""
    return {f.name: f for f in CATALOGUE[kind] if editor or f.seen_by is not SeenBy.editors}


def fields_for(viewer: Viewer, kind: Kind) -> dict[str, Field]:
    """The fields that exist for the viewer, by name, in wire order."""
    return fields_of(kind, editor=viewer.is_editor)


def knows_persons(viewer: Viewer, partner: str) -> bool:
    """Whether the viewer is told by which key, and so by whom, an organisation changed something: its own editors, and admins."""
    return viewer.is_admin or (viewer.is_editor and viewer.partner == partner)


def require_key(viewer: Viewer) -> None:
    """Raises Unauthenticated for the public."""
    if viewer.role is None:
        raise Unauthenticated("send an API key: Authorization: Bearer irk_…")


def require_writer(viewer: Viewer) -> None:
    """Contributors, editors and admins write."""
    require_key(viewer)
    if viewer.role is Role.reader:
        raise Forbidden("a reader's key cannot write; ask for a contributor's")


def require_editor(viewer: Viewer, what: str) -> None:
    require_writer(viewer)
    if not viewer.is_editor:
        raise Forbidden(f"only an editor may {what}")


def require_verifier(viewer: Viewer) -> None:
    """May have the whole history recomputed: it tells of changes to what others may not see, and costs something."""
    require_key(viewer)
    if not viewer.is_editor:
        raise Forbidden("only an editor may have the history recomputed")


def require_redactor(viewer: Viewer) -> None:
    """May take content away for good: nobody can bring it back, so few may."""
    require_writer(viewer)
    if not viewer.is_admin:
        raise Forbidden("only an admin may redact: a key of the role admin is needed")


def require_transition(viewer: Viewer, transition: Transition) -> None:
    """May do this to an incident that it can see: an editor may all."""
    require_writer(viewer)
    if viewer.is_editor or transition in OF_CONTRIBUTORS:
        return
    asked = "; send workflow in_review to ask for it" if transition is Transition.publish else ""
    raise Forbidden(f"only an editor may {DOING[transition]}{asked}: a key of the role editor is needed")


OF_CONTRIBUTORS = frozenset({Transition.dispute})
"""What whoever reads an incident and writes may do, of whatever organisation."""
DOING = {
    Transition.publish: "publish an incident",
    Transition.send_back: "send an incident back",
    Transition.retract: "retract an incident",
    Transition.merge: "merge incidents",
    Transition.unmerge: "undo a merge",
    Transition.split_: "split an incident",
    Transition.dispute: "dispute an incident",
    Transition.distinguish: "say that two incidents are two",
    Transition.undistinguish: "take back that two incidents are two",
}
AMONG_EDITORS = (Transition.distinguish.value, Transition.undistinguish.value)
"""Acts of which others are told nothing: neither that they were done, nor why."""


def acts_kept_from(viewer: Viewer) -> tuple[str, ...]:
    """What is left out where it is told of a record what was done to it."""
    return () if viewer.is_editor else AMONG_EDITORS


def require_admin(viewer: Viewer, what: str) -> None:
    require_key(viewer)
    if not viewer.is_admin:
        raise Forbidden(f"only an admin may {what}")


def require_amender(viewer: Viewer, kind: Kind, row: Mapping[str, Any]) -> None:
    """May change a record that it can see: editors any; contributors their organisation's, incidents until published."""
    require_writer(viewer)
    if viewer.is_editor:
        return
    if row["partner_ref"] != viewer.partner_key:
        raise Forbidden(f"this {kind} is another organisation's")
    if kind is Kind.incident and row["workflow"] == Workflow.published.value:
        raise Forbidden("a published incident is changed by editors only; file a report that says otherwise")


UNVERIFIED = (VerificationStatus.unreviewed, VerificationStatus.pending)
VERIFIED = tuple(status.value for status in VerificationStatus if status not in UNVERIFIED)
ASSESSED = ("assessment_", "killed_", "wounded_")
"""How the names of figures, and of what is said of them, begin."""


def require_within_role(
    viewer: Viewer, told: Mapping[str, Any], stored: Mapping[str, Any] | None = None
) -> None:
    """Verifying, publishing and setting figures by hand are an editor's; what stays as stored is nobody's act."""
    if viewer.is_editor:
        return

    before: Mapping[str, Any] = stored or {}

    def changes(name: str) -> bool:
        return stored is None or told.get(name) != stored.get(name)

    def is_or_was(name: str, *values: str) -> bool:
        return changes(name) and (told.get(name) in values or before.get(name) in values)

    if is_or_was("workflow", Workflow.published.value):
        raise Forbidden("only an editor may publish or withdraw; send workflow in_review to ask for it")
    if is_or_was("verification_status", *VERIFIED):
        raise Forbidden(
            "only an editor may verify, or take that back; unreviewed and pending are yours to set"
        )
    by_hand = AssessmentRule.assessed.value in (told.get("assessment_rule"), before.get("assessment_rule"))
    if by_hand and any(changes(name) for name in told if name.startswith(ASSESSED)):
        raise Forbidden("only an editor may set figures by hand; send them as claims of a report")
    if before.get("protected") and told.get("protected") is False:
        raise Forbidden("only an editor may lift a source's protection")


def require_position_kept(
    viewer: Viewer, told: Mapping[str, Any], stored: Mapping[str, Any], patch: Mapping[str, Any]
) -> None:
    """Who may not read a withheld position may not have it told another way; stating it anew tells nothing."""
    if viewer.is_editor or stored["location_generalised_to"] is None or {"lon", "lat"} <= patch.keys():
        return
    if told["location_generalised_to"] != stored["location_generalised_to"]:
        raise Forbidden("only an editor may tell a withheld position otherwise; send lon and lat with it")


def require_figures_kept(viewer: Viewer, incident: Mapping[str, Any]) -> None:
    """Raises where the figures of a published incident would change by the act of one who is no editor."""
    if not viewer.is_editor and incident["workflow"] == Workflow.published.value:
        raise Forbidden("this would change the figures of a published incident: an editor has to do it")

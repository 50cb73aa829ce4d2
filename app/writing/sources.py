"""Recording, amending and deleting sources."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from app.access.rules import require_amender, require_within_role, require_writer
from app.domain.folding import fold_all
from app.domain.ids import SOURCE, new_id
from app.domain.inputs import SourceForm
from app.domain.reading import read_patch
from app.domain.sharing import strictest
from app.errors import Conflict
from app.query.fields import Kind
from app.storage import lookup
from app.storage.write import Amendment, New
from app.writing import records, restating
from app.writing.claims import reassess
from app.writing.restating import Redactions, telling
from app.writing.work import Did, Outcome, Ref, Work, changed, digest, require_version

FORM_FIELDS = tuple(SourceForm.model_fields)
HANGING = (Kind.report, Kind.incident)
"""Kinds of record that name a source."""
WEIGHED = frozenset({"reliability", "name", "owner"})
"""What decides between claims of its reports and those of others."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def pseudonym() -> str:
    """A name that says nothing, for a protected source that was given none."""
    return "Protected source " + "".join(secrets.choice(_LETTERS) for _ in range(6))


def source_values(form: SourceForm, standing_pseudonym: str | None = None) -> dict[str, Any]:
    protected = form.is_protected
    shown = (form.pseudonym or standing_pseudonym or pseudonym()) if protected else form.pseudonym
    display = shown if protected else form.name
    return {
        "sharing": str(form.sharing),
        "effective_sharing": str(form.sharing),
        "name": form.name or shown,
        "pseudonym": shown,
        "protected": protected,
        "display_name": display,
        "source_type": str(form.source_type),
        "scale": form.scale,
        "reliability": str(form.reliability),
        "url": form.url,
        "notes": form.notes,
        "language": form.language,
        "country": form.country,
        "owner": form.owner,
        "external_id": form.external_id,
        # Only what everybody may see can be searched for.
        "search_text": fold_all(display),
    }


def standing(work: Work, key: int | None) -> Ref | None:
    """The source that a record hangs on, whatever the viewer may see of it. Its sharing stays as it is until the commit."""
    if key is None:
        return None
    return Ref(*lookup.standing(work.transaction, Kind.source, key, hold=True))


def named(work: Work, uid: str | None) -> Ref | None:
    """The source that a form names in `source_id`, likewise; InvalidInput where the viewer knows of none."""
    source = work.reference(Kind.source, uid, "source_id")
    return None if source is None else standing(work, source.key)


def record(work: Work, form: SourceForm, submitted: Mapping[str, Any]) -> Outcome:
    """Stores a new source, or finds it again by the partner's `external_id` and amends it."""
    require_writer(work.viewer)
    row = records.submitted_before(work, Kind.source, form.external_id)
    if row is not None:
        if row["submitted_digest"] == digest(submitted):
            return Outcome(Kind.source, row["uid"], Did.unchanged, row["id"])
        kept, left = Redactions(work, [row["uid"]]).less(row["uid"], submitted)
        return telling(change(work, row, kept, submitted=None if left else submitted), left)
    uid = new_id(SOURCE)
    values = {
        "uid": uid,
        "partner_ref": work.viewer.partner_key,
        "submitted_digest": digest(submitted),
        **source_values(form),
    }
    new = New(Kind.source, values)
    work.transaction.create([new])
    return Outcome(Kind.source, uid, Did.created, new.key)


def amend(work: Work, uid: str, patch: Mapping[str, Any], expected: int | None) -> Outcome:
    row = work.visible_row(Kind.source, uid)
    require_version(row, expected)
    restating.require_editor(work, uid, patch)
    return change(work, row, patch)


def change(
    work: Work, row: dict[str, Any], patch: Mapping[str, Any], *, submitted: Mapping[str, Any] | None = None
) -> Outcome:
    """Applies a patch; what hangs on the source follows its sharing and its grade."""
    require_amender(work.viewer, Kind.source, row)
    base = {name: row[name] for name in FORM_FIELDS if row[name] is not None}
    if row["protected"] and row["name"] == row["pseudonym"]:
        del base["name"]  # it was given none
    if (
        patch.get("source_type", row["source_type"]) != row["source_type"]
        and "protected" not in patch
        and not row["protected"]
    ):
        base.pop("protected", None)
    form = read_patch(SourceForm, base, patch)
    require_within_role(work.viewer, {"protected": form.is_protected}, row)
    if row["external_id"] != form.external_id:
        records.require_free(work, Kind.source, row["partner_ref"], form.external_id)
    differing = changed(row, source_values(form, row["pseudonym"]))
    if not differing:
        return Outcome(Kind.source, row["uid"], Did.unchanged, row["id"])
    if submitted is not None:
        differing["submitted_digest"] = digest(submitted)
    work.transaction.amend([Amendment(Kind.source, row, differing)])
    if "effective_sharing" in differing:
        _share_alike(work, row["id"], differing["effective_sharing"])
    if not WEIGHED.isdisjoint(differing):
        _weigh_again(work, row["id"])
    return Outcome(Kind.source, row["uid"], Did.updated, row["id"])


def _share_alike(work: Work, source: int, sharing: str) -> None:
    """Records that hang on the source are shared no wider than it."""
    for kind in HANGING:
        keys = lookup.hanging_on(work.transaction, kind, source)
        for rows in lookup.by_key(work.transaction, kind, keys):
            work.transaction.amend(
                [
                    Amendment(
                        kind,
                        row,
                        {"effective_sharing": level},
                        action="share",
                        reason="the source's sharing changed",
                    )
                    for row in rows
                    if (level := strictest(row["sharing"], sharing)) != row["effective_sharing"]
                ]
            )


def _weigh_again(work: Work, source: int) -> None:
    """Grade and independence decide only between reports: incidents with one report keep their figures."""
    reassess(work, lookup.weighed_by(work.transaction, source), "what its source's reports weigh has changed")


def delete(
    work: Work, uid: str, reason: str, expected: int | None, replaced_by: str | None = None
) -> Outcome:
    """A tombstone. Refused while reports or incidents name the source: who said it must stay known."""
    row = work.visible_row(Kind.source, uid)
    require_version(row, expected)
    require_amender(work.viewer, Kind.source, row)
    for kind in HANGING:
        if lookup.is_named(work.transaction, kind, row["id"]):
            # Not how many: some of them may not be this viewer's to know of.
            raise Conflict(f"{kind}s name this source: give them another first")
    records.bury(work, Kind.source, row, reason, records.replacement(work, Kind.source, row, replaced_by))
    return Outcome(Kind.source, uid, Did.deleted, row["id"])

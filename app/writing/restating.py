"""What was redacted does not come back by being sent again: a partner's feed would undo it the next night.

What comes under an `external_id`, or in a file, is taken without it, and the answer says so. Whoever states it in a request
of its own (PATCH, or a link's PUT) has to be an editor, who can weigh whether it may stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.errors import Forbidden
from app.storage.blanks import is_blank
from app.storage.redacting import redacted_of
from app.storage.write import Link
from app.writing.work import Outcome, Work

LEFT_OUT = "left_out"
"""What the answer calls it."""


class Redactions:
    """Those of some records."""

    def __init__(self, work: Work, records: Iterable[str]) -> None:
        self._fields = redacted_of(work.transaction, set(records))

    def less(self, record: str, submitted: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
        """What was sent of a record without what was redacted of it, and the names of what was left out."""
        fields = self._fields.get(record)
        left = (
            [name for name, value in submitted.items() if name in fields and not is_blank(value)]
            if fields
            else []
        )
        return (
            ({name: value for name, value in submitted.items() if name not in left}, left)
            if left
            else (submitted, left)
        )

    def links(self, incident: str | None, links: Sequence[Link]) -> list[Link]:
        """Links without words that were redacted of the incident, or of their reports; the very same where there are none."""
        if not self._fields:
            return list(links)
        return [self._link(link, self._fields.get(incident or "", set())) for link in links]

    def _link(self, link: Link, of_incident: set[str]) -> Link:
        fields = of_incident | self._fields.get(link.report_id, set())
        words = {name.removeprefix("links.") for name in fields if name.startswith("links.")}
        said = {name.removeprefix("claims.") for name in fields if name.startswith("claims.")}
        gone = {name for name in words if getattr(link, name) is not None}
        unsaid: dict[str, Any] = dict.fromkeys(said)
        claims = [claim._replace(**unsaid) for claim in link.claims]
        if not gone and claims == list(link.claims):
            return link
        cleared: dict[str, Any] = dict.fromkeys(gone)
        return replace(link, **cleared, claims=claims, told=None)


def require_editor(work: Work, record: str, stated: Mapping[str, Any]) -> None:
    """Raises Forbidden where one who is no editor states anew what was redacted."""
    if work.viewer.is_editor:
        return
    _, left = Redactions(work, [record]).less(record, stated)
    if left:
        raise Forbidden(f"{', '.join(left)} of {record} was redacted: only an editor may state it anew")


def require_editor_for_words(work: Work, incident: str, link: Link) -> None:
    """The same of the words of a link and its claims."""
    if work.viewer.is_editor:
        return
    (less,) = Redactions(work, [incident, link.report_id]).links(incident, [link])
    if less is not link:
        raise Forbidden("words of this link were redacted: only an editor may state them anew")


def telling(outcome: Outcome, left: Sequence[str]) -> Outcome:
    """The outcome, and what was not taken."""
    return replace(outcome, more={**outcome.more, LEFT_OUT: list(left)}) if left else outcome

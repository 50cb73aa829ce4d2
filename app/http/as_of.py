"""The parameter `as_of`: a question of the data as they stood at a change of the history, named by a time or its number."""

from __future__ import annotations

from app.http.respond import with_member
from app.http.values import Parameter, Schema
from app.query.fields import Kind
from app.storage import moments
from app.storage.columns import VERSIONS
from app.storage.database import Reader
from app.storage.moments import Moment

NAME = "as_of"
HEADER = "as-of"
PARAMETER = Parameter(
    NAME,
    {"type": "string", "example": "2026-01-31T12:00:00Z"},
    "The data as they stood then, as far as you may see them today: a time (RFC 3339), a day (its end, UTC), or the number "
    "of a change. The answer says which change it is of.",
)
SCHEMA: Schema = {
    "type": "object",
    "required": ["seq", "at"],
    "properties": {
        "seq": {"type": "integer", "description": "The last change that is told of; 0: before the first."},
        "at": {"type": ["string", "null"], "format": "date-time", "description": "When it was made, UTC."},
    },
    "additionalProperties": False,
    "description": "With `as_of`.",
}


def as_of_asked(kind: Kind, given: dict[str, str], reader: Reader) -> Moment | None:
    """The change that `as_of` stands for; takes it out of `given`. None: now."""
    if NAME not in given or kind not in VERSIONS:
        return None
    return moments.asked(reader, NAME, given.pop(NAME))


def seq_of(moment: Moment | None) -> int | None:
    return None if moment is None else moment.seq


def form_of(form: str, moment: Moment | None) -> str:
    """What tells an answer's ETag from that of the same question of another change."""
    return form if moment is None else f"{form}@{moment.seq}"


def headers_of(moment: Moment | None) -> dict[str, str]:
    """``As-Of: 123; at="2026-01-31T11:58:03.120Z"``, a structured field (RFC 9651)."""
    if moment is None:
        return {}
    at = "" if moment.at is None else f'; at="{moment.at}"'
    return {HEADER: f"{moment.seq}{at}"}


def told(body: str, moment: Moment | None) -> str:
    """A JSON object that says of which change it is."""
    return body if moment is None else with_member(body, NAME, member(moment))


def member(moment: Moment) -> dict[str, object]:
    return {"seq": moment.seq, "at": moment.at}

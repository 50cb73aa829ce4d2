"""Citations: an answer's address with the change it is of, which whoever follows it gets again or is told that it is another.

A citation is ``SEQ-HASH-DIGEST``: the number of a change, the beginning of the hash that seals the history up to it, and
that of the answer's data. The hash is checked, so that a citation is never answered from another history. The digest is
compared with what is told today: where something has been taken out of sight since, or another looks, the data are not
those that were cited, and the answer says that, which tells of nothing but itself.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from fastapi import Request

from app.http.as_of import NAME as AS_OF
from app.http.as_of import PARAMETER as MOMENT
from app.http.as_of import as_of_asked
from app.http.as_of import form_of as of_moment
from app.http.respond import base_url, with_member
from app.http.service import service_of
from app.http.values import Parameter, Schema, fault, flag
from app.query.fields import Kind
from app.storage import moments
from app.storage.columns import VERSIONS
from app.storage.database import Reader
from app.storage.moments import Moment

CITE, CITATION = "cite", "citation"
LENGTH = 12
"""Hexadecimal digits of a hash."""
PARAMETERS = (
    Parameter(
        CITATION,
        {"type": "boolean", "default": False},
        "Whether the answer says how to cite it; without `as_of` it is of the last change.",
    ),
    Parameter(
        CITE,
        {"type": "string"},
        "What a citation says, such as 4711-0a1b2c3d4e5f-6a7b8c9d0e1f: the same question of the same change, in place of `as_of`.",
    ),
)
SCHEMA: Schema = {
    "type": "object",
    "required": ["cite", "seq", "at", "hash", "url", "as_cited"],
    "properties": {
        "cite": {"type": "string", "description": "Stands for the change and these data."},
        "seq": {"type": "integer", "description": "The last change that is told of."},
        "at": {"type": ["string", "null"], "format": "date-time", "description": "When it was made, UTC."},
        "hash": {"type": "string", "description": "The hash that seals the history up to it."},
        "url": {"type": "string", "description": "The question with its citation."},
        "as_cited": {
            "type": ["boolean", "null"],
            "description": "With `cite`: whether these are the data that were cited. False where something may no longer be "
            "seen, or where another looks than who cited. Null where the citation does not say.",
        },
    },
    "additionalProperties": False,
    "description": "With `citation` or `cite`.",
}
WORDED = frozenset({"why", "because", "in_words", "rule_in_words", "counting", "next", "revision", "head"})
"""Members of an explanation that say in words what others say, or of what state of the data it is."""
_CITED = re.compile(rf"([0-9]{{1,18}})-([0-9a-f]{{{LENGTH}}})(?:-([0-9a-f]{{{LENGTH}}}))?")


class Cited(NamedTuple):
    """What `cite` says, or nothing yet where an answer is to be cited."""

    digest: str | None = None


def moment_parameters(kind: Kind) -> tuple[Parameter, ...]:
    """What asks of another moment. Of partners and keys no versions are kept: there these are no parameters."""
    return (MOMENT, *PARAMETERS) if kind in VERSIONS else ()


def moment_names(kind: Kind) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in moment_parameters(kind))


def asked(kind: Kind, given: dict[str, str], reader: Reader) -> tuple[Moment | None, Cited | None]:
    """The change of which is asked (None: now), by `as_of` or by `cite`, and whether the answer is to be cited; takes all of
    it out of `given`."""
    if kind not in VERSIONS:
        return None, None
    citing = flag(CITATION, given.pop(CITATION)) if CITATION in given else False
    if CITE in given:
        return _cited(given, reader)
    if not citing:
        return as_of_asked(kind, given, reader), None
    return as_of_asked(kind, given, reader) or moments.at_change(reader, reader.revision()), Cited()


def _cited(given: dict[str, str], reader: Reader) -> tuple[Moment, Cited]:
    if AS_OF in given:
        raise fault(AS_OF, "goes not with cite, which says of which change it is", "does_not_go_with")
    found = _CITED.fullmatch(given.pop(CITE))
    if found is None:
        raise fault(CITE, "is no citation; it reads like 4711-0a1b2c3d4e5f-6a7b8c9d0e1f", "no_citation")
    moment = moments.at_change(reader, int(found[1]))
    if moment is None or moment.hash.hex()[:LENGTH] != found[2]:
        raise fault(CITE, "is of another history than this one: its change is not here", "another_history")
    return moment, Cited(found[3])


def form_of(form: str, moment: Moment | None, cited: Cited | None) -> str:
    """What tells an answer's ETag from that of the same question of another change, or not cited."""
    form = of_moment(form, moment)
    return form if cited is None else f"{form}c"


def onward(moment: Moment | None, cited: Cited | None) -> dict[str, str | None]:
    """What the address of the next page says in the place of `as_of` and `cite`: the change by its number, for what a time
    stands for may vary while something is being recorded; and no citation, for that is of the one page."""
    if moment is None:
        return {}
    citing = {} if cited is None else {CITE: None, CITATION: "true"}
    return {AS_OF: str(moment.seq), **citing}


def told(request: Request, body: str, moment: Moment | None, cited: Cited | None, data: str) -> str:
    """A JSON object with how it is cited, where that is asked; `data` is what it says of records."""
    if moment is None or cited is None:
        return body
    return with_member(body, CITATION, citation(request, moment, cited, data))


def headers_of(request: Request, moment: Moment | None, cited: Cited | None) -> dict[str, str]:
    """Of an export: it has no place for a citation, and its digest is known only at its end."""
    if moment is None or cited is None:
        return {}
    href = address(request, f"{moment.seq}-{moment.hash.hex()[:LENGTH]}")
    return {"link": f'<{href}>; rel="cite-as"'}


def citation(request: Request, moment: Moment, cited: Cited, data: str) -> dict[str, object]:
    """How these data are cited."""
    sealed, digest = moment.hash.hex(), hashlib.sha256(data.encode()).hexdigest()[:LENGTH]
    cite = f"{moment.seq}-{sealed[:LENGTH]}-{digest}"
    return {
        "cite": cite,
        "seq": moment.seq,
        "at": moment.at,
        "hash": sealed,
        "url": address(request, cite),
        "as_cited": None if cited.digest is None else cited.digest == digest,
    }


def data_of(explanation: dict[str, Any]) -> str:
    """What an explanation says of records: not the sentences, which a new release may put in other words."""
    return orjson.dumps(_unworded(explanation), option=orjson.OPT_SORT_KEYS).decode()


def _unworded(told: Any) -> Any:
    if isinstance(told, list):
        return [_unworded(each) for each in told]
    if isinstance(told, dict):
        return {name: _unworded(value) for name, value in told.items() if name not in WORDED}
    return told


def on_paper(
    request: Request, reader: Reader, seq: int, cited: Cited | None, data: str
) -> dict[str, object] | None:
    """How a page of change number `seq` is cited, asked for or not: paper outlives its data."""
    moment = moments.at_change(reader, seq)
    return None if moment is None else citation(request, moment, cited or Cited(), data)


def address(request: Request, cite: str) -> str:
    """The question's own address, with the citation in the place of the moment."""
    left_out = (CITE, CITATION, AS_OF)
    asked = {name: value for name, value in request.query_params.items() if name not in left_out}
    public_url = service_of(request).settings.server.public_url
    return f"{base_url(request, public_url)}{request.url.path}?{urlencode({**asked, CITE: cite})}"

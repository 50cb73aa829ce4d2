"""What a follower asks for, and the cursor that says where it stands."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from app.access.viewer import Viewer
from app.errors import InvalidParameter, Problem
from app.http.filters import filters_of, where
from app.http.params import fields_asked, include_asked
from app.http.values import Parameter, alternatives, fault, nothing_left, whole, word
from app.query import cursor as cursors
from app.query.cursor import Cursor
from app.query.fields import INCLUDES, Kind
from app.settings import Settings
from app.storage import moments
from app.storage.database import Reader
from app.storage.feed import Following, Place

KINDS = (Kind.incident, Kind.report, Kind.source)
MOST_SECONDS = 60
AFTER = Parameter(
    "after",
    {"type": "string", "example": "0"},
    "Where you stand: the `cursor` of the last answer, or the number of a change (`seq` of `/v1/changes/head`; 0, or without it: the beginning).",
)
KIND = Parameter(
    "kind",
    {"type": "string", "example": "incident"},
    f"Only these kinds of record, by commas, of: {', '.join(KINDS)}. Questions of a list (`filter`, `country`, …) go with one kind.",
)
FIELDS = Parameter(
    "fields", {"type": "string"}, "Of records only these fields, by commas; `id` always comes."
)
INCLUDE = Parameter(
    "include",
    {"type": "string", "example": "claims"},
    "Lists that ride along with records of one kind, by commas: "
    + "; ".join(f"of {kind}s {', '.join(lists)}" for kind, lists in INCLUDES.items())
    + ".",
)
WAIT = Parameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": MOST_SECONDS, "default": 0},
    "Seconds to wait for something new where there is nothing yet.",
)
_DIGITS = re.compile(r"[0-9]{1,18}")
_PLACE = re.compile(
    r"(?P<after>[0-9]{1,18})-(?P<until>[0-9]{0,18})-(?P<held>[0-9a-f]{12})"
    r"(?:-(?P<head>[0-9]{1,18})-(?P<begun>[0-9]{1,18})-(?P<upto>[0-9]{1,18}))?"
)
"""With `head`, of a page that was read at that change, `held` is of that one: all that was told was in the history then."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`order` binds a cursor to the question, and to the sight with which it was asked."""

    following: Following
    order: str


def limit_of(settings: Settings) -> Parameter:
    limits = settings.limits
    schema = {
        "type": "integer",
        "minimum": 1,
        "maximum": limits.page_maximum,
        "default": limits.page_default,
    }
    return Parameter(
        "limit", schema, "Records in an answer, at most; fewer may come before you are at the head."
    )


def filters() -> list[Parameter]:
    """The questions of all kinds' lists, each once."""
    found: dict[str, Parameter] = {}
    for kind in KINDS:
        found = {**filters_of(kind), **found}
    return [parameter for name, parameter in found.items() if name != "q"]


def asked_of(given: dict[str, str], viewer: Viewer) -> Asked:
    """The question; takes it out of `given`. What follows from where one stands, and how much, is none of it."""
    said = "&".join(f"{name}={value}" for name, value in sorted(given.items()))
    kinds: tuple[Kind, ...] = KINDS
    if "kind" in given:
        named = [word("kind", name, KINDS) for name in alternatives("kind", given.pop("kind"))]
        kinds = tuple(kind for kind in KINDS if kind in named)
    if "q" in given:
        detail = "goes with lists: a word that nothing holds today may be held tomorrow; filter= with LIKE follows texts"
        raise fault("q", detail, "does_not_go_with")
    if len(kinds) == 1:
        fields = fields_asked(kinds[0], given, viewer)
        include = include_asked(kinds[0], given)
        question = where(kinds[0], given, viewer)
    else:
        of_lists = [name for name in given if any(name in filters_of(kind) for kind in KINDS)]
        for name in (*of_lists, *[name for name in (FIELDS.name, INCLUDE.name) if name in given]):
            raise fault(name, "goes with one kind: send kind=incident, kind=report or kind=source with it", "needs_one_kind")  # fmt: skip
        fields, include, question = None, (), Following().where
    known = {"after", "kind", "fields", "include", "limit", "wait"}
    if len(kinds) == 1:
        known |= {name for name in filters_of(kinds[0], editor=viewer.is_editor) if name != "q"}
    nothing_left(given, known)
    digest = hashlib.sha256(f"{viewer.sight} {said}".encode()).hexdigest()[:16]
    return Asked(Following(kinds, question, fields, include), f"feed:{digest}")


def place_of(text: str | None, asked: Asked, reader: Reader, secret: str) -> Place:
    """Where `after` says that the caller stands. Of another history, or ahead of this one: InvalidParameter."""
    if text is None:
        return Place(0)
    if _DIGITS.fullmatch(text):
        place, head, held = Place(int(text)), int(text), None
    else:
        place, head, held = _read(text, asked, secret)
    moment = moments.at_change(reader, head)
    if moment is None:
        raise fault(AFTER.name, f"lies ahead: the last change is {reader.revision()}; fetch the lists anew", "lies_ahead")  # fmt: skip
    if held is not None and moment.hash.hex()[:12] != held:
        raise fault(AFTER.name, "is of another history than this: fetch the lists anew", "other_history")
    return place


def _read(token: str, asked: Asked, secret: str) -> tuple[Place, int, str]:
    """The place, a change, and how its hash began."""
    try:
        cursor = cursors.decode(token, order=asked.order, secret=secret)
    except InvalidParameter:
        detail = (
            "is no cursor of this question asked with this key; fetch the lists anew, and go on from the head"
        )
        raise InvalidParameter([Problem(AFTER.name, "invalid_cursor", detail)]) from None
    found = _PLACE.fullmatch(str(cursor.value))
    assert found is not None
    numbers = {name: int(found[name]) for name in ("after", "until", "head", "begun", "upto") if found[name]}
    kind, _, uid = cursor.uid.partition(":")
    place = Place(
        numbers["after"],
        numbers.get("until"),
        Kind(kind) if uid else None,
        uid or None,
        numbers.get("begun"),
        numbers.get("upto"),
    )
    return place, numbers.get("head", place.after), found["held"]


def token_of(place: Place, head: int, asked: Asked, reader: Reader, secret: str) -> str:
    """The cursor that `place_of` reads, of a page that was read at a head."""
    moment = moments.at_change(reader, head)
    assert moment is not None
    value = f"{place.after}-{place.until or ''}-{moment.hash.hex()[:12]}"
    if place.after != head:
        on_the_way = place.setting_out(head)
        value += f"-{head}-{on_the_way.begun}-{on_the_way.upto}"
    uid = "" if place.uid is None else f"{place.kind}:{place.uid}"
    return cursors.encode(Cursor(value, uid), order=asked.order, secret=secret)


def limit_asked(given: dict[str, str], settings: Settings) -> int:
    limits = settings.limits
    text = given.pop("limit", None)
    return limits.page_default if text is None else whole("limit", text, 1, limits.page_maximum)


def wait_asked(given: dict[str, str]) -> int:
    return whole("wait", given.pop("wait", "0"), 0, MOST_SECONDS)

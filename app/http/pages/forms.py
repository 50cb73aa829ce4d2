"""JSON for programs or a page for people: by ``f``, else by what Accept likes better."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from fastapi import Request

from app.http.values import word

MOST_RANGES = 50
"""Of an Accept header; nobody who means well sends as many."""


class Form(StrEnum):
    json = "json"
    html = "html"


def form_asked(request: Request, given: dict[str, str], media_type: str) -> Form:
    """Takes ``f`` out of `given`. Without it a page goes only to whom Accept prefers it for; all others get `media_type`."""
    asked = given.pop("f", None)
    if asked is not None:
        return Form(word("f", asked, list(Form)))
    ranges = [_range(part) for part in ",".join(request.headers.getlist("accept")).split(",")[:MOST_RANGES]]
    json = _weight(ranges, (media_type.partition(";")[0], "application/json"))
    return Form.html if _weight(ranges, ("text/html",)) > json else Form.json


def _weight(ranges: Iterable[tuple[str, float]], names: tuple[str, ...]) -> float:
    """What the closest range that covers one of the names says of it."""
    closeness = {"*/*": 1}
    for name in names:
        closeness |= {name: 3, f"{name.partition('/')[0]}/*": 2}
    return max(((closeness[name], weight) for name, weight in ranges if name in closeness), default=(0, 0.0))[
        1
    ]


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight; a weight that makes no sense is none."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            plain = value.strip().replace(".", "", 1).isdigit() and len(value) < 8
            return name, min(float(value), 1.0) if plain and value.isascii() else 0.0
    return name, 1.0

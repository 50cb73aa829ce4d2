"""Reading the values of a query string, one by one; whatever makes no sense is an error that names the parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.errors import InvalidParameter, Problem
from app.query.filter import (
    Filter,
)

Schema = dict[str, Any]
LONGEST_VALUE = 4_000
LONGEST_FILTER, LONGEST_IN_BODY = 20_000, 1_000_000
MOST_ALTERNATIVES = 100
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffd]")
_WHOLE = re.compile(r"[0-9]{1,10}")


def fault(name: str, detail: str, code: str = "invalid_value") -> InvalidParameter:
    return InvalidParameter([Problem(name, code, detail)])


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` makes a filter of the value; None where several parameters are read together."""

    name: str
    schema: Schema
    description: str
    read: Callable[[str], Filter] | None = None


def pairs(items: Iterable[tuple[str, str]], *, from_body: bool = False) -> dict[str, str]:
    """The parameters by name, each given once, text sound. A body has room for a longer filter than an address."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise fault(name, "is given more than once; separate alternatives by commas", "repeated")
        longest = LONGEST_VALUE if name != "filter" else LONGEST_IN_BODY if from_body else LONGEST_FILTER
        if len(value) > longest:
            raise fault(name, f"is longer than {longest} characters", "too_long")
        if _FORBIDDEN.search(value) or _FORBIDDEN.search(name):
            raise fault(
                _FORBIDDEN.sub("?", name), "holds a character that text may not hold", "forbidden_character"
            )
        found[name] = value
    return found


def whole(name: str, text: str, least: int, greatest: int) -> int:
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= greatest:
        raise fault(name, f"must be a whole number from {least} to {greatest}")
    return int(text)


def flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise fault(name, "must be true or false")
    return text == "true"


def word(name: str, text: str, options: Iterable[str]) -> str:
    options = list(options)
    if text not in options:
        raise fault(name, f"must be one of {', '.join(options)}; {text!r} is not", "unknown_value")
    return text


def alternatives(name: str, text: str) -> list[str]:
    values = [part.strip() for part in text.split(",")]
    if not all(values):
        raise fault(name, "is empty, or has an empty alternative")
    if len(values) > MOST_ALTERNATIVES:
        raise fault(name, f"has more than {MOST_ALTERNATIVES} alternatives")
    return values


def nothing_left(given: dict[str, str], known: Iterable[str]) -> None:
    """Refuses parameters that nobody took."""
    if given:
        known = sorted(known)
        problems = [
            Problem(
                name,
                "unknown_parameter",
                f"there is no such parameter; there are {', '.join(known) or 'none here'}",
            )
            for name in given
        ]
        raise InvalidParameter(problems)

"""CQL2 text into CQL2 JSON by the parser library, which is given nothing that is too long or nested too deep for it."""

from __future__ import annotations

import re
from typing import Any

import cql2

from app.errors import InvalidParameter, Problem

LONGEST = 20_000
"""Characters."""
DEEPEST = 50
"""Brackets within brackets; signs and NOTs in a row. The parser recurses for each."""
MOST_TRIES = 500_000
"""What is wrong within brackets the parser tries in two ways for each of them that groups (not those of a function):
characters times two to the power of that depth bound the time it takes."""
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|-|\w+|[^\s\w'"()\-]+|['"]""")
_KEYWORDS = frozenset(("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "DIV"))
_WHERE = re.compile(r"--> (\d+):(\d+)")
_EXPECTED = re.compile(r"= (expected [^\n]*)")
_NAMES = {
    "EOI": "the end", "NotFlag": "NOT", "UnaryNot": "NOT", "And": "AND", "Or": "OR", "Add": "+", "Subtract": "-", "Multiply": "*",
    "Divide": "/", "Modulo": "%", "Power": "^", "Eq": "=", "Gt": ">", "GtEq": ">=", "Lt": "<", "LtEq": "<=", "NotEq": "<>",
    "IsNullPostfix": "IS NULL", "GEOMETRY": "a geometry", "Identifier": "a field", "Negative": "-", "True": "TRUE",
    "False": "FALSE", "Null": "NULL", "DECIMAL": "a number", "Double": "a number", "SingleQuotedString": "'text'",
    "ExpressionInParentheses": "(", "Array": "a list", "Expr": "an expression",
}  # fmt: skip


MALFORMED = "malformed_filter"


def fault(detail: str, code: str = "invalid_filter") -> InvalidParameter:
    return InvalidParameter([Problem("filter", code, detail)])


def to_json(text: str) -> Any:
    """The question as CQL2 JSON; InvalidParameter with line and column where it is no CQL2."""
    if len(text) > LONGEST:
        raise fault(f"is longer than {LONGEST:,} characters", "too_long")
    _bound(text)
    try:
        return cql2.parse_text(text).to_json()
    except cql2.ParseError as found:
        raise fault(_told(str(found), text), MALFORMED) from None
    except RecursionError:
        raise fault("is nested too deep", "too_deep") from None


def _bound(text: str) -> None:
    """Refuses what the parser would take too long for, or fall over."""
    opened: list[tuple[int, bool]] = []
    run = groups = deepest = 0
    before = ""
    for token in _TOKEN.finditer(text):
        word = token[0].upper()
        if word == "(":
            is_group = not (before[-1:].isalnum() or before[-1:] in ("_", '"')) or before in _KEYWORDS
            opened.append((token.start(), is_group))
            groups += is_group
            deepest = max(deepest, groups)
        elif word == ")":
            if not opened:
                raise fault(
                    f"at {position(text, token.start())}: nothing is open that ) could close", MALFORMED
                )
            groups -= opened.pop()[1]
        run = run + 1 if word in ("-", "NOT") else 0
        if len(opened) > DEEPEST or run > DEEPEST:
            raise fault(f"at {position(text, token.start())}: is nested deeper than {DEEPEST}", "too_deep")
        before = word
    if opened:
        raise fault(f"at {position(text, opened[-1][0])}: ( is never closed", MALFORMED)
    if len(text) << deepest > MOST_TRIES:
        raise fault(f"groups {deepest} deep in {len(text):,} characters; spell it in cql2-json", "too_deep")


def position(text: str, offset: int) -> str:
    """Where in the text, for people: from 1."""
    line = text.count("\n", 0, offset)
    return f"line {line + 1}, column {offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"


def place_of(text: str, name: str) -> str:
    """Where a field's name stands first, as the beginning of a sentence; empty where it does not."""
    for token in _TOKEN.finditer(text):
        if token[0].strip('"') == name:
            return f"at {position(text, token.start())}: "
    return ""


def _told(message: str, text: str) -> str:
    where, expected = _WHERE.search(message), _EXPECTED.search(message)
    told = "is not CQL2"
    if where is not None:
        told = f"at line {where[1]}, column {where[2]}: is not CQL2"
    if not text.strip():
        return "is empty"
    if expected is None:
        return told
    words = re.split(r", or |, | or ", expected[1].removeprefix("expected "))
    known = dict.fromkeys(_NAMES.get(word, word) for word in words)
    return f"{told}; expected {', '.join(known)}"

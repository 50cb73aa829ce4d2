"""Bodies on their way in: bounded, JSON, an object."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson
from fastapi import Request

from app.errors import InvalidInput, MalformedBody, Problem, TooLarge, UnsupportedMediaType

JSON_TYPES = ("application/json", "application/merge-patch+json")


async def raw_body(request: Request, most: int) -> bytes:
    """The body, or TooLarge before it is all read."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise TooLarge(f"the body has {declared} bytes; {most} are taken")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge(f"the body has more than the {most} bytes that are taken")
        chunks.append(chunk)
    return b"".join(chunks)


async def json_object(request: Request, most: int) -> tuple[bytes, dict[str, Any]]:
    """The body as bytes and as a JSON object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise UnsupportedMediaType(f"send JSON, with Content-Type: application/json (not {kind or 'none'})")
    body = await raw_body(request, most)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        where = (
            ""
            if fault.pos is None or "ecursion" in fault.msg
            else f" at line {fault.lineno}, column {fault.colno}"
        )
        raise MalformedBody(
            [
                Problem(
                    "", "malformed_json", f"the body is not JSON: {fault.msg.partition(': line')[0]}{where}"
                )
            ]
        ) from None
    if not isinstance(document, dict):
        raise MalformedBody([Problem("", "wrong_type", "the body must be a JSON object")])
    _refuse_repeated(body)
    return body, document


async def json_object_or_nothing(request: Request, most: int) -> tuple[bytes, dict[str, Any]]:
    """The same, where an empty body says as much as an empty object."""
    if "content-type" in request.headers:
        return await json_object(request, most)
    if await raw_body(request, most):
        raise UnsupportedMediaType("send JSON, with Content-Type: application/json (not none)")
    return b"", {}


def stated_parameters(sent: dict[str, Any]) -> list[tuple[str, str]]:
    """The members of a body as the parameters of a list: numbers and truths as text, lists by commas, `filter` as JSON."""
    return [(name, _spelled(name, value)) for name, value in sent.items()]


def _spelled(name: str, value: Any) -> str:
    if name == "filter" and isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and value and all(isinstance(part, str | int | float) for part in value):
        return ",".join(_spelled("", part) for part in value)
    raise InvalidInput(
        [Problem(name, "wrong_type", "must be text, a number, true, false, or a list of these")]
    )


def _refuse_repeated(body: bytes) -> None:
    """A member that stands twice in one object: readers differ in which of the two counts, so neither may."""

    def members(pairs: list[tuple[str, Any]]) -> None:
        names = set()
        for name, _ in pairs:
            if name in names:
                raise MalformedBody(
                    [Problem(name, "repeated_member", "stands more than once in the same object")]
                )
            names.add(name)

    # Only names are looked at; a number of any length is no concern here. What nests too deep for this reader is
    # refused by the form.
    with suppress(RecursionError):
        json.loads(body, object_pairs_hook=members, parse_int=len, parse_float=len)

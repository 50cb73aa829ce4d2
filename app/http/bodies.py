"""Bodies on their way in: bounded, JSON, an object."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request

from app.errors import MalformedBody, Problem, TooLarge, UnsupportedMediaType

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
    return body, document

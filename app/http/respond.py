"""From rows to the response: envelope, links, ETag."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.errors import InvalidParameter, PreconditionFailed, PreconditionRequired, Problem
from app.http.coding import taken_by, untagged
from app.settings import VERSION
from app.storage.database import Reader

JSON = "application/json"
_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')
_VERSION = re.compile(r"([0-9]{1,9})(?:\..*)?")


@lru_cache(maxsize=1024)
def _sight_mark(sight: str) -> str:
    # With the release: after an upgrade the same data may read otherwise, and no cache may go on with what it has.
    return hashlib.sha256(f"{VERSION} {sight}".encode()).hexdigest()[:6]


def _mark(revision: int, viewer: Viewer, form: str) -> str:
    mark = f"{revision}.{_sight_mark(viewer.sight)}"
    return f"{mark}.{form}" if form else mark


def entity_tag(revision: int, viewer: Viewer, version: int | None = None, *, form: str = "") -> str:
    """``"version.revision.sight.form"``; lists have no version, JSON no form. The revision is that of all data: nothing
    changed, same bytes."""
    mark = _mark(revision, viewer, form)
    return f'"{mark}"' if version is None else f'"{version}.{mark}"'


def sight_headers(viewer: Viewer) -> dict[str, str]:
    """A shared cache may keep what the public sees, and must ask again each time; what a key sees is the caller's own."""
    return {
        "cache-control": "public, no-cache" if viewer.role is None else "private, no-cache",
        "vary": "Authorization, Accept, Accept-Encoding",
    }


def reading_headers(viewer: Viewer, tag: str) -> dict[str, str]:
    """The headers of an answer that hangs on records, and on who asks."""
    return {"etag": tag, **sight_headers(viewer)}


def unchanged(request: Request, reader: Reader, viewer: Viewer, *, form: str = "") -> Response | None:
    """A 304 where the caller has what is so now, in a coding that it takes: told without touching the tables.

    Only where it asks to read an address: the answer to a question in a body is nothing that a cache keeps.
    """
    asked = request.headers.get("if-none-match")
    if asked is None or request.method != "GET":
        return None
    current, takes = _mark(reader.revision(), viewer, form), taken_by(request)
    for tag in _TAG.findall(asked):
        mark, coding = untagged(tag)
        if coding in takes and (mark == current or mark.partition(".")[2] == current):
            return Response(status_code=304, headers=reading_headers(viewer, f'"{tag}"'))
    return None


def constant(request: Request, body: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """What hangs on no records, tagged by what it says; a 304 where the caller has it."""
    mark, takes = hashlib.sha256(body).hexdigest()[:16], taken_by(request)
    for tag in _TAG.findall(request.headers.get("if-none-match", "")):
        if untagged(tag)[0] == mark and untagged(tag)[1] in takes:
            return Response(status_code=304, headers={**headers, "etag": f'"{tag}"'})
    return Response(body, 200, {**headers, "etag": f'"{mark}"'}, media_type)


def expected_version(request: Request) -> int | None:
    """What If-Match asks for: an ETag of the record or its bare version; None for ``*``. Missing: PreconditionRequired."""
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequired(
            "send If-Match with the ETag (or the version) that you read, so that nobody's change is lost"
        )
    header = header.strip()
    if header == "*":
        return None
    tags = _TAG.findall(header) or [header]
    if len(tags) != 1:
        raise InvalidParameter([Problem("If-Match", "invalid_value", "must name one version")])
    found = _VERSION.fullmatch(tags[0])
    if found is None:
        raise PreconditionFailed("If-Match is no version of this record; read it again")
    return int(found[1])


def document(
    body: str, viewer: Viewer, tag: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(body, status, {**reading_headers(viewer, tag), **(headers or {})}, JSON)


def with_member(body: str, name: str, value: object) -> str:
    """A JSON object with one more member at its end."""
    return f'{body[:-1]},"{name}":{orjson.dumps(value).decode()}}}'


def base_url(request: Request, public_url: str) -> str:
    return public_url.rstrip("/") or str(request.base_url).rstrip("/")


def address(request: Request, public_url: str, **changed: str) -> str:
    """The request's own address with parameters replaced."""
    query = urlencode({**request.query_params, **changed})
    return f"{base_url(request, public_url)}{request.url.path}?{query}"


def envelope(
    documents: list[str], following: str | None, *, count: int | None = None, maximum: int = 0
) -> str:
    """``{"items": […], "next": url|null}``, with the count where it was asked for."""
    parts = [f'{{"items":[{",".join(documents)}],"next":{orjson.dumps(following).decode()}']
    if count is not None:
        capped = count > maximum
        parts.append(f',"count":{min(count, maximum)},"count_capped":{"true" if capped else "false"}')
    return "".join(parts) + "}"


Reading = Callable[[Reader, Viewer], Response]

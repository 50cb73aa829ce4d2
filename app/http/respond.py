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
from app.storage.database import Reader

JSON = "application/json"
_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')
_VERSION = re.compile(r"([0-9]{1,9})(?:\..*)?")


@lru_cache(maxsize=1024)
def _sight_mark(sight: str) -> str:
    return hashlib.sha256(sight.encode()).hexdigest()[:6]


def _mark(revision: int, viewer: Viewer, form: str) -> str:
    mark = f"{revision}.{_sight_mark(viewer.sight)}"
    return f"{mark}.{form}" if form else mark


def entity_tag(revision: int, viewer: Viewer, version: int | None = None, *, form: str = "") -> str:
    """``"version.revision.sight.form"``; lists have no version, JSON no form. The revision is that of all data: nothing
    changed, same bytes."""
    mark = _mark(revision, viewer, form)
    return f'"{mark}"' if version is None else f'"{version}.{mark}"'


def reading_headers(viewer: Viewer, tag: str) -> dict[str, str]:
    """A shared cache may keep what the public sees, and must ask again each time; what a key sees is the caller's own."""
    return {
        "etag": tag,
        "cache-control": "public, no-cache" if viewer.role is None else "private, no-cache",
        "vary": "Authorization, Accept",
    }


def unchanged(request: Request, reader: Reader, viewer: Viewer, *, form: str = "") -> Response | None:
    """A 304 where the caller has what is so now: told without touching the tables."""
    asked = request.headers.get("if-none-match")
    if asked is None:
        return None
    current = _mark(reader.revision(), viewer, form)
    for tag in _TAG.findall(asked):
        if tag == current or tag.partition(".")[2] == current:
            return Response(status_code=304, headers=reading_headers(viewer, f'"{tag}"'))
    return None


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

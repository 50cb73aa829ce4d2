"""From rows to the response: envelope, links, conditions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from urllib.parse import urlencode

import orjson
from fastapi import Request, Response

from app.access.viewer import Viewer
from app.errors import InvalidParameter, PreconditionFailed, PreconditionRequired, Problem
from app.http.coding import taken_by, untagged
from app.http.kept import Answered
from app.http.service import service_of
from app.http.tags import TAG, not_modified, reading_headers
from app.storage.database import Reader

JSON = "application/json"
_VERSION = re.compile(r"([0-9]{1,9})(?:\..*)?")


def unchanged(
    request: Request, reader: Reader, viewer: Viewer, *, form: str = "", weak: bool = False
) -> Response | None:
    """A 304 where the caller has what is so now, told without touching the tables. Call it when the question is known
    to be a sound one: the next time it is not read again for a 304."""
    if request.method != "GET":
        return None  # the answer to a question in a body is nothing that a cache keeps
    if viewer.role is None:
        service_of(request).kept.remember(request, Answered(form, weak))
    return not_modified(request, reader.revision, viewer, form, weak=weak)


def constant(request: Request, body: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """What hangs on no records, tagged by what it says; a 304 where the caller has it."""
    mark, takes = hashlib.sha256(body).hexdigest()[:16], taken_by(request)
    for tag in TAG.findall(request.headers.get("if-none-match", "")):
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
    tags = TAG.findall(header) or [header]
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


def address(request: Request, public_url: str, **changed: str | None) -> str:
    """The request's own address with parameters replaced; None leaves one out."""
    asked = {**request.query_params, **changed}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
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

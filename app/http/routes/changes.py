"""``/v1/changes/head``: the end of the history, to be kept elsewhere; recomputed on demand, it says whether all still stands."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request, Response

from app.access.rules import require_verifier
from app.access.viewer import Viewer
from app.errors import NotFound, Unavailable
from app.http import explained as described
from app.http.exporting import Gone, Made, begun
from app.http.respond import JSON, constant
from app.http.routes.records import no_parameters
from app.http.routing import bare_router
from app.http.service import Service, service_of
from app.http.tags import sight_headers
from app.http.values import fault, flag, whole
from app.storage.database import Database, Reader
from app.storage.verifying import Broken, HeadTold, head_told, walked

router = bare_router("changes")
LATEST = 9_999_999_999


@router.get("/v1/changes/head", **described.history_head())
async def head(request: Request) -> Response:
    given = no_parameters(request, "at", "verify")
    seq = whole("at", given["at"], 0, LATEST) if "at" in given else None
    if flag("verify", given.get("verify", "false")):
        if seq is not None:
            raise fault("at", "goes without verify, which recomputes the whole history")
        return await _recomputed(request, service_of(request))

    def work(reader: Reader, viewer: Viewer) -> Response:
        told = head_told(reader, seq)
        if told is None:
            raise NotFound(f"there is no change {seq} yet")
        # Tagged by what it says, not by the revision: a head that was altered in quiet is no older answer.
        return constant(request, orjson.dumps(document(told)), JSON, sight_headers(viewer))

    return await service_of(request).read(request, work)


def document(told: HeadTold) -> dict[str, Any]:
    head = told.head
    return {
        "seq": head.seq,
        "at": told.at,
        "hash": head.hash.hex(),
        "head": str(head),
    }


async def _recomputed(request: Request, service: Service) -> Response:
    """On a place and a connection of the exports', for as long as the caller waits."""
    await service.read(request, lambda reader, viewer: require_verifier(viewer))
    if service.recomputing.locked():
        raise Unavailable("the history is being recomputed for somebody else; try again", retry_after=30)
    async with service.recomputing:
        try:
            pieces, body = await begun(request, service, _verdict(service.database))
        except Gone:
            return Response(status_code=204)
        pieces.end()
    return Response(body, 200, {"cache-control": "no-store"}, JSON)


def _verdict(database: Database) -> Made:
    """The answer, after empty pieces: signs of life."""
    with database.still() as connection:
        told = head_told(database.reader(connection))
        assert told is not None
        changes, broken = 0, None
        for found in walked(connection):
            if isinstance(found, Broken):
                broken = found
            else:
                changes += found
                yield b""
    verdict: dict[str, Any] = {"verified": True, "changes": changes}
    if broken is not None:
        verdict = {"verified": False, "first_break": {"seq": broken.seq, "what": str(broken)}}
    yield orjson.dumps(document(told) | verdict)

"""``POST /v1/…/{id}/redact``: content that law asks to be taken away leaves every place where it is stored."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from fastapi import Request, Response

from app.access.rules import require_redactor
from app.domain.reading import read_form
from app.domain.redaction import ACTION, RedactForm
from app.errors import Gone, Unavailable
from app.http import redacted as described
from app.http.bodies import json_object
from app.http.respond import expected_version, with_member
from app.http.routes.records import Endpoint, no_parameters, require_there, sound_id
from app.http.routing import bare_router
from app.http.service import service_of
from app.http.writes import PLURAL, Answer, tell_deleted, tell_record, write
from app.query.fields import Kind
from app.storage.columns import VERSIONS
from app.writing.redacting import MEMBER, SALTS, redact
from app.writing.work import Outcome, Work

router = bare_router("redactions")


def _redacting(kind: Kind) -> Endpoint:
    async def done(request: Request) -> Response:
        no_parameters(request)
        uid = sound_id(kind, request.path_params["id"])
        service = service_of(request)
        body, sent = await json_object(request, service.settings.limits.body_bytes)

        def act(work: Work) -> Outcome:
            with suppress(Gone):  # law asks for what was deleted, too
                require_there(work, kind, uid)
            require_redactor(work.viewer)
            expected = expected_version(request)
            return redact(work, kind, uid, read_form(RedactForm, sent), expected)

        answer = await write(request, body, act, _tell)
        with suppress(Unavailable):  # it is done, whatever becomes of this; and its salts are told once
            await service.write(request, lambda viewer: service.database.forgotten())
        return answer

    return done


def _tell(request: Request, work: Work, outcome: Outcome) -> Answer:
    """The record as it is now, and the salts; what is remembered for an Idempotency-Key goes without these."""
    plain = replace(outcome, more={})
    try:
        answer = tell_record(request, work, plain)
    except Gone:
        answer = tell_deleted(request, work, plain)
    told = outcome.more[MEMBER]
    return replace(
        answer,
        body=with_member(answer.body, MEMBER, told),
        secret_free_body=with_member(answer.body, MEMBER, {**told, SALTS: []}),
    )


for _kind in VERSIONS:
    router.add_api_route(
        f"/v1/{PLURAL[_kind]}/{{id}}/{ACTION}",
        _redacting(_kind),
        methods=["POST"],
        **described.redaction(_kind),
    )

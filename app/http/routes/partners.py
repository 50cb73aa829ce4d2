"""``/v1/partners`` and ``/v1/keys``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from app.domain.reading import read_form
from app.errors import invalid
from app.http import openapi
from app.http.bodies import json_object
from app.http.routes.records import Verbs, no_parameters, router_of, sound_id
from app.http.service import service_of
from app.http.writes import Answer, tell_record, write
from app.query.fields import Kind
from app.writing import partners as organisations
from app.writing.partners import Issued, KeyForm, PartnerForm
from app.writing.work import Outcome, Work


def _add(work: Work, form: PartnerForm, sent: Mapping[str, Any]) -> Outcome:
    return organisations.add(work, form)


def _remove(work: Work, uid: str, reason: str, expected: int | None, replaced_by: str | None) -> Outcome:
    _no_replacement(replaced_by)
    return organisations.delete(work, uid, reason, expected)


def _revoke(work: Work, uid: str, reason: str, expected: int | None, replaced_by: str | None) -> Outcome:
    _no_replacement(replaced_by)
    return organisations.revoke(work, uid, reason, expected)


def _no_replacement(replaced_by: str | None) -> None:
    if replaced_by is not None:
        raise invalid("replaced_by", "has no meaning here", "unknown_parameter")


partners: APIRouter = router_of(Verbs(Kind.partner, PartnerForm, _add, organisations.amend, _remove))
keys: APIRouter = router_of(Verbs(Kind.key, delete=_revoke))


async def _issue(request: Request, body: bytes, issue: Callable[[Work], Issued]) -> Response:
    """Answers with the key, this once; what is kept for an Idempotency-Key has none."""
    issued: list[Issued] = []

    def act(work: Work) -> Outcome:
        issued.append(issue(work))
        return issued[-1].outcome

    def tell(request: Request, work: Work, outcome: Outcome) -> Answer:
        told = tell_record(request, work, outcome)
        document = orjson.loads(told.body)
        with_key = orjson.dumps({**document, "key": issued[-1].text}).decode()
        without = orjson.dumps({**document, "key": None}).decode()
        return Answer(told.status, with_key, told.headers, secret_free_body=without)

    return await write(request, body, act, tell)


@keys.post("/v1/keys", **openapi.issue_key(KeyForm))
async def issue(request: Request) -> Response:
    no_parameters(request)
    settings = service_of(request).settings
    body, sent = await json_object(request, settings.limits.body_bytes)

    def work(work: Work) -> Issued:
        form = read_form(KeyForm, sent)
        return organisations.issue(
            work, form, secret=settings.keys.secret, lifetime_days=settings.keys.lifetime_days
        )

    return await _issue(request, body, work)


@keys.post("/v1/keys/{id}/rotate", **openapi.rotate_key())
async def rotate(request: Request) -> Response:
    no_parameters(request)
    settings = service_of(request).settings
    uid = sound_id(Kind.key, request.path_params["id"])
    return await _issue(
        request,
        b"",
        lambda work: organisations.rotate(
            work, uid, secret=settings.keys.secret, lifetime_days=settings.keys.lifetime_days
        ),
    )


__all__ = ["keys", "partners"]

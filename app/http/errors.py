"""The house's errors as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import logging

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app import errors

log = logging.getLogger(__name__)
TYPE = "urn:incident-records:problem:"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

STATUS: dict[type[errors.IncidentRecordsError], int] = {
    errors.InvalidInput: 422,
    errors.InvalidParameter: 400,
    errors.MalformedBody: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Gone: 410,
    errors.Conflict: 409,
    errors.IdempotencyMismatch: 422,
    errors.PreconditionRequired: 428,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.Unavailable: 503,
}


def status_of(fault: errors.IncidentRecordsError) -> int:
    return next((STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS), 500)


def problem(request: Request, status: int, code: str, title: str, detail: str, **members: object) -> Response:
    document = {
        "type": TYPE + code,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request.scope.get("request_id"),
        **members,
    }
    return Response(orjson.dumps(document), status, {"cache-control": "no-store"}, "application/problem+json")


def told(request: Request, fault: errors.IncidentRecordsError) -> Response:
    response = problem(request, status_of(fault), fault.code, fault.title, fault.detail, **fault.extra())
    if isinstance(fault, errors.Unauthenticated):
        response.headers["www-authenticate"] = 'Bearer realm="incident-records"'
    if isinstance(fault, errors.Unavailable):
        response.headers["retry-after"] = str(fault.retry_after)
    return response


def methods_of(request: Request) -> list[str]:
    """What the path answers to. The framework's own Allow names the methods of one of its routes only."""

    def answers(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    found = [method for method in METHODS if answers(method)]
    return ["GET", "HEAD", *found[1:]] if "GET" in found else found


def install(app: FastAPI) -> None:
    async def ours(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, errors.IncidentRecordsError)
        return told(request, fault)

    async def http(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, HTTPException)
        code = {404: "no-such-route", 405: "method-not-allowed"}.get(fault.status_code, "http-error")
        response = problem(
            request,
            fault.status_code,
            code,
            str(fault.detail),
            f"{request.method} {request.url.path}: {fault.detail}",
        )
        response.headers.update(fault.headers or {})
        if fault.status_code == 405:
            response.headers["allow"] = ", ".join(methods_of(request))
        return response

    async def ours_alone(request: Request, fault: Exception) -> Response:
        log.error("unhandled", exc_info=fault)
        return problem(
            request, 500, "internal", "The service made a mistake", "It was logged under this request id."
        )

    app.add_exception_handler(errors.IncidentRecordsError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, ours_alone)

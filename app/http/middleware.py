"""Pure ASGI layers: a few microseconds each, nothing buffered."""

from __future__ import annotations

import re
import secrets
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]
_SOUND = re.compile(rb"[A-Za-z0-9._-]{1,64}")
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Identified:
    """Each request has an id, the caller's own where it is sound, told in the answer and in every problem."""

    def __init__(self, app: ASGIApp, always: Headers = ()) -> None:
        self.app = app
        self.always = always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given if _SOUND.fullmatch(given) else secrets.token_hex(8).encode()
        scope["request_id"] = request_id.decode()
        added = [(b"x-request-id", request_id), *SAFE_HEADERS]
        if scope["method"] != "OPTIONS":  # a preflight answers for itself
            added.extend(self.always)

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        await self.app(scope, receive, tagged)


class Preflight(CORSMiddleware):
    """Answers preflight requests only: where every origin is allowed, each answer says so by itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class HeadAsGet:
    """HEAD answers what GET would, without the body; the server drops it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        asked: dict[str, Any] = dict(scope)
        asked["method"] = "GET"
        asked["bodiless"] = True  # whoever would work long on a body can leave it

        async def bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(asked, receive, bare)

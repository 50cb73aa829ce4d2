"""The one place where the parts are put together."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from app.http import errors, openapi
from app.http.feed.ending import told_to_stop
from app.http.feed.feed import Feed
from app.http.kept import Unchanged
from app.http.middleware import HeadAsGet, Identified, Preflight
from app.http.ogc import router as ogc_router
from app.http.routes import (
    changes,
    claims,
    duplicates,
    evidence,
    explaining,
    feed,
    history,
    incidents,
    meta,
    partners,
    redactions,
    reports,
    sources,
    totals,
    transitions,
)
from app.http.service import Service
from app.settings import VERSION, Settings
from app.storage.database import Database

EXPOSED = [
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
    "Idempotency-Replayed",
    "Content-Disposition",
    "As-Of",
]
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
ROUTERS = (
    totals.beside_lists,
    duplicates.router,
    incidents.router,
    transitions.router,
    redactions.router,
    reports.router,
    sources.router,
    partners.partners,
    partners.keys,
    totals.router,
    explaining.router,
    evidence.router,
    claims.router,
    history.router,
    feed.router,
    changes.router,
    meta.router,
    ogc_router,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service under these settings (from the environment when none are given); Misconfigured where it must not run."""
    settings = (settings or Settings()).checked()
    service = Service(settings, Database(settings.database))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _keep_what_is_there()
        with told_to_stop(app.state.feed.watch.stop):
            yield
        service.close()

    # Its page at /docs asks nobody else for anything: who reads about the service is told to no third party.
    app = FastAPIOffline(
        title="Incident Records",
        version=VERSION,
        lifespan=lifespan,
        redoc_url=None,
        static_url="/docs/files",
        swagger_ui_parameters={"validatorUrl": None},
        telemetry=NO_TELEMETRY,
    )
    app.state.service = service
    app.state.feed = Feed(service)
    for router in ROUTERS:
        # Not include_router: an included router is matched twice on each request.
        app.router.routes.extend(router.routes)
    errors.install(app)
    openapi.install(app)
    app.add_middleware(Unchanged, kept=service.kept)
    app.add_middleware(HeadAsGet)
    _share_across_origins(app, settings.server.cors_origins)
    return app


def _keep_what_is_there() -> None:
    """Modules, routes and statements stay for as long as the process: looking them all through for garbage, as Python does
    again and again while many ask, held everybody up for a tenth of a second. Once a process, whatever it serves."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


def _share_across_origins(app: FastAPI, allowed: str) -> None:
    """CORS, and the request's id around it."""
    origins = [origin.strip() for origin in allowed.split(",") if origin.strip()]
    everybody = origins == ["*"]
    app.add_middleware(
        Preflight if everybody else CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Idempotency-Key",
            "Last-Event-ID",
            "X-Request-ID",
        ],
        expose_headers=EXPOSED,
        max_age=3600,
    )
    shared = (
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", ", ".join(EXPOSED).encode()),
    )
    app.add_middleware(Identified, always=shared if everybody else ())

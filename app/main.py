"""The one place where the parts are put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app.http import errors, openapi
from app.http.middleware import HeadAsGet, Identified
from app.http.routes import incidents, meta, partners, reports, sources, totals
from app.http.service import Service
from app.settings import Settings
from app.storage.database import Database

VERSION = "0.1.0"
EXPOSED = ["ETag", "Link", "Location", "Retry-After", "X-Request-ID", "Idempotency-Replayed"]


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service under these settings (from the environment when none are given); Misconfigured where it must not run."""
    settings = (settings or Settings()).checked()
    database = Database(settings.database)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(title="Incident Records", version=VERSION, lifespan=lifespan, redoc_url=None)
    app.state.service = Service(settings, database)
    for router in (
        incidents.router,
        reports.router,
        sources.router,
        partners.partners,
        partners.keys,
        totals.router,
        meta.router,
    ):
        app.include_router(router)
    errors.install(app)
    openapi.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[
            origin.strip() for origin in settings.server.cors_origins.split(",") if origin.strip()
        ],
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Idempotency-Key",
            "X-Request-ID",
        ],
        expose_headers=EXPOSED,
        max_age=3600,
    )
    app.add_middleware(Identified)
    return app

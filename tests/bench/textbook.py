"""The textbook twin: FastAPI, the async ORM and response models, on the very same tables, for the public's questions.

Written as the tutorials have it, by somebody who knows them well: eager loading so that no query runs in a loop,
columns that nobody asks for left out, one SELECT a list, WAL and a pool of connections. Where there was a choice the
quicker one was taken: lists hold dated incidents only, so that the index serves their order on both databases, and
boxes are asked of the spatial indexes.

Words: on PostgreSQL the tsvector with its GIN index, which every tutorial has. On SQLite LIKE, for the ORM knows no
FTS5; `words=fts` asks the index all the same, as raw SQL within the query. Totals: one GROUP BY over the rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from sqlalchemy import Select, case, column, event, func, literal_column, or_, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload, load_only, selectinload

from app.storage import tables
from tests.bench.textbook_models import (
    Feature,
    FeatureCollection,
    Incident,
    IncidentOut,
    IncidentPage,
    IncidentWithReports,
    Link,
    Partner,
    Point,
    Report,
    Source,
    Totals,
    public,
)

POOL = 5  # SQLAlchemy's own default, with its overflow of ten; 2 and 16 come within an eighth of it

router = APIRouter()


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]
SOURCE = load_only(Source.uid, Source.display_name, Source.source_type, Source.protected)
WITH_NAMES = (
    joinedload(Incident.partner).load_only(Partner.slug),
    joinedload(Incident.source).options(SOURCE),
)
_REPORT = selectinload(Incident.links).joinedload(Link.report, innerjoin=True)
WITH_REPORTS = (
    *WITH_NAMES,
    _REPORT.joinedload(Report.partner).load_only(Partner.slug),
    _REPORT.joinedload(Report.source).options(SOURCE),
)


@router.get("/v1/incidents/{id}", response_model=IncidentWithReports)
async def one(id: str, session: Session) -> Any:  # noqa: A002
    question = select(Incident).where(Incident.uid == id, public(tables.incidents)).options(*WITH_REPORTS)
    incident = (await session.scalars(question)).one_or_none()
    if incident is None:
        raise HTTPException(404, f"there is no incident {id}")
    return incident


def _dated() -> Select[tuple[Incident]]:
    return select(Incident).where(public(tables.incidents), Incident.date_start.is_not(None))


async def _listed(
    question: Select[tuple[Incident]], session: AsyncSession, request: Request, limit: int, offset: int
) -> tuple[list[Incident], str | None]:
    question = question.order_by(Incident.date_start.desc(), Incident.id.desc())
    found = (await session.scalars(question.options(*WITH_NAMES).offset(offset).limit(limit + 1))).all()
    more = len(found) > limit
    following = str(request.url.include_query_params(offset=offset + limit)) if more else None
    return list(found[:limit]), following


@router.get("/v1/incidents", response_model=IncidentPage)
async def page(
    request: Request,
    session: Session,
    country: Annotated[str | None, Query(min_length=3, max_length=3)] = None,
    date_from: date | None = None,
    date_to: date | None = None,
    q: Annotated[str | None, Query(min_length=2, max_length=100)] = None,
    words: Literal["usual", "fts"] = "usual",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Any:
    question = _dated()
    if country is not None:
        question = question.where(Incident.country == country)
    if date_from is not None:
        question = question.where(Incident.date_start >= date_from)
    if date_to is not None:
        question = question.where(Incident.date_start <= date_to)
    if q is not None:
        question = question.where(_holds(q.lower(), words, _is_sqlite(session)))
    found, following = await _listed(question, session, request, limit, offset)
    return {"items": found, "next": following}


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _holds(q: str, words: str, sqlite: bool) -> Any:
    if not sqlite:
        return literal_column("incidents.search_words").op("@@")(func.plainto_tsquery("simple", q))
    if words == "usual":
        return tables.incidents.c.search_text.contains(q, autoescape=True)
    found = text("SELECT rowid FROM incidents_search WHERE incidents_search MATCH :words")
    return Incident.id.in_(found.bindparams(words=f'"{q}"').columns(column("rowid")))


@router.get("/v1/features", response_model=FeatureCollection)
async def features(
    request: Request,
    session: Session,
    bbox: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Any:
    west, south, east, north = (float(end) for end in bbox.split(","))
    inside = Incident.lon.between(west, east) & Incident.lat.between(south, north)
    if _is_sqlite(session):
        box = table("incidents_box", *(column(n) for n in ("id", "minlon", "maxlon", "minlat", "maxlat"))).c
        near = (box.maxlon >= west, box.minlon <= east, box.maxlat >= south, box.minlat <= north)
        proposed = Incident.id.in_(select(box.id).where(*near))
    else:
        envelope = func.ST_MakeEnvelope(west, south, east, north, 4326)
        proposed = literal_column("incidents.geometry").op("&&")(envelope)
    found, following = await _listed(_dated().where(proposed, inside), session, request, limit, offset)
    return FeatureCollection(features=[_feature(incident) for incident in found], next=following)


def _feature(incident: Incident) -> Feature:
    point = None if incident.lon is None else Point(coordinates=(incident.lon, incident.lat))
    return Feature(id=incident.uid, geometry=point, properties=IncidentOut.model_validate(incident))


METRICS = ("killed", "wounded", "killed_civilians")


@router.get("/v1/totals", response_model=Totals)
async def totals(
    session: Session,
    group_by: Literal["month"],
    country: Annotated[str, Query(min_length=3, max_length=3)],
) -> Any:
    def month_of(day: Any) -> Any:
        return func.strftime("%Y-%m", day) if _is_sqlite(session) else func.to_char(day, "YYYY-MM")

    start, end = month_of(Incident.date_start), month_of(Incident.date_end)
    month = case((start == end, start)).label("month")
    numbers = [func.count().label("incidents")]
    for metric in METRICS:
        low, best, high = (getattr(Incident, f"{metric}_{end}") for end in ("low", "best", "high"))
        stated = or_(low.is_not(None), best.is_not(None), high.is_not(None))
        unbounded = func.sum(case((stated & high.is_(None), 1), else_=0))
        numbers += [
            func.sum(low).label(f"{metric}_low"),
            func.sum(func.coalesce(best, low)).label(f"{metric}_best"),
            case((unbounded == 0, func.sum(high))).label(f"{metric}_high"),
            func.sum(case((stated, 0), else_=1)).label(f"{metric}_unknown"),
            unbounded.label(f"{metric}_open"),
            func.sum(case((stated & best.is_(None), 1), else_=0)).label(f"{metric}_no_best"),
        ]
    counted = Incident.verification_status.not_in(("discounted", "retracted"))
    question = (
        select(month, *numbers)
        .where(public(tables.incidents), Incident.country == country, counted)
        .group_by(month)
        .order_by(month.asc().nulls_last())
    )
    return {"items": (await session.execute(question)).mappings().all()}


def _engine(url: str) -> AsyncEngine:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        return create_async_engine(address.set(drivername="postgresql+asyncpg"), pool_size=POOL)
    engine = create_async_engine(address.set(drivername="sqlite+aiosqlite"), pool_size=POOL)

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32768", "mmap_size=268435456", "temp_store=MEMORY"):  # fmt: skip
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def create_app(url: str) -> FastAPI:
    engine = _engine(url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(title="Incidents", lifespan=lifespan)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.include_router(router)
    return app

"""The textbook twin: FastAPI, the async ORM and response models, on the very same tables, for the public's questions.

Written as the tutorials have it, by somebody who knows them well: eager loading so that no query runs in a loop,
columns that nobody asks for left out, one SELECT a list, WAL and a pool of connections. Where there was a choice the
quicker one was taken: lists hold dated incidents only, so that the index serves their order on both databases.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from pydantic import AliasPath, BaseModel, ConfigDict, Field
from sqlalchemy import and_, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, column_property, joinedload, load_only, relationship, selectinload

from app.storage import tables

POOL = 5  # SQLAlchemy's own default, with its overflow of ten; 2 and 16 come within an eighth of it


class Base(DeclarativeBase):
    metadata = tables.metadata


def _public(table: Any) -> Any:
    return and_(
        table.c.workflow == "published", table.c.effective_sharing == "public", table.c.deleted_at.is_(None)
    )


def _report_count() -> Any:
    links, reports = tables.links, tables.reports
    return (
        select(func.count())
        .select_from(links.join(reports, reports.c.id == links.c.report_ref))
        .where(links.c.incident_ref == tables.incidents.c.id, links.c.seq_to.is_(None), _public(reports))
        .correlate(tables.incidents)
        .scalar_subquery()
    )


def _named(reference: str) -> Any:
    """The public id of another incident that this one refers to."""
    other = tables.incidents.alias(reference)
    return (
        select(other.c.uid)
        .where(other.c.id == tables.incidents.c[f"{reference}_ref"], _public(other))
        .correlate(tables.incidents)
        .scalar_subquery()
    )


class Partner(Base):
    __table__ = tables.partners


class Source(Base):
    __table__ = tables.sources


class Report(Base):
    __table__ = tables.reports
    __mapper_args__ = {"exclude_properties": ("search_text", "submitted_digest")}
    partner = relationship(Partner)
    source = relationship(Source)

    @property
    def is_public(self) -> bool:
        return self.workflow == "published" and self.effective_sharing == "public" and self.deleted_at is None

    @property
    def is_protected(self) -> bool:
        return self.source is not None and self.source.protected

    @property
    def public_url(self) -> str | None:
        return None if self.is_protected else self.url

    @property
    def public_archive_url(self) -> str | None:
        return None if self.is_protected else self.archive_url

    @property
    def public_date_retrieved(self) -> date | None:
        return None if self.is_protected else self.date_retrieved

    @property
    def public_content_hash(self) -> str | None:
        return None if self.is_protected else self.content_hash


class Link(Base):
    __table__ = tables.links
    report = relationship(Report)


class Incident(Base):
    __table__ = tables.incidents
    __mapper_args__ = {"exclude_properties": ("search_text", "submitted_digest")}
    partner = relationship(Partner)
    source = relationship(Source)
    links = relationship(
        Link,
        primaryjoin=and_(
            tables.links.c.incident_ref == tables.incidents.c.id, tables.links.c.seq_to.is_(None)
        ),
        order_by=tables.links.c.id,
        viewonly=True,
    )
    report_count = column_property(_report_count())
    part_of = column_property(_named("part_of"))
    merged_into = column_property(_named("merged_into"))

    @property
    def reports(self) -> list[Link]:
        return [link for link in self.links if link.report.is_public]


class Attribution(BaseModel):
    actor: str | None = None
    actor_type: str | None = None
    role: str | None = None
    status: str | None = None


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class IncidentOut(Out):
    id: str = Field(validation_alias="uid")
    code: str | None
    title: str | None
    summary: str | None
    date_start: date | None
    date_end: date | None
    date_precision: str
    date_basis: str | None
    time_of_day: str | None
    country: str | None
    admin1: str | None
    admin1_code: str | None
    admin2: str | None
    admin2_code: str | None
    place: str | None
    place_names: dict[str, str]
    lon: float | None
    lat: float | None
    location_precision: str
    location_generalised_to: str | None
    event_type: str
    cause: str
    killed_low: int | None
    killed_best: int | None
    killed_high: int | None
    wounded_low: int | None
    wounded_best: int | None
    wounded_high: int | None
    killed_civilians_low: int | None
    killed_civilians_best: int | None
    killed_civilians_high: int | None
    assessment_rule: str
    assessment_reason: str | None
    attributions: list[Attribution]
    verification_status: str
    workflow: str
    sharing: str
    effective_sharing: str
    source_id: str | None = Field(None, validation_alias=AliasPath("source", "uid"))
    source_name: str | None = Field(None, validation_alias=AliasPath("source", "display_name"))
    report_count: int
    part_of: str | None
    merged_into: str | None
    tags: list[str]
    partner: str = Field(validation_alias=AliasPath("partner", "slug"))
    external_id: None = Field(None, validation_alias="unseen")
    version: int
    created_at: datetime
    updated_at: datetime


class ReportOut(Out):
    """A report as it is linked: what it says, and how it speaks of the incident."""

    id: str = Field(validation_alias=AliasPath("report", "uid"))
    source_id: str | None = Field(None, validation_alias=AliasPath("report", "source", "uid"))
    source_name: str | None = Field(None, validation_alias=AliasPath("report", "source", "display_name"))
    source_type: str | None = Field(None, validation_alias=AliasPath("report", "source", "source_type"))
    url: str | None = Field(validation_alias=AliasPath("report", "public_url"))
    archive_url: str | None = Field(validation_alias=AliasPath("report", "public_archive_url"))
    language: str | None = Field(validation_alias=AliasPath("report", "language"))
    title: str | None = Field(validation_alias=AliasPath("report", "title"))
    date_published: date | None = Field(validation_alias=AliasPath("report", "date_published"))
    date_retrieved: date | None = Field(validation_alias=AliasPath("report", "public_date_retrieved"))
    excerpt: str | None = Field(validation_alias=AliasPath("report", "excerpt"))
    content_hash: str | None = Field(validation_alias=AliasPath("report", "public_content_hash"))
    notes: None = Field(None, validation_alias="unseen")
    workflow: str = Field(validation_alias=AliasPath("report", "workflow"))
    sharing: str = Field(validation_alias=AliasPath("report", "sharing"))
    effective_sharing: str = Field(validation_alias=AliasPath("report", "effective_sharing"))
    partner: str = Field(validation_alias=AliasPath("report", "partner", "slug"))
    external_id: None = Field(None, validation_alias="unseen")
    version: int = Field(validation_alias=AliasPath("report", "version"))
    created_at: datetime = Field(validation_alias=AliasPath("report", "created_at"))
    updated_at: datetime = Field(validation_alias=AliasPath("report", "updated_at"))
    link_role: str = Field(validation_alias="role")
    date_wording: str | None
    note: str | None


class IncidentWithReports(IncidentOut):
    reports: list[ReportOut]


class IncidentPage(BaseModel):
    items: list[IncidentOut]
    next: str | None


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
    question = select(Incident).where(Incident.uid == id, _public(tables.incidents)).options(*WITH_REPORTS)
    incident = (await session.scalars(question)).one_or_none()
    if incident is None:
        raise HTTPException(404, f"there is no incident {id}")
    return incident


@router.get("/v1/incidents", response_model=IncidentPage)
async def page(
    request: Request,
    session: Session,
    country: Annotated[str | None, Query(min_length=3, max_length=3)] = None,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Any:
    question = select(Incident).where(_public(tables.incidents), Incident.date_start.is_not(None))
    if country is not None:
        question = question.where(Incident.country == country)
    if date_from is not None:
        question = question.where(Incident.date_start >= date_from)
    if date_to is not None:
        question = question.where(Incident.date_start <= date_to)
    question = question.order_by(Incident.date_start.desc(), Incident.id.desc())
    found = (await session.scalars(question.options(*WITH_NAMES).offset(offset).limit(limit + 1))).all()
    more = len(found) > limit
    following = str(request.url.include_query_params(offset=offset + limit)) if more else None
    return {"items": found[:limit], "next": following}


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

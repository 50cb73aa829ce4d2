"""What the textbook twin maps and answers with: ORM classes over the service's own tables, response models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AliasPath, BaseModel, ConfigDict, Field
from sqlalchemy import and_, func, select
from sqlalchemy.orm import DeclarativeBase, column_property, relationship

from app.storage import tables


class Base(DeclarativeBase):
    metadata = tables.metadata


def public(table: Any) -> Any:
    return and_(
        table.c.workflow == "published", table.c.effective_sharing == "public", table.c.deleted_at.is_(None)
    )


def _report_count() -> Any:
    links, reports = tables.links, tables.reports
    return (
        select(func.count())
        .select_from(links.join(reports, reports.c.id == links.c.report_ref))
        .where(links.c.incident_ref == tables.incidents.c.id, links.c.seq_to.is_(None), public(reports))
        .correlate(tables.incidents)
        .scalar_subquery()
    )


def _named(table: Any, reference: str) -> Any:
    """The public id of another record of its kind that this one refers to."""
    other = table.alias(reference)
    return (
        select(other.c.uid)
        .where(other.c.id == table.c[f"{reference}_ref"], public(other))
        .correlate(table)
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
    derived_from = column_property(_named(tables.reports, "derived_from"))
    same_origin_as = column_property(_named(tables.reports, "same_origin_as"))

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
    part_of = column_property(_named(tables.incidents, "part_of"))
    merged_into = column_property(_named(tables.incidents, "merged_into"))

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
    wording_rule: str | None
    attributions: list[Attribution]
    verification_status: str
    retraction_reason: str | None
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
    derived_from: str | None = Field(validation_alias=AliasPath("report", "derived_from"))
    same_origin_as: str | None = Field(validation_alias=AliasPath("report", "same_origin_as"))
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


class Point(BaseModel):
    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class Feature(BaseModel):
    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Point | None
    properties: IncidentOut


class FeatureCollection(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]
    next: str | None


class TotalOut(BaseModel):
    month: str | None
    incidents: int
    killed_low: int | None
    killed_best: int | None
    killed_high: int | None
    killed_unknown: int
    killed_open: int
    killed_no_best: int
    wounded_low: int | None
    wounded_best: int | None
    wounded_high: int | None
    wounded_unknown: int
    wounded_open: int
    wounded_no_best: int
    killed_civilians_low: int | None
    killed_civilians_best: int | None
    killed_civilians_high: int | None
    killed_civilians_unknown: int
    killed_civilians_open: int
    killed_civilians_no_best: int


class Totals(BaseModel):
    items: list[TotalOut]

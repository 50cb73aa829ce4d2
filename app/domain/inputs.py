"""The forms in which people tell us of incidents, reports, sources and claims, whatever way they come in.

Names are those of the wire. A form is checked twice: each value on its own, then what the values mean together; all
faults are told at once, each with the path of the field (``incidents[0].claims[1].low``).
"""

from __future__ import annotations

from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.domain import vocabulary as v
from app.domain.dates import UncertainDate, parse_date
from app.domain.figures import MAX_PEOPLE, METRICS, Figure
from app.domain.places import Point, check_country, is_coarser
from app.domain.reading import read_form as read_form
from app.domain.text import ContentHash, ExternalId, Language, Line, Prose, Url, clean, something
from app.domain.wording import RULE, read_by
from app.errors import InvalidInput, Problem


def _raising(problems: tuple[Problem, ...]) -> PydanticCustomError:
    return PydanticCustomError("meaning", "does not hold together", {"problems": problems})


def _iso_date(value: object) -> object:
    if isinstance(value, str):
        try:
            return _day(value)
        except InvalidInput as fault:
            raise _raising(fault.problems) from None
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    raise PydanticCustomError("date_type", "must be a date as text, YYYY-MM-DD")


@lru_cache(maxsize=16_384)
def _day(text: str) -> date:
    return parse_date(text, "")


def _country(code: str) -> str:
    try:
        return check_country(code, "")
    except InvalidInput as fault:
        raise _raising(fault.problems) from None


def _stated(names: dict[str, str | None]) -> dict[str, str]:
    """Empty means not stated here too."""
    return {language: name for language, name in names.items() if name is not None}


People = Annotated[int, Field(strict=True, ge=0, le=MAX_PEOPLE)]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=True)]
IsoDate = Annotated[date, BeforeValidator(_iso_date, json_schema_input_type=str)]
Country = Annotated[str, Field(strict=True), AfterValidator(_country)]
Tag = Annotated[str, Field(strict=True, min_length=1, max_length=100), AfterValidator(something)]
RecordId = Annotated[str, Field(strict=True, max_length=64), AfterValidator(clean)]
PlaceNames = Annotated[dict[Language, Line], Field(max_length=50), AfterValidator(_stated)]


FORM = ConfigDict(extra="forbid", frozen=True, use_enum_values=True, validate_default=False)


@lru_cache(maxsize=16_384)
def _when(start: date | None, end: date | None, precision: str | None, basis: str | None) -> UncertainDate:
    # Cached: files name the same days again and again.
    return UncertainDate.checked(
        start,
        end,
        None if precision is None else v.DatePrecision(precision),
        None if basis is None else v.DateBasis(basis),
    )


@lru_cache(maxsize=16_384)
def _point(lon: float | None, lat: float | None) -> Point | None:
    return Point.checked(lon, lat)


class Form(BaseModel):
    """A form: unknown keys are refused, nothing is changed after the check."""

    model_config = FORM

    def meaning(self) -> list[Problem]:
        """What does not hold together."""
        return []

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        problems = self.meaning()
        if problems:
            raise _raising(tuple(problems))
        return self


class Attribution(BaseModel):
    """Who is said to have done it, been meant, been hit, or claimed it. Graded apart from whether it happened."""

    model_config = FORM

    actor: Annotated[str, Field(strict=True, min_length=1, max_length=500), AfterValidator(something)]
    actor_type: v.ActorType = v.ActorType.unknown
    role: v.AttributionRole = v.AttributionRole.alleged_perpetrator
    status: v.AttributionStatus = v.AttributionStatus.not_attributed


FIGURE_FIELDS = tuple(f"{name}_{end}" for name in METRICS for end in ("low", "best", "high"))


class IncidentForm(Form):
    """An incident as somebody tells it. Figures come from claims, unless an editor sets them with a reason."""

    code: Line | None = None
    title: Line | None = None
    summary: Prose | None = None
    date_start: IsoDate | None = None
    date_end: IsoDate | None = None
    date_precision: v.DatePrecision | None = None
    date_basis: v.DateBasis | None = None
    time_of_day: Line | None = None
    country: Country | None = None
    admin1: Line | None = None
    admin1_code: Line | None = None
    admin2: Line | None = None
    admin2_code: Line | None = None
    place: Line | None = None
    place_names: PlaceNames = Field(default_factory=dict)
    lon: Degrees | None = None
    lat: Degrees | None = None
    location_precision: v.LocationPrecision | None = None
    location_generalised_to: v.LocationPrecision | None = None
    event_type: v.EventType = v.EventType.unknown
    cause: v.Cause = v.Cause.unknown
    killed_low: People | None = None
    killed_best: People | None = None
    killed_high: People | None = None
    wounded_low: People | None = None
    wounded_best: People | None = None
    wounded_high: People | None = None
    killed_civilians_low: People | None = None
    killed_civilians_best: People | None = None
    killed_civilians_high: People | None = None
    assessment_rule: v.AssessmentRule | None = None
    assessment_reason: Line | None = None
    attributions: Annotated[list[Attribution], Field(max_length=50)] = Field(default_factory=list)
    verification_status: v.VerificationStatus = v.VerificationStatus.unreviewed
    workflow: v.Workflow = v.Workflow.draft
    sharing: v.Sharing = v.Sharing.public
    source_id: RecordId | None = None
    part_of: RecordId | None = None
    tags: Annotated[list[Tag], Field(max_length=50)] = Field(default_factory=list)
    external_id: ExternalId | None = None

    @cached_property
    def figures(self) -> dict[str, Figure]:
        return {
            "killed": Figure(self.killed_low, self.killed_best, self.killed_high),
            "wounded": Figure(self.wounded_low, self.wounded_best, self.wounded_high),
            "killed_civilians": Figure(
                self.killed_civilians_low, self.killed_civilians_best, self.killed_civilians_high
            ),
        }

    @property
    def states_figures(self) -> bool:
        return not self.model_fields_set.isdisjoint(FIGURE_FIELDS) and any(
            f.is_stated for f in self.figures.values()
        )

    @property
    def when(self) -> UncertainDate:
        return _when(self.date_start, self.date_end, self.date_precision, self.date_basis)

    def meaning(self) -> list[Problem]:
        problems: list[Problem] = []
        try:
            _ = self.when
        except InvalidInput as fault:
            problems.extend(fault.problems)
        problems.extend(self._where())
        if self.states_figures or self.assessment_rule is not None:
            problems.extend(self._assessment())
        return problems

    @property
    def point(self) -> Point | None:
        return _point(self.lon, self.lat)

    def _where(self) -> list[Problem]:
        try:
            point = self.point
        except InvalidInput as fault:
            return list(fault.problems)
        if self.location_generalised_to is None:
            return []
        if point is None:
            return [Problem("location_generalised_to", "needs_point", "needs lon and lat to generalise")]
        stated = v.LocationPrecision(self.location_precision or v.LocationPrecision.unknown)
        target = v.LocationPrecision(self.location_generalised_to)
        if target in (
            v.LocationPrecision.exact_point,
            v.LocationPrecision.international,
            v.LocationPrecision.unknown,
        ):
            return [
                Problem(
                    "location_generalised_to",
                    "not_a_coarser_precision",
                    f"cannot generalise to {target.value}",
                )
            ]
        if stated is not v.LocationPrecision.unknown and not is_coarser(target, stated):
            return [
                Problem(
                    "location_generalised_to",
                    "not_a_coarser_precision",
                    f"must be coarser than {stated.value}",
                )
            ]
        return []

    def _assessment(self) -> list[Problem]:
        problems: list[Problem] = []
        for name, figure in self.figures.items():
            try:
                Figure.checked(figure.low, figure.best, figure.high, name=name)
            except InvalidInput as fault:
                problems.extend(fault.problems)
        if self.assessment_rule == v.AssessmentRule.assessed or self.states_figures:
            if self.assessment_rule not in (None, v.AssessmentRule.assessed.value):
                problems.append(
                    Problem(
                        "assessment_rule",
                        "figures_follow_from_claims",
                        "figures follow from the claims under this rule; leave them out",
                    )
                )
            elif self.assessment_reason is None:
                problems.append(
                    Problem(
                        "assessment_reason",
                        "reason_required",
                        "figures that are set by hand need a reason; otherwise send them as claims of a report",
                    )
                )
        return problems


class SourceForm(Form):
    """Who speaks. A protected source needs no name; without a pseudonym it is given one."""

    name: Line | None = None
    pseudonym: Line | None = None
    protected: Annotated[bool, Field(strict=True)] | None = None
    source_type: v.SourceType = v.SourceType.unknown
    scale: v.Scale | None = None
    reliability: v.Reliability = v.Reliability.F
    url: Url | None = None
    notes: Prose | None = None
    language: Language | None = None
    country: Country | None = None
    owner: Line | None = None
    sharing: v.Sharing = v.Sharing.public
    external_id: ExternalId | None = None

    @property
    def is_protected(self) -> bool:
        if self.protected is None:
            return self.source_type == v.SourceType.private_protected
        return self.protected

    def meaning(self) -> list[Problem]:
        if self.source_type == v.SourceType.private_protected and not self.is_protected:
            return [
                Problem(
                    "protected", "contradiction", "a source of type private_protected is always protected"
                )
            ]
        if self.name is None and not self.is_protected:
            return [Problem("name", "missing", "is required, except for a protected source")]
        if self.is_protected and self.name is not None and self.pseudonym == self.name:
            return [Problem("pseudonym", "reveals_name", "must differ from the name that it protects")]
        return []


class ClaimForm(Form):
    """What one report says of one incident. The wording alone is enough: rule v1 reads it."""

    metric: v.Metric
    wording: Line | None = None
    low: People | None = None
    best: People | None = None
    high: People | None = None
    qualifier: v.Qualifier | None = None
    victim_status: v.VictimStatus = v.VictimStatus.unknown
    sex: v.Sex = v.Sex.unknown
    age_group: v.AgeGroup = v.AgeGroup.unknown
    credibility: v.Credibility = v.Credibility.cannot_be_judged
    covers: v.ClaimCovers = v.ClaimCovers.whole
    covers_note: Line | None = None

    @property
    def figure(self) -> Figure:
        return Figure(self.low, self.best, self.high)

    def meaning(self) -> list[Problem]:
        if not self.figure.is_stated and self.wording is None:
            return [Problem("wording", "missing", "a claim needs its wording, or one of low, best, high")]
        try:
            Figure.checked(self.low, self.best, self.high)
        except InvalidInput as fault:
            return list(fault.problems)
        return []

    def read(self) -> tuple[Figure, str, str | None]:
        """The interval, its qualifier, and the rule that read it (null where the sender gave the figure)."""
        if not self.figure.is_stated:
            low, best, high, read_as = read_by(RULE, self.wording or "")
            return Figure(low, best, high), read_as.value, RULE
        figure, qualifier = self.figure, self.qualifier
        if qualifier == v.Qualifier.exact and figure.best is not None:
            return Figure(figure.best, figure.best, figure.best), v.Qualifier.exact.value, None
        return figure, str(qualifier) if qualifier is not None else _qualifier(figure).value, None


def _qualifier(figure: Figure) -> v.Qualifier:
    """What bare numbers say of themselves."""
    low, best, high = figure.low, figure.best, figure.high
    if low is not None and low == high and best in (None, low):
        return v.Qualifier.exact
    if low is not None and high is not None:
        return v.Qualifier.range
    if best is not None:
        return v.Qualifier.unknown
    return v.Qualifier.at_least if low is not None else v.Qualifier.at_most


class LinkForm(Form):
    """A report is about an incident, in a role, with what it claims."""

    role: v.LinkRole = v.LinkRole.describes
    date_wording: Line | None = None
    note: Line | None = None
    claims: Annotated[list[ClaimForm], Field(max_length=200)] = []


class ReportForm(Form):
    """One published or received item."""

    source_id: RecordId | None = None
    url: Url | None = None
    archive_url: Url | None = None
    language: Language | None = None
    title: Line | None = None
    date_published: IsoDate | None = None
    date_retrieved: IsoDate | None = None
    excerpt: Prose | None = None
    content_hash: ContentHash | None = None
    notes: Prose | None = None
    derived_from: RecordId | None = None
    same_origin_as: RecordId | None = None
    workflow: v.Workflow = v.Workflow.draft
    sharing: v.Sharing = v.Sharing.public
    external_id: ExternalId | None = None

    def meaning(self) -> list[Problem]:
        if self.date_published and self.date_retrieved and self.date_retrieved < self.date_published:
            return [Problem("date_retrieved", "before_published", "must not lie before date_published")]
        return []


class FiledIncident(LinkForm):
    """An incident in a filed report: one that is stored already (`incident_id`), or a new one (`incident`)."""

    incident_id: RecordId | None = None
    incident: IncidentForm | None = None

    def meaning(self) -> list[Problem]:
        if (self.incident_id is None) == (self.incident is None):
            return [Problem("incident", "one_of", "give either incident_id or incident")]
        return []


class FiledReport(ReportForm):
    """A report as a newsroom sends it: with its source, its incidents and its claims, in one call."""

    source: SourceForm | None = None
    incidents: Annotated[list[FiledIncident], Field(max_length=200)] = []

    def meaning(self) -> list[Problem]:
        if self.source is not None and self.source_id is not None:
            return [Problem("source", "one_of", "give either source_id or source")]
        return super().meaning()

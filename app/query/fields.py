"""The catalogue: one entry for each field of each kind of record.

Filters, sorting, what a viewer may see, the wire shape, the schemas of the OpenAPI document and ``/v1/fields`` are all
derived from it. A field that is not here can be neither asked for nor returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain import vocabulary as v

ValueList = type[StrEnum]


class Kind(StrEnum):
    incident = "incident"
    report = "report"
    source = "source"
    partner = "partner"
    key = "key"


class Type(StrEnum):
    """How a value travels in JSON."""

    text = "text"
    word = "word"  # of a value list
    id = "id"
    integer = "integer"
    number = "number"
    boolean = "boolean"
    date = "date"
    timestamp = "timestamp"
    document = "document"
    documents = "documents"
    words = "words"


class SeenBy(StrEnum):
    everyone = "everyone"
    owner = "owner"
    """The organisation that holds the record, and editors; others read null."""
    unless_protected = "unless_protected"
    """Everyone, but only editors where the source is protected; others read null."""
    editors = "editors"
    """Editors only: to others the field does not exist."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type
    description: str
    values: ValueList | None = None
    seen_by: SeenBy = SeenBy.everyone
    parameter: bool = False
    """A plain parameter of lists, of the same name, asks for equality; commas separate alternatives."""
    sortable: bool = False
    nullable: bool = True
    hxl: str | None = None
    free: bool = False
    """In the words of whoever recorded it, so that it may name or betray somebody: it can be redacted."""


def _word(
    name: str, values: ValueList, description: str, *, nullable: bool = False, parameter: bool = True
) -> Field:
    return Field(name, Type.word, description, values=values, parameter=parameter, nullable=nullable)


def _figure(metric: str, people: str, hxl: str | None = None) -> tuple[Field, ...]:
    ends = (
        ("low", "The least number of people {}; null: not stated.", "+min"),
        ("best", "The best figure of people {}; null: not stated, which is not 0.", ""),
        (
            "high",
            "The greatest number of people {}; null where any other end is given: no upper limit is stated.",
            "+max",
        ),
    )
    return tuple(
        Field(
            f"{metric}_{end}",
            Type.integer,
            text.format(people),
            sortable=end == "best" and metric != "killed_civilians",
            hxl=f"{hxl}{attribute}" if hxl else None,
        )
        for end, text, attribute in ends
    )


MOST_LINKED = 1_000
"""A dataset is one report of a hundred thousand incidents: counting them all for each answer would cost too much."""
COUNTS = ("report_count", "incident_count")

_ID = Field("id", Type.id, "Stable, sortable by time of creation.", nullable=False, sortable=True)
_COMMON = (
    Field(
        "partner",
        Type.text,
        "The organisation that holds the record (its slug).",
        parameter=True,
        nullable=False,
    ),
    Field(
        "external_id",
        Type.text,
        "The partner's own id for the record; seen by that partner and editors.",
        seen_by=SeenBy.owner,
        parameter=True,
        free=True,
    ),
    Field("version", Type.integer, "Grows with each change; If-Match takes it.", nullable=False),
    Field(
        "created_at",
        Type.timestamp,
        "When the record was first stored, UTC; `id` sorts the same.",
        nullable=False,
    ),
    Field("updated_at", Type.timestamp, "When it last changed, UTC.", nullable=False, sortable=True),
)
_SHARING = (
    _word("sharing", v.Sharing, "Who may read the record, as its owner set it."),
    _word(
        "effective_sharing",
        v.Sharing,
        "The strictest of `sharing` and that of the source that the record hangs on.",
        parameter=False,
    ),
)
_WORKFLOW = _word("workflow", v.Workflow, "How far the record has come to publication; not how sure it is.")
_SOURCE = (
    Field("source_id", Type.id, "Who speaks."),
    Field(
        "source_name",
        Type.text,
        "Its name; the pseudonym where the source is protected (editors read the name).",
    ),
)

INCIDENT = (
    _ID,
    Field("code", Type.text, "A short name that people use for the incident.", parameter=True, free=True),
    Field("title", Type.text, "A line that says what happened.", hxl=None, free=True),
    Field("summary", Type.text, "What is known, in the recorder's words.", hxl="#description", free=True),
    Field("date_start", Type.date, "The earliest possible date.", sortable=True, hxl="#date+start"),
    Field("date_end", Type.date, "The latest possible date.", sortable=True, hxl="#date+end"),
    _word("date_precision", v.DatePrecision, "How closely the date is known."),
    _word("date_basis", v.DateBasis, "Where the date comes from; null without a date.", nullable=True),
    Field("time_of_day", Type.text, "Time or part of the day, as stated.", free=True),
    Field("country", Type.text, "ISO 3166-1 alpha-3.", parameter=True, hxl="#country+code"),
    Field("admin1", Type.text, "First administrative level; the parameter takes the name or the code.", parameter=True, hxl="#adm1+name", free=True),
    Field("admin1_code", Type.text, "Its P-code.", parameter=True, hxl="#adm1+code", free=True),
    Field("admin2", Type.text, "Second administrative level; the parameter takes the name or the code.", parameter=True, hxl="#adm2+name", free=True),
    Field("admin2_code", Type.text, "Its P-code.", parameter=True, hxl="#adm2+code", free=True),
    Field("place", Type.text, "The place's name.", parameter=True, hxl="#loc+name", free=True),
    Field("place_names", Type.document, "The name in other languages, by language tag.", nullable=False, free=True),
    Field("lon", Type.number, "Longitude, degrees east, WGS 84; generalised where `location_generalised_to` says so.", hxl="#geo+lon"),
    Field("lat", Type.number, "Latitude, degrees north, WGS 84; likewise.", hxl="#geo+lat"),
    _word("location_precision", v.LocationPrecision, "How closely the published position is known."),
    _word("location_generalised_to", v.LocationPrecision, "Set where the exact position is withheld: the published one was made this coarse.", nullable=True, parameter=False),
    Field("lon_exact", Type.number, "The longitude before generalisation.", seen_by=SeenBy.editors),
    Field("lat_exact", Type.number, "The latitude before generalisation.", seen_by=SeenBy.editors),
    Field("location_precision_exact", Type.word, "The precision before generalisation.", values=v.LocationPrecision, seen_by=SeenBy.editors),
    _word("event_type", v.EventType, "What kind of event."),
    _word("cause", v.Cause, "What killed or wounded (SDG 16.1.2)."),
    *_figure("killed", "killed", "#affected+killed"),
    *_figure("wounded", "wounded", "#affected+injured"),
    *_figure("killed_civilians", "killed who were civilians"),
    _word("assessment_rule", v.AssessmentRule, "The rule by which the figures follow from the claims; `assessed`: an editor set them."),
    Field("assessment_reason", Type.text, "The editor's reason, where the figures were assessed.", free=True),
    Field("wording_rule", Type.text, "The rule that read the wordings of the claims that count; null where all gave figures."),
    Field("proposed_status", Type.word, "For editors: the verification status that the claims speak for; one of them confirms it, or does not.", values=v.VerificationStatus, seen_by=SeenBy.editors, parameter=True),
    Field("spread", Type.integer, "For editors: how many people lie between the two independent reports that are farthest apart; null where all figures can be true.", seen_by=SeenBy.editors, sortable=True),
    Field("attributions", Type.documents, "Who is said to have done it, each `{actor, actor_type, role, status}`.", nullable=False, free=True),
    _word("verification_status", v.VerificationStatus, "How sure it is."),
    Field("retraction_reason", Type.text, "Why it was retracted, where an editor did.", free=True),
    _WORKFLOW,
    *_SHARING,
    *_SOURCE,
    Field("report_count", Type.integer, f"Linked reports that you may see, counted up to {MOST_LINKED:,}.", nullable=False),
    Field("part_of", Type.id, "The containing incident; totals count the larger of the two once.", parameter=True),
    Field("merged_into", Type.id, "The incident that this one was merged into."),
    Field("distinct_from", Type.words, "For editors: likely duplicates that one of them found to be other incidents, by their ids.", seen_by=SeenBy.editors, nullable=False),
    Field("tags", Type.words, "Free words.", nullable=False, free=True),
    *_COMMON,
)  # fmt: skip

REPORT = (
    _ID,
    *_SOURCE,
    _word("source_type", v.SourceType, "What kind of source speaks.", nullable=True),
    Field("url", Type.text, "Where it was published.", seen_by=SeenBy.unless_protected, free=True),
    Field("archive_url", Type.text, "Where a copy is kept.", seen_by=SeenBy.unless_protected, free=True),
    Field("language", Type.text, "BCP 47 language tag.", parameter=True),
    Field("title", Type.text, "Its headline.", free=True),
    Field("date_published", Type.date, "When it was published or received.", sortable=True),
    Field("date_retrieved", Type.date, "When it was read.", seen_by=SeenBy.unless_protected),
    Field("excerpt", Type.text, "What it says, in its own words.", free=True),
    Field(
        "content_hash",
        Type.text,
        "Hash of the archived content, as `algorithm:hex`.",
        seen_by=SeenBy.unless_protected,
        free=True,
    ),
    Field("notes", Type.text, "The recorder's notes.", seen_by=SeenBy.owner, free=True),
    Field(
        "derived_from",
        Type.id,
        "The report that this one passes on; both are of one origin, and where both claim a figure this one does not count.",
        seen_by=SeenBy.unless_protected,
    ),
    Field(
        "same_origin_as",
        Type.id,
        "A report that goes back to the same origin: together they count as one voice.",
        seen_by=SeenBy.unless_protected,
    ),
    _WORKFLOW,
    *_SHARING,
    Field(
        "incident_count",
        Type.integer,
        f"Linked incidents that you may see, counted up to {MOST_LINKED:,}.",
        nullable=False,
    ),
    *_COMMON,
)

SOURCE = (
    _ID,
    Field(
        "name",
        Type.text,
        "The name; for a protected source the pseudonym, except to editors.",
        nullable=False,
        sortable=False,
        free=True,
    ),
    Field("pseudonym", Type.text, "The stable pseudonym of a protected source.", free=True),
    Field("protected", Type.boolean, "Published under the pseudonym only.", parameter=True, nullable=False),
    _word("source_type", v.SourceType, "What kind of source."),
    _word("scale", v.Scale, "How far it reaches.", nullable=True),
    _word("reliability", v.Reliability, "Admiralty grade, A to F."),
    Field("url", Type.text, "Its home.", seen_by=SeenBy.unless_protected, free=True),
    Field("notes", Type.text, "What is known of it.", seen_by=SeenBy.unless_protected, free=True),
    Field("language", Type.text, "BCP 47 language tag.", seen_by=SeenBy.unless_protected),
    Field("country", Type.text, "ISO 3166-1 alpha-3.", seen_by=SeenBy.unless_protected),
    Field(
        "owner",
        Type.text,
        "Who owns it, or the group that it belongs to: sources of one owner are not independent of each other.",
        seen_by=SeenBy.unless_protected,
        parameter=True,
        free=True,
    ),
    *_SHARING,
    *_COMMON,
)

PARTNER = (
    _ID,
    Field("slug", Type.text, "Short name used in links and on the command line.", nullable=False),
    Field("name", Type.text, "Full name.", nullable=False),
    *_COMMON[2:],
)

KEY = (
    _ID,
    Field(
        "partner",
        Type.text,
        "The organisation that holds the key (its slug).",
        parameter=True,
        nullable=False,
    ),
    _word("role", v.Role, "What the key may do."),
    Field("label", Type.text, "What it is used for."),
    Field("prefix", Type.text, "The key's first part, by which it can be told apart.", nullable=False),
    Field("expires_at", Type.timestamp, "When it stops working, UTC.", nullable=False),
    Field("revoked_at", Type.timestamp, "When it was revoked, UTC."),
    *_COMMON[2:],
)

CATALOGUE: dict[Kind, tuple[Field, ...]] = {
    Kind.incident: INCIDENT,
    Kind.report: REPORT,
    Kind.source: SOURCE,
    Kind.partner: PARTNER,
    Kind.key: KEY,
}
BY_NAME: dict[Kind, dict[str, Field]] = {
    kind: {f.name: f for f in fields} for kind, fields in CATALOGUE.items()
}

CLAIM = (
    Field("id", Type.id, "The claim.", nullable=False),
    Field("incident_id", Type.id, "The incident that it speaks of.", nullable=False),
    Field("report_id", Type.id, "The report that says so.", nullable=False),
    _word("metric", v.Metric, "What is counted.", parameter=False),
    Field("wording", Type.text, "The figure in the report's own words.", free=True),
    Field("low", Type.integer, "At least."),
    Field("best", Type.integer, "The figure itself."),
    Field("high", Type.integer, "At most."),
    _word("qualifier", v.Qualifier, "How the figure is meant.", parameter=False),
    _word("victim_status", v.VictimStatus, "Of whom it speaks.", parameter=False),
    _word("sex", v.Sex, "Of whom it speaks.", parameter=False),
    _word("age_group", v.AgeGroup, "Of whom it speaks.", parameter=False),
    _word("credibility", v.Credibility, "Admiralty grade, 1 to 6.", parameter=False),
    _word(
        "covers",
        v.ClaimCovers,
        "Whether it speaks of the whole incident, a part, or more than it.",
        parameter=False,
    ),
    Field("covers_note", Type.text, "What it covers, in words.", free=True),
    Field("wording_rule", Type.text, "The rule that read the wording; null where the figure was given."),
)

CLAIMED = (
    Field("incident_title", Type.text, "The line of the incident."),
    Field("date_start", Type.date, "The earliest possible date of the incident."),
    Field("country", Type.text, "Where it was, ISO 3166-1 alpha-3."),
    Field("place", Type.text, "The name of its place."),
    Field("report_title", Type.text, "The headline of the report."),
    Field("date_published", Type.date, "When the report was published or received."),
    Field("language", Type.text, "The report's BCP 47 language tag."),
    Field("source_id", Type.id, "Who speaks."),
    Field("source_name", Type.text, "Its name; the pseudonym where the source is protected (editors read the name)."),
)  # fmt: skip
"""What a claim in a list tells of its incident and its report, beside their ids."""

LINK = (
    _word("link_role", v.LinkRole, "How the report speaks of the incident.", parameter=False),
    Field("date_wording", Type.text, "The date in the report's own words.", free=True),
    Field("note", Type.text, "A note on the link.", free=True),
)

INCLUDES: dict[Kind, tuple[str, ...]] = {
    Kind.incident: ("reports", "claims"),
    Kind.report: ("incidents", "claims"),
}
"""Lists that ride along when asked for with `include`."""

DEFAULT_SORT: dict[Kind, str] = {
    Kind.incident: "-date_start",
    Kind.report: "-date_published",
    Kind.source: "id",
    Kind.partner: "id",
    Kind.key: "id",
}

RELEVANCE = Field(
    "relevance", Type.integer, "How early a record holds the words of `q`; the best first.", nullable=False
)
"""An order of what `q` finds; no field of a record."""

SEARCH_TEXTS: dict[Kind, tuple[str, ...]] = {
    Kind.incident: ("title", "place", "place_names", "admin1", "admin2", "summary", "code"),
    Kind.report: ("title", "excerpt"),
    Kind.source: ("name",),
}
"""Where `q` looks, in this order."""

RELATIONS: dict[Kind, dict[str, str]] = {
    Kind.incident: {
        "source": "Incidents that name this source, or have a report of it.",
        "report": "Incidents that this report is linked to.",
    },
    Kind.report: {"source": "Reports of this source.", "incident": "Reports linked to this incident."},
    Kind.source: {},
    Kind.partner: {},
    Kind.key: {},
}
"""Parameters that ask through another record."""

WORDS_OF = {
    Kind.incident: {"claims": CLAIM, "links": LINK},
    Kind.report: {"claims": CLAIM, "links": LINK},
}
"""What hangs on a record, by the name under which its free texts are asked for (``claims.wording``)."""


def redactable(kind: Kind) -> tuple[str, ...]:
    """The fields of a kind of record that can be redacted, those of its links and claims included."""
    own = [field.name for field in CATALOGUE[kind] if field.free]
    hanging = [f"{of}.{f.name}" for of, fields in WORDS_OF.get(kind, {}).items() for f in fields if f.free]
    return (*own, *hanging)

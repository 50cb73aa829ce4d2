"""The tables. Columns carry the names that the wire carries; `_ref` marks an internal key of another row.

Live tables hold what is so now. Each of `sources`, `reports` and `incidents` has a `_versions` twin that keeps every
version with the range of history in which it was current; links and claims are never amended but superseded, so
their own rows carry that range. `changes` is the history itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.sql.selectable import NamedFromClause

from app.domain.figures import METRICS
from app.storage.types import Digest, Json, Key, Timestamp

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _figure(name: str) -> list[Column[Any]]:
    return [Column(f"{name}_{end}", Integer) for end in ("low", "best", "high")]


def _ordered(name: str) -> list[CheckConstraint]:
    low, best, high = (f"{name}_{end}" for end in ("low", "best", "high"))
    return [
        CheckConstraint(f"{low} >= 0 AND {best} >= 0 AND {high} >= 0", name=f"{name}_not_negative"),
        CheckConstraint(f"{low} <= {best} AND {best} <= {high} AND {low} <= {high}", name=f"{name}_ordered"),
    ]


def _record(*, partner: bool = True) -> list[Column[Any]]:
    """What every record carries beside its own matter."""
    owner = [Column("partner_ref", Key, ForeignKey("partners.id"), nullable=False)] if partner else []
    return [
        Column("id", Key, primary_key=True),
        Column("uid", Text, nullable=False, unique=True),
        *owner,
        Column("version", Integer, nullable=False, server_default="1"),
        Column("created_at", Timestamp, nullable=False),
        Column("updated_at", Timestamp, nullable=False),
        Column("deleted_at", Timestamp),
        Column("delete_reason", Text),
        Column("replaced_by_ref", Key),
    ]


def _submitted() -> list[Column[Any]]:
    """How a partner names the record, and what it last sent, so that sending it again changes nothing."""
    return [Column("external_id", Text), Column("submitted_digest", Digest)]


def _shared() -> list[Column[Any]]:
    """What its owner asked for, and the strictest of that and of what the record hangs on: readers meet the latter."""
    return [
        Column("sharing", Text, nullable=False, server_default="public"),
        Column("effective_sharing", Text, nullable=False, server_default="public"),
    ]


SHARING_CHECK = "sharing IN ('public', 'partners', 'organisation', 'restricted')"
WORKFLOW_CHECK = "workflow IN ('draft', 'in_review', 'published')"

partners = Table(
    "partners",
    metadata,
    *_record(partner=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    *_record(),
    Column("role", Text, nullable=False),
    Column("label", Text),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", Digest, nullable=False),
    Column("expires_at", Timestamp, nullable=False),
    Column("revoked_at", Timestamp),
    CheckConstraint("role IN ('reader', 'contributor', 'editor', 'admin')", name="role"),
)

sources = Table(
    "sources",
    metadata,
    *_record(),
    *_submitted(),
    *_shared(),
    Column("name", Text, nullable=False),
    Column("pseudonym", Text),
    Column("protected", Boolean, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("scale", Text),
    Column("reliability", Text, nullable=False),
    Column("url", Text),
    Column("notes", Text),
    Column("language", Text),
    Column("country", Text),
    Column("owner", Text),
    Column("search_text", Text, nullable=False, server_default=""),
    UniqueConstraint("partner_ref", "external_id"),
    CheckConstraint(SHARING_CHECK, name="sharing"),
    Index("ix_sources_display_name_id", "display_name", "id"),
    Index("ix_sources_updated_at_id", "updated_at", "id"),
)

reports = Table(
    "reports",
    metadata,
    *_record(),
    *_submitted(),
    *_shared(),
    Column("workflow", Text, nullable=False),
    Column("source_ref", Key, ForeignKey("sources.id")),
    Column("url", Text),
    Column("archive_url", Text),
    Column("language", Text),
    Column("title", Text),
    Column("date_published", Date),
    Column("date_retrieved", Date),
    Column("excerpt", Text),
    Column("content_hash", Text),
    Column("notes", Text),
    Column("derived_from_ref", Key),
    Column("same_origin_as_ref", Key),
    Column("search_text", Text, nullable=False, server_default=""),
    UniqueConstraint("partner_ref", "external_id"),
    CheckConstraint(SHARING_CHECK, name="sharing"),
    CheckConstraint(WORKFLOW_CHECK, name="workflow"),
    Index("ix_reports_date_published_id", "date_published", "id"),
    Index("ix_reports_source_ref_id", "source_ref", "id"),
    Index("ix_reports_updated_at_id", "updated_at", "id"),
)

for _name in ("derived_from_ref", "same_origin_as_ref"):
    Index(
        f"ix_reports_{_name}",
        reports.c[_name],
        sqlite_where=reports.c[_name].is_not(None),
        postgresql_where=reports.c[_name].is_not(None),
    )

incidents = Table(
    "incidents",
    metadata,
    *_record(),
    *_submitted(),
    *_shared(),
    Column("workflow", Text, nullable=False),
    Column("code", Text),
    Column("title", Text),
    Column("summary", Text),
    Column("date_start", Date),
    Column("date_end", Date),
    Column("date_precision", Text, nullable=False),
    Column("date_basis", Text),
    Column("time_of_day", Text),
    Column("country", Text),
    Column("admin1", Text),
    Column("admin1_code", Text),
    Column("admin2", Text),
    Column("admin2_code", Text),
    Column("place", Text),
    Column("place_names", Json, nullable=False, server_default="{}"),
    Column("lon", Double),
    Column("lat", Double),
    Column("location_precision", Text, nullable=False),
    Column("location_generalised_to", Text),
    Column("lon_exact", Double),
    Column("lat_exact", Double),
    Column("location_precision_exact", Text),
    Column("event_type", Text, nullable=False),
    Column("cause", Text, nullable=False),
    *_figure("killed"),
    *_figure("wounded"),
    *_figure("killed_civilians"),
    Column("assessment_rule", Text, nullable=False),
    Column("assessment_reason", Text),
    # Of the claims that count: which rule read their wordings, what status they speak for, how far apart they are.
    Column("wording_rule", Text),
    Column("proposed_status", Text),
    Column("spread", Integer),
    Column("attributions", Json, nullable=False, server_default="[]"),
    Column("verification_status", Text, nullable=False),
    Column("retraction_reason", Text),
    Column("source_ref", Key, ForeignKey("sources.id")),
    Column("part_of_ref", Key, ForeignKey("incidents.id")),
    Column("merged_into_ref", Key, ForeignKey("incidents.id")),
    # Likely duplicates of it that an editor found to be others: the same is said of those.
    Column("distinct_from", Json, nullable=False, server_default="[]"),
    Column("tags", Json, nullable=False, server_default="[]"),
    Column("search_text", Text, nullable=False, server_default=""),
    UniqueConstraint("partner_ref", "external_id"),
    CheckConstraint(SHARING_CHECK, name="sharing"),
    CheckConstraint(WORKFLOW_CHECK, name="workflow"),
    CheckConstraint("date_start <= date_end", name="dates_ordered"),
    CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name="point"),
    CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="point_whole"),
    *_ordered("killed"),
    *_ordered("wounded"),
    *_ordered("killed_civilians"),
    Index("ix_incidents_date_start_id", "date_start", "id"),
    Index("ix_incidents_country_date_start_id", "country", "date_start", "id"),
    Index("ix_incidents_killed_best_id", "killed_best", "id"),
    Index("ix_incidents_wounded_best_id", "wounded_best", "id"),
    Index("ix_incidents_updated_at_id", "updated_at", "id"),
    Index("ix_incidents_source_ref_id", "source_ref", "id"),
)
Index(
    "ix_incidents_part_of_ref",
    incidents.c.part_of_ref,
    sqlite_where=incidents.c.part_of_ref.is_not(None),
    postgresql_where=incidents.c.part_of_ref.is_not(None),
)
Index(
    "ix_incidents_merged_into_ref",
    incidents.c.merged_into_ref,
    sqlite_where=incidents.c.merged_into_ref.is_not(None),
    postgresql_where=incidents.c.merged_into_ref.is_not(None),
)
Index(
    "ix_incidents_spread_id",
    incidents.c.spread,
    incidents.c.id,
    sqlite_where=incidents.c.spread.is_not(None),
    postgresql_where=incidents.c.spread.is_not(None),
)
Index(
    "ix_incidents_without_position",
    incidents.c.date_start,
    incidents.c.id,
    sqlite_where=incidents.c.lon.is_(None),
    postgresql_where=incidents.c.lon.is_(None),
)

links = Table(
    "links",
    metadata,
    Column("id", Key, primary_key=True),
    Column("incident_ref", Key, ForeignKey("incidents.id"), nullable=False),
    Column("report_ref", Key, ForeignKey("reports.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("date_wording", Text),
    Column("note", Text),
    Column("created_at", Timestamp, nullable=False),
    Column("seq_from", Key, nullable=False),
    Column("seq_to", Key),
    Index("ix_links_report_ref_incident_ref", "report_ref", "incident_ref"),
)
Index(
    "uq_links_current",
    links.c.incident_ref,
    links.c.report_ref,
    unique=True,
    sqlite_where=links.c.seq_to.is_(None),
    postgresql_where=links.c.seq_to.is_(None),
)

claims = Table(
    "claims",
    metadata,
    Column("id", Key, primary_key=True),
    Column("uid", Text, nullable=False),
    # The link of the same incident, report and range refers to both; a claim is only ever written with it.
    Column("incident_ref", Key, nullable=False),
    Column("report_ref", Key, nullable=False),
    Column("position", Integer, nullable=False),
    Column("metric", Text, nullable=False),
    Column("wording", Text),
    Column("low", Integer),
    Column("best", Integer),
    Column("high", Integer),
    Column("qualifier", Text, nullable=False),
    Column("victim_status", Text, nullable=False),
    Column("sex", Text, nullable=False),
    Column("age_group", Text, nullable=False),
    Column("credibility", Text, nullable=False),
    Column("covers", Text, nullable=False),
    Column("covers_note", Text),
    Column("wording_rule", Text),
    Column("seq_from", Key, nullable=False),
    Column("seq_to", Key),
    Index("ix_claims_incident_ref_report_ref", "incident_ref", "report_ref"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("partner", Text, nullable=False),
    Column("api_key", Text),
    Column("action", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", Text),
    Column("before", Text),
    Column("after", Text),
    # An entry is sealed by a salted digest of what it says; where that was redacted, the digest stands in the salt's place.
    Column("salt", Digest),
    Column("content", Digest),
    Column("hash", Digest, nullable=False),
    Index("ix_changes_record_seq", "record", "seq"),
)
REDACTIONS = changes.c.action == literal_column("'redact'")
"""Written out: the index of these few serves no question that binds the word."""
Index(
    "ix_changes_redactions",
    changes.c.record,
    changes.c.seq,
    sqlite_where=REDACTIONS,
    postgresql_where=REDACTIONS,
)

history_head = Table(
    "history_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("seq", Key, nullable=False),
    Column("hash", Digest, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

spellings = Table(
    "spellings",
    metadata,
    # Every word that a record's search text ever held. Whoever asks is told only of those that records hold for them.
    Column("word", Text, primary_key=True),
    Column("sound", Text, nullable=False),
    Index("ix_spellings_sound", "sound"),
)

ROLLUP_KEY = ("country", "first_month", "last_month", "workflow", "effective_sharing", "verification_status", "partner_ref")  # fmt: skip
"""What the incidents of one row have in common. Months are counted from the year 0."""
ROLLUP_PARTS = ("low", "best", "high", "unknown", "open", "no_best", "lows", "bests")
"""Of each metric: the sums as totals count them, how many incidents state nothing, no end, no best, and how many a low
or something that counts as best."""

incident_rollup = Table(
    "incident_rollup",
    metadata,
    # All of the key as one text, since unique constraints take nulls for different from each other.
    Column("held_in_common", Text, primary_key=True),
    Column("country", Text),
    Column("first_month", Integer),
    Column("last_month", Integer),
    Column("workflow", Text, nullable=False),
    Column("effective_sharing", Text, nullable=False),
    Column("verification_status", Text, nullable=False),
    Column("partner_ref", Key, nullable=False),
    Column("incidents", Key, nullable=False),
    *(Column(f"{metric}_{part}", Key, nullable=False) for metric in METRICS for part in ROLLUP_PARTS),
    Index("ix_incident_rollup_country", "country"),
)

LINKED_TO = ("nothing", "hidden")
"""What a record is linked to that is linked loosely: no record at all, or none that is read by whoever reads it."""

loosely_linked = Table(
    "loosely_linked",
    metadata,
    # Incidents without a report that whoever reads them may read, and reports without such an incident; not those that are deleted.
    Column("kind", Text, primary_key=True),
    Column("linked_to", Text, primary_key=True),
    Column("record_ref", Key, primary_key=True, autoincrement=False),
    CheckConstraint("linked_to IN ('nothing', 'hidden')", name="linked_to"),
    # The key is all of it: a second copy would only have to be written, too.
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("api_key_ref", Key, ForeignKey("api_keys.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", Digest, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

NOT_KEPT = {"search_text", "submitted_digest"}
"""Columns that follow from others or are bookkeeping: versions do without them."""
CAME_LATER = {"distinct_from": "[]"}
"""Columns that have to stand in versions of before there were any: what stands there."""


def _versions_of(live: Table) -> Table:
    """The twin that keeps every version of `live`, each with its range of history `seq_from` <= seq < `seq_to`."""
    kept = [
        Column(
            c.name,
            c.type,
            primary_key=c.name == "id",
            autoincrement=False,
            nullable=c.nullable,
            server_default=CAME_LATER.get(c.name),
        )
        for c in live.columns
        if c.name not in NOT_KEPT
    ]
    seq_from = Column("seq_from", Key, primary_key=True, autoincrement=False)
    return Table(f"{live.name}_versions", metadata, *kept, seq_from, Column("seq_to", Key))


source_versions = _versions_of(sources)
report_versions = _versions_of(reports)
incident_versions = _versions_of(incidents)


FOLDED = ("title", "place", "place_names", "admin1", "admin2", "summary", "code", "excerpt")
"""Of these it may be that some are withheld by now, and others told."""
former_texts = Table(
    "former_texts",
    metadata,
    # What a record said until a change had it say otherwise: all of it folded, as it was searched, and text by text.
    Column("id", Key, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("record_ref", Key, nullable=False),
    Column("seq_from", Key, nullable=False),
    Column("seq_to", Key, nullable=False),
    Column("search_text", Text, nullable=False),
    *(Column(name, Text) for name in FOLDED),
    Index("ix_former_texts_kind_record_ref_seq_to", "kind", "record_ref", "seq_to"),
)


def _index_of_some(name: str, only: Column[Any], *columns: Column[Any]) -> None:
    stated = only.is_not(None)
    Index(name, *columns, sqlite_where=stated, postgresql_where=stated)


# What was so is asked in the order of lists, and by what hung together. With both ends of the range in the index versions are
# passed over without being read.
for _kept, _names in (
    (incident_versions, ("date_start",)),
    (incident_versions, ("country", "date_start")),
    (incident_versions, ("killed_best",)),
    (incident_versions, ("wounded_best",)),
    (incident_versions, ("updated_at",)),
    (report_versions, ("date_published",)),
    (report_versions, ("updated_at",)),
    (source_versions, ("updated_at",)),
):
    _columns = (*_names, "id", "seq_from", "seq_to")
    Index(f"ix_{_kept.name}_{'_'.join(_columns)}", *[_kept.c[name] for name in _columns])
Index(
    f"ix_{report_versions.name}_seen",
    *[
        report_versions.c[name]
        for name in ("id", "seq_from", "seq_to", "workflow", "effective_sharing", "deleted_at")
    ],
)
"""How many reports an incident had is told in every list."""
for _kept in (incident_versions, report_versions):
    _source = _kept.c.source_ref
    _index_of_some(f"ix_{_kept.name}_source_ref_seq_from", _source, _source, _kept.c.seq_from)
for _name in ("part_of_ref", "merged_into_ref"):
    _other = incident_versions.c[_name]
    _index_of_some(f"ix_{incident_versions.name}_{_name}", _other, _other)
_index_of_some("ix_links_ended", links.c.seq_to, links.c.incident_ref)
"""Beside `uq_links_current`: a link costs nothing more until it ends."""


@cache
def aliased(table: Table, name: str) -> NamedFromClause:
    """The table under a name, made once: each alias copies every column of the table, which took as long as all else
    that it takes to build a statement. A name occurs but once within a statement, or in statements beside one another."""
    alias = table.alias(name)
    _ = alias.c  # now, and not by several threads at once
    return alias

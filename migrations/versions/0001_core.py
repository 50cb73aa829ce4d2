"""The records, their versions, links, claims, and the history.

Revision: 0001, the first
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.helpers import JSON, KEY, TIMESTAMP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "changes",
    "history_head",
    "incidents_versions",
    "partners",
    "reports_versions",
    "sources_versions",
    "api_keys",
    "sources",
    "idempotency_keys",
    "incidents",
    "reports",
    "claims",
    "links",
)
"""In the order of their making: each after those that it refers to."""


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
    )
    op.create_index("ix_changes_record_seq", "changes", ["record", "seq"])
    op.create_table(
        "history_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_history_head_single")),
        sa.PrimaryKeyConstraint("id", name="pk_history_head"),
    )
    op.create_table(
        "incidents_versions",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("external_id", sa.Text()),
        sa.Column("sharing", sa.Text(), nullable=False),
        sa.Column("effective_sharing", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("summary", sa.Text()),
        sa.Column("date_start", sa.Date()),
        sa.Column("date_end", sa.Date()),
        sa.Column("date_precision", sa.Text(), nullable=False),
        sa.Column("date_basis", sa.Text()),
        sa.Column("time_of_day", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("admin1", sa.Text()),
        sa.Column("admin1_code", sa.Text()),
        sa.Column("admin2", sa.Text()),
        sa.Column("admin2_code", sa.Text()),
        sa.Column("place", sa.Text()),
        sa.Column("place_names", JSON, nullable=False),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        sa.Column("location_precision", sa.Text(), nullable=False),
        sa.Column("location_generalised_to", sa.Text()),
        sa.Column("lon_exact", sa.Double()),
        sa.Column("lat_exact", sa.Double()),
        sa.Column("location_precision_exact", sa.Text()),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("killed_low", sa.Integer()),
        sa.Column("killed_best", sa.Integer()),
        sa.Column("killed_high", sa.Integer()),
        sa.Column("wounded_low", sa.Integer()),
        sa.Column("wounded_best", sa.Integer()),
        sa.Column("wounded_high", sa.Integer()),
        sa.Column("killed_civilians_low", sa.Integer()),
        sa.Column("killed_civilians_best", sa.Integer()),
        sa.Column("killed_civilians_high", sa.Integer()),
        sa.Column("assessment_rule", sa.Text(), nullable=False),
        sa.Column("assessment_reason", sa.Text()),
        sa.Column("attributions", JSON, nullable=False),
        sa.Column("verification_status", sa.Text(), nullable=False),
        sa.Column("source_ref", KEY),
        sa.Column("part_of_ref", KEY),
        sa.Column("merged_into_ref", KEY),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("seq_from", KEY, autoincrement=False, nullable=False),
        sa.Column("seq_to", KEY),
        sa.PrimaryKeyConstraint("id", "seq_from", name="pk_incidents_versions"),
    )
    op.create_table(
        "partners",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partners"),
        sa.UniqueConstraint("slug", name="uq_partners_slug"),
        sa.UniqueConstraint("uid", name="uq_partners_uid"),
    )
    op.create_table(
        "reports_versions",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("external_id", sa.Text()),
        sa.Column("sharing", sa.Text(), nullable=False),
        sa.Column("effective_sharing", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("source_ref", KEY),
        sa.Column("url", sa.Text()),
        sa.Column("archive_url", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("date_published", sa.Date()),
        sa.Column("date_retrieved", sa.Date()),
        sa.Column("excerpt", sa.Text()),
        sa.Column("content_hash", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("seq_from", KEY, autoincrement=False, nullable=False),
        sa.Column("seq_to", KEY),
        sa.PrimaryKeyConstraint("id", "seq_from", name="pk_reports_versions"),
    )
    op.create_table(
        "sources_versions",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("external_id", sa.Text()),
        sa.Column("sharing", sa.Text(), nullable=False),
        sa.Column("effective_sharing", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text()),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("scale", sa.Text()),
        sa.Column("reliability", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("seq_from", KEY, autoincrement=False, nullable=False),
        sa.Column("seq_to", KEY),
        sa.PrimaryKeyConstraint("id", "seq_from", name="pk_sources_versions"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.Column("revoked_at", TIMESTAMP),
        sa.CheckConstraint(
            "role IN ('reader', 'contributor', 'editor', 'admin')", name=op.f("ck_api_keys_role")
        ),
        sa.ForeignKeyConstraint(["partner_ref"], ["partners.id"], name="fk_api_keys_partner_ref"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("prefix", name="uq_api_keys_prefix"),
        sa.UniqueConstraint("uid", name="uq_api_keys_uid"),
    )
    op.create_table(
        "sources",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("external_id", sa.Text()),
        sa.Column("submitted_digest", sa.LargeBinary()),
        sa.Column("sharing", sa.Text(), server_default="public", nullable=False),
        sa.Column("effective_sharing", sa.Text(), server_default="public", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text()),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("scale", sa.Text()),
        sa.Column("reliability", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "sharing IN ('public', 'partners', 'organisation', 'restricted')", name=op.f("ck_sources_sharing")
        ),
        sa.ForeignKeyConstraint(["partner_ref"], ["partners.id"], name="fk_sources_partner_ref"),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("partner_ref", "external_id", name="uq_sources_partner_ref_external_id"),
        sa.UniqueConstraint("uid", name="uq_sources_uid"),
    )
    op.create_index("ix_sources_display_name_id", "sources", ["display_name", "id"])
    op.create_index("ix_sources_updated_at_id", "sources", ["updated_at", "id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("api_key_ref", KEY, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["api_key_ref"], ["api_keys.id"], name="fk_idempotency_keys_api_key_ref"),
        sa.PrimaryKeyConstraint("api_key_ref", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_table(
        "incidents",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("external_id", sa.Text()),
        sa.Column("submitted_digest", sa.LargeBinary()),
        sa.Column("sharing", sa.Text(), server_default="public", nullable=False),
        sa.Column("effective_sharing", sa.Text(), server_default="public", nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("summary", sa.Text()),
        sa.Column("date_start", sa.Date()),
        sa.Column("date_end", sa.Date()),
        sa.Column("date_precision", sa.Text(), nullable=False),
        sa.Column("date_basis", sa.Text()),
        sa.Column("time_of_day", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("admin1", sa.Text()),
        sa.Column("admin1_code", sa.Text()),
        sa.Column("admin2", sa.Text()),
        sa.Column("admin2_code", sa.Text()),
        sa.Column("place", sa.Text()),
        sa.Column("place_names", JSON, server_default="{}", nullable=False),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        sa.Column("location_precision", sa.Text(), nullable=False),
        sa.Column("location_generalised_to", sa.Text()),
        sa.Column("lon_exact", sa.Double()),
        sa.Column("lat_exact", sa.Double()),
        sa.Column("location_precision_exact", sa.Text()),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("killed_low", sa.Integer()),
        sa.Column("killed_best", sa.Integer()),
        sa.Column("killed_high", sa.Integer()),
        sa.Column("wounded_low", sa.Integer()),
        sa.Column("wounded_best", sa.Integer()),
        sa.Column("wounded_high", sa.Integer()),
        sa.Column("killed_civilians_low", sa.Integer()),
        sa.Column("killed_civilians_best", sa.Integer()),
        sa.Column("killed_civilians_high", sa.Integer()),
        sa.Column("assessment_rule", sa.Text(), nullable=False),
        sa.Column("assessment_reason", sa.Text()),
        sa.Column("attributions", JSON, server_default="[]", nullable=False),
        sa.Column("verification_status", sa.Text(), nullable=False),
        sa.Column("source_ref", KEY),
        sa.Column("part_of_ref", KEY),
        sa.Column("merged_into_ref", KEY),
        sa.Column("tags", JSON, server_default="[]", nullable=False),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "sharing IN ('public', 'partners', 'organisation', 'restricted')",
            name=op.f("ck_incidents_sharing"),
        ),
        sa.CheckConstraint(
            "workflow IN ('draft', 'in_review', 'published')", name=op.f("ck_incidents_workflow")
        ),
        sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name=op.f("ck_incidents_point_whole")),
        sa.CheckConstraint("date_start <= date_end", name=op.f("ck_incidents_dates_ordered")),
        sa.CheckConstraint(
            "killed_civilians_low <= killed_civilians_best AND killed_civilians_best <= killed_civilians_high AND killed_civilians_low <= killed_civilians_high",
            name=op.f("ck_incidents_killed_civilians_ordered"),
        ),
        sa.CheckConstraint(
            "killed_civilians_low >= 0 AND killed_civilians_best >= 0 AND killed_civilians_high >= 0",
            name=op.f("ck_incidents_killed_civilians_not_negative"),
        ),
        sa.CheckConstraint(
            "killed_low <= killed_best AND killed_best <= killed_high AND killed_low <= killed_high",
            name=op.f("ck_incidents_killed_ordered"),
        ),
        sa.CheckConstraint(
            "killed_low >= 0 AND killed_best >= 0 AND killed_high >= 0",
            name=op.f("ck_incidents_killed_not_negative"),
        ),
        sa.CheckConstraint(
            "lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name=op.f("ck_incidents_point")
        ),
        sa.CheckConstraint(
            "wounded_low <= wounded_best AND wounded_best <= wounded_high AND wounded_low <= wounded_high",
            name=op.f("ck_incidents_wounded_ordered"),
        ),
        sa.CheckConstraint(
            "wounded_low >= 0 AND wounded_best >= 0 AND wounded_high >= 0",
            name=op.f("ck_incidents_wounded_not_negative"),
        ),
        sa.ForeignKeyConstraint(["merged_into_ref"], ["incidents.id"], name="fk_incidents_merged_into_ref"),
        sa.ForeignKeyConstraint(["part_of_ref"], ["incidents.id"], name="fk_incidents_part_of_ref"),
        sa.ForeignKeyConstraint(["partner_ref"], ["partners.id"], name="fk_incidents_partner_ref"),
        sa.ForeignKeyConstraint(["source_ref"], ["sources.id"], name="fk_incidents_source_ref"),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("partner_ref", "external_id", name="uq_incidents_partner_ref_external_id"),
        sa.UniqueConstraint("uid", name="uq_incidents_uid"),
    )
    op.create_index("ix_incidents_country_date_start_id", "incidents", ["country", "date_start", "id"])
    op.create_index("ix_incidents_date_start_id", "incidents", ["date_start", "id"])
    op.create_index("ix_incidents_killed_best_id", "incidents", ["killed_best", "id"])
    op.create_index(
        "ix_incidents_part_of_ref",
        "incidents",
        ["part_of_ref"],
        sqlite_where=sa.text("part_of_ref IS NOT NULL"),
        postgresql_where=sa.text("part_of_ref IS NOT NULL"),
    )
    op.create_index("ix_incidents_source_ref_id", "incidents", ["source_ref", "id"])
    op.create_index("ix_incidents_updated_at_id", "incidents", ["updated_at", "id"])
    op.create_index("ix_incidents_wounded_best_id", "incidents", ["wounded_best", "id"])
    op.create_table(
        "reports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("partner_ref", KEY, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("updated_at", TIMESTAMP, nullable=False),
        sa.Column("deleted_at", TIMESTAMP),
        sa.Column("delete_reason", sa.Text()),
        sa.Column("replaced_by_ref", KEY),
        sa.Column("external_id", sa.Text()),
        sa.Column("submitted_digest", sa.LargeBinary()),
        sa.Column("sharing", sa.Text(), server_default="public", nullable=False),
        sa.Column("effective_sharing", sa.Text(), server_default="public", nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("source_ref", KEY),
        sa.Column("url", sa.Text()),
        sa.Column("archive_url", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("date_published", sa.Date()),
        sa.Column("date_retrieved", sa.Date()),
        sa.Column("excerpt", sa.Text()),
        sa.Column("content_hash", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "sharing IN ('public', 'partners', 'organisation', 'restricted')", name=op.f("ck_reports_sharing")
        ),
        sa.CheckConstraint(
            "workflow IN ('draft', 'in_review', 'published')", name=op.f("ck_reports_workflow")
        ),
        sa.ForeignKeyConstraint(["partner_ref"], ["partners.id"], name="fk_reports_partner_ref"),
        sa.ForeignKeyConstraint(["source_ref"], ["sources.id"], name="fk_reports_source_ref"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("partner_ref", "external_id", name="uq_reports_partner_ref_external_id"),
        sa.UniqueConstraint("uid", name="uq_reports_uid"),
    )
    op.create_index("ix_reports_date_published_id", "reports", ["date_published", "id"])
    op.create_index("ix_reports_source_ref_id", "reports", ["source_ref", "id"])
    op.create_index("ix_reports_updated_at_id", "reports", ["updated_at", "id"])
    op.create_table(
        "claims",
        sa.Column("id", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("incident_ref", KEY, nullable=False),
        sa.Column("report_ref", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text()),
        sa.Column("low", sa.Integer()),
        sa.Column("best", sa.Integer()),
        sa.Column("high", sa.Integer()),
        sa.Column("qualifier", sa.Text(), nullable=False),
        sa.Column("victim_status", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("age_group", sa.Text(), nullable=False),
        sa.Column("credibility", sa.Text(), nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.Column("covers_note", sa.Text()),
        sa.Column("wording_rule", sa.Text()),
        sa.Column("seq_from", KEY, nullable=False),
        sa.Column("seq_to", KEY),
        sa.ForeignKeyConstraint(["incident_ref"], ["incidents.id"], name="fk_claims_incident_ref"),
        sa.ForeignKeyConstraint(["report_ref"], ["reports.id"], name="fk_claims_report_ref"),
        sa.PrimaryKeyConstraint("id", name="pk_claims"),
    )
    op.create_index("ix_claims_incident_ref_report_ref", "claims", ["incident_ref", "report_ref"])
    op.create_table(
        "links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("incident_ref", KEY, nullable=False),
        sa.Column("report_ref", KEY, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("date_wording", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("created_at", TIMESTAMP, nullable=False),
        sa.Column("seq_from", KEY, nullable=False),
        sa.Column("seq_to", KEY),
        sa.ForeignKeyConstraint(["incident_ref"], ["incidents.id"], name="fk_links_incident_ref"),
        sa.ForeignKeyConstraint(["report_ref"], ["reports.id"], name="fk_links_report_ref"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
    )
    op.create_index("ix_links_report_ref_incident_ref", "links", ["report_ref", "incident_ref"])
    op.create_index(
        "uq_links_current",
        "links",
        ["incident_ref", "report_ref"],
        unique=True,
        sqlite_where=sa.text("seq_to IS NULL"),
        postgresql_where=sa.text("seq_to IS NULL"),
    )
    op.execute(
        sa.text("INSERT INTO history_head (id, seq, hash) VALUES (1, 0, :hash)").bindparams(
            sa.bindparam("hash", bytes(32), sa.LargeBinary())
        )
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)

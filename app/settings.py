"""Settings, read once from the environment (prefix ``INCIDENTS_``), in small groups.

``INCIDENTS_<GROUP>_<NAME>``: ``INCIDENTS_DATABASE_URL`` is ``settings.database.url``. docs/operating.md lists
each one; a test holds that list and this file together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import Misconfigured

VERSION = "0.1.0"
"""Of the release, as pyproject.toml has it."""
DEFAULT_SECRET = "only-for-development-never-in-production"  # noqa: S105 - refused outside development
MINIMUM_SECRET_LENGTH = 32


class Environment(StrEnum):
    development = "development"
    production = "production"


class ServerSettings(BaseModel):
    """How the service meets the network."""

    public_url: str = Field(
        default="", description="Base of links in answers; empty: taken from the request."
    )
    cors_origins: Annotated[str, NoDecode] = Field(
        default="*", description="Origins that browsers may call from, comma separated."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error."
    )


class DatabaseSettings(BaseModel):
    """Where records are kept."""

    url: str = Field(
        default="sqlite:///incidents.db", description="sqlite:///FILE or postgresql://USER@HOST/NAME."
    )
    read_threads: int = Field(
        default=4, ge=1, le=64, description="Reads served at once, and connections held for them."
    )
    export_threads: int = Field(
        default=2, ge=1, le=16, description="Exports served at once, and connections held for them."
    )
    write_threads: int = Field(
        default=4, ge=1, le=64, description="Writes served at once on PostgreSQL (SQLite has one writer)."
    )
    lock_timeout_seconds: float = Field(
        default=10.0, gt=0, le=300, description="How long a write waits for its turn before 503."
    )
    statement_timeout_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="How long the database may work on one question."
    )


class LimitSettings(BaseModel):
    """What one request may ask for."""

    body_bytes: int = Field(
        default=2_000_000, ge=1_000, description="Largest body taken; larger ones answer 413."
    )
    page_default: int = Field(default=50, ge=1, description="Records in a page when `limit` is not given.")
    page_maximum: int = Field(default=1_000, ge=1, description="Largest `limit`.")
    count_maximum: int = Field(default=10_000, ge=1, description="Where counting for `count=true` stops.")
    followers: int = Field(
        default=2_000, ge=1, description="Who may wait for changes, or hold a stream of them, in one process."
    )
    stream_seconds: int = Field(
        default=3_600,
        ge=1,
        description="How long a stream of changes lasts before its client has to come back.",
    )
    idempotency_hours: int = Field(default=48, ge=1, description="How long an Idempotency-Key is remembered.")


class KeySettings(BaseModel):
    """What API keys and cursors are signed with."""

    secret: str = Field(
        default=DEFAULT_SECRET, description="Keys the hashes of API keys and the signatures of cursors."
    )
    lifetime_days: int = Field(
        default=365, ge=1, le=3650, description="How long an issued key lives when nothing else is said."
    )


class AssessmentSettings(BaseModel):
    """How figures follow from claims."""

    rule: Literal["envelope", "lowest", "highest", "median", "latest", "best_source", "corroborated_only"] = (
        Field(
            default="envelope",
            description="The rule for incidents that name none. Each keeps the one it was recorded under.",
        )
    )


class Settings(BaseSettings):
    """All settings; Misconfigured where a value makes no sense. `checked()` refuses what must not run."""

    model_config = SettingsConfigDict(
        env_prefix="INCIDENTS_", env_nested_delimiter="_", env_nested_max_split=1, extra="ignore", frozen=True
    )

    environment: Environment = Environment.development
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    limits: LimitSettings = LimitSettings()
    keys: KeySettings = KeySettings()
    assessment: AssessmentSettings = AssessmentSettings()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as fault:
            told = [f"INCIDENTS_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in fault.errors()]
            raise Misconfigured("; ".join(told)) from None

    def checked(self) -> Settings:
        """Itself, or Misconfigured with what to set."""
        if self.environment is Environment.development:
            return self
        if self.keys.secret == DEFAULT_SECRET or len(self.keys.secret) < MINIMUM_SECRET_LENGTH:
            raise Misconfigured(
                "INCIDENTS_KEYS_SECRET is the default or shorter than "
                f"{MINIMUM_SECRET_LENGTH} characters, and INCIDENTS_ENVIRONMENT is {self.environment.value}. Set it to a "
                'random text of your own, for example from: python -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return self

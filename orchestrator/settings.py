"""Every setting, from the environment (FEEDSCORE_...), a TOML file, or its default; the one door to the environment."""

from __future__ import annotations

import math
import os
import tomllib
import zoneinfo
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from feedscore import AffinitySettings, ContentSettings, FeedSettings, MatchSettings, TrendingSettings

from .errors import SettingsError

CONFIG_VARIABLE = "FEEDSCORE_CONFIG"
DEFAULT_CONFIG = Path("feedscore.toml")
ENV_PREFIX = "FEEDSCORE_"
ADDRESSES = frozenset({"database_url", "redis_url"})
"""Settings that may hold a password, and are shown without it."""
SECRETS = ADDRESSES | {"api_token", "api_signing_key", "analyser_key"}
NEVER_REPEATED = SECRETS | {"analyser_url"}
"""Settings whose bad values stand in no error: somebody may have put a password there."""
SHORTEST_SECRET = 16

CONTENT_PARTS = ("sentiment", "embedding", "image")

Constants = MatchSettings | ContentSettings | TrendingSettings | AffinitySettings | FeedSettings
"""The settings of the formulas, each a record of numbers: above 0, weights 0 or more."""


class Settings(BaseSettings):
    """The effective settings; `origins` tells where each came from."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL to use, postgresql://user:password@host:port/name; unset = embedded.",
    )
    data_dir: Path = Field(
        default=Path(".feedscore"),
        description="Folder of the embedded Postgres and Redis, made when needed.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis to use, redis://, rediss:// or unix://; unset = the embedded one of `up`.",
    )
    redis_prefix: str = Field(
        default="feedscore",
        pattern=r"^[A-Za-z0-9_.-]+$",
        description="What the names of all keys in Redis begin with.",
    )
    time_zone: str = Field(default="UTC", description="Time zone of the default schedule (IANA name).")
    threads: int = Field(default=0, ge=0, description="Threads of the kernels; 0 = all cores.")
    write_connections: int = Field(
        default=2, ge=1, le=16, description="Connections that write match lists at once."
    )
    workers_here: int = Field(
        default=1,
        ge=1,
        description="Workers that share the cores of this machine; told by whoever supervises them.",
    )
    shard_s: float = Field(
        default=60.0,
        gt=0,
        description="Seconds one worker should take for a shard; what takes less as a whole is not split.",
    )
    connect_timeout_s: int = Field(default=10, ge=1, description="Seconds to wait for a database connection.")
    log_level: str = Field(default="WARNING", description="DEBUG, INFO, WARNING or ERROR.")
    match_list_ttl_h: float = Field(
        default=24.0, gt=0, description="Age in hours above which --stale recomputes a list."
    )
    active_user_days: float = Field(
        default=7.0, gt=0, description="Who was here within so many days is active: match-scores --active."
    )
    feed_ttl_days: float = Field(
        default=7.0,
        gt=0,
        description="Age in days above which feed-presort-cleanup removes a stored segment.",
    )
    content_parts: str = Field(
        default="sentiment,embedding,image",
        description="Optional parts of content-features to compute where their extra is installed, or `none`.",
    )
    media_dir: Path | None = Field(
        default=None, description="Folder of the pictures whose app.media.uri is a relative path."
    )
    run_ttl_days: float = Field(
        default=30.0,
        ge=1,
        description="Age in days above which job-run-cleanup removes a run that went well.",
    )
    failed_run_ttl_days: float = Field(
        default=90.0,
        ge=1,
        description="Age in days above which job-run-cleanup removes a run that failed, was cancelled or skipped.",
    )
    event_ttl_days: float = Field(
        default=7.0,
        ge=1,
        description="Age in days above which job-run-cleanup removes an event that was worked off.",
    )
    slot_ttl_days: float = Field(
        default=90.0,
        ge=1,
        description="Age in days above which job-run-cleanup removes a slot of a schedule.",
    )
    refresh_viewers: int = Field(
        default=2000,
        ge=0,
        description="At most so many lists of others are brought up to date at once for each user of an event.",
    )
    rating_prior_weight: float = Field(
        default=5.0, gt=0, description="Weight of the global mean in a rating, in ratings."
    )
    http_host: str = Field(default="127.0.0.1", description="Address that `serve` listens on.")
    http_port: int = Field(
        default=8484, ge=0, le=65_535, description="Port that `serve` listens on; 0 = any that is free."
    )
    api_token: SecretStr | None = Field(
        default=None,
        description="What callers of /api must send as `Authorization: Bearer`; unset = /api is closed.",
    )
    api_signing_key: SecretStr | None = Field(
        default=None,
        description="Key with which callers sign what they post (HMAC-SHA256); unset = unsigned.",
    )
    analyser: str = Field(
        default="local", description="What analyses profiles: local, http, or the name of a plug-in."
    )
    analyser_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^@\s?#]+/(chat/completions|messages)$",
        description="Of analyser http: where it posts to, .../v1/chat/completions or .../v1/messages.",
    )
    analyser_model: str | None = Field(default=None, description="Of analyser http: the model to ask for.")
    analyser_key: SecretStr | None = Field(
        default=None, description="Of analyser http: its key, if it wants one."
    )
    analyser_timeout_s: float = Field(
        default=60.0, gt=0, le=240, description="Of analyser http: seconds to wait for an answer."
    )
    analyser_price_in: float | None = Field(
        default=None, ge=0, description="Of analyser http: price of a million tokens sent; 0 = free."
    )
    analyser_price_out: float | None = Field(
        default=None, ge=0, description="Of analyser http: price of a million tokens received; 0 = free."
    )
    analyser_daily_budget: float = Field(
        default=1.0, ge=0, description="What analyses may cost a day (UTC), in the currency of the prices."
    )
    analyser_at_once: int = Field(default=4, ge=1, le=64, description="Of analyser http: requests at once.")
    match: MatchSettings = Field(
        default_factory=MatchSettings, description="Weights and constants of match score."
    )
    content: ContentSettings = Field(
        default_factory=ContentSettings, description="Weights and constants of content features."
    )
    trending: TrendingSettings = Field(
        default_factory=TrendingSettings, description="Weights and constants of trending."
    )
    affinity: AffinitySettings = Field(
        default_factory=AffinitySettings, description="Weights and constants of affinity profiles."
    )
    feed: FeedSettings = Field(default_factory=FeedSettings, description="Weights and constants of feeds.")

    @field_validator("database_url")
    @classmethod
    def _names_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql:// or postgres://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _names_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return url

    @field_validator("api_token", "api_signing_key")
    @classmethod
    def _cannot_be_guessed(cls, secret: SecretStr | None) -> SecretStr | None:
        value = secret.get_secret_value() if secret else None
        if value is not None and (
            len(value) < SHORTEST_SECRET or not value.isascii() or not value.isprintable()
        ):
            raise ValueError(f"must have {SHORTEST_SECRET} or more printable ASCII characters")
        return secret

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        if name not in zoneinfo.available_timezones():
            raise ValueError("must be an IANA time zone such as Europe/Berlin")
        return name

    @field_validator("content_parts")
    @classmethod
    def _names_parts(cls, names: str) -> str:
        parts = [name.strip().lower() for name in names.split(",") if name.strip()]
        if parts == ["none"]:
            return ""
        if unknown := [name for name in parts if name not in CONTENT_PARTS]:
            raise ValueError(f"unknown {', '.join(unknown)}: names of {', '.join(CONTENT_PARTS)}, or none")
        return ",".join(parts)

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, level: str) -> str:
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @field_validator("match", "content", "trending", "affinity", "feed")
    @classmethod
    def _can_be_used(cls, constants: Constants) -> Constants:
        for name, value in asdict(constants).items():
            if not math.isfinite(value) or value < 0 or (value == 0 and not name.endswith("_weight")):
                raise ValueError(f"{name} must be {'0 or more' if name.endswith('_weight') else 'above 0'}")
        return constants

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_path())


def config_path() -> Path:
    """Name the TOML file: FEEDSCORE_CONFIG, else feedscore.toml in the working folder; it need not exist."""
    return Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)


def load_settings(**overrides: Any) -> Settings:  # Any: whatever a field takes; pydantic checks it
    """Read the settings; SettingsError names each field that cannot be used and the value it had."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise SettingsError(f"{CONFIG_VARIABLE} names a file that does not exist: {named}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except ValueError as error:  # a TOML file that cannot be parsed
        raise SettingsError(f"{config_path()}: {error}") from None


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        field = ".".join(map(str, fault["loc"]))
        seen = "" if field in NEVER_REPEATED else f" (got {fault['input']!r})"
        lines.append(f"setting {field}: {fault['msg']}{seen}")
    return "\n".join(lines)


def origins() -> dict[str, str]:
    """Tell where each setting comes from, by dotted name: `environment NAME`, `file PATH` or `default`."""
    environment = {name.upper() for name, value in os.environ.items() if value}
    path = config_path()
    told = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    found = {}
    for name, declared in Settings.model_fields.items():
        kind = declared.annotation
        parts = [(name, part.name) for part in fields(kind)] if is_dataclass(kind) else [(name,)]
        for keys in parts:
            variable = ENV_PREFIX + "__".join(keys).upper()
            value: Any = told  # Any: what a TOML file holds
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            in_file = value is not None
            origin = f"file {path}" if in_file else "default"
            found[".".join(keys)] = f"environment {variable}" if variable in environment else origin
    return found

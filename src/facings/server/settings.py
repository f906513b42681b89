"""How the service is run. Read once when it starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIB = 2**20


class ServerSettings(BaseSettings):
    """Settings from the environment (FACINGS_SERVER_...), or from keyword arguments, which win."""

    model_config = SettingsConfigDict(
        env_prefix="FACINGS_SERVER_", env_ignore_empty=True, frozen=True
    )

    open_to_all: bool = False
    """Every caller may do everything, without a key: for one machine's own use."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Web pages of other origins that may call, such as `https://shop.example`, by comma."""
    web_folder: Path | None = None
    """Built web client to be served at `/`."""

    max_body_bytes: Annotated[int, Field(ge=1)] = 32 * MIB
    """Of one request; a run of many pictures included."""
    max_pixels: Annotated[int, Field(ge=1)] = 50_000_000
    """Of one picture."""
    head_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """Until a connection has sent the whole head of a request."""
    body_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    """Until a request's body has arrived."""
    shutdown_timeout_s: Annotated[int, Field(ge=0)] = 30
    """How long requests under way may still take when the service is stopped."""

    rate_per_minute: Annotated[int, Field(ge=1)] = 1200
    """Requests of one key; and refused keys from one address."""
    rate_storage: str = "memory://"
    """Where they are counted: `redis://host:6379` for several processes together."""
    busy_scans: Annotated[int, Field(ge=1)] = 2
    """Pictures scanned at the same time."""
    waiting_scans: Annotated[int, Field(ge=0)] = 16
    """Pictures that may wait for their turn; more are refused at once."""

    traces: Literal["off", "otlp"] = "off"
    """OpenTelemetry: where to is said by its own variables (OTEL_EXPORTER_OTLP_ENDPOINT...)."""

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return given.split(",") if isinstance(given, str) else given

    @field_validator("cors_origins")
    @classmethod
    def _named(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https?://[^/*?#@]+", origin):
                raise ValueError(f'"{origin}" is no origin: write each like https://shop.example')
        return origins

"""Where Facings keeps its things. Read once at the edges (command line, server), then passed on."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings from the environment, or from keyword arguments, which win."""

    model_config = SettingsConfigDict(
        env_prefix="FACINGS_", env_ignore_empty=True, frozen=True, validate_default=True
    )

    home: Path = Path("~/.local/share/facings")
    """FACINGS_HOME: folder of the catalogue and its index; `~` is the user's home."""
    database_url: str | None = Field(default=None, repr=False)
    """FACINGS_DATABASE_URL: SQLAlchemy URL of the records; None means a file in `home`."""

    index_url: str | None = None
    """FACINGS_INDEX_URL: Qdrant cluster of the index; None means a folder in `home`."""
    index_api_key: str | None = Field(default=None, repr=False)
    """FACINGS_INDEX_API_KEY: what the cluster wants to see."""
    index_name: str = Field(default="facings", pattern=r"^[A-Za-z0-9_-]+$")
    """FACINGS_INDEX_NAME: name of the index in the cluster."""

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def resolved_database_url(self) -> str:
        """SQLAlchemy URL of the records database."""
        return self.database_url or f"sqlite:///{self.home / 'facings.db'}"

    @property
    def weights_folder(self) -> Path:
        """Folder of embedders that the index was built with and that may not be published here."""
        return self.home / "weights"

    @property
    def index_folder(self) -> Path:
        """Folder of the vector index."""
        return self.home / "index"

"""Settings come from the environment, and keyword arguments win."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from facings.settings import Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACINGS_HOME", raising=False)
    monkeypatch.delenv("FACINGS_DATABASE_URL", raising=False)


def test_nothing_set_means_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The default home is resolved for the user at hand."""
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = Settings()
    assert settings.home == tmp_path / ".local/share/facings"
    assert settings.index_folder == settings.home / "index"
    assert settings.resolved_database_url == f"sqlite:///{settings.home}/facings.db"


def test_the_environment_names_home_and_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """FACINGS_HOME and FACINGS_DATABASE_URL are read."""
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path))
    monkeypatch.setenv("FACINGS_DATABASE_URL", "postgresql://db/facings")
    settings = Settings()
    assert settings.index_folder == tmp_path / "index"
    assert settings.resolved_database_url == "postgresql://db/facings"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """`FACINGS_DATABASE_URL=` in a file of settings does not break the default."""
    monkeypatch.setenv("FACINGS_DATABASE_URL", "")
    assert Settings().database_url is None


def test_keyword_arguments_win_and_home_becomes_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A relative home means the folder it was when the settings were read."""
    monkeypatch.setenv("FACINGS_HOME", "/elsewhere")
    monkeypatch.chdir(tmp_path)
    assert Settings(home=Path("store")).home == tmp_path / "store"


def test_settings_cannot_be_changed() -> None:
    """They are read once and passed on."""
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.home = Path("other")  # type: ignore[misc]


def test_a_database_password_is_not_shown() -> None:
    """Printing the settings does not print the URL."""
    assert "secret" not in repr(Settings(database_url="postgresql://user:secret@db/facings"))

"""What only a training can complain about; everything else is in `facings.errors`."""

from __future__ import annotations

from facings.errors import FacingsError


class TrainingRefused(FacingsError):
    """A training cannot begin here, or not in this folder."""


def require_one(what: str, **given: object) -> None:
    """Refuse options of which not exactly one is given.

    Args:
        what: they say.
        given: option to what was given; None where nothing was.

    Raises:
        TrainingRefused: none, or several.
    """
    if sum(each is not None for each in given.values()) != 1:
        raise TrainingRefused(f"either {' or '.join(f'--{each}' for each in given)} says {what}")

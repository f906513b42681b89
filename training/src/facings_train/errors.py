"""What only a training can complain about; everything else is in `facings.errors`."""

from __future__ import annotations

from facings.errors import FacingsError


class TrainingRefused(FacingsError):
    """A training cannot begin here, or not in this folder."""

"""One Label Studio for all tests; it is installed (about 1 GB) where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import label_studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home and the address of a Label Studio that `facings annotate up` started there."""
    home = tmp_path_factory.mktemp("home")
    with label_studio(home) as url:
        yield home, url

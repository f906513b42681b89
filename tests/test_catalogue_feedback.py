"""What people say a facing is not is kept, on one facing at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from facings.catalogue.database import Database
from facings.catalogue.feedback import Remark, keep_remark
from facings.catalogue.tables_service import FeedbackRow
from galleries import EMBEDDER, embeddings

BOX = (1.0, 2.0, 3.0, 4.0)
MILK, RICE = "04006381333931", "00036000291452"


def test_a_remark_without_a_vector_is_kept(tmp_path: Path) -> None:
    """A person who knows nothing but that it is wrong is heard too."""
    database = Database.open(f"sqlite:///{tmp_path}/facings.db")

    number = keep_remark(database, Remark("f1", BOX, MILK, None), tenant="shop")

    with database.read() as connection:
        row = connection.execute(select(FeedbackRow.__table__)).one()
    assert (row.id, row.tenant, row.gtin_given, row.vector) == (number, "shop", MILK, None)
    assert row.box_xyxy == list(BOX)


def test_a_vector_comes_back_with_its_embedder(tmp_path: Path) -> None:
    """It is only good for the embedder that made it."""
    database = Database.open(f"sqlite:///{tmp_path}/facings.db")
    one = embeddings(1)

    keep_remark(database, Remark("f1", BOX, MILK, RICE, one), tenant="shop")

    with database.read() as connection:
        row = connection.execute(select(FeedbackRow.__table__)).one()
    np.testing.assert_array_equal(np.frombuffer(row.vector, "<f2"), one.vectors[0])
    assert (row.embedder_name, row.embedder_version) == (EMBEDDER.name, EMBEDDER.version)


def test_a_remark_is_on_one_facing() -> None:
    """Two vectors would be two remarks."""
    with pytest.raises(ValueError, match="got 2 vectors"):
        Remark("f1", BOX, MILK, None, embeddings(2))

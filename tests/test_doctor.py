"""The doctor finds what will make scans ambiguous or wrong, and nothing in a healthy gallery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facings.catalogue.doctor import Diagnosis, examine
from facings.catalogue.pictures import PictureFile
from facings.catalogue.records import Records
from facings.product import Product
from facings.report import diagnosis_dict, diagnosis_lines
from facings.retrieve.exact import ExactIndex
from facings.types import Embeddings
from galleries import DIM, EMBEDDER, unit

BARS = {"accept": 0.7, "sure": 0.8, "sharpness": 35.0}  # a lead of 0.04 is sure
TEA, RICE, MILK, GUM = (
    "04006381333931",
    "00036000291452",
    "05901234123457",
    "00000096385074",
)
PICTURES = 4


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Four products with four pictures each: ids 1 to 16."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as opened:
        pictures = {
            gtin: [PictureFile(f"{gtin}-{n}.jpg", "/shop", f"{gtin}-{n}") for n in range(PICTURES)]
            for gtin in (TEA, RICE, MILK, GUM)
        }
        opened.upsert([Product(gtin, "x") for gtin in pictures], pictures)
        yield opened


def vectors(noise: float = 0.25) -> np.ndarray:
    """Four directions, four pictures around each."""
    generator = np.random.default_rng(0)
    looks = np.repeat(np.eye(4, DIM), PICTURES, axis=0)
    return looks + noise * generator.standard_normal(looks.shape) / np.sqrt(DIM)


def index_of(rows: np.ndarray, records: Records) -> ExactIndex:
    """The records' pictures, with these vectors."""
    index = ExactIndex(EMBEDDER, DIM, BARS)
    pictures = records.pictures()
    gtins = [picture.gtin for picture in pictures]
    embeddings = Embeddings(unit(rows), EMBEDDER)
    index.add([picture.id for picture in pictures], gtins, embeddings)
    return index


def test_an_empty_index_is_well(tmp_path: Path) -> None:
    """There is nothing wrong with nothing."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as empty:
        found = examine(ExactIndex(EMBEDDER, DIM, BARS), empty)
    assert found == Diagnosis(0, (), (), (), ())
    assert found.is_well


def test_a_healthy_gallery_gives_no_findings(records: Records) -> None:
    """Products apart, pictures alike but not the same."""
    found = examine(index_of(vectors(), records), records)
    assert found == Diagnosis(16, (), (), (), ())


def test_the_same_artwork_under_two_gtins_is_found_once(records: Records) -> None:
    """As a pair of pictures, whichever of them asks."""
    rows = vectors()
    rows[5] = rows[0]
    [found] = examine(index_of(rows, records), records).duplicates
    assert (found.gtins, found.picture_ids) == ((TEA, RICE), (1, 6))
    assert found.similarity == pytest.approx(1.0, abs=1e-3)


def test_one_file_under_two_gtins_is_found_by_its_bytes(records: Records) -> None:
    """It is told as a file, and not once more as a pair of vectors."""
    shared = PictureFile("new.jpg", "/shop", f"{TEA}-0")
    records.upsert([Product(GUM, "x")], {GUM: [shared]})
    rows = vectors()
    found = examine(index_of(np.vstack([rows, rows[:1]]), records), records)
    [same] = found.same_picture
    assert (same.gtins, same.picture_ids) == ((GUM, TEA), (1, 17))
    assert not found.duplicates


def test_a_picture_that_looks_like_another_product_is_mislabelled(records: Records) -> None:
    """Its nearest pictures are all of that one product."""
    rows = vectors()
    rows[3] = rows[8:12].mean(axis=0)
    [found] = examine(index_of(rows, records), records).mislabelled
    assert (found.gtin, found.picture_id, found.looks_like) == (TEA, 4, MILK)
    assert found.similarity > 0.9


def test_a_picture_like_nothing_at_all_is_not_called_mislabelled(records: Records) -> None:
    """The back of a pack looks like no front: below the accept bar nothing is said."""
    rows = vectors()
    rows[3] = np.eye(1, DIM, 9)[0] + 0.1 * rows[8]
    assert examine(index_of(rows, records), records).mislabelled == ()


@pytest.mark.parametrize("sizes_differ", [False, True])
def test_products_that_no_picture_tells_apart_are_named(
    records: Records, sizes_differ: bool
) -> None:
    """Both ways, with what size may still tell."""
    rows = vectors(noise=0.1)
    rows[4:8] = rows[:4][::-1] + 0.01 * np.eye(1, DIM, 20)
    front = (70.0, 240.0)
    tea, rice = (records.products([TEA, RICE])[gtin] for gtin in (TEA, RICE))
    other = (50.0, 180.0) if sizes_differ else front
    records.upsert([replace(tea, size_mm=front), replace(rice, size_mm=other)])
    [found] = examine(index_of(rows, records), records).indistinguishable
    assert (found.gtins, found.sizes_differ) == ((RICE, TEA), sizes_differ)
    assert found.similarity > 0.96


def test_products_with_one_telling_picture_are_let_be(records: Records) -> None:
    """A back that differs is enough to be told apart from somewhere."""
    rows = vectors(noise=0.1)
    rows[4:7] = rows[:3]
    assert examine(index_of(rows, records), records).indistinguishable == ()


def test_findings_are_told_in_lines_and_as_values(records: Records) -> None:
    """Each in one line, a mislabelled picture with the command that takes it out."""
    rows = vectors()
    rows[3] = rows[8:12].mean(axis=0)
    rows[5] = rows[0]  # the same artwork, and mislabelled: all it looks like is the other product
    found = examine(index_of(rows, records), records)
    lines = list(diagnosis_lines(found))
    assert any("facings index remove 4006381333931 --picture 4" in line for line in lines)
    assert lines[-1] == "16 pictures examined, 3 findings"
    assert list(diagnosis_dict(found)) == [
        "picture_count", "same_picture", "duplicates", "mislabelled", "indistinguishable",
    ]  # fmt: skip

"""The records keep what they are given, all of it or none of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from facings.catalogue.pictures import PictureFile
from facings.catalogue.records import Counts, Records, Upserted
from facings.errors import CatalogueError, StorageFull
from facings.product import Offer, Product, Review
from facings.scope import Labels
from facings.types import EmbedderId, Embeddings, Look

EMBEDDER = EmbedderId("embedder-s", 1, "ab" * 32)
OTHER = EmbedderId("embedder-s", 2, "cd" * 32)
MILK = Product(
    gtin="04006381333931",
    name="Whole milk",
    brand="Meadow",
    variant="3.5 %",
    net_content="1 l",
    category="dairy",
    ingredients="milk",
    allergens={"AM": "contains", "AN": "may_contain"},
    nutrition_per_100={"energy_kj": 272.0, "fat": 3.6},
    price_cents=139,
    currency="EUR",
    size_mm=(70.5, 240.0),
    offers=(Offer("2 for 2", "multi_buy", 78, "EUR", "2030-01-31"),),
    reviews=(Review(5, "fresh", "Ada"), Review(2, "sour", "Bob")),
    source="test, CC0",
)
BARE = Product("00000096385074", "Chewing gum")


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    """An empty database of each kind, SQLite's in a folder that was not there."""
    with Records.open(database_url) as opened:
        yield opened


def picture(number: int, folder: str = "/shop") -> PictureFile:
    """A picture with bytes of its own."""
    return PictureFile(f"pictures/{number}.jpg", folder, f"{number:064x}")


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    """(count, 16) rows of length 1."""
    rows = np.random.default_rng(seed).standard_normal((count, 16), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_an_empty_database_answers_with_nothing(records: Records) -> None:
    """No product, no picture, no embedding, no error."""
    assert records.counts() == Counts(0, 0, 0, 0, 0)
    assert records.product(MILK.gtin) is None
    assert records.products([]) == {}
    assert records.gtins() == ()
    assert records.pictures() == ()
    assert list(records.embeddings(EMBEDDER)) == []
    assert records.upsert([]) == Upserted(0, 0, 0)
    records.store_embeddings([], Embeddings(np.zeros((0, 16), np.float32), EMBEDDER))


def test_products_are_read_page_by_page(records: Records) -> None:
    """By GTIN, each once, until there are no more."""
    assert records.page(after=None, limit=2) == []
    numbers = [f"{number:014d}" for number in range(5)]
    records.upsert(Product(gtin, f"Product {gtin}") for gtin in reversed(numbers))
    read: list[str] = []
    while page := records.page(after=read[-1] if read else None, limit=2):
        read += [product.gtin for product in page]
    assert read == numbers


def test_a_product_comes_back_as_it_went_in(records: Records) -> None:
    """Every field, the order of offers and reviews, and what is unknown."""
    assert records.upsert([MILK, BARE]) == Upserted(2, 0, 0)
    assert records.product(MILK.gtin) == MILK
    assert records.product(BARE.gtin) == BARE
    assert records.products([BARE.gtin, "absent", MILK.gtin]) == {
        MILK.gtin: MILK,
        BARE.gtin: BARE,
    }


def test_a_database_outlives_the_process_that_wrote_it(tmp_path: Path) -> None:
    """What was written is there after reopening."""
    url = f"sqlite:///{tmp_path}/facings.db"
    with Records.open(url) as records:
        records.upsert([MILK])
    with Records.open(url) as records:
        assert records.product(MILK.gtin) == MILK


def test_the_same_product_twice_changes_nothing(records: Records) -> None:
    """No doubles of offers, reviews or pictures."""
    pictures = {MILK.gtin: [picture(1), picture(2)]}
    records.upsert([MILK], pictures)
    before = records.counts()
    assert records.upsert([MILK], pictures) == Upserted(0, 0, 1)
    assert records.counts() == before == Counts(1, 1, 2, 2, 0)


def test_a_changed_product_replaces_the_earlier_one(records: Records) -> None:
    """Its offers and reviews too."""
    records.upsert([MILK, BARE])
    cheaper = replace(MILK, price_cents=99, offers=(), reviews=MILK.reviews[1:])
    assert records.upsert([cheaper, BARE]) == Upserted(0, 1, 1)
    assert records.product(MILK.gtin) == cheaper
    assert records.counts() == Counts(2, 0, 1, 0, 0)


def test_hundreds_of_products_are_looked_up_in_one_call(records: Records) -> None:
    """More keys than one query takes."""
    products = [Product(f"{number:014d}", f"product {number}") for number in range(1300)]
    records.upsert(products)
    assert records.products(product.gtin for product in products) == {
        product.gtin: product for product in products
    }


def test_measures_are_known_where_sizes_are(records: Records) -> None:
    """Products of unknown size are absent."""
    records.upsert([MILK, BARE])
    assert records.sizes_mm([MILK.gtin, BARE.gtin, "absent"]) == {MILK.gtin: (70.5, 240.0)}


def test_a_picture_is_told_by_its_bytes(records: Records) -> None:
    """A gallery that moved is the same gallery, embeddings and all."""
    records.upsert([MILK], {MILK.gtin: [picture(1)]})
    (before,) = records.pictures()
    records.store_embeddings([before.id], Embeddings(unit_vectors(1), EMBEDDER))
    assert records.upsert([MILK], {MILK.gtin: [picture(1, "/moved")]}) == Upserted(0, 1, 0)
    (after,) = records.pictures([MILK.gtin])
    assert (after.id, after.path) == (before.id, Path("/moved/pictures/1.jpg"))
    assert records.pictures_without_embedding(EMBEDDER) == ()


def test_a_picture_whose_bytes_changed_must_be_embedded_again(records: Records) -> None:
    """An embedding of the old bytes would be a lie."""
    records.upsert([MILK], {MILK.gtin: [picture(1), picture(2)]})
    first, second = records.pictures()
    ids = [first.id, second.id]
    records.store_embeddings(ids, Embeddings(unit_vectors(2), EMBEDDER))
    retaken = replace(picture(1), sha256="f" * 64)
    assert records.upsert([MILK], {MILK.gtin: [retaken]}) == Upserted(0, 1, 0)
    (waiting,) = records.pictures_without_embedding(EMBEDDER)
    assert (waiting.id, waiting.source) == (first.id, retaken)
    assert records.counts().pictures == 2


def test_embeddings_come_back_in_batches_with_their_products(records: Records) -> None:
    """Ascending ids, rounded to float16, one embedder at a time."""
    records.upsert(
        [MILK, BARE],
        {MILK.gtin: [picture(n) for n in range(4)], BARE.gtin: [picture(n) for n in range(4, 7)]},
    )
    ids = [each.id for each in records.pictures()]
    vectors = unit_vectors(7)
    records.store_embeddings(ids[::-1], Embeddings(vectors[::-1].copy(), EMBEDDER))
    records.store_embeddings(np.array(ids[:2]), Embeddings(unit_vectors(2, seed=1), OTHER))
    batches = list(records.embeddings(EMBEDDER, batch_size=3))
    assert [len(batch.embeddings) for batch in batches] == [3, 3, 1]
    assert np.concatenate([batch.picture_ids for batch in batches]).tolist() == ids
    gtins = [gtin for batch in batches for gtin in batch.gtins]
    assert gtins == [MILK.gtin] * 4 + [BARE.gtin] * 3
    kept = np.concatenate([batch.embeddings.vectors for batch in batches])
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept, vectors.astype(np.float16).astype(np.float32))
    assert records.embedding_count(EMBEDDER) == 7
    assert records.embedding_count(OTHER) == 2
    assert [each.id for each in records.pictures_without_embedding(OTHER)] == ids[2:]


def test_an_embedding_stored_again_replaces_the_earlier_one(records: Records) -> None:
    """One a picture and embedder."""
    records.upsert([MILK], {MILK.gtin: [picture(1)]})
    ids = [records.pictures()[0].id]
    for seed in (1, 2):
        records.store_embeddings(ids, Embeddings(unit_vectors(1, seed), EMBEDDER))
    (batch,) = records.embeddings(EMBEDDER)
    np.testing.assert_allclose(batch.embeddings.vectors, unit_vectors(1, 2), atol=1e-3)


def test_an_embedding_of_no_picture_is_refused(records: Records) -> None:
    """Nothing is kept that could not be traced to a product."""
    with pytest.raises(CatalogueError, match=r"(?i)foreign key"):
        records.store_embeddings([99], Embeddings(unit_vectors(1), EMBEDDER))
    with pytest.raises(ValueError, match="2 ids, 1 embeddings"):
        records.store_embeddings([1, 2], Embeddings(unit_vectors(1), EMBEDDER))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_leaves_everything_as_it_was(records: Records) -> None:
    """The whole call is undone, and says what happened."""
    records.upsert([MILK], {MILK.gtin: [picture(1)]})
    before = records.counts()
    with records.database._engine.connect() as connection:  # the pool hands it out again
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
    many = [Product(f"{number:014d}", "x" * 500) for number in range(2000)]
    with pytest.raises(StorageFull, match="disk is full") as caught:
        records.upsert([replace(MILK, name="changed"), *many])
    assert caught.value.hint is not None
    assert records.counts() == before
    assert records.product(MILK.gtin) == MILK


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file, a folder, a bad URL and a missing driver each give one clear error."""
    (tmp_path / "notes.txt").write_text("milk, bread, and a lot of other things\n" * 50)
    for url in (
        f"sqlite:///{tmp_path}/notes.txt",
        f"sqlite:///{tmp_path}",
        "no url",
        "nosuchdatabase://host/name",
    ):
        with pytest.raises(CatalogueError, match=r"database (URL|sqlite)|cannot be used"):
            Records.open(url)


def test_a_password_is_not_shown_in_an_error(tmp_path: Path) -> None:
    """The URL is named without it."""
    with pytest.raises(CatalogueError) as caught:
        Records.open(f"sqlite://user:secret@host/{tmp_path}")
    assert "secret" not in caught.value.message


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    """A second connection sees what the first has written, and both may write."""
    url = f"sqlite:///{tmp_path}/facings.db"
    with Records.open(url) as first, Records.open(url) as second:
        first.upsert([MILK])
        assert second.upsert([MILK, BARE]) == Upserted(1, 0, 1)
        assert first.gtins() == (BARE.gtin, MILK.gtin)


def test_a_shelf_of_products_takes_as_many_queries_as_one_product(records: Records) -> None:
    """24 GTINs are not 24 questions: that is what makes a shelf's lookup take a millisecond."""
    products = [replace(MILK, gtin=f"{number:014d}") for number in range(200)]
    records.upsert(products)
    gtins = [product.gtin for product in products[::8]][:24]
    assert _query_count(records, gtins) == _query_count(records, gtins[:1]) > 0


def _query_count(records: Records, gtins: list[str]) -> int:
    statements: list[object] = []

    def note(*arguments: object) -> None:
        statements.append(arguments)

    event.listen(records.database._engine, "before_cursor_execute", note)
    assert len(records.products(gtins)) == len(gtins)
    event.remove(records.database._engine, "before_cursor_execute", note)
    return len(statements)


def test_where_a_product_is_sold_comes_back_and_labels_its_embeddings(records: Records) -> None:
    """Retailers, countries, category and whether it is still sold, with each picture's look."""
    sold = replace(MILK, retailers=("corner", "mart"), countries=("SE", "NO"), active=False)
    old = replace(picture(1), look=Look(valid_until="2025-06-30"))
    records.upsert([sold, BARE], {MILK.gtin: [old, picture(2)], BARE.gtin: [picture(3)]})
    assert records.product(MILK.gtin) == sold
    assert [each.source for each in records.pictures([MILK.gtin])] == [old, picture(2)]
    records.store_embeddings([1, 2, 3], Embeddings(unit_vectors(3), EMBEDDER))
    [batch] = records.embeddings(EMBEDDER)
    labels = Labels(sold.retailers, sold.countries, "dairy", active=False)
    assert batch.labels == (replace(labels, look=old.look), labels, Labels())


def test_the_dates_of_a_look_change_without_losing_the_embedding(records: Records) -> None:
    """And a picture that is given again without dates keeps those it has."""
    records.upsert([BARE], {BARE.gtin: [picture(1)]})
    records.store_embeddings([1], Embeddings(unit_vectors(1), EMBEDDER))
    dated = replace(picture(1), look=Look("2024-01-01", "2025-06-30"))
    assert records.upsert([BARE], {BARE.gtin: [dated]}) == Upserted(0, 1, 0)
    assert records.upsert([BARE], {BARE.gtin: [picture(1)]}) == Upserted(0, 0, 1)
    assert records.pictures()[0].source == dated
    assert records.embedding_count(EMBEDDER) == 1


def test_pictures_are_compared_by_the_artwork_of_the_first_alike(records: Records) -> None:
    """A photo taken later by that of the catalogue's picture; another side or look by its own."""
    autumn = Look("2026-09-01", None)
    pictures = [
        picture(0),
        picture(1),
        replace(picture(2), view="back"),
        replace(picture(3), look=autumn),
        replace(picture(4), look=autumn),
    ]
    assert records.artwork([], EMBEDDER) == {}
    records.upsert([MILK, BARE], {MILK.gtin: pictures, BARE.gtin: [picture(5)]})
    ids = [each.id for each in records.pictures()]
    cells = np.arange(6, dtype=np.int8).reshape(6, 1, 1, 1)
    records.store_embeddings(ids, Embeddings(unit_vectors(6), EMBEDDER, cells))

    said = records.artwork([*ids, 999], EMBEDDER)

    assert [said[each].tolist() for each in ids] == [[0], [0], [2], [3], [3], [5]]
    assert 999 not in said
    assert records.artwork(ids, OTHER) == {}

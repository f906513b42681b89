"""Near ties of pictures without records are told apart by what is printed on them."""

import numpy as np
import pytest

from facings.compare import Comparison
from facings.evaluate.near_ties import (
    compare_artwork,
    compare_pictures,
    printed_words,
    rank_again,
    read_print,
)
from facings.types import (
    ByteImage,
    Candidate,
    Candidates,
    Clues,
    EmbedderId,
    Embeddings,
    Evidence,
)

pytest.importorskip("rapidfuzz")
THRESHOLDS = {
    "accept": 0.5,
    "sure": 0.9,
    "sharpness": 20.0,
    "size_weight": 0.3,
    "artwork_weight": 0.3,
    "words_weight": 0.2,
}
TIE = Candidates(((Candidate("millet", 0.90, 0), Candidate("soy", 0.89, 1)),))
CLEAR = Candidates(((Candidate("millet", 0.95, 0), Candidate("soy", 0.2, 1)),))
LINES = {1: ("BRAND Millet", "1 l"), 2: ("BRAND Soya drink",)}
PRINT = {"millet": 1, "soy": 2}


class Labels:
    """A reader of pictures whose first pixel says what is printed on them."""

    def __init__(self) -> None:
        self.read_count = 0

    def read(self, image: ByteImage) -> tuple[str, ...]:
        """The lines."""
        self.read_count += 1
        return LINES[int(image[0, 0, 0])]


def picture(number: int) -> ByteImage:
    """One that says which it is."""
    return np.full((8, 8, 3), number, np.uint8)


def read(candidates: Candidates, reader: Labels | None, shown: str) -> Clues:
    """What is read of one query that shows `shown`."""
    return read_print(
        candidates,
        Evidence(({},) * len(candidates), ({},) * len(candidates), ({},) * len(candidates)),
        THRESHOLDS,
        lambda _row: picture(PRINT[shown]),
        lambda product: picture(PRINT[product]),
        reader,
        lambda _done, _total: None,
    )


def test_nothing_is_read_where_nothing_is_asked_or_unsure() -> None:
    """No query, no reader, or a clear answer: no picture is opened."""
    reader = Labels()
    assert read(Candidates(()), reader, "soy") == ()
    assert read(TIE, None, "soy") == ({},)
    assert read(CLEAR, reader, "millet") == ({},)
    assert reader.read_count == 0


def test_a_tie_goes_to_the_label_whose_own_words_are_read() -> None:
    """The brand is on both and says nothing; the vector was wrong by a hair."""
    [said] = read(TIE, Labels(), "soy")

    assert said["soy"] > said["millet"] == 0.0
    evidence = Evidence(({},), ({},), (said,))
    assert rank_again(np.array([2.0]), ["soy"], TIE, evidence, THRESHOLDS).tolist() == [1.0]
    assert rank_again(np.array([1.0]), ["millet"], TIE, evidence, THRESHOLDS).tolist() == [2.0]


def test_a_label_is_read_once() -> None:
    """Two queries with the same candidates: two readings of queries, two of labels."""
    reader = Labels()
    read(Candidates(TIE.per_crop * 2), reader, "soy")
    assert reader.read_count == 4


def test_single_letters_are_no_words() -> None:
    """They are mostly misread rules and dots."""
    assert printed_words(picture(1), Labels()) == {"brand", "millet"}


def test_pictures_are_compared_where_they_have_a_weight_and_the_answer_is_unsure() -> None:
    """Otherwise no picture is opened."""
    nothing = Evidence(({},), ({},), ({},))
    weighed = THRESHOLDS | {"geometry_weight": 0.1}
    opened: list[int | str] = []

    def show(row: int) -> ByteImage:
        opened.append(row)
        return picture(200)

    def read(product: str) -> ByteImage:
        opened.append(product)
        return picture(200)

    gallery = Comparison(lambda products: {each: [each] for each in products}, read)
    assert compare_pictures(TIE, nothing, THRESHOLDS, show, gallery) == nothing
    assert not compare_pictures(CLEAR, nothing, weighed, show, gallery).of(0)["geometry"]
    assert not opened
    said = compare_pictures(TIE, nothing, weighed, show, gallery).of(0)
    assert said["geometry"] == {"millet": 0.0, "soy": 0.0}


def test_a_products_first_picture_speaks_for_its_photos() -> None:
    """The nearest are photos that look alike; the catalogue's pictures tell which is asked for."""
    draw = np.random.default_rng(0)
    cells = draw.standard_normal((3, 4, 6, 6)).astype(np.float32)
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    millet, soy, photo = np.rint(127 * cells).astype(np.int8)
    products = ["millet", "soy", "millet", "soy"]
    embedder = EmbedderId("test", 1, "0" * 64)
    known = Embeddings(np.eye(4, dtype=np.float32), embedder, np.stack([millet, soy, photo, photo]))
    asked = Embeddings(np.eye(4, dtype=np.float32)[2:3], embedder, soy[None])
    nearest = Candidates(((Candidate("millet", 0.90, 2), Candidate("soy", 0.89, 3)),))

    [said] = compare_artwork(nearest, asked, known, products)

    assert said["soy"] > 0.7 > 0.4 > said["millet"]
    bare = Embeddings(known.vectors, embedder)
    assert compare_artwork(nearest, asked, bare, products) == ({},)

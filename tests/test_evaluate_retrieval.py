"""Retrieval scores, against slow and obvious ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facings.embed import Embedder
from facings.errors import AnnotationError, PictureError
from facings.evaluate.near_ties import rank_again
from facings.evaluate.retrieval import (
    LabelledPicture,
    evaluate_retrieval,
    read_labelled_pictures,
    true_ranks,
    wilson_interval,
)
from facings.evidence.artwork import weigh_artwork
from facings.retrieve.exact import ExactIndex
from facings.types import Embeddings, Evidence
from galleries import EMBEDDER, THRESHOLDS

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"
COLORS = {"tea": (250, 40, 40), "rice": (40, 250, 40), "milk": (40, 40, 250)}


@pytest.fixture(autouse=True)
def _tiny_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))


def write_pictures(folder: Path, noise: int = 0) -> tuple[LabelledPicture, ...]:
    """Write one plain coloured picture a product, and a CSV of them."""
    rng = np.random.default_rng(noise)
    folder.mkdir()
    lines = ["file,product_id,note"]
    for name, color in COLORS.items():
        image = np.full((40, 40, 3), color) + rng.integers(-noise, noise + 1, (40, 40, 3))
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / f"{name}.png")
        lines.append(f"{name}.png,{name},any")
    (folder / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    return read_labelled_pictures(folder / "table.csv")


def unit(rows: np.ndarray) -> np.ndarray:
    """Scale rows to length 1."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def slow_rank(query: np.ndarray, product: str, gallery: np.ndarray, products: list[str]) -> float:
    """Sort products by their best picture and look for the right one."""
    best: dict[str, float] = {}
    for vector, name in zip(gallery, products, strict=True):
        best[name] = max(best.get(name, -2.0), float(vector @ query))
    names = sorted(best, key=lambda name: -best[name])
    return names.index(product) + 1 if product in best else float("inf")


def test_no_queries_have_no_ranks():
    """Empty in, empty out."""
    gallery = unit(np.eye(3))
    assert true_ranks(np.zeros((0, 3), np.float32), [], gallery, ["a", "b", "c"]).shape == (0,)


def test_ranks_agree_with_plain_loops():
    """More queries than one block, several pictures a product, some products absent."""
    rng = np.random.default_rng(0)
    gallery, queries = unit(rng.normal(size=(60, 8))), unit(rng.normal(size=(300, 8)))
    products = [f"p{rng.integers(20)}" for _ in range(60)]
    asked = [f"p{rng.integers(22)}" for _ in range(300)]
    expected = [slow_rank(q, p, gallery, products) for q, p in zip(queries, asked, strict=True)]
    np.testing.assert_array_equal(true_ranks(queries, asked, gallery, products), expected)


def test_a_tie_counts_against_the_right_product():
    """An embedder that says the same of everything is never right."""
    same = unit(np.ones((4, 3)))
    ranks = true_ranks(same[:1], ["a"], same, ["a", "b", "c", "d"])
    assert ranks.tolist() == [4.0]


def test_a_product_that_is_not_in_the_gallery_has_no_rank():
    """It cannot be found, however many are looked at."""
    ranks = true_ranks(unit(np.eye(2)), ["a", "z"], unit(np.eye(2)), ["a", "b"])
    assert ranks.tolist() == [1.0, np.inf]


def test_artwork_ranks_near_products_anew():
    """The vector says "b", what is printed says "a"; what is not near keeps its rank."""
    rng = np.random.default_rng(0)
    art = np.clip(rng.normal(0, 40, (3, 4, 5, 5)), -127, 127).astype(np.int8)
    known = Embeddings(unit(np.array([[1, 0.2], [1, 0.1], [0, 1]])), EMBEDDER, art)
    asked = Embeddings(unit(np.array([[1, 0.0], [0, 1]])), EMBEDDER, art[[0, 2]])
    index = ExactIndex(EMBEDDER, 2)
    index.add(range(3), ["a", "b", "c"], known)
    by_vector = true_ranks(asked.vectors, ["a", "c"], known.vectors, ["a", "b", "c"])
    candidates = index.search(asked, 10)
    likeness = weigh_artwork(asked, candidates, {i: art[i].reshape(-1) for i in range(3)})
    evidence = Evidence(({}, {}), likeness, ({}, {}))
    ranks = rank_again(by_vector, ["a", "c"], candidates, evidence, THRESHOLDS)
    assert (by_vector.tolist(), ranks.tolist()) == ([2.0, 1.0], [1.0, 1.0])


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float):
    """The last row is worked out in Newcombe 1998, Stat. Med. 17, 857 (table I)."""
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=2e-4)


def test_an_embedder_is_scored_from_files(tmp_path: Path):
    """From two CSV files to the report, with a real if tiny model."""
    gallery, queries = write_pictures(tmp_path / "g"), write_pictures(tmp_path / "q", noise=9)
    told: list[tuple[int, int]] = []
    report = evaluate_retrieval(
        gallery, queries, Embedder.load(), None, None, lambda *done: told.append(done)
    )
    assert report.absent == 0
    document = report.to_dict()
    assert document.pop("latency_ms") > 0
    assert document == {
        "n": 3,
        "hit": {"1": 1.0, "5": 1.0, "10": 1.0},
        "interval": {k: [0.4385, 1.0] for k in ("1", "5", "10")},
        "hit_by_vector": {"1": 1.0, "5": 1.0, "10": 1.0},
        "read": 0,
        "mean_reciprocal_rank": 1.0,
        "open_set": {"auroc": 1.0, "recognised_at_1_percent_false": 1.0},
    }
    assert told == [(3, 6), (6, 6)]


def test_queries_of_absent_products_are_misses_and_are_counted(tmp_path: Path):
    """They lower the score; the report says how many they are."""
    pictures = write_pictures(tmp_path / "g")
    report = evaluate_retrieval(pictures[:2], pictures, Embedder.load(), None, None)
    assert report.absent == 1
    assert report.hit[10] == pytest.approx(2 / 3)


def test_files_are_relative_to_the_table_or_absolute(tmp_path: Path):
    """A data set can be moved with its table."""
    [tea, *_] = write_pictures(tmp_path / "g")
    table = tmp_path / "other.csv"
    table.write_text(f"product_id,file\nx,g/rice.png\ny,{tea.file}\n", encoding="utf-8-sig")
    files = [each.file for each in read_labelled_pictures(table)]
    assert files == [tmp_path / "g" / "rice.png", tea.file]


@pytest.mark.parametrize(
    ("contents", "complaint"),
    [
        (b"", "no column file and product_id"),
        (b"file,product\na.png,1\n", "no column product_id"),
        (b"file,product_id\n", "no pictures"),
        (b"file,product_id\ngone.png,1\n", "line 2: there is no picture"),
        (b"file,product_id\na.png,\n", "line 2: file or product_id is empty"),
        (b"file,product_id\na.png\n", "line 2: file or product_id is empty"),
        (b"\xff\xfe\x00\x00", "is not a CSV file"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, contents: bytes, complaint: str):
    """What is wrong, and in which line."""
    table = tmp_path / "table.csv"
    table.write_bytes(contents)
    with pytest.raises(AnnotationError, match=complaint):
        read_labelled_pictures(table)


def test_a_table_that_is_missing_is_refused(tmp_path: Path):
    """The path is in the message."""
    with pytest.raises(AnnotationError, match=r"gone\.csv cannot be read: No such file"):
        read_labelled_pictures(tmp_path / "gone.csv")


def test_a_damaged_picture_stops_the_evaluation(tmp_path: Path):
    """A score over fewer pictures than were asked for would be another score."""
    pictures = write_pictures(tmp_path / "g")
    pictures[1].file.write_bytes(b"not a picture")
    with pytest.raises(PictureError):
        evaluate_retrieval(pictures, pictures, Embedder.load(), None, None)

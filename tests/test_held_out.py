"""The bars come out of the index's own pictures, each asked for with and without its product."""

from __future__ import annotations

import numpy as np
import pytest

from facings.errors import IndexTooSmall
from facings.evaluate.calibration import recognised
from facings.evaluate.held_out import calibrate_index, observe_held_out
from facings.retrieve.exact import ExactIndex
from facings.types import Embeddings
from galleries import DIM, EMBEDDER, THRESHOLDS, gtins, unit


def gallery(products: int, pictures: int = 3, noise: float = 0.05) -> ExactIndex:
    """Products in random directions, their pictures close by."""
    generator = np.random.default_rng(0)
    looks = generator.standard_normal((products, DIM))
    rows = np.repeat(looks, pictures, axis=0)
    rows = rows + noise * np.sqrt(DIM) * generator.standard_normal(rows.shape) / np.sqrt(DIM)
    index = ExactIndex(EMBEDDER, DIM, THRESHOLDS | {"accept": 0.1})
    names = gtins(products * pictures, pictures_a_product=pictures)
    index.add(range(len(rows)), names, Embeddings(unit(rows), EMBEDDER))
    return index


@pytest.mark.parametrize(("products", "pictures"), [(0, 3), (200, 1), (9, 3)])
def test_too_few_products_with_several_pictures_are_refused(products: int, pictures: int) -> None:
    """An empty index too; the thresholds stay."""
    index = ExactIndex(EMBEDDER, DIM, {"accept": 0.1})
    if products:
        index = gallery(products, pictures)
    with pytest.raises(IndexTooSmall, match="at least 30") as caught:
        calibrate_index(index, 0.98)
    assert "second pictures" in str(caught.value.hint)
    assert index.thresholds["accept"] == 0.1


def test_strangers_are_not_taken_for_own_products() -> None:
    """Own pictures near 1, strangers below 0.8: nearly all are recognised, few strangers are."""
    index = gallery(60)
    found = calibrate_index(index, 0.98)
    strangers = [each for each in observe_held_out(index) if each.gtin is None]
    assert sum(recognised(strangers, index.thresholds)) < 0.05 * len(strangers)
    assert found.reached >= 0.98
    assert found.recognised > 0.9
    assert (found.held_out, found.picture_count) == (180, 180)
    assert index.stats().calibration == found


def test_evidence_keeps_its_weight() -> None:
    """Nothing was learned about it, nor about how sharply similarity tells products apart."""
    index = gallery(60)
    calibrate_index(index, 0.98)
    kept = {name: value for name, value in THRESHOLDS.items() if name not in ("accept", "sure")}
    assert kept.items() <= index.thresholds.items()


def test_bars_found_here_hold_whether_pictures_are_compared_or_not() -> None:
    """A phone goes by them, too."""
    index = gallery(60)
    own = {
        "accept_without_pictures": 0.99,
        "size_weight_without_pictures": 0.3,
        "sure_by_blocks": 1.0,
    }
    index.set_thresholds(dict(index.thresholds) | own, None)
    calibrate_index(index, 0.98)
    assert {"accept_without_pictures", "sure_by_blocks"}.isdisjoint(index.thresholds)
    assert index.thresholds["size_weight_without_pictures"] == 0.3


def test_each_picture_is_held_out_of_what_it_asks() -> None:
    """Neither itself nor, the second time, any picture of its product is among the answers."""
    observations = observe_held_out(gallery(40))
    for known, unknown in zip(observations[::2], observations[1::2], strict=True):
        assert known.gtin is not None
        assert known.candidates[0].similarity < 0.9999
        assert unknown.gtin is None
        assert known.gtin not in {each.gtin for each in unknown.candidates}


def test_a_product_with_hundreds_of_pictures_still_has_strangers() -> None:
    """The search goes on until another product is found."""
    index = gallery(30)
    crowd = unit(np.eye(1, DIM) + 0.02 * np.random.default_rng(1).standard_normal((300, DIM)))
    index.add(range(1000, 1300), ["CROWD"] * 300, Embeddings(crowd, EMBEDDER))
    for each in observe_held_out(index):
        assert each.candidates


def test_the_same_artwork_of_another_product_is_held_out_too() -> None:
    """It is a copy of the picture that asks: what is left are each product's other pictures."""
    index = gallery(40, noise=0.3)
    [batch] = index.pictures()
    twins = [f"TWIN-{gtin}" for gtin in batch.gtins]
    index.add(batch.picture_ids + 1000, twins, batch.embeddings)
    for each in observe_held_out(index)[::2]:
        first, second = each.candidates[:2]
        assert {first.gtin, second.gtin} == {
            each.gtin,
            f"TWIN-{each.gtin}".replace("TWIN-TWIN-", ""),
        }


def test_a_precision_out_of_reach_leaves_the_thresholds() -> None:
    """Every product exists twice, a little different: the twin is as near as its own pictures."""
    index = gallery(40, noise=0.3)
    [batch] = index.pictures()
    generator = np.random.default_rng(1)
    rows = batch.embeddings.vectors + 0.02 * generator.standard_normal(
        batch.embeddings.vectors.shape
    )
    index.add(
        batch.picture_ids + 1000,
        [f"9{gtin}" for gtin in batch.gtins],
        Embeddings(unit(rows), EMBEDDER),
    )
    before = dict(index.thresholds)
    found = calibrate_index(index, 1.0)
    assert found.reached < 1.0
    assert index.thresholds == before
    assert index.stats().calibration is None

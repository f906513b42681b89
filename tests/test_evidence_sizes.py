"""Sizes are weighed against what the neighbours say of the scale."""

import numpy as np
import pytest

from facings.evidence.sizes import SPREAD, weigh_sizes
from facings.types import Candidate, Candidates, Detections, Witnesses

SMALLER = SPREAD * np.mean(np.log1p((np.log([1.25, 1.5]) / SPREAD) ** 2))
"""How far "b" is from "b-large"."""
SIZES_MM = {"a": (60.0, 200.0), "b": (40.0, 100.0), "b-large": (50.0, 150.0)}


def shelf_of(products: list[str], px_per_mm: float = 1.5) -> Detections:
    """Facings on one board, as tall as their products are."""
    sizes_px = [np.array(SIZES_MM[product]) * px_per_mm for product in products]
    boxes = [[i * 99.0, 400 - h, i * 99.0 + w, 400] for i, (w, h) in enumerate(sizes_px)]
    return Detections(np.array(boxes, np.float32), np.ones(len(boxes), np.float32))


def candidates_of(names: list[tuple[str, ...]]) -> Candidates:
    """Candidates of falling similarity."""
    return Candidates(
        tuple(
            tuple(Candidate(gtin, 0.9 - 0.01 * rank, rank) for rank, gtin in enumerate(per_crop))
            for per_crop in names
        )
    )


def test_no_facings_give_no_evidence() -> None:
    """Empty in, empty out."""
    empty = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    assert len(weigh_sizes(empty, Candidates(()), SIZES_MM)) == 0


def test_without_known_heights_nothing_is_said() -> None:
    """Products without measures leave every facing without evidence, not with a guess."""
    products = ["a"] * 8
    misfit = weigh_sizes(shelf_of(products), candidates_of([("a",)] * 8), {})

    assert misfit == ({},) * 8


def test_the_right_size_of_two_fits() -> None:
    """A facing as tall as the small pack fits the small pack and not the large one."""
    products = ["a", "b", "a", "b", "a", "b", "a", "b"]
    names = [("b-large", "b") if i == 3 else (name,) for i, name in enumerate(products)]

    misfit = weigh_sizes(shelf_of(products), candidates_of(names), SIZES_MM)[3]

    assert misfit["b"] == pytest.approx(0.0, abs=0.02)
    assert misfit["b-large"] == pytest.approx(SMALLER, abs=0.02)


def test_witnesses_that_contradict_the_others_are_dropped() -> None:
    """Two facings taken for the wrong product do not move the scale."""
    products = ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b"]
    names = [("b-large",) if i in (1, 3) else (name,) for i, name in enumerate(products)]

    misfit = weigh_sizes(shelf_of(products), candidates_of(names), SIZES_MM)

    assert misfit[0]["a"] == pytest.approx(0.0, abs=0.02)
    assert misfit[1]["b-large"] == pytest.approx(SMALLER, abs=0.02)


def test_a_pack_seen_from_above_is_measured_by_its_front() -> None:
    """Its box is higher than its front by the lid, as high as the larger pack would be."""
    shelf = shelf_of(["a", "b"] * 4)
    boxes, corners = shelf.boxes_xyxy.copy(), shelf.boxes_xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]]
    boxes[3, 1] -= 50 * 1.5
    boxes[3, 2] += 10 * 1.5
    names = [("b-large", "b") if i == 3 else (name,) for i, name in enumerate(["a", "b"] * 4)]

    by_box = weigh_sizes(Detections(boxes, shelf.scores), candidates_of(names), SIZES_MM)[3]
    by_front = weigh_sizes(
        Detections(boxes, shelf.scores, corners.reshape(-1, 4, 2)), candidates_of(names), SIZES_MM
    )[3]

    assert by_box["b-large"] < by_box["b"]
    assert by_front["b-large"] - by_front["b"] > by_box["b-large"] - by_box["b"]


def test_neighbours_recognised_before_tell_sizes_too():
    """A facing asked about alone has no scale of its own; eight witnesses give it one."""
    shelf = shelf_of(["b", *["a"] * 8])
    alone = Detections(shelf.boxes_xyxy[:1], shelf.scores[:1])
    witnesses = Witnesses(shelf.boxes_xyxy[1:], ("a",) * 8)
    names = candidates_of([("b-large", "b")])

    [nothing] = weigh_sizes(alone, names, SIZES_MM)
    [misfit] = weigh_sizes(alone, names, SIZES_MM, witnesses)

    assert nothing == {}
    assert misfit["b"] < 0.05 < misfit["b-large"]


@pytest.mark.parametrize(("others", "said"), [(5, False), (6, True), (9, True)])
def test_a_row_of_one_line_does_not_confirm_itself(others: int, said: bool) -> None:
    """Eight small packs look most like the large one: as many others tell them, if they suffice."""
    products = ["b"] * 8 + ["a"] * others
    names = [("b-large", "b")] * 8 + [("a",)] * others

    misfit = weigh_sizes(shelf_of(products), candidates_of(names), SIZES_MM)[0]

    assert bool(misfit) is said
    if said:
        assert misfit["b"] == pytest.approx(0.0, abs=0.02)


def test_what_facings_are_most_likely_tells_pixels_from_millimetres() -> None:
    """Eight small packs look most like the large one, until something else settles it."""
    products = ["b"] * 8
    names = [("b-large", "b")] * 8

    by_looks = weigh_sizes(shelf_of(products), candidates_of(names), SIZES_MM)[0]
    by_likely = weigh_sizes(
        shelf_of(products), candidates_of(names), SIZES_MM, likely=["b"] * 7 + [None]
    )[0]

    assert by_looks == {}
    assert by_likely["b"] == pytest.approx(0.0, abs=0.02)
    assert by_likely["b-large"] == pytest.approx(SMALLER, abs=0.02)

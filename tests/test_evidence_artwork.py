"""Look-alikes are told apart by the cells in which they differ."""

from __future__ import annotations

import numpy as np
import pytest

from facings.evidence.artwork import REACH, compare_artwork, near_pictures, weigh_artwork
from facings.types import Candidate, Candidates, Embeddings
from galleries import EMBEDDER

SHAPE = (3, 6, 5)


def cells(seed: int) -> np.ndarray:
    """Random unit cells x 127."""
    rows = np.random.default_rng(seed).standard_normal(SHAPE)
    return np.rint(127 * rows / np.linalg.norm(rows, axis=0)).astype(np.int8)


def with_word(base: np.ndarray, seed: int) -> np.ndarray:
    """The same pack with another word in the middle."""
    changed = base.copy()
    changed[:, 2:4, 1:4] = cells(seed)[:, 2:4, 1:4]
    return changed


def slow_compare(seen: np.ndarray, known: np.ndarray) -> list[float]:
    """The docstring of `compare_artwork`, cell by cell."""
    _, rows, columns = seen.shape
    a, b = seen / 127, known / 127

    def dot(k: int, y: int, x: int, dy: int, dx: int) -> float:
        if not (0 <= y < rows and 0 <= x < columns):
            return 0.0
        if not (0 <= y + dy < rows and 0 <= x + dx < columns):
            return 0.0
        return float(a[:, y + dy, x + dx] @ b[k, :, y, x])

    found = []
    shifts = range(-REACH, REACH + 1)
    for k in range(len(known)):
        total = weight_sum = 0.0
        for y in range(rows):
            for x in range(columns):
                best = max(
                    sum(dot(k, y + i, x + j, dy, dx) for i in (-1, 0, 1) for j in (-1, 0, 1)) / 9
                    for dy in shifts
                    for dx in shifts
                )
                apart = max(((p[:, y, x] - q[:, y, x]) ** 2).sum() / 2 for p in b for q in b)
                weight = apart**2
                total, weight_sum = total + weight * best, weight_sum + weight
        found.append(total / weight_sum)
    return found


def test_likeness_equals_the_formula_written_out() -> None:
    """Three look-alikes, cell by cell."""
    known = np.stack([with_word(cells(0), seed) for seed in (1, 2, 3)])

    assert compare_artwork(cells(4), known) == pytest.approx(
        slow_compare(cells(4), known), abs=1e-5
    )


def test_the_same_artwork_twice_says_nothing() -> None:
    """Where look-alikes do not differ there is nothing to hold against."""
    assert compare_artwork(cells(0), np.stack([cells(1), cells(1)])) == pytest.approx([0, 0])


@pytest.mark.parametrize("shift", [(0, 0), (1, -1), (2, 2)])
def test_a_word_beside_its_place_is_found(shift: tuple[int, int]) -> None:
    """A crop that is a little off is still the pack with that word."""
    known = np.stack([with_word(cells(0), 1), with_word(cells(0), 2)])
    seen = np.roll(known[1], shift, axis=(1, 2))

    likeness = compare_artwork(seen, known)

    assert likeness[1] > likeness[0] + 0.1


def candidates_at(*similarities: float) -> Candidates:
    """One facing's candidates "0", "1"... with the pictures 0, 1..."""
    return Candidates((tuple(Candidate(str(i), s, i) for i, s in enumerate(similarities)),))


def seen_as(artwork: np.ndarray | None) -> Embeddings:
    """One crop."""
    return Embeddings(np.eye(1, 4, dtype=np.float32), EMBEDDER, artwork)


def test_no_crops_and_no_artwork_say_nothing() -> None:
    """Empty in, empty out; a phone that sends vectors alone gets the answer of vectors alone."""
    nothing = Embeddings(np.zeros((0, 4), np.float32), EMBEDDER, np.zeros((0, *SHAPE), np.int8))

    assert weigh_artwork(nothing, Candidates(()), {}) == ()
    assert weigh_artwork(seen_as(None), candidates_at(0.9, 0.89), {}) == ({},)


def test_only_near_candidates_are_compared() -> None:
    """A lead of 0.1 needs no second look, and one candidate has nothing to be told from."""
    assert near_pictures(candidates_at(0.9, 0.85, 0.7)) == {0, 1}
    assert near_pictures(candidates_at(0.9, 0.7)) == frozenset()


def test_pictures_without_artwork_are_left_out() -> None:
    """Of three near candidates two have artwork: the third is not spoken of."""
    gallery = {i: with_word(cells(0), i).reshape(-1) for i in (0, 1)}

    [said] = weigh_artwork(
        seen_as(with_word(cells(0), 1)[None]), candidates_at(0.9, 0.89, 0.88), gallery
    )

    assert said.keys() == {"0", "1"}
    assert said["1"] > said["0"]

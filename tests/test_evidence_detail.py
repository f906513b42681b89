"""Look-alikes are told apart by the print in which they differ."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facings.evidence import detail
from facings.evidence.detail import compare_detail
from facings.types import ByteImage, FloatArray
from packs import pack

WORDS = ("LIME", "OATS", "KIWI")


def grey(word: str) -> ByteImage:
    """A pack without its colours."""
    return np.asarray(cv2.cvtColor(pack(word), cv2.COLOR_RGB2GRAY), np.uint8)


def everywhere(image: ByteImage) -> ByteImage:
    """The facing shows all of the picture."""
    return np.full_like(image, 255)


def test_pictures_that_are_the_same_say_nothing() -> None:
    """There is nowhere to look."""
    same = np.stack([grey("LIME")] * 2)

    assert compare_detail(grey("LIME"), everywhere(grey("LIME")), same).tolist() == [0, 0]


def test_a_facing_that_covers_nothing_says_nothing() -> None:
    """It lies beside the pictures."""
    pictures = np.stack([grey("LIME"), grey("OATS")])

    nowhere = np.zeros_like(pictures[0])
    assert compare_detail(grey("LIME"), nowhere, pictures).tolist() == [0, 0]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("shift_px", [0, 5])
def test_a_word_too_blurred_to_read_is_told(word: str, shift_px: int) -> None:
    """Blurred, darker, with less contrast and a little beside its place."""
    seen = cv2.GaussianBlur(grey(word), (0, 0), 4) * 0.4 + 20
    seen = np.roll(seen, shift_px, axis=1).astype(np.uint8)

    said = compare_detail(seen, everywhere(seen), np.stack([grey(each) for each in WORDS]))
    assert WORDS[int(said.argmax())] == word
    assert np.sort(said)[-1] - np.sort(said)[-2] > 0.03


def test_what_is_hidden_does_not_count() -> None:
    """With the word behind a tag nothing tells the packs apart."""
    seen, covered = grey("OATS"), everywhere(grey("OATS"))
    seen[110:180], covered[110:180] = grey("LIME")[110:180], 0

    said = compare_detail(seen, covered, np.stack([grey("LIME"), grey("OATS")]))
    assert abs(said[0] - said[1]) < 0.02


def test_what_stands_before_the_packs_does_not_count() -> None:
    """A board hides the small print, which differs most; the word above it is still seen."""
    lime, oats = grey("LIME"), grey("OATS")
    small = np.random.default_rng(0).integers(0, 255, (2, 60, lime.shape[1]), np.uint8)
    lime[220:280], oats[220:280] = small
    seen = lime.copy()
    seen[200:] = 90

    said = compare_detail(seen, everywhere(seen), np.stack([lime, oats]))
    assert said[0] - said[1] > 0.5


def test_it_is_what_place_by_place_it_says_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against loops over places and shifts; of an odd column half a place is no picture."""
    monkeypatch.setattr(detail, "WINDOW_PX", 6)
    monkeypatch.setattr(detail, "REACH_PX", 2)
    generator = np.random.default_rng(0)
    facing = generator.integers(0, 255, (16, 13), np.uint8)
    pictures = generator.integers(0, 255, (2, 16, 13), np.uint8)
    covered = everywhere(facing)
    covered[:, 10:] = 0

    said = compare_detail(facing, covered, pictures)
    assert np.allclose(said, slowly(facing, covered, pictures), atol=1e-5)


def slowly(facing: ByteImage, covered: ByteImage, pictures: ByteImage) -> FloatArray:
    """The formula, spelt out; windows of 3 places, shifts of 2 and none."""
    mask = cv2.erode((covered == 255).astype(np.float32), np.ones((3, 3)))
    blurred = [cv2.GaussianBlur(each, (0, 0), 1.0) for each in pictures]
    seen, *known = [stands_out(each / 255, mask) for each in (facing, *blurred)]
    spread = cv2.GaussianBlur(np.var(known, axis=0).astype(np.float32), (0, 0), 4.0) * mask
    differing = by_place(spread)
    likeness = np.array([likeness_to(each, seen) for each in known])
    total, said = 0.0, np.zeros(len(known))
    for row, column in np.ndindex(differing.shape):
        here = likeness[:, row, column]
        weight = differing[row, column] * max(here.max(), 1e-3) ** 4
        total += weight
        said += weight * np.where(here < 0, -1, 1) * here**2
    return said / total


def stands_out(bright: FloatArray, mask: FloatArray) -> FloatArray:
    """Each pixel less the mean of those around it that are seen."""
    out = np.zeros(mask.shape, np.float32)
    for y, x in np.argwhere(mask):
        around = (slice(max(y - 5, 0), y + 6), slice(max(x - 5, 0), x + 6))
        out[y, x] = bright[y, x] - (bright[around] * mask[around]).sum() / mask[around].sum()
    return out


def by_place(values: FloatArray) -> FloatArray:
    """Mean of each two by two pixels, an odd column filled up with zeros."""
    padded = np.pad(values, [(0, side % 2) for side in values.shape])
    return padded.reshape(padded.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))


def windowed(values: FloatArray) -> FloatArray:
    """Mean of each place and the eight around it; outside there are zeros."""
    padded = np.pad(values, 1)
    return np.mean(
        [
            padded[y : y + values.shape[0], x : x + values.shape[1]]
            for y in range(3)
            for x in range(3)
        ],
        axis=0,
    )


def likeness_to(picture: FloatArray, seen: FloatArray) -> FloatArray:
    """Correlation of each place at the shift whose window has the best mean correlation."""
    height, width = seen.shape
    found = []
    for down in (-2, 0, 2):
        for right in (-2, 0, 2):
            around = np.pad(seen, 2)  # what is shifted out of the picture is gone
            moved = around[2 - down : 2 - down + height, 2 - right : 2 - right + width]
            of_both = windowed(by_place(moved * picture))
            strength = windowed(by_place(moved**2)) + 0.02**2
            strength = strength * (windowed(by_place(picture**2)) + 0.02**2)
            found.append(of_both / np.sqrt(strength))
    best = np.argmax([windowed(each) for each in found], axis=0)
    return np.take_along_axis(np.array(found), best[None], axis=0)[0]

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


def test_it_is_what_place_by_place_it_says_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against loops over places and shifts."""
    monkeypatch.setattr(detail, "WINDOW_PX", 5)
    monkeypatch.setattr(detail, "REACH_PX", 2)
    generator = np.random.default_rng(0)
    facing = generator.integers(0, 255, (14, 12), np.uint8)
    pictures = generator.integers(0, 255, (2, 14, 12), np.uint8)
    covered = everywhere(facing)
    covered[:, 9:] = 0

    said = compare_detail(facing, covered, pictures)
    assert np.allclose(said, slowly(facing, covered, pictures), atol=1e-5)


def slowly(facing: ByteImage, covered: ByteImage, pictures: ByteImage) -> FloatArray:
    """The formula, spelt out; windows of 5, shifts of 2 and none."""
    mask = cv2.erode((covered == 255).astype(np.float32), np.ones((3, 3)))
    blurred = [cv2.GaussianBlur(each, (0, 0), 1.0) for each in pictures]
    seen, *known = [stands_out(each / 255, mask) for each in (facing, *blurred)]
    weights = cv2.GaussianBlur(np.var(known, axis=0).astype(np.float32), (0, 0), 4.0) * mask
    return np.array(
        [
            sum(weights[at] * best_at(at, seen, each) for at in np.ndindex(weights.shape))
            / weights.sum()
            for each in known
        ]
    )


def stands_out(bright: FloatArray, mask: FloatArray) -> FloatArray:
    """Each place less the mean of those around it that are seen."""
    out = np.zeros(mask.shape, np.float32)
    for y, x in np.argwhere(mask):
        around = (slice(max(y - 5, 0), y + 6), slice(max(x - 5, 0), x + 6))
        out[y, x] = bright[y, x] - (bright[around] * mask[around]).sum() / mask[around].sum()
    return out


def best_at(at: tuple[int, ...], seen: FloatArray, known: FloatArray) -> float:
    """Correlation around a place at its best shift; outside there are zeros."""
    ours, theirs = np.pad(seen, 4), np.pad(known, 4)
    y, x = at[0] + 4, at[1] + 4
    window = theirs[y - 2 : y + 3, x - 2 : x + 3]
    found = []
    for down in (-2, 0, 2):
        for right in (-2, 0, 2):
            inside = np.zeros_like(theirs)  # what is shifted out of the picture is gone
            inside[4:-4, 4:-4] = ours[4 - down : -4 - down or None, 4 - right : -4 - right or None]
            other = inside[y - 2 : y + 3, x - 2 : x + 3]
            strengths = (np.mean(window**2) + 0.02**2) * (np.mean(other**2) + 0.02**2)
            found.append(np.mean(window * other) / np.sqrt(strengths))
    return float(max(found))

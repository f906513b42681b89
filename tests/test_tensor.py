"""Pictures become tensors as the manifest says, and nothing of them is lost."""

import numpy as np
import pytest

from facings.models import InputSpec
from facings.tensor import crop_tensor, fit_tensor


def spec_of(resize: str, side: int = 64) -> InputSpec:
    """Spec of a square input, -1 black to 1 white."""
    return InputSpec(
        name="image",
        layout="NCHW",
        size_wh=(side, side),
        multiple_of=32,
        color="RGB",
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        resize=resize,
        pad_value=114,
    )


def test_a_small_picture_is_padded_not_enlarged() -> None:
    """A single pixel stays one pixel; the rest is padding."""
    tensor, scale = fit_tensor(np.full((1, 1, 3), 255, np.uint8), spec_of("fit"))

    assert (tensor.shape, scale) == ((1, 3, 32, 32), 1.0)
    assert tensor[0, :, 0, 0].tolist() == [1, 1, 1]
    assert tensor[0, 0, 5, 5] == pytest.approx(114 / 127.5 - 1, abs=1e-6)


def test_a_large_picture_is_shrunk_to_the_long_side() -> None:
    """Height and width come out as multiples of 32, and the scale says by how much."""
    tensor, scale = fit_tensor(np.zeros((100, 256, 3), np.uint8), spec_of("fit"))

    assert (tensor.shape, scale) == ((1, 3, 32, 64), 0.25)


@pytest.mark.parametrize("size_wh", [(30, 90), (90, 30), (64, 64), (1, 500)])
def test_halfway_proportions_are_the_geometric_mean(size_wh: tuple[int, int]) -> None:
    """A pack three times as high as wide comes out the root of three times as high, centred."""
    width, height = size_wh
    tensor = crop_tensor(np.full((height, width, 3), 255, np.uint8), spec_of("halfway"))

    white = tensor[0] > 0.99
    rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
    assert tensor.shape == (3, 64, 64)
    assert max(len(rows), len(columns)) == 64
    assert len(columns) / len(rows) == pytest.approx((width / height) ** 0.5, abs=1 / 64)
    assert abs(rows[0] - (63 - rows[-1])) <= 1
    assert abs(columns[0] - (63 - columns[-1])) <= 1


def test_fine_print_is_averaged_along_the_side_that_shrinks() -> None:
    """Stripes of one pixel become an even grey though the other side is enlarged."""
    stripes = np.zeros((512, 8, 3), np.uint8)
    stripes[::2] = 255

    tensor = crop_tensor(stripes, spec_of("halfway"))

    inner = tensor[:, :, 30:34]
    assert float(np.abs(inner).max()) < 0.02

"""Pictures that nobody annotated are labelled by what a detector sees twice in one place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from facings.detect import Detector
from facings.models import open_manifest
from facings.types import FloatArray, Frame
from facings_train.detector.pseudo import label


class Seen:
    """Answers the picture and its mirror image, in this order."""

    def __init__(self, *looks: list[tuple[list[float], float]]) -> None:
        self._looks = iter(looks)

    def run(self, _inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """What is seen now."""
        look = next(self._looks)
        boxes = np.array([box for box, _ in look], np.float32).reshape(-1, 4)
        return {"boxes_xyxy": boxes, "scores": np.array([score for _, score in look], np.float32)}


def labels(
    plain: list[tuple[list[float], float]], mirrored: list[tuple[list[float], float]]
) -> list[tuple[list[float], float]]:
    """Boxes and visible shares of a picture 100 pixels wide."""
    manifest = open_manifest("facings-detector").model_copy(
        update={"thresholds": {"score": 0.5, "nms_iou": 0.6}, "facing_height_px": None}
    )
    picture = label(
        Detector(manifest, Seen(plain, mirrored)), Frame(np.zeros((60, 100, 3), np.uint8))
    )
    return list(zip(picture.boxes_xyxy.tolist(), picture.visible_share.tolist(), strict=True))


def test_where_nothing_is_seen_nothing_is_labelled() -> None:
    """No box, and no region to leave out."""
    assert labels([], []) == []


def test_a_facing_seen_in_both_is_wanted_between_its_two_boxes() -> None:
    """The mirror image's box is turned back first."""
    assert labels([([10, 10, 30, 50], 0.9)], [([70, 10, 92, 50], 0.9)]) == [([9, 10, 30, 50], 1.0)]


@pytest.mark.parametrize("weaker", [0, 1], ids=["in the picture", "in the mirror"])
def test_a_facing_that_one_of_both_doubts_is_neither_wanted_nor_false(weaker: int) -> None:
    """It is there, with a visible share of 0."""
    scores = [0.9, 0.9]
    scores[weaker] = 0.4
    found = labels([([10, 10, 30, 50], scores[0])], [([70, 10, 90, 50], scores[1])])

    assert found == [([10, 10, 30, 50], 0.0)]


def test_what_only_the_mirror_shows_is_left_out_too() -> None:
    """Nobody knows whether it is one."""
    assert labels([], [([70, 10, 90, 50], 0.9)]) == [([10, 10, 30, 50], 0.0)]

"""Boxes come back in pixels of the frame, best first, each facing once."""

from collections.abc import Mapping

import numpy as np
import pytest

from facings.detect import Detector, non_maximum_suppression
from facings.geometry import box_iou
from facings.models import InputSpec, Manifest
from facings.types import FloatArray, Frame


class FixedSession:
    """Answers every picture with the same boxes, and remembers what it was given."""

    def __init__(self, boxes_xyxy: list[list[float]], scores: list[float]) -> None:
        self.boxes = np.array(boxes_xyxy, np.float32).reshape(-1, 4)
        self.scores = np.array(scores, np.float32)
        self.seen: list[tuple[int, ...]] = []

    def run(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """Note the input's shape."""
        self.seen.append(inputs["image"].shape)
        return {"boxes_xyxy": self.boxes, "scores": self.scores}


def detector_of(session: FixedSession) -> Detector:
    """A detector of 640 px that keeps scores from 0.5 and drops overlaps above 0.6."""
    manifest = Manifest(
        name="d",
        version=1,
        file="d.onnx",
        sha256="0" * 64,
        task="detect",
        input=InputSpec(
            name="image",
            layout="NCHW",
            size_wh=(640, 640),
            multiple_of=32,
            color="RGB",
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            resize="fit",
            pad_value=114,
        ),
        outputs={},
        thresholds={"score": 0.5, "nms_iou": 0.6},
        licence="Apache-2.0",
        training_data=(),
        run="",
        metrics={},
    )
    return Detector(manifest, session)


def frame_of(width: int, height: int) -> Frame:
    """A black frame."""
    return Frame(np.zeros((height, width, 3), np.uint8))


def test_an_empty_shelf_has_no_facings() -> None:
    """Nothing above the threshold gives empty arrays of the right shape."""
    found = detector_of(FixedSession([[0, 0, 9, 9]], [0.4])).detect(frame_of(100, 100))

    assert found.boxes_xyxy.shape == (0, 4)


def test_boxes_are_scaled_back_to_the_frame() -> None:
    """A frame of 1280 px is seen at 640, so boxes grow twofold."""
    session = FixedSession([[10, 20, 30, 40]], [0.9])

    found = detector_of(session).detect(frame_of(1280, 960))

    assert session.seen == [(1, 3, 480, 640)]
    assert found.boxes_xyxy.tolist() == [[20, 40, 60, 80]]


def test_boxes_end_where_the_frame_ends() -> None:
    """What reaches into the padding is cut, and what lies wholly in it is dropped."""
    session = FixedSession([[-5, -5, 50, 50], [101, 10, 120, 30]], [0.9, 0.8])

    found = detector_of(session).detect(frame_of(100, 60))

    assert found.boxes_xyxy.tolist() == [[0, 0, 50, 50]]


def test_the_threshold_can_be_chosen_for_one_call() -> None:
    """An evaluation asks for weaker boxes than a scan."""
    session = FixedSession([[0, 0, 9, 9]], [0.4])

    assert len(detector_of(session).detect(frame_of(100, 100), min_score=0.3)) == 1


def test_price_tags_and_gaps_come_by_their_own_thresholds() -> None:
    """Scores of each class pick among the same cells; quads follow the products."""

    class Session(FixedSession):
        def run(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
            corners = self.boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
            tags, gaps = np.array([0, 0.3, 0.2], np.float32), np.array([0, 0, 0.9], np.float32)
            more = {"price_tag_scores": tags, "gap_scores": gaps, "quads": corners}
            return {**super().run(inputs), **more}

    boxes: list[list[float]] = [[0, 0, 40, 80], [0, 90, 40, 99], [50, 0, 90, 80]]
    detector = detector_of(Session(boxes, [0.9, 0.1, 0.1]))
    limits = {**detector.manifest.thresholds, "price_tag_score": 0.25, "gap_score": 0.5}
    detector.manifest = detector.manifest.model_copy(update={"thresholds": limits})

    found = detector.detect(frame_of(1280, 1280))

    assert found.boxes_xyxy.tolist() == [[0, 0, 80, 160]]
    assert found.quads is not None
    assert found.quads.tolist() == [[[0, 0], [80, 0], [80, 160], [0, 160]]]
    assert found.price_tags.boxes_xyxy.tolist() == [[0, 180, 80, 198]]
    assert found.gaps.boxes_xyxy.tolist() == [[100, 0, 180, 160]]


def test_a_detector_of_products_alone_marks_nothing() -> None:
    """Neither price tags nor gaps, and no quads, where the graph has none."""
    found = detector_of(FixedSession([[0, 0, 9, 9]], [0.9])).detect(frame_of(100, 100))

    assert found.quads is None
    assert len(found.price_tags) == len(found.gaps) == 0


def greedy(boxes: FloatArray, scores: FloatArray, max_iou: float) -> list[int]:
    """Non-maximum suppression written out."""
    kept: list[int] = []
    for i in np.argsort(-scores).tolist():
        if all(box_iou(boxes[[i]], boxes[[k]])[0, 0] <= max_iou for k in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("count", [0, 1, 80])
def test_suppression_equals_the_greedy_loop(count: int) -> None:
    """OpenCV keeps what a plain loop keeps, best first."""
    rng = np.random.default_rng(count)
    corner = rng.uniform(0, 60, (count, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (count, 2))], 1).astype(np.float32)
    scores = (rng.permutation(count).astype(np.float32) + 1) / (count + 1)

    kept = non_maximum_suppression(boxes, scores, 0.4)

    assert kept.tolist() == greedy(boxes, scores, 0.4)


class ScaledSession(FixedSession):
    """A shelf of one facing, as tall in the tensor as the look's scale makes it."""

    def __init__(self, box_xyxy: list[float], longest_px: float) -> None:
        super().__init__([box_xyxy], [0.9])
        self.longest_px = longest_px

    def run(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """Shrink the box as the picture was shrunk."""
        outputs = super().run(inputs)
        return {**outputs, "boxes_xyxy": self.boxes * max(self.seen[-1]) / self.longest_px}


def looking_twice(session: FixedSession) -> Detector:
    """The detector of 640 px, which finds facings of 72 px best."""
    detector = detector_of(session)
    detector.manifest = detector.manifest.model_copy(update={"facing_height_px": 72.0})
    return detector


@pytest.mark.parametrize(
    ("height_px", "longest_px"),
    [(90, 1024), (45, 1600), (640, 224)],
    ids=["as tall as wanted", "no larger than a look may be", "no smaller either"],
)
def test_the_second_look_makes_facings_as_tall_as_the_detector_likes(
    height_px: float, longest_px: int
) -> None:
    """Of a picture 1280 px wide: seen at 640, then at the scale the first look asks for."""
    session = ScaledSession([100, 100, 140, 100 + height_px], 1280)

    found = looking_twice(session).detect(frame_of(1280, 1280))

    assert session.seen == [(1, 3, 640, 640), (1, 3, longest_px, longest_px)]
    np.testing.assert_allclose(found.boxes_xyxy, [[100, 100, 140, 100 + height_px]], rtol=1e-3)


def test_where_nothing_was_seen_a_closer_look_is_taken() -> None:
    """Facings that are too far away for the first look may be there."""
    session = FixedSession([[0, 0, 9, 9]], [0.1])

    assert len(looking_twice(session).detect(frame_of(320, 320))) == 0
    assert session.seen == [(1, 3, 320, 320), (1, 3, 640, 640)]


def test_boxes_that_mean_the_same_facing_vote_where_it_ends() -> None:
    """As their scores and overlaps say; one that means something else has no vote."""
    session = FixedSession([[0, 0, 100, 100], [0, 0, 100, 90], [0, 0, 30, 30]], [0.9, 0.3, 0.2])

    found = detector_of(session).detect(frame_of(640, 640))

    votes = 0.9 * 1.0, 0.3 * 0.9**2
    bottom = (votes[0] * 100 + votes[1] * 90) / sum(votes)
    np.testing.assert_allclose(found.boxes_xyxy, [[0, 0, 100, bottom]], rtol=1e-5)


def test_a_box_too_unsure_to_vote_stays_as_it_is() -> None:
    """Nobody votes for it, and asking for weak boxes gives numbers all the same."""
    session = FixedSession([[0, 0, 100, 100], [200, 0, 300, 90]], [0.9, 0.02])

    found = detector_of(session).detect(frame_of(640, 640), min_score=0.01)

    np.testing.assert_allclose(found.boxes_xyxy, [[0, 0, 100, 100], [200, 0, 300, 90]], rtol=1e-5)

"""Detection scores, against slow and obvious ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facings.detect import Detector
from facings.errors import AnnotationError, PictureError
from facings.evaluate.coco_scores import MAX_DETECTIONS, score_as_coco
from facings.evaluate.counts import count, count_by_size, counting_error
from facings.evaluate.detection import count_all, evaluate_detection, f1_score
from facings.evaluate.reliability import measure_reliability
from facings.evaluate.truth import Truth, read_truths
from facings.types import Detections

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"
NOTHING = np.zeros((0, 4), np.float32)


def truth(boxes: list[list[float]], crowds: list[list[float]] | None = None) -> Truth:
    """Say what stands in a picture."""
    as_array = [np.array(each, np.float32).reshape(-1, 4) for each in (boxes, crowds or [])]
    return Truth(Path("shelf.jpg"), *as_array)


def found(*boxes_and_scores: tuple[list[float], float]) -> Detections:
    """Say what a detector found."""
    boxes = np.array([box for box, _ in boxes_and_scores], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([score for _, score in boxes_and_scores], np.float32))


def slow_iou(a: list[float], b: list[float]) -> float:
    """Count shared and covered area of two boxes."""
    shared = slow_shared(a, b)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (sum(areas) - shared)


def slow_shared(a: list[float], b: list[float]) -> float:
    """Multiply the shared width and height."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)


def slow_counts(
    truths: list[Truth], results: list[Detections], threshold: float, iou: float
) -> tuple[int, int, int]:
    """Match one detection after the other with plain loops: right, wrong and missing."""
    true_positives = false_positives = false_negatives = 0
    for each, detections in zip(truths, results, strict=True):
        free = each.boxes_xyxy.tolist()
        pairs = zip(detections.scores.tolist(), detections.boxes_xyxy.tolist(), strict=True)
        for score, box in sorted(pairs, key=lambda pair: -pair[0]):
            if score < threshold:
                continue
            best = max(free, key=lambda one: slow_iou(box, one), default=None)
            if best is not None and slow_iou(box, best) >= iou:
                free.remove(best)
                true_positives += 1
                continue
            area = (box[2] - box[0]) * (box[3] - box[1])
            if all(slow_shared(box, crowd) / area <= 0.5 for crowd in each.crowds_xyxy.tolist()):
                false_positives += 1
        false_negatives += len(free)
    return true_positives, false_positives, false_negatives


def slow_ap(truths: list[Truth], results: list[Detections], iou: float) -> float:
    """Mean over 101 recalls of the best precision at that recall or above; no crowds."""
    rows = []
    total = sum(len(each.boxes_xyxy) for each in truths)
    for each, detections in zip(truths, results, strict=True):
        free = each.boxes_xyxy.tolist()
        pairs = zip(detections.scores.tolist(), detections.boxes_xyxy.tolist(), strict=True)
        for score, box in sorted(pairs, key=lambda pair: -pair[0]):
            best = max(free, key=lambda one: slow_iou(box, one), default=None)
            hit = best is not None and slow_iou(box, best) >= iou
            if hit:
                free.remove(best)
            rows.append((score, hit))
    hits = np.cumsum([hit for _, hit in sorted(rows, key=lambda row: -row[0])])
    precision = hits / np.arange(1, len(rows) + 1)
    recall = hits / total
    best_from = [max(precision[recall >= level], default=0.0) for level in np.linspace(0, 1, 101)]
    return float(np.mean(best_from))


def slow_recall(truths: list[Truth], results: list[Detections], iou: float, limit: int) -> float:
    """Share of the boxes that the `limit` best detections of each picture find; no crowds."""
    hits = 0
    for each, detections in zip(truths, results, strict=True):
        best = np.argsort(-detections.scores)[:limit]
        kept = Detections(detections.boxes_xyxy[best], detections.scores[best])
        hits += slow_counts([each], [kept], 0.0, iou)[0]
    return hits / sum(len(each.boxes_xyxy) for each in truths)


def random_scene(seed: int) -> tuple[list[Truth], list[Detections]]:
    """Make pictures with boxes in a grid, and detections that miss, shift and invent."""
    rng = np.random.default_rng(seed)
    truths, results = [], []
    for _ in range(3):
        corners = np.stack(np.meshgrid(np.arange(5), np.arange(4)), axis=-1).reshape(-1, 2) * 50.0
        boxes = np.concatenate([corners, corners + 45], axis=1)
        shifted = boxes[rng.random(20) < 0.8]
        shifted = shifted + rng.normal(0, 5, shifted.shape)
        strays = rng.uniform(0, 200, (6, 2))
        invented = np.concatenate([strays, strays + rng.uniform(10, 60, (6, 2))], axis=1)
        everything = np.concatenate([shifted, invented]).astype(np.float32)
        truths.append(truth(boxes.tolist()))
        results.append(Detections(everything, rng.random(len(everything)).astype(np.float32)))
    return truths, results


def crowded_scene(seed: int) -> tuple[list[Truth], list[Detections]]:
    """Make a random scene a corner of which nobody annotated."""
    truths, results = random_scene(seed)
    return [truth(each.boxes_xyxy.tolist(), [[0, 0, 120, 90]]) for each in truths], results


def test_without_detections_every_score_is_zero():
    """A detector that finds nothing has no precision to speak of."""
    nothing = ([truth([[0, 0, 9, 9]])], [found()])
    scores, counts = score_as_coco(*nothing), count_all(*nothing, 0.5, 0.5)
    assert (scores.ap, scores.ap50, scores.ap75, scores.ar300) == (0.0, 0.0, 0.0, 0.0)
    assert (counts.precision, counts.recall, counts.f1) == (0.0, 0.0, 0.0)
    assert measure_reliability(*nothing).expected_error == 0.0


def test_perfect_detections_score_one():
    """Each box found exactly, nothing else."""
    boxes = [[0, 0, 40, 60], [50, 0, 90, 60]]
    perfect = ([truth(boxes)], [found(*[(box, 0.9) for box in boxes])])
    scores, counts = score_as_coco(*perfect), count_all(*perfect, 0.5, 0.75)
    assert (scores.ap, scores.ar300) == (pytest.approx(1.0), pytest.approx(1.0))
    assert (counts.precision, counts.recall, counts.f1) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("iou", [0.5, 0.7, 0.75])
def test_counts_agree_with_plain_loops(seed: int, iou: float):
    """Arrays and loops count the same, on random scenes with crowds."""
    truths, results = crowded_scene(seed)
    hits, false, missed = slow_counts(truths, results, 0.3, iou)
    counts = count_all(truths, results, 0.3, iou)
    assert (counts.hits, counts.false, counts.missed) == (hits, false, missed)
    assert counts.precision == hits / (hits + false)
    assert counts.recall == hits / (hits + missed)
    f1 = 2 * counts.precision * counts.recall / (counts.precision + counts.recall)
    assert f1_score(truths, results, 0.3, iou) == pytest.approx(f1)


@pytest.mark.parametrize("seed", range(5))
def test_sizes_share_out_what_is_counted(seed: int):
    """Every hit, false alarm and miss has one size, by the picture's longer side."""
    truths, results = crowded_scene(seed)
    for picture, detections in zip(truths, results, strict=True):
        by_size = count_by_size(picture, detections, (450, 300), 0.3, 0.5)
        whole = count(picture, detections, 0.3, 0.5)
        assert sum(each.hits for each in by_size.values()) == whole.hits
        assert sum(each.false for each in by_size.values()) == whole.false
        assert sum(each.missed for each in by_size.values()) == whole.missed


@pytest.mark.parametrize(("side", "size"), [(49, "small"), (50, "medium"), (100, "large")])
def test_a_facing_is_as_large_as_the_picture_shows_it(side: int, size: str):
    """Of a picture 1000 px high, 50 and 100 px are the bounds; a false alarm has its own size."""
    picture = truth([[0, 0, side, side]])
    hit = count_by_size(picture, found(([0, 0, side, side], 0.9)), (600, 1000), 0.5, 0.5)
    assert {name for name, counts in hit.items() if counts.hits} == {size}
    assert sum(counts.false + counts.missed for counts in hit.values()) == 0
    stray = count_by_size(picture, found(([500, 0, 520, 20], 0.9)), (600, 1000), 0.5, 0.5)
    assert (stray["small"].false, stray[size].missed) == (1, 1)  # type: ignore[index]


def test_counting_leaves_out_what_people_did_not_count():
    """Two found of three, three of two, and one more that lies in a crowd: off by one each."""
    a, b, c = ([50.0 * i, 0.0, 50.0 * i + 40, 60.0] for i in range(3))
    crowd = [[200.0, 0.0, 300.0, 100.0]]
    truths = [truth([a, b, c], crowd), truth([a, b])]
    results = [
        found((a, 0.9), (b, 0.9), ([210.0, 0.0, 250.0, 60.0], 0.9), (c, 0.2)),
        found((a, 0.9), (b, 0.9), (c, 0.9)),
    ]
    error = counting_error(truths, results, 0.5)
    assert (error.mae, error.bias) == (1.0, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_reliability_agrees_with_plain_loops(seed: int):
    """Each bin's share right, and their mean distance from the scores."""
    truths, results = crowded_scene(seed)
    pairs: list[tuple[float, bool]] = []
    for each, detections in zip(truths, results, strict=True):
        before = (0, 0, 0)
        for score in sorted(detections.scores.tolist(), reverse=True):
            now = slow_counts([each], [detections], score, 0.5)
            if score >= 0.1 and now[:2] != before[:2]:
                pairs.append((score, now[0] > before[0]))
            before = now
    measured = measure_reliability(truths, results)
    apart = 0.0
    for each in measured.bins:
        inside = [right for score, right in pairs if each.low <= score < each.high]
        mean = np.mean([score for score, _ in pairs if each.low <= score < each.high] or [0.0])
        assert each.n == len(inside)
        assert each.right == pytest.approx(np.mean(inside or [0.0]))
        assert each.mean_score == pytest.approx(mean)
        apart += len(inside) * abs(mean - each.right)
    assert measured.expected_error == pytest.approx(apart / len(pairs))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_agrees_with_plain_loops(seed: int):
    """COCO's numbers are what its definition says."""
    truths, results = random_scene(seed)
    scores = score_as_coco(truths, results)
    ious = np.linspace(0.5, 0.95, 10)
    assert scores.ap50 == pytest.approx(slow_ap(truths, results, 0.5), abs=1e-6)
    assert scores.ap75 == pytest.approx(slow_ap(truths, results, 0.75), abs=1e-6)
    expected = np.mean([slow_ap(truths, results, iou) for iou in ious])
    assert scores.ap == pytest.approx(expected, abs=1e-6)
    recalls = [slow_recall(truths, results, iou, 300) for iou in ious]
    assert scores.ar300 == pytest.approx(np.mean(recalls), abs=1e-6)


def test_recall_is_of_the_300_best_detections_of_a_picture():
    """The 301st, right as it is, comes too late."""
    boxes = [[10.0 * i, 0.0, 10.0 * i + 8, 20.0] for i in range(301)]
    scored = [(box, 0.9 - 0.001 * i) for i, box in enumerate(boxes)]
    assert score_as_coco([truth(boxes)], [found(*scored)]).ar300 == pytest.approx(300 / 301)


def test_a_second_detection_of_the_same_product_is_false():
    """Each truth box is taken once, by the better score."""
    box = [0.0, 0.0, 40.0, 60.0]
    assert f1_score([truth([box])], [found((box, 0.9), (box, 0.8))], 0.5, 0.5) == pytest.approx(
        2 / 3
    )


def test_weak_detections_do_not_count_in_f1():
    """F1 is measured at the operating threshold."""
    box, stray = [0.0, 0.0, 40.0, 60.0], [100.0, 0.0, 140.0, 60.0]
    assert f1_score([truth([box])], [found((box, 0.5), (stray, 0.49))], 0.5, 0.5) == 1.0


@pytest.mark.parametrize(("inside_px", "f1"), [(19, 2 / 3), (21, 1.0)])
def test_a_stray_counts_unless_most_of_it_lies_in_a_crowd(inside_px: int, f1: float):
    """Of a box 40 px wide, more than 20 must be in the region nobody annotated."""
    box, stray = [0.0, 0.0, 40.0, 60.0], [100.0, 0.0, 140.0, 60.0]
    crowd = [[140.0 - inside_px, 0.0, 300.0, 60.0]]
    scored = f1_score([truth([box], crowd)], [found((box, 0.9), (stray, 0.9))], 0.5, 0.5)
    assert scored == pytest.approx(f1)


def test_detections_in_a_crowd_do_not_lower_average_precision():
    """COCO ignores what lies in a crowd region."""
    box, stray = [0.0, 0.0, 40.0, 60.0], [100.0, 0.0, 140.0, 60.0]
    results = [found((stray, 0.99), (box, 0.9))]
    with_crowd = score_as_coco([truth([box], [[90.0, 0.0, 300.0, 60.0]])], results)
    assert with_crowd.ap == pytest.approx(1.0)
    assert score_as_coco([truth([box])], results).ap == pytest.approx(0.5)


def test_a_dense_shelf_is_not_cut_off_at_a_hundred():
    """COCO's usual limit of 100 would halve the score of a full shelf."""
    assert MAX_DETECTIONS == 1000
    boxes = [
        [50.0 * i, 50.0 * j, 50.0 * i + 40, 50.0 * j + 40] for i in range(20) for j in range(15)
    ]
    scores = score_as_coco([truth(boxes)], [found(*[(box, 0.9) for box in boxes])])
    assert scores.ap == pytest.approx(1.0)


def coco(**changes: object) -> dict[str, object]:
    """Make a small COCO file's contents: one product and one crowd region."""
    document: dict[str, object] = {
        "images": [{"id": 3, "file_name": "shelf.png", "width": 256, "height": 192}],
        "categories": [{"id": 1, "name": "product"}, {"id": 2, "name": "price_tag"}],
        "annotations": [
            {"id": 1, "image_id": 3, "category_id": 1, "bbox": [64, 64, 64, 64], "iscrowd": 0},
            {"id": 2, "image_id": 3, "category_id": 1, "bbox": [128, 0, 128, 64], "iscrowd": 1},
            {"id": 3, "image_id": 3, "category_id": 2, "bbox": [0, 180, 30, 12], "iscrowd": 0},
        ],
    }
    return document | changes


def write_shelf(folder: Path, document: dict[str, object]) -> tuple[Path, Path]:
    """Write a picture with three bright squares, and its annotations."""
    image = np.zeros((192, 256, 3), np.uint8)
    image[64:128, 64:128] = 255  # the product
    image[0:64, 128:192] = 255  # in the crowd
    images = folder / "images"
    images.mkdir(exist_ok=True)
    Image.fromarray(image).save(images / "shelf.png")
    annotations = folder / "annotations.json"
    annotations.write_text(json.dumps(document))
    return annotations, images


def test_a_detector_is_scored_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """From the pictures to the report, with a real if tiny model."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    truths = read_truths(*write_shelf(tmp_path, coco()))
    told: list[tuple[int, int]] = []
    report = evaluate_detection(Detector.load(), truths, lambda *done: told.append(done)).to_dict()
    assert report.pop("latency_ms") > 0
    by_size, calibration = report.pop("by_size"), report.pop("calibration")
    perfect = {
        name: {"0.5": 1.0, "0.7": 1.0, "0.75": 1.0} for name in ("f1", "precision", "recall")
    }
    assert report == {
        "n_images": 1,
        "n_boxes": 1,
        "ap": 1.0,
        "ap50": 1.0,
        "ap75": 1.0,
        "ar300": 1.0,
        **perfect,
        "counting": {"mae": 0.0, "bias": 0.0},
        "threshold": 0.5,
    }
    assert by_size["large"] == {"n_boxes": 1, **perfect}
    assert by_size["small"]["n_boxes"] == by_size["medium"]["n_boxes"] == 0
    assert sum(each["n"] for each in calibration["bins"].values()) == 1
    assert told == [(1, 1)]


def test_only_the_product_category_is_read(tmp_path: Path):
    """Price tags are no products; crowd regions are kept apart."""
    [read] = read_truths(*write_shelf(tmp_path, coco()))
    assert read.boxes_xyxy.tolist() == [[64, 64, 128, 128]]
    assert read.crowds_xyxy.tolist() == [[128, 0, 256, 64]]


def test_an_only_category_may_have_any_name(tmp_path: Path):
    """A data set with one class needs no renaming."""
    document = coco(categories=[{"id": 1, "name": "object"}])
    [read] = read_truths(*write_shelf(tmp_path, document))
    assert len(read.boxes_xyxy) == 1


@pytest.mark.parametrize("name", ["shelf.png", "images/shelf.png"])
def test_file_names_may_repeat_the_folder(tmp_path: Path, name: str):
    """Both ways of writing are found in the wild."""
    document = coco(images=[{"id": 3, "file_name": name}])
    [read] = read_truths(*write_shelf(tmp_path, document))
    assert read.file.is_file()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"images": []}, "not listed"),
        ({"images": [{"id": 3, "file_name": "gone.png"}]}, r"names gone\.png, which is not in"),
        ({"annotations": []}, "no product boxes"),
        ({"annotations": [{"image_id": 3, "category_id": 1}]}, r"annotations\.0\.bbox"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}, "there are: a, b"),
        ({"categories": []}, "there are: none"),
        ({"images": None}, "images"),
    ],
)
def test_wrong_annotations_are_refused(tmp_path: Path, changes: dict[str, object], complaint: str):
    """What is wrong, in which file."""
    annotations, images = write_shelf(tmp_path, coco(**changes))
    with pytest.raises(AnnotationError, match=complaint):
        read_truths(annotations, images)


@pytest.mark.parametrize("contents", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_file_that_is_no_coco_file_is_refused(tmp_path: Path, contents: bytes):
    """Empty, cut off, or something else altogether."""
    annotations = tmp_path / "annotations.json"
    annotations.write_bytes(contents)
    with pytest.raises(AnnotationError, match=r"annotations\.json"):
        read_truths(annotations, tmp_path)


def test_annotations_that_are_missing_are_refused(tmp_path: Path):
    """The path is in the message."""
    with pytest.raises(AnnotationError, match=r"gone\.json cannot be read: No such file"):
        read_truths(tmp_path / "gone.json", tmp_path)


def test_a_damaged_picture_stops_the_evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A score over fewer pictures than were asked for would be another score."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(WEIGHTS))
    annotations, images = write_shelf(tmp_path, coco())
    truths = read_truths(annotations, images)
    (images / "shelf.png").write_bytes(b"")
    with pytest.raises(PictureError, match="empty"):
        evaluate_detection(Detector.load(), truths)

"""The detector's losses, windows and exported graph."""

import json
import warnings
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from facings.errors import ModelError
from facings_train.detector.data import (
    LabelledPicture,
    WindowStream,
    collate,
    cut_window,
    truth_line,
)
from facings_train.detector.loss import (
    assign_cells,
    detector_loss,
    distance_loss,
    generalised_iou,
    paired_iou,
)
from facings_train.detector.model import (
    Detector,
    DetectorConfig,
    ExportedDetector,
    cell_centres,
    decode_boxes,
    load_published,
)
from facings_train.detector.own import write_own
from facings_train.detector.train import Schedule, load_averaged, train_detector
from facings_train.export import ParityError, export_onnx, prove_parity

SMALL = DetectorConfig(widths=(4, 4, 8, 8, 8), depths=(1, 1, 1, 1), neck_width=8)


def random_boxes(count: int, seed: int) -> torch.Tensor:
    """(count, 4) boxes in a 124 px square."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 80
    return torch.cat([corner, corner + 4 + torch.rand(count, 2, generator=generator) * 40], 1)


def test_overlap_equals_the_formula_written_out() -> None:
    """IoU and GIoU of random pairs, one pair at a time in plain Python."""
    a, b = random_boxes(20, 1), random_boxes(20, 2)

    for i, (p, q) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        inner = max(0, min(p[2], q[2]) - max(p[0], q[0])) * max(
            0, min(p[3], q[3]) - max(p[1], q[1])
        )
        union = (p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - inner
        hull = (max(p[2], q[2]) - min(p[0], q[0])) * (max(p[3], q[3]) - min(p[1], q[1]))
        assert paired_iou(a, b)[i].item() == pytest.approx(inner / union, abs=1e-5)
        wanted = inner / union - (hull - union) / hull
        assert generalised_iou(a, b)[i].item() == pytest.approx(wanted, abs=1e-5)


def test_cells_and_distances_decode_to_the_box_they_encode() -> None:
    """A sharp distribution at whole strides gives exactly that box."""
    centres, strides = cell_centres(64, 32)
    distances = torch.full((1, len(centres), 4, 16), -50.0)
    distances[..., 2] = 50.0

    boxes = decode_boxes(distances, centres, strides)[0]

    assert torch.allclose(
        boxes[:, 2:] - boxes[:, :2], 4 * strides[:, None].expand(-1, 2), atol=1e-3
    )
    assert torch.allclose((boxes[:, :2] + boxes[:, 2:]) / 2, centres, atol=1e-3)


def test_distance_loss_is_least_at_the_target() -> None:
    """Probability on the two bins around 3.25 in the right shares beats any other shares."""
    shares = torch.linspace(0.05, 0.95, 19)
    logits = torch.full((19, 4, 16), -30.0)
    logits[:, :, 3] = shares.log()[:, None]
    logits[:, :, 4] = (1 - shares).log()[:, None]

    losses = distance_loss(logits, torch.full((19, 4), 3.25))

    assert shares[losses.argmin()].item() == pytest.approx(0.75)


def test_cells_are_given_to_the_box_they_overlap_most() -> None:
    """Two boxes apart: each claims cells inside itself only, with its best overlap as target."""
    centres, strides = cell_centres(128, 128)
    truth = torch.tensor([[8.0, 8, 56, 56], [64, 64, 120, 120]])
    half = strides[:, None] * 2
    boxes = torch.cat([centres - half, centres + half], 1)

    positive, owner, target = assign_cells(torch.full((len(boxes),), 0.5), boxes, centres, truth)

    assert set(owner.tolist()) == {0, 1}
    for cell, box in zip(centres[positive], truth[owner], strict=True):
        assert (cell > box[:2]).all()
        assert (cell < box[2:]).all()
    best = paired_iou(boxes[positive], truth[owner])[owner == 0].max()
    assert target[owner == 0].max().item() == pytest.approx(best.item(), rel=1e-4)


def test_an_empty_picture_has_only_a_score_loss() -> None:
    """No facings: every cell should say no, and nothing else counts."""
    centres, strides = cell_centres(64, 64)
    logits = torch.zeros(1, len(centres), requires_grad=True)
    distances = torch.zeros(1, len(centres), 4, 16, requires_grad=True)

    loss, parts = detector_loss(
        logits, distances, centres, strides, [torch.zeros(0, 4)], [torch.zeros(0, 4)]
    )

    loss.backward()
    assert parts["overlap"] == parts["distance"] == 0
    assert parts["score"] == pytest.approx(len(centres) * np.log(2), rel=1e-5)


def test_ignored_regions_raise_no_false_alarm() -> None:
    """A picture that is one ignored region costs nothing whatever is predicted in it."""
    centres, strides = cell_centres(64, 64)
    logits = torch.full((1, len(centres)), 5.0)
    distances = torch.zeros(1, len(centres), 4, 16)

    loss, _ = detector_loss(
        logits, distances, centres, strides,
        [torch.zeros(0, 4)], [torch.tensor([[0.0, 0, 64, 64]])],
    )  # fmt: skip

    assert loss.item() == 0


def test_training_on_one_picture_finds_its_boxes() -> None:
    """Two hundred steps on one window make the loss fall to less than a third."""
    torch.manual_seed(0)
    network = Detector(SMALL)
    centres, strides = cell_centres(64, 64)
    x = torch.zeros(1, 3, 64, 64)
    x[:, :, 10:40, 8:30] = 1.0
    truth, ignored = [torch.tensor([[8.0, 10, 30, 40]])], [torch.zeros(0, 4)]
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)

    losses = []
    for _ in range(200):
        logits, distances = network(x)
        loss, _ = detector_loss(logits, distances, centres, strides, truth, ignored)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < losses[0] / 3


@pytest.mark.parametrize("seed", range(8))
def test_windows_keep_boxes_on_their_facings(seed: int) -> None:
    """A bright facing is still exactly under its box after any cut, scale and flip."""
    image = np.full((300, 400, 3), 60, np.uint8)
    image[100:160, 150:200] = 220
    picture = LabelledPicture(
        image, np.array([[150, 100, 200, 160]], np.float32), np.ones(1, np.float32)
    )

    window = cut_window(picture, 128, np.random.default_rng(seed))

    for x0, y0, x1, y1 in window.boxes_xyxy.round().astype(int):
        assert (window.image[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2] > 120).all()
        assert window.boxes_xyxy.min() >= 0
        assert window.boxes_xyxy.max() <= 128


def test_hidden_facings_are_ignored_not_wanted() -> None:
    """A facing of which a third is seen is neither truth nor background."""
    picture = LabelledPicture(
        np.zeros((128, 128, 3), np.uint8),
        np.array([[10, 10, 60, 90]], np.float32),
        np.array([0.3], np.float32),
    )

    window = cut_window(picture, 128, np.random.default_rng(0))

    assert len(window.boxes_xyxy) == 0
    assert len(window.ignored_xyxy) == 1


def test_batches_stack_windows() -> None:
    """Pictures become one tensor, boxes stay lists of any length."""
    picture = LabelledPicture(
        np.zeros((128, 128, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    )
    window = cut_window(picture, 96, np.random.default_rng(0))

    images, boxes, _ = collate([window, window])

    assert images.shape == (2, 96, 96, 3)
    assert [len(each) for each in boxes] == [0, 0]


def test_the_exported_graph_equals_the_network(tmp_path: Path) -> None:
    """torch and ONNX Runtime agree, also at a size the export did not see."""
    torch.manual_seed(3)
    network = ExportedDetector(Detector(SMALL)).eval()
    file = tmp_path / "detector.onnx"
    export(network, file)

    for height, width in ((64, 64), (96, 160)):
        worst = prove_parity(network, torch.randn(1, 3, height, width), file, input_name="image")
        assert worst < 1e-4


def test_a_wrong_graph_is_refused(tmp_path: Path) -> None:
    """Parity fails, it does not warn, when file and network differ."""
    torch.manual_seed(3)
    file = tmp_path / "detector.onnx"
    export(ExportedDetector(Detector(SMALL)).eval(), file)
    other = ExportedDetector(Detector(SMALL)).eval()

    with pytest.raises(ParityError, match=r"detector\.onnx differs"):
        prove_parity(other, torch.randn(1, 3, 64, 64), file, input_name="image")


def export(network: ExportedDetector, file: Path) -> None:
    """Export as facings_train.detector.export does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_onnx(
            network,
            torch.zeros(1, 3, 64, 64),
            file,
            input_name="image",
            output_names=("boxes_xyxy", "scores"),
            dynamic_axes={
                "image": {2: "height", 3: "width"},
                "boxes_xyxy": {0: "cells"},
                "scores": {0: "cells"},
            },
        )


def test_training_goes_on_from_a_published_detector(tmp_path: Path) -> None:
    """A network that loads an exported file computes what the file computes."""
    published, network = Detector(SMALL), Detector(SMALL)
    with torch.no_grad():
        for norm in published.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.running_mean.normal_()
                norm.running_var.uniform_(0.5, 2)
                norm.weight.uniform_(0.5, 2)
    file = tmp_path / "detector.onnx"
    export_onnx(
        ExportedDetector(published).eval(), torch.zeros(1, 3, 64, 64), file,
        input_name="image", output_names=("boxes_xyxy", "scores"),
        dynamic_axes={"image": {2: "height", 3: "width"}},
    )  # fmt: skip

    load_published(network, file)

    picture = torch.randn(1, 3, 64, 96)
    assert prove_parity(ExportedDetector(network), picture, file, input_name="image") < 1e-4


def test_another_network_is_no_start(tmp_path: Path) -> None:
    """Its shapes differ, and the message says from what one can go on."""
    file = tmp_path / "detector.onnx"
    export(ExportedDetector(Detector(SMALL)).eval(), file)

    with pytest.raises(ModelError, match=r"detector\.onnx has .* of other sizes"):
        load_published(Detector(DetectorConfig()), file)


def test_training_reports_resumes_and_ends(tmp_path: Path) -> None:
    """Cut off after two of three steps it does one more, and a third run does nothing.

    OpenCV's threads run before it, as in a process that has evaluated: a forked reader would hang.
    """
    cv2.setNumThreads(2)
    cv2.GaussianBlur(np.zeros((2048, 2048), np.uint8), (9, 9), 0)
    cv2.imwrite(str(tmp_path / "0.png"), np.full((64, 64, 3), 128, np.uint8))
    (tmp_path / "truth.jsonl").write_text(truth_line("0.png", [[8, 8, 40, 40]], [1.0]))
    checkpoint = tmp_path / "checkpoint.pt"

    def run() -> list[int]:
        schedule = Schedule(steps=3, batch=1, size=64, every=1)
        points = train_detector(None, {tmp_path: 1}, schedule, checkpoint)
        return [progress.step for progress, _ in islice(points, 2)]

    assert run() == [1, 2]
    assert run() == [3]
    assert run() == []
    assert not load_averaged(checkpoint).training


def test_own_pictures_become_a_training_folder(tmp_path: Path) -> None:
    """Boxes come over as corners, crowds as hidden, and windows are drawn from them."""
    cv2.imwrite(str(tmp_path / "shelf.png"), np.full((90, 120, 3), 128, np.uint8))
    coco = {
        "images": [{"id": 7, "file_name": "shelf.png", "width": 120, "height": 90}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40], "iscrowd": 0},
            {"image_id": 7, "category_id": 1, "bbox": [60, 0, 20, 20], "iscrowd": 1},
            {"image_id": 7, "category_id": 2, "bbox": [0, 80, 20, 10], "iscrowd": 0},
        ],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))

    assert write_own(tmp_path / "coco.json", tmp_path, tmp_path / "own") == 1

    [line] = (tmp_path / "own" / "truth.jsonl").read_text().splitlines()
    assert json.loads(line)["boxes_xyxy"] == [[10, 20, 40, 60], [60, 0, 80, 20]]
    assert json.loads(line)["visible_share"] == [1, 0]
    window = next(iter(WindowStream({tmp_path / "own": 1}, 64, seed=0)))
    assert window.image.shape == (64, 64, 3)


def test_windows_come_from_each_folder_in_turn(tmp_path: Path) -> None:
    """With one window of the dark folder and two of the bright one, every third is dark."""
    for name, grey in (("dark", 0), ("bright", 255)):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "0.png"), np.full((64, 64, 3), grey, np.uint8))
        line = truth_line("0.png", [[8, 8, 40, 40]], [1.0])
        (tmp_path / name / "truth.jsonl").write_text(line)
    stream = WindowStream({tmp_path / "dark": 1, tmp_path / "bright": 2}, 32, seed=0)

    bright = [window.image.mean() > 115 for window in islice(stream, 6)]

    assert bright == [False, True, True] * 2

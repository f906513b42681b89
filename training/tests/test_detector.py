"""The detector's losses, training and exported graph."""

from __future__ import annotations

import json
import warnings
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from facings.errors import ModelError
from facings.models import open_manifest, weights_folder
from facings_train.detector.data import (
    box_corners,
)
from facings_train.detector.export import export_detector
from facings_train.detector.loss import (
    assign_cells,
    corner_loss,
    detector_loss,
    distance_loss,
    generalised_iou,
    paired_iou,
)
from facings_train.detector.model import (
    LIVE,
    PHOTO,
    Detector,
    DetectorConfig,
    ExportedDetector,
    Predictions,
    cell_centres,
    config_of,
    decode_boxes,
    decode_quads,
    load_published,
    load_trunk,
)
from facings_train.detector.target import CLASSES, Targets
from facings_train.detector.train import Schedule, load_averaged, train_detector
from facings_train.export import ParityError, export_onnx, prove_parity, read_weights

SMALL = DetectorConfig(widths=(4, 4, 8, 8, 8), depths=(1, 1, 1, 1), neck_width=8)


def random_boxes(count: int, seed: int) -> torch.Tensor:
    """(count, 4) boxes in a 124 px square."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 80
    return torch.cat([corner, corner + 4 + torch.rand(count, 2, generator=generator) * 40], 1)


def targets_of(boxes: list[list[float]], ignored: dict[int, list[float]] | None = None) -> Targets:
    """One window of products; `ignored` gives a region a class."""
    truth = torch.tensor(boxes or [[0.0] * 4])[None]
    regions = ignored or {0: [0.0] * 4}
    return Targets(
        truth,
        torch.zeros(truth.shape[:2], dtype=torch.long),
        torch.full((*truth.shape[:2], 4, 2), torch.nan),
        torch.tensor([list(regions.values())]),
        torch.tensor([list(regions)]),
    )


def predictions(cells: int, score: float = 0.0) -> Predictions:
    """The same for every cell of one picture."""
    return Predictions(
        torch.full((1, cells, len(CLASSES)), score, requires_grad=True),
        torch.zeros(1, cells, 4, 16, requires_grad=True),
        torch.zeros(1, cells, 4, 2, requires_grad=True),
    )


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

    scores, classes = torch.full((len(boxes), 3), 0.5), torch.tensor([0, 2])
    _, positive, owner, target = assign_cells(
        scores[None], boxes[None], centres, truth[None], classes[None]
    )

    assert set(owner.tolist()) == {0, 1}
    for cell, box in zip(centres[positive], truth[owner], strict=True):
        assert (cell > box[:2]).all()
        assert (cell < box[2:]).all()
    best = paired_iou(boxes[positive], truth[owner])[owner == 0].max()
    assert target[owner == 0].max().item() == pytest.approx(best.item(), rel=1e-4)


def test_a_box_is_assigned_by_the_scores_of_its_class() -> None:
    """Of two cells with the same box, the one that is surer of a gap gets the gap."""
    centres, boxes = torch.tensor([[20.0, 20], [30, 30]]), torch.tensor([[10.0, 10, 40, 40]] * 2)
    scores = torch.tensor([[0.9, 0.0, 0.1], [0.1, 0.0, 0.9]])

    of_gap, of_product = (
        assign_cells(scores[None], boxes[None], centres, boxes[None, :1], torch.tensor([[index]]))
        for index in (2, 0)
    )

    assert of_gap[3].tolist() == pytest.approx([1 / 3, 1.0])
    assert of_product[3].tolist() == pytest.approx([1.0, 1 / 3])


def test_a_batch_is_assigned_as_its_windows_are_one_by_one() -> None:
    """Two windows with different numbers of boxes, and zeros that fill up, change nothing."""
    centres, strides = cell_centres(128, 128)
    half = strides[:, None] * torch.tensor([[2.0, 1.5]])
    boxes = torch.cat([centres - half, centres + half], 1).expand(2, -1, -1)
    scores = torch.rand(2, len(centres), 3, generator=torch.Generator().manual_seed(3))
    truths = [random_boxes(5, 11), random_boxes(2, 12)]
    truth = torch.zeros(2, 5, 4)
    for i, each in enumerate(truths):
        truth[i, : len(each)] = each

    whole = assign_cells(scores, boxes, centres, truth, torch.zeros(2, 5, dtype=torch.long))

    for i, each in enumerate(truths):
        none = torch.zeros(1, len(each), dtype=torch.long)
        alone = assign_cells(scores[i : i + 1], boxes[:1], centres, each[None], none)
        assert len(alone[1])
        for column, same in zip(whole[1:], alone[1:], strict=True):
            assert torch.equal(column[whole[0] == i], same)


def test_an_empty_picture_has_only_a_score_loss() -> None:
    """No facings: every cell should say no, and nothing else counts."""
    centres, strides = cell_centres(64, 64)

    loss, parts = detector_loss(predictions(len(centres)), centres, strides, targets_of([]))

    loss.backward()
    assert parts["overlap"] == parts["distance"] == parts["corners"] == 0
    assert parts["score"] == pytest.approx(3 * len(centres) * np.log(2), rel=1e-5)


def test_ignored_regions_raise_no_false_alarm() -> None:
    """A picture that is one ignored region of each class costs nothing whatever is predicted."""
    centres, strides = cell_centres(64, 64)
    ignored = targets_of([], {index: [0.0, 0, 64, 64] for index in range(len(CLASSES))})

    loss, _ = detector_loss(predictions(len(centres), 5.0), centres, strides, ignored)

    assert loss.item() == 0


def test_a_region_is_ignored_for_its_class_alone() -> None:
    """Where gaps were not annotated, products still are."""
    centres, strides = cell_centres(64, 64)
    ignored = targets_of([], {2: [0.0, 0, 64, 64]})

    _, parts = detector_loss(predictions(len(centres)), centres, strides, ignored)

    assert parts["score"] == pytest.approx(2 * len(centres) * np.log(2), rel=1e-5)


def test_corners_that_are_known_cost_their_distance() -> None:
    """Exact offsets cost nothing, a quarter of a side off costs a quarter; unknown is free."""
    boxes = torch.tensor([[10.0, 20, 50, 100]] * 3)
    quad = torch.tensor([[20.0, 20], [50, 40], [40, 100], [10, 80]])
    offsets = torch.tensor([[0.25, 0], [0, 0.25], [0.25, 0], [0, 0.25]])
    corners = torch.stack([offsets, *[torch.full((4, 2), 0.25)] * 2])
    quads = torch.stack([quad, box_corners_of(boxes[0]), torch.full((4, 2), torch.nan)])

    losses = corner_loss(corners, boxes, quads)

    assert losses.tolist() == pytest.approx([0, 0.25, 0], abs=1e-5)
    assert torch.allclose(decode_quads(corners[:1], boxes[:1])[0], quad, atol=1e-3)


def box_corners_of(box: torch.Tensor) -> torch.Tensor:
    """(4, 2) of a box (4,)."""
    return torch.from_numpy(box_corners(box[None].numpy()))[0]


def test_training_on_one_picture_finds_its_boxes() -> None:
    """Two hundred steps on one window make the loss fall to less than a third."""
    torch.manual_seed(0)
    network = Detector(SMALL)
    centres, strides = cell_centres(64, 64)
    x = torch.zeros(1, 3, 64, 64)
    x[:, :, 10:40, 8:30] = 1.0
    targets = targets_of([[8.0, 10, 30, 40]])
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)

    losses = []
    for _ in range(200):
        loss, _ = detector_loss(network(x), centres, strides, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < losses[0] / 3


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
            output_names=ExportedDetector.outputs,
            dynamic_axes={
                "image": {2: "height", 3: "width"},
                **{name: {0: "cells"} for name in ExportedDetector.outputs},
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
    export(ExportedDetector(published).eval(), file)

    load_published(network, file)

    picture = torch.randn(1, 3, 64, 96)
    assert prove_parity(ExportedDetector(network), picture, file, input_name="image") < 1e-4


def test_what_version_1_knew_is_taken_over(tmp_path: Path) -> None:
    """A file of products alone gives boxes and product scores; the rest begins anew."""
    published, network = FirstVersion(), Detector(SMALL)
    file = tmp_path / "detector.onnx"
    export_first(published, file)
    prior = network.score.bias[1:].tolist()

    load_published(network, file)

    picture = torch.randn(1, 3, 64, 64)
    boxes, scores, *_ = ExportedDetector(network)(picture)
    wanted_boxes, wanted_scores = published(picture)
    assert torch.allclose(wanted_boxes, boxes, atol=1e-4)
    assert torch.allclose(wanted_scores, scores, atol=1e-4)
    assert network.score.bias[1:].tolist() == prior


def export_first(network: FirstVersion, file: Path) -> None:
    """Export as version 1 was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_onnx(
            network.eval(), torch.zeros(1, 3, 64, 64), file,
            input_name="image", output_names=("boxes_xyxy", "scores"), dynamic_axes={},
        )  # fmt: skip


class FirstVersion(torch.nn.Module):
    """A detector of products alone, without quads."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Detector(SMALL)
        self.network.score = torch.nn.Conv2d(SMALL.neck_width, 1, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes and product scores."""
        found = self.network(image)
        centres, strides = cell_centres(*image.shape[2:])
        return decode_boxes(found.distances, centres, strides)[0], found.scores[0, :, 0].sigmoid()


def test_an_export_may_leave_outputs_out(tmp_path: Path) -> None:
    """What is not good enough is not in the file, and the file is still a start."""
    network, again = Detector(SMALL).fold_norms().eval(), Detector(SMALL)
    file = tmp_path / "detector.onnx"

    export_detector(network, file, ("boxes_xyxy", "scores", "price_tag_scores"))
    load_published(again, file)

    assert [each.name for each in onnx.load(file).graph.output] == [
        "boxes_xyxy", "scores", "price_tag_scores",
    ]  # fmt: skip
    assert torch.equal(again.trunk.stem[0].weight, network.trunk.stem[0].weight)


def test_norms_folded_into_convolutions_change_nothing() -> None:
    """Statistics far from the usual, the same answer."""
    network = Detector(SMALL).eval()
    generator = torch.Generator().manual_seed(0)
    for norm in (each for each in network.modules() if isinstance(each, torch.nn.BatchNorm2d)):
        for values in (norm.running_var, norm.weight.data):
            values.uniform_(0.5, 2.0, generator=generator)
        norm.running_mean.normal_(generator=generator)
    picture = torch.randn(1, 3, 64, 64, generator=generator)
    with torch.no_grad():
        before = network(picture)
        after = network.fold_norms()(picture)

    assert torch.allclose(before.scores, after.scores, atol=1e-3)
    assert torch.allclose(before.distances, after.distances, atol=1e-3)


def test_the_photo_detector_begins_with_an_embedders_trunk(tmp_path: Path) -> None:
    """Its trunk's weights come from the embedder's file, and its own file says what it is."""
    network, embedder = Detector(PHOTO), weights_folder() / open_manifest("facings-embedder").file

    load_trunk(network, embedder)
    export_detector(network, tmp_path / "photo.onnx")
    export_detector(Detector(LIVE), tmp_path / "live.onnx")

    assert torch.allclose(
        network.trunk.blocks[3].expand.weight.half(),
        read_weights(embedder)["blocks.3.expand.weight"].half(),
    )
    assert config_of(tmp_path / "photo.onnx") == PHOTO
    assert config_of(tmp_path / "live.onnx") == LIVE


def test_weights_are_stored_in_half_their_bytes(tmp_path: Path) -> None:
    """And come back as float32 under their own names."""
    network = Detector(LIVE)

    export_detector(network, tmp_path / "live.onnx")

    floats = sum(each.numel() for each in network.parameters())
    assert (tmp_path / "live.onnx").stat().st_size < 2.2 * floats
    assert all(each.dtype == torch.float32 for each in read_weights(tmp_path / "live.onnx").values()
               if each.is_floating_point())  # fmt: skip


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
    row = {"file": "0.png", "boxes_xyxy": [[8, 8, 40, 40]], "visible_share": [1.0]}
    (tmp_path / "truth.jsonl").write_text(json.dumps(row) + "\n")
    checkpoint = tmp_path / "checkpoint.pt"

    def run() -> list[int]:
        schedule = Schedule(steps=3, batch=1, size=64, every=1)
        points = train_detector(None, {tmp_path: 1}, schedule, checkpoint)
        return [progress.step for progress, _ in islice(points, 2)]

    assert run() == [1, 2]
    assert run() == [3]
    assert run() == []
    assert not load_averaged(checkpoint).training

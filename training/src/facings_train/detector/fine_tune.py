"""Fine-tune a published detector on somebody's own shelves.

    facings-train detector --data coco.json --from facings-detector --out my-detector

Everything lies in the one folder: `run.json` (what is trained on what), `pictures/` (the training
part), `rendered/`, `checkpoint.pt`, `curve.json` and `curve.png`, `weights/` (a folder for
FACINGS_WEIGHTS) and `comparison.json`. Run again, it goes on where it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from pydantic import JsonValue

from facings.capture import read_picture
from facings.detect import Detector
from facings.evaluate.detection import (
    DetectionReport,
    count_all,
    evaluate_detection,
    run_detector,
)
from facings.evaluate.truth import Truth
from facings.models import Manifest, open_model, weights_folder, write_manifest
from facings.types import FloatArray
from facings_train.candidate import copy_others
from facings_train.detector import model
from facings_train.detector.curve import CurvePoint, load_curve, save_curve
from facings_train.detector.data import LabelledPicture, render_shelves
from facings_train.detector.export import export_like
from facings_train.detector.material import Material, read_material
from facings_train.detector.own import write_training_folder
from facings_train.detector.train import Schedule, train_detector
from facings_train.errors import TrainingRefused
from facings_train.runs import Recording

RENDERED_SHELVES = 200
PEAK = 5e-4  # a quarter of the rate that a detector is trained with from nothing
REPORTS = 20  # on the curve
MAX_SIDE_PX = 1920  # of a training picture: windows never show more than this of a larger one
_TUNED_FILE = "facings-detector-own.onnx"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class FineTuning:
    """What is trained, on what and how long."""

    data: Path  # COCO file, or a data set's folder
    pictures: Path  # folder that the COCO file's names start from
    start: str  # name of a published detector, or the path of a manifest
    out: Path
    rendered: Path | None  # training folder of rendered shelves, made where it is missing
    steps: int = 1000
    batch: int = 16
    size: int = 416  # side of a training window, pixels
    seed: int = 1
    reports: int = REPORTS  # points on the curve; each looks at every held-back picture


@dataclass(frozen=True)
class DetectorComparison:
    """Start and result on the same held-back pictures, in one run."""

    start: DetectionReport
    tuned: DetectionReport

    @property
    def is_better(self) -> bool:
        """Whether F1 at IoU 0.7 rose."""
        return self.tuned.counts[0.7].f1 > self.start.counts[0.7].f1

    def rows(self) -> list[tuple[str, float, float]]:
        """Name, start and result of each figure."""
        pairs = zip(self.start.counts.items(), self.tuned.counts.values(), strict=True)
        f1 = [(f"F1 at IoU {iou:g}", before.f1, after.f1) for (iou, before), after in pairs]
        return [*f1, ("AP50", self.start.coco.ap50, self.tuned.coco.ap50)]


@dataclass(frozen=True)
class _Start:
    """The detector that training goes on from."""

    detector: Detector
    file: Path

    @property
    def manifest(self) -> Manifest:
        return self.detector.manifest


class TorchSession:
    """A network that is being trained, in the place of an exported file."""

    def __init__(self, network: model.Detector) -> None:
        self._network = model.ExportedDetector(network).eval()
        self._device = next(network.parameters()).device

    @torch.no_grad()
    def run(self, inputs: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
        """Run the network once, on the device it is trained on."""
        [image] = inputs.values()
        found = self._network(torch.from_numpy(image).to(self._device))
        names = model.ExportedDetector.outputs
        return {name: each.cpu().numpy() for name, each in zip(names, found, strict=True)}


def fine_tune(
    asked: FineTuning, tell: Tell, recording: Recording | None = None
) -> DetectorComparison:
    """Train on a part of the pictures, and compare with the start on the others.

    Args:
        tell: given a line of text whenever there is something to say.
        recording: where data, curve and result are noted; None notes nothing.

    Raises:
        AnnotationError: the annotations cannot be used, or are of fewer than two pictures.
        PictureError: a picture cannot be read.
        ModelError: the start cannot be used.
        TrainingRefused: the folder holds another run.
    """
    record = recording or Recording()
    material = read_material(asked.data, asked.pictures, asked.seed)
    record.of_data(material.name, material.sha256)
    training, held_back = material.training, material.held_back
    start = _open_start(asked.start)
    _claim_folder(asked, start, material)
    boxes = sum(len(truth.boxes_xyxy) for truth in training)
    tell(f"training on {boxes} products in {len(training)} pictures, from {start.manifest.label}")
    before = evaluate_detection(start.detector, held_back)
    sources = _prepare(asked, training, tell)
    _train(asked, start, sources, held_back, before, tell, record)
    weights = _write_weights(asked, start, boxes, material)
    tuned = Detector(*open_model(start.manifest.name, folder=weights))
    comparison = DetectorComparison(before, evaluate_detection(tuned, held_back))
    _record(asked, comparison, tuned.manifest, weights, held_back)
    figures: dict[str, JsonValue] = {name: [one, other] for name, one, other in comparison.rows()}
    record.result({"better": comparison.is_better, "weights": str(weights), **figures})
    return comparison


def _open_start(start: str) -> _Start:
    """Open a detector by its name, or by the path of its manifest."""
    path = Path(start)
    name, folder = (path.stem, path.parent) if path.suffix == ".json" else (start, None)
    manifest, session = open_model(name, folder=folder)
    return _Start(Detector(manifest, session), weights_folder(folder) / manifest.file)


def _claim_folder(asked: FineTuning, start: _Start, material: Material) -> None:
    """Note what is trained here, or see that it is what was trained here before."""
    run = {
        "data": material.sha256,
        "start": start.manifest.label,
        "rendered": asked.rendered is not None,
        **{name: getattr(asked, name) for name in ("steps", "batch", "size", "seed")},
        "held_back": [truth.file.name for truth in material.held_back],
    }
    file = asked.out / "run.json"
    if file.exists():
        known = json.loads(file.read_text(encoding="utf-8"))
        differing = [name for name in run if known.get(name) != run[name]]
        if differing:
            raise TrainingRefused(
                f"{asked.out} holds another run, its {' and '.join(differing)} differ",
                hint="choose another --out, or repeat the command that this folder came from",
            )
        return
    if asked.out.exists() and any(asked.out.iterdir()):
        raise TrainingRefused(
            f"{asked.out} is not empty and holds no run", hint="choose another --out"
        )
    asked.out.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


def _prepare(asked: FineTuning, training: Sequence[Truth], tell: Tell) -> dict[Path, int]:
    """Write the training folders that are not there yet; windows of a batch from each."""
    own = asked.out / "pictures"
    if not (own / "truth.jsonl").exists():
        tell(f"reading {len(training)} pictures")
        write_training_folder(_labelled(training), own)
    if asked.rendered is None or asked.batch < 2:
        return {own: asked.batch}
    if not (asked.rendered / "truth.jsonl").exists():
        tell(f"rendering {RENDERED_SHELVES} shelves into {asked.rendered}")
        render_shelves(asked.rendered, seed=asked.seed, count=RENDERED_SHELVES, workers=2)
    return {asked.rendered: asked.batch // 2, own: asked.batch - asked.batch // 2}


def _labelled(truths: Sequence[Truth]) -> Iterator[LabelledPicture]:
    for truth in truths:
        image = read_picture(truth.file).image
        scale = min(1.0, MAX_SIDE_PX / max(image.shape[:2]))
        if scale < 1:
            shrunk = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            image = np.asarray(shrunk, np.uint8)
        boxes = np.concatenate([truth.boxes_xyxy, truth.crowds_xyxy]) * np.float32(scale)
        seen = np.repeat(
            np.array([1, 0], np.float32), [len(truth.boxes_xyxy), len(truth.crowds_xyxy)]
        )
        yield LabelledPicture(image, boxes, seen)


def _train(
    asked: FineTuning,
    start: _Start,
    sources: Mapping[Path, int],
    held_back: Sequence[Truth],
    before: DetectionReport,
    tell: Tell,
    record: Recording,
) -> None:
    """Train to the end, adding to the curve after each checkpoint."""
    checkpoint, curve = asked.out / "checkpoint.pt", asked.out / "curve.json"
    torch.manual_seed(asked.seed)
    points = [CurvePoint(0, None, before.counts[0.7].f1)]
    if checkpoint.exists():
        done = int(torch.load(checkpoint, map_location="cpu", weights_only=True)["step"])
        tell(f"going on from step {done} of {asked.steps}")
        points = load_curve(curve, done) or points
    every = max(1, asked.steps // asked.reports)
    schedule = Schedule(asked.steps, asked.batch, asked.size, PEAK, every, asked.seed)
    for progress, network in train_detector(start.file, sources, schedule, checkpoint):
        run = run_detector(Detector(start.manifest, TorchSession(network)), held_back)
        f1 = count_all(run.truths, run.found, run.threshold, 0.7).f1
        points.append(CurvePoint(progress.step, progress.loss, f1))
        save_curve(points, curve)
        record.note(progress.step, {"loss": progress.loss, "f1@0.7": f1})
        tell(
            f"step {progress.step} of {asked.steps}: loss {progress.loss:.3f}, F1 at IoU 0.7 on "
            f"{len(held_back)} held-back pictures {f1:.3f} (start {points[0].f1:.3f}), "
            f"{progress.windows_per_s:.1f} windows/s"
        )


def _write_weights(asked: FineTuning, start: _Start, boxes: int, material: Material) -> Path:
    """Write the result with its manifest, and the other models beside it."""
    weights = asked.out / "weights"
    weights.mkdir(exist_ok=True)
    count = len(material.training)
    own = f"{material.name}: {boxes} products in {count} pictures ({material.licences})"
    data = (*start.manifest.training_data, own)
    like = start.manifest.model_copy(update={"training_data": data})
    export_like(asked.out / "checkpoint.pt", like, weights / _TUNED_FILE)
    copy_others(start.manifest.name, start.file.parent, weights)
    return weights


def _record(
    asked: FineTuning,
    comparison: DetectorComparison,
    tuned: Manifest,
    weights: Path,
    held_back: Sequence[Truth],
) -> None:
    """Write the comparison, and its key figures into the manifest."""
    after = comparison.tuned.to_dict()
    content = {
        "held_back": [truth.file.name for truth in held_back],
        "start": comparison.start.to_dict(),
        "tuned": after,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    (asked.out / "comparison.json").write_text(text + "\n", encoding="utf-8")
    keys = ("n_images", "n_boxes", "ap", "ap50", "ap75", "f1")
    metrics = {"held-back pictures": {key: after[key] for key in keys}}
    write_manifest(tuned.model_copy(update={"metrics": metrics}), weights)

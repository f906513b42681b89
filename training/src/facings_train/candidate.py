"""A checkpoint becomes a candidate: a weights folder with a model like the one in use."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facings.models import Manifest, open_manifest, write_manifest
from facings_train.errors import TrainingRefused

FILE = "candidate.onnx"


@contextmanager
def exported(name: str, checkpoint: Path, weights: Path, blend: float | None) -> Iterator[Path]:
    """Export a checkpoint of whatever kind the model in use is; the folder is gone afterwards.

    Args:
        name: of the model in use.
        checkpoint: of a detector its file, of an embedder the folder of its training.
        weights: folder of the model in use.
        blend: of an embedder, from 0, its start, to 1, the trained; None means 1.

    Raises:
        ModelNotFound: nothing of that name is in use: there is nothing to be like.
        TrainingRefused: the checkpoint is none of that kind.
    """
    like = open_manifest(name, weights)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / FILE
        if like.task == "detect":
            _export_detector(checkpoint, like, file, blend)
        else:
            export_embedder(checkpoint, like, file, 1.0 if blend is None else blend)
        yield Path(folder)


def copy_others(name: str, folder: Path, weights: Path) -> None:
    """Put the other models in use in `folder` beside a new one of this name."""
    for other in folder.glob("*.json"):
        manifest = open_manifest(other.stem, folder)
        if other.stem == manifest.name != name:
            shutil.copy2(other, weights)
            shutil.copy2(folder / manifest.file, weights)


def _export_detector(checkpoint: Path, like: Manifest, file: Path, blend: float | None) -> None:
    from facings_train.detector.export import export_like

    if blend is not None:
        raise TrainingRefused("detectors are not blended", hint="leave --blend out")
    if not checkpoint.is_file():
        raise TrainingRefused(f"{checkpoint} is no file: a detector's checkpoint is one")
    export_like(checkpoint, like, file)


def export_embedder(training: Path, like: Manifest, file: Path, blend: float) -> None:
    """Write network and manifest; its thresholds are those of the one in use.

    Raises:
        TrainingRefused: the folder holds no training of an embedder.
    """
    missing = [each for each in ("start.pt", "checkpoint.pt") if not (training / each).is_file()]
    if missing:
        raise TrainingRefused(
            f"{training} is no training of an embedder: {', '.join(missing)} is not there",
            hint="name the folder that facings_train.embedder.train wrote",
        )
    import torch

    from facings_train.embedder.data import INPUT
    from facings_train.embedder.model import Embedder, load_trained
    from facings_train.export import export_onnx, file_sha256, halve, prove_parity, store_half

    network = Embedder().eval()
    load_trained(network, training, blend)
    if (training / "artwork.pt").is_file():  # trained after the vectors; else the start's
        network.artwork.load_state_dict(torch.load(training / "artwork.pt", weights_only=True))
    halve(network)
    width, height = INPUT.size_wh
    outputs = {
        "vectors": "(crops, D) unit vectors",
        "artwork": "(crops, C, rows, columns) unit vector of each cell",
    }
    export_onnx(
        network,
        torch.zeros(1, 3, height, width),
        file,
        input_name=INPUT.name,
        output_names=tuple(outputs),
        dynamic_axes={each: {0: "crops"} for each in (INPUT.name, *outputs)},
    )
    store_half(file)
    prove_parity(network, torch.randn(3, 3, height, width), file, input_name=INPUT.name)
    fresh = {
        "file": file.name,
        "sha256": file_sha256(file),
        "input": INPUT,
        "outputs": {**outputs, **like.outputs},
        "embedding_dim": network.projection.out_features,
        "run": f"facings_train.embedder.train, blend {blend:g}",
        "metrics": {},
    }
    write_manifest(like.model_copy(update=fresh), file.parent)

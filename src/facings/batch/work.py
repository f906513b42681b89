"""What a worker does: pictures in, one whole result each, none a second time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from facings.batch.results import Job, Line, Task, result_file
from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.errors import ModelCorrupted, PictureError
from facings.main_product import gallery_crop
from facings.models import open_model
from facings.output import replaced_file
from facings.types import Crops, Frame

MODELS: dict[Task, str] = {"embed": "facings-embedder", "propose": "facings-detector"}
Answer = Callable[[Frame, str, Path], None]
"""Writes the result of a frame with this hash into a file."""


def work_on(
    job: Job, files: Sequence[str], out: Path, threads: int | None, weights: Path
) -> list[Line]:
    """Write the results that are not there yet; say what became of each picture, in order.

    Args:
        files: pictures' paths, as this machine sees them.
        threads: cores for one picture; None means all.
        weights: folder of the models, as this machine sees it.

    Raises:
        ModelNotFound, ModelCorrupted: the job's model is not here.
    """
    answer = _open(job, threads, weights)
    return [_one(job, file, out, answer) for file in files]


@cache
def _open(job: Job, threads: int | None, weights: Path) -> Answer:
    """Open the model once a process."""
    manifest, session = open_model(job.model, threads, weights)
    if manifest.sha256 != job.sha256:
        raise ModelCorrupted(
            f"{weights} has {manifest.label}, the job is by {job.model} v{job.version} "
            f"({job.sha256[:8]})",
            hint="give every worker the same weights: FACINGS_WEIGHTS",
        )
    if job.task == "embed":
        return _embedding(Embedder(manifest, session))
    return _proposing(Detector(manifest, session))


def _one(job: Job, file: str, out: Path, answer: Answer) -> Line:
    try:
        sha256 = hashlib.sha256(Path(file).read_bytes()).hexdigest()
        result = result_file(out, job.task, sha256)
        if not result.exists():
            frame = read_picture(Path(file))
            with replaced_file(result) as fresh:
                answer(frame, sha256, fresh)
    except PictureError as error:
        return Line(file, error=error.message)
    except OSError as error:
        return Line(file, error=f"{file}: {error.strerror or error}")
    return Line(file, sha256)


def _embedding(embedder: Embedder) -> Answer:
    """What the catalogue keeps of a picture: `vector` (D,), and `artwork` where there is one."""

    def answer(frame: Frame, _sha256: str, fresh: Path) -> None:
        found = embedder.embed(Crops((gallery_crop(frame),)))
        arrays = {"vector": found.vectors[0]}
        if found.artwork is not None:
            arrays["artwork"] = found.artwork[0]
        np.savez(fresh, **arrays)

    return answer


def _proposing(detector: Detector) -> Answer:
    """Boxes as `facings annotate push` proposes them."""

    def answer(frame: Frame, sha256: str, fresh: Path) -> None:
        found = detector.detect(frame)
        document = {
            "sha256": sha256,
            "size_wh": frame.size_wh,
            "model": f"{detector.manifest.name} v{detector.manifest.version}",
            "boxes_xyxy": found.boxes_xyxy.round(2).tolist(),
            "scores": found.scores.round(4).tolist(),
        }
        fresh.write_text(json.dumps(document) + "\n", "utf-8")

    return answer

"""Publish a trained detector, the photo detector or the live one, whichever it is.

python -m facings_train.detector.export --checkpoint CHECKPOINT.pt --version 5 --to WEIGHTS
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from facings.models import InputSpec, Manifest, write_manifest
from facings_train.detector.model import Detector, ExportedDetector
from facings_train.detector.train import MEAN, STD, load_averaged
from facings_train.export import export_onnx, file_sha256, halve, prove_parity, store_half
from facings_train.real.pictures import ORIGINS

NAMES = {"lite0": "facings-detector", "dense": "facings-detector-live"}  # by trunk
OUTPUTS = {
    "boxes_xyxy": "(cells, 4) in tensor pixels, before non-maximum suppression",
    "scores": "(cells,) in [0, 1]: how sure it is a product, and how well the box fits",
    "price_tag_scores": "(cells,) in [0, 1], the same for a price tag",
    "gap_scores": "(cells,) in [0, 1], the same for an empty facing",
    "quads": "(cells, 4, 2) the front's corners in tensor pixels, clockwise from the top left",
}


def export_detector(
    detector: Detector, file: Path, outputs: tuple[str, ...] = ExportedDetector.outputs
) -> float:
    """Write a detector as an ONNX file, and prove at two sizes that it computes the same.

    Args:
        detector: trained; its weights are rounded to float16.
        file: to write.
        outputs: those that are good enough to be published.

    Returns:
        The largest difference that was seen.

    Raises:
        ParityError: they differ.
    """
    halve(detector.eval().fold_norms())
    network = ExportedDetector(detector, outputs).eval()
    export_onnx(
        network,
        torch.zeros(1, 3, 416, 416),
        file,
        input_name="image",
        output_names=outputs,
        dynamic_axes={
            "image": {2: "height", 3: "width"},
            **{name: {0: "cells"} for name in outputs},
        },
    )
    store_half(file)
    sizes = ((416, 416), (320, 640))
    pictures = [torch.randn(1, 3, height, width) for height, width in sizes]
    return max(prove_parity(network, each, file, input_name="image") for each in pictures)


def export_like(checkpoint: Path, like: Manifest, file: Path) -> Manifest:
    """Export a checkpoint of a fine-tuning beside a manifest like that of its start.

    Args:
        checkpoint: of `facings_train.detector.train`.
        like: of the start; outputs that were not good enough there are left out here too.
        file: ONNX file to write.

    Returns:
        The manifest written.

    Raises:
        ParityError: file and network differ.
    """
    export_detector(load_averaged(checkpoint), file, tuple(like.outputs))
    manifest = like.model_copy(
        update={
            "file": file.name,
            "sha256": file_sha256(file),
            "run": "facings-train detector",
            "metrics": {},
        }
    )
    write_manifest(manifest, file.parent)
    return manifest


def main() -> None:
    """Export the averaged weights, prove parity, write the manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--without", nargs="*", default=[], choices=OUTPUTS)
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument(
        "--score", type=float, default=0.4, help="operating point, until it is calibrated"
    )
    parser.add_argument("--nms-iou", type=float, default=0.6)
    parser.add_argument("--first-look", type=int, default=416, help="longer side in pixels")
    parser.add_argument(
        "--facing-height", type=float, default=72, help="median, in pixels of the second look"
    )
    arguments = parser.parse_args()

    detector = load_averaged(arguments.checkpoint)
    name = NAMES[detector.config.trunk]
    file = arguments.to / f"{name}-{arguments.version}.onnx"
    outputs = tuple(each for each in OUTPUTS if each not in arguments.without)
    worst = export_detector(detector, file, outputs)
    print(f"parity of file and network: {worst:.1e}")
    write_manifest(
        Manifest(
            name=name,
            version=arguments.version,
            file=file.name,
            sha256=file_sha256(file),
            task="detect",
            input=InputSpec(
                name="image",
                layout="NCHW",
                size_wh=(arguments.first_look, arguments.first_look),
                multiple_of=32,
                color="RGB",
                mean=(MEAN,) * 3,
                std=(STD,) * 3,
                resize="fit",
                pad_value=114,
            ),
            outputs={each: OUTPUTS[each] for each in outputs},
            facing_height_px=arguments.facing_height,
            thresholds={
                **{each.removesuffix("s"): arguments.score for each in outputs if "score" in each},
                "nms_iou": arguments.nms_iou,
            },
            licence="Apache-2.0",
            training_data=(
                "facings_train.synthetic shelves (own renderer, Apache-2.0)",
                *(
                    "own boxes and labels of earlier versions (Apache-2.0) on pictures of "
                    f"{origin.repository}, {origin.licence}"
                    for origin in ORIGINS.values()
                ),
            ),
            run=f"runs/{name}.sh",
            metrics={},
        ),
        arguments.to,
    )


if __name__ == "__main__":
    main()

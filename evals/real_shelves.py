"""Detection on real shelves: 19 hand-checked pictures of three sources, for evaluation only.

    .venv/bin/python evals/real_shelves.py ../shared/data/shelf-dev

The eleven photos judge; the eight video frames show two scenes and are reported apart.
Writes evals/results/real-shelves.json.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facings.detect import Detector
from facings.evaluate.detection import evaluate_detection
from facings.evaluate.truth import read_truths
from results_file import write_result

VIDEO_FRAMES = "tiagoapolo"  # prefix of the frames of the store walk


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of shelf-dev")
    folder: Path = parser.parse_args().folder
    detector = Detector.load()
    truths = read_truths(folder / "annotations.json", folder)
    frames = [truth for truth in truths if truth.file.name.startswith(VIDEO_FRAMES)]
    photos = [truth for truth in truths if not truth.file.name.startswith(VIDEO_FRAMES)]
    write_result(
        "real-shelves",
        {
            "data": "shelf-dev: evaluation only, never trained or tuned on",
            "photos": evaluate_detection(detector, photos).to_dict(),
            "video frames": evaluate_detection(detector, frames).to_dict(),
        },
        [detector.manifest.label],
    )


if __name__ == "__main__":
    main()

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

VIDEO_SCENES = {  # the frames of the store walk, by the shelf section they show
    "video scene 1": tuple(f"tiagoapolo-{number:02d}.jpg" for number in range(1, 6)),
    "video scene 2": tuple(f"tiagoapolo-{number:02d}.jpg" for number in range(6, 9)),
}


def main() -> None:
    """Measure, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of shelf-dev")
    folder: Path = parser.parse_args().folder
    detector = Detector.load()
    truths = read_truths(folder / "annotations.json", folder)
    frame_names = {name for names in VIDEO_SCENES.values() for name in names}
    frames = [truth for truth in truths if truth.file.name in frame_names]
    photos = [truth for truth in truths if truth.file.name not in frame_names]
    write_result(
        "real-shelves",
        {
            "data": "shelf-dev: evaluation only, never trained or tuned on",
            "pictures": {"photos": [truth.file.name for truth in photos], **VIDEO_SCENES},
            "photos": evaluate_detection(detector, photos).to_dict(),
            "video frames": evaluate_detection(detector, frames).to_dict(),
        },
        [detector.manifest.label],
    )


if __name__ == "__main__":
    main()

"""Write expected.json anew: what the published models answer to the golden shelf.

    .venv/bin/python tests/golden/make_expected.py

Run it after publishing a model, and look at the difference before committing it.
"""

from __future__ import annotations

import json
from pathlib import Path

from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.rectify import rectify
from facings.types import Detections

GOLDEN = Path(__file__).parent


def main() -> None:
    """Detect and embed the golden shelf."""
    frame = read_picture(GOLDEN / "store" / "shelves" / "shelf-000.jpg")
    detections = Detector.load("facings-detector-live").detect(frame)
    # Cut by the boxes as they are written, or the last digit could move a crop by a pixel.
    written = Detections(detections.boxes_xyxy.round(2), detections.scores.round(4))
    embeddings = Embedder.load().embed(rectify(frame, written))
    expected = {
        "tolerance": {"box_px": 0.5, "score": 0.01, "similarity": 0.999},
        "boxes_xyxy": written.boxes_xyxy.tolist(),
        "scores": written.scores.tolist(),
        "vectors": embeddings.vectors.round(4).tolist(),
    }
    (GOLDEN / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()

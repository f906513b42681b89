"""A walk along a real shelf: what the detector sees in a phone's video, as one sheet to look at.

    .venv/bin/python evals/store_walk.py ../shared/data/video/store_walk.ts

Draws the facings found in frames of the first nine seconds, in which the shelf is seen,
and writes the sheet to work/store-walk.jpg (frames of the data set are not ours to publish) and
evals/results/store-walk.json (facings a frame, time a frame).
No catalogue of these products is at hand, so nothing is named here.
"""

from __future__ import annotations

import argparse
import time
from itertools import takewhile
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from rich.progress import track

from facings.capture import read_video
from facings.detect import Detector
from facings.types import ByteImage, Detections, Frame
from results_file import RESULTS, write_result

SHEET = RESULTS.parents[1] / "work" / "store-walk.jpg"
SHELF_UNTIL_MS = 9000.0
EVERY_MS = 750.0
TILE_WH = (640, 360)
COLUMNS = 3


def draw(frame: Frame, detections: Detections) -> ByteImage:
    """The frame with a box around every facing, at the size of a tile."""
    picture = frame.image.copy()
    for x0, y0, x1, y1 in detections.boxes_xyxy.round().astype(int).tolist():
        cv2.rectangle(picture, (x0, y0), (x1, y1), (0, 230, 60), 3)
    return np.asarray(cv2.resize(picture, TILE_WH, interpolation=cv2.INTER_AREA), np.uint8)


def main() -> None:
    """Detect, draw, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    video: Path = parser.parse_args().video
    detector = Detector.load()
    frames = read_video(video, every_ms=EVERY_MS)
    shelf = list(takewhile(lambda frame: (frame.timestamp_ms or 0) < SHELF_UNTIL_MS, frames))
    tiles, counts, took_ms = [], [], []
    for frame in track(shelf, "detecting"):
        started = time.perf_counter()
        detections = detector.detect(frame)
        took_ms.append((time.perf_counter() - started) * 1000)
        counts.append(len(detections))
        tiles.append(draw(frame, detections))
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles) - COLUMNS + 1, COLUMNS)]
    sheet = np.vstack(rows)[:, :, ::-1]
    SHEET.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(SHEET), sheet, [cv2.IMWRITE_JPEG_QUALITY, 80])
    write_result(
        "store-walk",
        {
            "data": "store_walk.ts (MIT), first 9 s, a frame every 750 ms",
            "frames": len(shelf),
            "facings a frame": counts,
            "median_latency_ms": round(median(took_ms), 2),
        },
        [detector.manifest.label],
    )


if __name__ == "__main__":
    main()

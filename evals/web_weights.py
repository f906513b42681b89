"""What the weights that browsers download lose against the published ones.

    .venv/bin/python evals/web_weights.py demo/store

Crops of the demo store are embedded with both and searched in a gallery of the published embedder,
as a phone's vectors are; its shelves are searched for facings with both. Writes
evals/results/web-weights.json.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.geometry import box_iou
from facings.models import open_manifest, open_model, weights_folder
from facings.rectify import trim_packshot
from facings.session import OnnxSession, Session
from facings.types import Crops, FloatArray
from results_file import write_result

WEB = Path(__file__).parents[1] / "web" / "models"
SAME_IOU = 0.9


def web_session(name: str) -> Session:
    """Open the web weights of a published model, which must be made from exactly these."""
    manifest = json.loads((WEB / f"{name}.json").read_text())
    published = open_manifest(name)
    if manifest["sha256"] != published.sha256:
        raise SystemExit(f"{name} was published anew: run runs/web-weights.sh")
    return OnnxSession.open(WEB / manifest["stored"]["file"])


def read_table(folder: Path, name: str) -> tuple[Crops, np.ndarray]:
    """Pictures of a table of a store, and the product each shows."""
    with (folder / name).open() as file:
        rows = list(csv.DictReader(file))
    pictures = (read_picture(folder / row["file"]).image for row in rows)
    images = tuple(trim_packshot(image) for image in pictures)
    return Crops(images), np.array([row["product_id"] for row in rows])


def hit_at_1(queries: FloatArray, gallery: FloatArray, ids: np.ndarray, truth: np.ndarray) -> float:
    """Share of queries whose nearest picture shows their product."""
    return float((ids[(queries @ gallery.T).argmax(axis=1)] == truth).mean())


def main() -> None:
    """Embed, detect, compare, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path, help="rendered store: make demo")
    store: Path = parser.parse_args().store

    published = Embedder.load()
    web = Embedder(published.manifest, web_session("facings-embedder"))
    gallery, ids = read_table(store, "gallery.csv")
    queries, truth = read_table(store, "queries.csv")
    known = published.embed(gallery).vectors
    ours, theirs = published.embed(queries).vectors, web.embed(queries).vectors
    on_the_wire = np.asarray(np.rint(theirs * 127) / 127, np.float32)
    cosines = (ours * theirs).sum(axis=1)

    detector = Detector.load("facings-detector-live")
    web_detector = Detector(
        open_model("facings-detector-live")[0], web_session("facings-detector-live")
    )
    found = same = extra = 0
    for file in sorted((store / "shelves").glob("*.jpg")):
        frame = read_picture(file)
        a, b = detector.detect(frame).boxes_xyxy, web_detector.detect(frame).boxes_xyxy
        overlap = box_iou(a, b)
        found, extra = found + len(a), extra + int((overlap.max(axis=0) < SAME_IOU).sum())
        same += int((overlap.max(axis=1) >= SAME_IOU).sum())

    files = sorted(WEB.glob("*.onnx"))
    write_result(
        "web-weights",
        {
            "data": "demo store, seed 7",
            "bytes": {file.name: file.stat().st_size for file in files},
            "published bytes": {
                name: (weights_folder() / open_manifest(name).file).stat().st_size
                for name in ("facings-detector-live", "facings-embedder")
            },
            "crops": len(queries),
            "cosine to the published vector": {
                "least": round(float(cosines.min()), 5),
                "median": round(float(np.median(cosines)), 5),
            },
            "hit@1 in the published gallery": {
                "published": round(hit_at_1(ours, known, ids, truth), 4),
                "web": round(hit_at_1(theirs, known, ids, truth), 4),
                "web, as int8 on the wire": round(hit_at_1(on_the_wire, known, ids, truth), 4),
            },
            f"facings with the same box (IoU {SAME_IOU})": f"{same} of {found}",
            "facings only the web weights find": extra,
        },
        [detector.manifest.label, published.manifest.label],
    )


if __name__ == "__main__":
    main()

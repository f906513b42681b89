"""Rendered shelves seen from an angle, with a tilted phone, and with a moving one.

    .venv/bin/python evals/shelf_angles.py

Needs a detector that gives quads, as the published one does.
Fresh products and shelves (stream seeds from SEED on), careful style but for the angle or the
motion. Every found facing is looked up among its store's products by three cuts: its box, its box
or, where its front leans, the front turned upright (what `rectify` does), and every front
straightened.
A second pass looks at the flat picture of the bay and takes its fronts back to the frame.
Writes evals/results/shelf-angles.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track

from facings.bay import flat_bay
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.detection import f1_score
from facings.evaluate.detection_layout import Layout, count_quads
from facings.evaluate.end_to_end import match_boxes
from facings.evaluate.truth import Truth
from facings.rectify import rectify, trim_packshot, upright
from facings.retrieve.exact import ExactIndex
from facings.types import Crops, Detections, Frame
from facings_train.synthetic.products import make_products
from facings_train.synthetic.store import CROWD_SHARE
from facings_train.synthetic.stream import iter_shelves, store_seed
from facings_train.synthetic.style import CAREFUL, ShelfStyle
from facings_train.synthetic.truth import RenderedShelf
from facings_train.synthetic.views import CATALOGUE_VIEWS, catalogue_picture
from results_file import write_result

SEED = 521
FAMILIES = 30
SHELVES = 8
SIZE_WH = (1600, 1200)
STRAIGHT = replace(CAREFUL, exact_roll_deg=0.0)
STYLES = {
    "yaw 0": replace(STRAIGHT, exact_yaw_deg=0.0),
    "yaw 15": replace(STRAIGHT, exact_yaw_deg=15.0),
    "yaw 30": replace(STRAIGHT, exact_yaw_deg=30.0),
    "yaw 45": replace(STRAIGHT, exact_yaw_deg=45.0),
    "tilted 10": replace(CAREFUL, exact_roll_deg=10.0),
    "tilted 20": replace(CAREFUL, exact_roll_deg=20.0),
}
MOTIONS_PX = (4, 8, 16)
"""How far the phone moves sideways while the straight pictures are taken."""


def layout_of(shelf: RenderedShelf) -> Layout:
    """A rendered shelf as a stored one is read."""
    clear = shelf.visible_share >= CROWD_SHARE
    nothing, file = np.zeros((0, 4), np.float32), Path("rendered")
    return Layout(
        Truth(file, shelf.boxes_xyxy[clear], shelf.boxes_xyxy[~clear]),
        shelf.quads[clear],
        Truth(file, shelf.price_tag_boxes_xyxy, nothing),
        Truth(file, shelf.gap_boxes_xyxy, nothing),
    )


def index_store(seed: int, embedder: Embedder) -> ExactIndex:
    """Catalogue pictures of a stream's first store."""
    index = ExactIndex(embedder.id, embedder.dim)
    products = make_products(store_seed(seed, 0), FAMILIES)
    pictures = [(each, view) for each in products for view in CATALOGUE_VIEWS]
    crops = tuple(trim_packshot(catalogue_picture(each, view)) for each, view in pictures)
    gtins = [each.gtin for each, _ in pictures]
    index.add(range(len(pictures)), gtins, embedder.embed(Crops(crops)))
    return index


def cuts(frame: Frame, found: Detections) -> dict[str, Crops]:
    """The same facings, cut out in three ways."""
    assert found.quads is not None
    boxes = Detections(found.boxes_xyxy, found.scores)
    return {
        "box": rectify(frame, boxes),
        "leaning fronts upright": rectify(frame, found),
        "every front straightened": Crops(tuple(upright(frame.image, q) for q in found.quads)),
    }


def second_pass(frame: Frame, first: Detections, detector: Detector) -> Detections:
    """What is found in the flat picture of the bay, with corners and boxes in the frame."""
    assert first.quads is not None
    flat, flat_from_frame = flat_bay(frame.image, first.quads)
    found = detector.detect(Frame(flat))
    if not len(found):
        return found
    assert found.quads is not None
    frame_from_flat = np.linalg.inv(flat_from_frame)
    points = cv2.perspectiveTransform(found.quads.reshape(1, -1, 2), frame_from_flat)
    quads = np.asarray(points.reshape(-1, 4, 2), np.float32)
    return Detections(np.concatenate([quads.min(1), quads.max(1)], 1), found.scores, quads)


def measure(seed: int, shelves: Sequence[RenderedShelf], detector: Detector) -> dict[str, object]:
    """Detection, and which product comes first for each cut."""
    embedder = Embedder.load()
    index = index_store(seed, embedder)
    threshold = detector.manifest.thresholds["score"]
    layouts = [layout_of(shelf) for shelf in shelves]
    found: list[Detections] = []
    again: list[Detections] = []
    right: dict[str, list[bool]] = {}
    for shelf in shelves:
        frame = Frame(shelf.image)
        detections = detector.detect(frame)
        found.append(detections)
        again.append(second_pass(frame, detections, detector))
        owner = match_boxes(detections.boxes_xyxy, shelf.boxes_xyxy)
        for name, crops in cuts(frame, detections).items():
            nearest = index.search(embedder.embed(crops), 1).per_crop
            right.setdefault(name, []).extend(
                nearest[i][0].gtin == shelf.gtins[owner[i]] for i in np.flatnonzero(owner >= 0)
            )
    quads = count_quads(layouts, found, threshold)
    upright_boxes = [Detections(each.boxes_xyxy, each.scores) for each in found]
    return {
        "facings": sum(len(layout.quads) for layout in layouts),
        "box f1@0.7": round(
            f1_score([each.products for each in layouts], found, threshold, 0.7), 4
        ),
        "quad f1@0.7": round(quads.f1, 4),
        "quad f1@0.7, boxes taken for quads": round(
            count_quads(layouts, upright_boxes, threshold).f1, 4
        ),
        "quad f1@0.7, flat picture": round(count_quads(layouts, again, threshold).f1, 4),
        "looked up": len(right["box"]),
        "hit@1": {name: round(float(np.mean(each)), 4) for name, each in right.items()},
    }


def render(seed: int, style: ShelfStyle) -> list[RenderedShelf]:
    """Shelves of one style."""
    stream = iter_shelves(seed, SHELVES, families=FAMILIES, size_wh=SIZE_WH, workers=2, style=style)
    return list(stream)


def main() -> None:
    """Measure, and write the result."""
    detector = Detector.load()
    if "quads" not in detector.manifest.outputs:
        raise SystemExit(f"{detector.manifest.label} gives no quads: there is nothing to measure")
    results = {}
    for number, (name, style) in enumerate(track(list(STYLES.items()), "angles")):
        shelves = render(SEED + number, style)
        results[name] = measure(SEED + number, shelves, detector)
    straight = render(SEED, STYLES["yaw 0"])
    for motion_px in track(MOTIONS_PX, "motion"):
        moved = [
            replace(each, image=np.asarray(cv2.blur(each.image, (motion_px, 1)), np.uint8))
            for each in straight
        ]
        results[f"moved by {motion_px} px"] = measure(SEED, moved, detector)
    write_result(
        "shelf-angles",
        {
            "data": f"{SHELVES} rendered shelves an angle, seeds from {SEED} on",
            "angles": results,
        },
        [detector.manifest.label, Embedder.load().manifest.label],
    )


if __name__ == "__main__":
    main()

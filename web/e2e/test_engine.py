"""The engine in a real browser: the same numbers as in Python, and a walk along the demo store."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from print_reader import BrowserReader
from rapidfuzz.fuzz import ratio
from walk import BAYS, FPS, PACE, film, replayed, score

from conftest import ROOT, STORE, OpenPage, write_result
from facings.capture import read_picture
from facings.catalogue.gtin import gtin14
from facings.compare import compare_by_blocks, grey_view
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.end_to_end import read_shelf_truths
from facings.geometry import box_iou
from facings.main_product import gallery_crop
from facings.models import Manifest, open_manifest
from facings.rectify import rectify
from facings.session import OnnxSession
from facings.types import ByteImage, Detections

PRODUCTS = STORE / "products.json"
GOLDEN = ROOT / "tests" / "golden"
SCREENSHOTS = ROOT / "work" / "web"
WALKED = BAYS if os.environ.get("FACINGS_WRITE_RESULTS") else BAYS[1:3]
"""Two bays are enough to see that it works."""
LOADING_S = 3
BOX_PX, SCORE, SIMILARITY, SAME_PRINT, LIKENESS = 0.5, 0.01, 0.999, 0.97, 0.02
"""As for any other runtime (tests/golden/expected.json): the same weights, the same answers."""


def web_model(name: str) -> tuple[Manifest, OnnxSession]:
    """Open the weights that the browser gets (what they lose: evals/results/web-weights.json)."""
    manifest = open_manifest(name)
    stored = json.loads((ROOT / "web" / "models" / f"{name}.json").read_text())["stored"]
    return manifest, OnnxSession.open(ROOT / "web" / "models" / stored["file"])


def test_the_browser_finds_embeds_and_reads_what_python_does(engine_url: str, open_page: OpenPage):
    """Boxes within half a pixel, vectors within a thousandth, letters within three in a hundred."""
    frame = read_picture(GOLDEN / "store" / "shelves" / "shelf-000.jpg")
    detections = Detector(*web_model("facings-detector-live")).detect(frame)
    quads = None if detections.quads is None else detections.quads.round(2)
    written = Detections(detections.boxes_xyxy.round(2), detections.scores, quads)
    crops = rectify(frame, written)
    vectors = Embedder(*web_model("facings-embedder")).embed(crops).vectors
    reader = BrowserReader()
    printed = [reader.read(crop) for crop in crops.images]
    with open_page(engine_url, viewport={"width": 1280, "height": 720}) as page:
        boxes = written.boxes_xyxy.astype(float).round(2).tolist()
        corners = None if quads is None else quads.astype(float).round(2).tolist()
        said = page.evaluate("told => parity(...told)", ["/golden.png", boxes, corners])

    assert said["threads"] > 1 or os.cpu_count() == 1  # the page is isolated
    found = np.array([each["boxXyxy"] for each in said["detections"]], np.float32)
    scores = np.array([each["score"] for each in said["detections"]])
    assert len(found) == len(written)
    pairs = box_iou(written.boxes_xyxy, found).argmax(axis=1)
    assert np.abs(found[pairs] - written.boxes_xyxy).max() < BOX_PX
    assert np.abs(scores[pairs] - written.scores).max() < SCORE
    theirs = np.array(said["vectors"], np.float32)
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    assert (theirs * vectors).sum(axis=1).min() > SIMILARITY
    likeness = [
        ratio(" ".join(a), " ".join(b)) / 100 for a, b in zip(printed, said["printed"], strict=True)
    ]
    assert sum(map(bool, printed)) > len(crops) / 2
    assert np.mean(likeness) >= SAME_PRINT


def test_the_browser_compares_pictures_as_python_does(walk_url: str, open_page: OpenPage):
    """Facings of a shelf, with the service's pictures of their line: in the same order, nearly."""
    products = {gtin14(each["gtin"]): each for each in json.loads(PRODUCTS.read_text())}
    line_of = {gtin: (each["brand"], each["category"]) for gtin, each in products.items()}
    truths = {each.file.name: each for each in read_shelf_truths(STORE / "shelves" / "truth.json")}
    truth = truths[BAYS[0]]
    frame = read_picture(truth.file)
    boxes, asked, wanted = [], [], []
    for box, gtin in zip(truth.boxes_xyxy.round(1), truth.gtins, strict=True):
        line = [each for each in products if line_of[each] == line_of[gtin] and each != gtin]
        may_be = [gtin, *line[:3]]
        if not line or box[3] > frame.size_wh[1]:
            continue
        [crop] = rectify(frame, Detections(box[None], np.ones(1, np.float32))).images
        boxes.append(box.tolist())
        asked.append(may_be)
        wanted.append(compare_by_blocks(crop, [front_of(products[each]) for each in may_be]))
    with open_page(walk_url, viewport={"width": 1280, "height": 720}) as page:
        said = page.evaluate("told => alike(...told)", [f"/walk/{BAYS[0]}", boxes, asked])

    both = [(one, other) for one, other in zip(wanted, said, strict=True) if one and other]
    assert len(both) > 0.9 * sum(map(bool, wanted)) > 10
    off = np.concatenate([np.abs(np.subtract(one, other)) for one, other in both])
    assert np.median(off) < LIKENESS
    same = [int(np.argmax(one)) == int(np.argmax(other)) for one, other in both]
    assert np.mean(same) > 0.9


def front_of(product: dict) -> ByteImage:
    """The picture of a product of the store that facings are compared with."""
    return grey_view(gallery_crop(read_picture(STORE / product["pictures"][0]["file"])))


def test_a_walk_replayed_along_the_demo_store(walk_url: str, open_page: OpenPage):
    """Picture by picture in a time of its own: what is named, and how rightly, on any machine."""
    with open_page(walk_url, viewport={"width": 1280, "height": 720}) as page:
        measured = replayed(page, STORE, WALKED)
    write("live-replay", measured | {"pace": PACE})
    settled = measured["visible for a second"] - measured["what became of them"].get(
        "a choice that no picture settles", 0
    )
    assert measured["recognised while visible"] >= 0.65 * settled
    assert measured["share right"] >= 0.9
    assert measured["tracks that changed their product"] <= 5
    assert measured["bytes a facing sent without artwork"] < 400


def test_a_walk_along_the_demo_store(engine_url: str, open_page: OpenPage, tmp_path: Path):
    """Facings that stay are recognised, mostly rightly, and labels stay with their boxes."""
    camera = tmp_path / "walk.y4m"
    walk = film(STORE, camera, WALKED)
    forth_ms = 1000 * (len(walk) / FPS - LOADING_S)  # the camera plays while the models load
    with open_page(engine_url, camera, viewport={"width": 1280, "height": 720}) as page:
        page.evaluate("ms => { window.walked = walk(ms, null) }", forth_ms)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for i in range(int(forth_ms / 5000)):
            page.wait_for_timeout(5000)
            page.screenshot(path=SCREENSHOTS / f"walk-{i}.png")
        said = page.evaluate("() => window.walked")
    camera.unlink()
    measured = score(walk, said["noted"], said["sent"])
    measured["frames a second"] = said["framesASecond"]
    about = {
        "data": f"demo store, {len(WALKED)} bays, 1280 x 720 at 15 a second; headless Chromium"
    }
    write("live-walk", about | {"load": [round(each, 1) for each in os.getloadavg()]} | measured)
    # How many are named in time, and how well boxes follow, is the machine's affair:
    # evals/results/live-walk.json has what was measured. Here the loop has to work on any machine.
    assert said["problem"] is None
    assert measured["recognised while visible"] >= 5
    assert measured["share right"] >= 0.6
    assert measured["tracks that changed their product"] <= 8  # of some 140; 0 to 3 so far
    assert measured["mean overlap of shown box and facing (IoU)"] >= 0.6
    assert measured["bytes a facing sent without artwork"] < 500


def write(name: str, measured: dict[str, object]) -> None:
    """Show what was measured, and keep it in evals/results where that was asked for."""
    print(json.dumps(measured, indent=2))
    if os.environ.get("FACINGS_WRITE_RESULTS"):
        write_result(
            name,
            measured,
            [Detector.load("facings-detector-live").manifest.label, Embedder.load().manifest.label],
        )

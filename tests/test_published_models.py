"""The models in the package are the ones their manifests describe."""

import json
from pathlib import Path

import numpy as np
import pytest

import facings
from facings.capture import read_picture
from facings.detect import Detector
from facings.embed import Embedder
from facings.models import open_model
from facings.rectify import rectify
from facings.types import Crops, Detections

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "facings" / "weights"
GOLDEN = Path(__file__).parent / "golden"
MANIFESTS = sorted(WEIGHTS.glob("*.json"))


def test_weights_stay_small() -> None:
    """Everything published stays under 40 MB."""
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 40e6


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda file: file.stem)
def test_a_model_has_weights_a_card_a_run_and_a_result(manifest: Path) -> None:
    """The hash holds, the run file exists and can be run, and there is a card."""
    opened, _ = open_model(manifest.stem)

    run = ROOT / opened.run
    assert run.stat().st_mode & 0o100
    assert (ROOT / "docs" / "models" / f"{opened.name}.md").exists()
    assert opened.licence == "Apache-2.0"
    assert opened.metrics


def test_no_crops_give_no_vectors() -> None:
    """Empty in, an empty array of the right width out."""
    assert Embedder.load().embed(Crops(())).vectors.shape == (0, 256)


def test_a_batch_gives_what_its_crops_give_alone() -> None:
    """Vectors do not depend on company: 20 crops fill more than one batch."""
    rng = np.random.default_rng(0)
    images = tuple(rng.integers(0, 256, (40 + 3 * i, 50, 3), dtype=np.uint8) for i in range(20))
    embedder = Embedder.load()

    together = embedder.embed(Crops(images)).vectors
    alone = np.concatenate([embedder.embed(Crops((image,))).vectors for image in images])

    assert np.allclose(together, alone, atol=1e-4)


def test_the_models_answer_as_when_they_were_published() -> None:
    """Boxes and vectors of the golden shelf equal the stored ones: for every runtime."""
    expected = json.loads((GOLDEN / "expected.json").read_text())
    frame = read_picture(GOLDEN / "store" / "shelves" / "shelf-000.jpg")

    found = Detector.load("facings-detector-live").detect(frame)
    boxes = np.array(expected["boxes_xyxy"], np.float32)
    crops = rectify(frame, Detections(boxes, np.array(expected["scores"], np.float32)))
    vectors = Embedder.load().embed(crops).vectors

    tolerance = expected["tolerance"]
    assert len(found) == len(boxes)
    assert np.abs(found.boxes_xyxy - boxes).max() < tolerance["box_px"]
    assert np.abs(found.scores - expected["scores"]).max() < tolerance["score"]
    similarity = (vectors * np.array(expected["vectors"], np.float32)).sum(axis=1)
    assert similarity.min() > tolerance["similarity"]


def test_the_package_has_a_version() -> None:
    """It comes from the installed package."""
    assert facings.__version__

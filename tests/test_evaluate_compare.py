"""Two models on the same pictures: draws by weights against pictures really drawn twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facings.errors import AnnotationError
from facings.evaluate.bootstrap import Difference, compare_metrics, draw_pictures
from facings.evaluate.coco_scores import score_as_coco
from facings.evaluate.compare import compare_models
from facings.evaluate.detection import DetectionRun, count_all
from facings.evaluate.frozen import read_frozen_set, read_frozen_sets
from facings.evaluate.picture_scores import detection_metrics, retrieval_metrics
from facings.evaluate.truth import Truth
from facings.model_versions import open_models
from facings.types import Detections
from tiny_store import COLORS, WEIGHTS, Run, plain, shelf


def random_run(seed: int, pictures: int = 6, *, shift: float = 4, crowds: bool = False):
    """Pictures with boxes in a grid, and detections that miss, shift and invent."""
    scene, rng = np.random.default_rng(7), np.random.default_rng(seed)
    truths, found = [], []
    for _ in range(pictures):
        corners = scene.permutation(np.indices((5, 4)).reshape(2, -1).T)[:12] * 50.0
        boxes = np.concatenate([corners, corners + 45], axis=1).astype(np.float32)
        ignored = np.array([[0, 0, 120, 90]] if crowds else [], np.float32).reshape(-1, 4)
        kept = boxes[rng.random(len(boxes)) < 0.8] + rng.normal(0, shift, 4)
        strays = rng.uniform(0, 200, (5, 2))
        every = np.concatenate([kept, np.concatenate([strays, strays + 40], axis=1)])
        scores = rng.random(len(every)).astype(np.float32)
        truths.append(Truth(Path("shelf.jpg"), boxes, ignored))
        found.append(Detections(every.astype(np.float32), scores))
    return DetectionRun(tuple(truths), tuple(found), ((250, 250),) * pictures, 1.0, 0.3)


def drawn(run: DetectionRun, weights: np.ndarray) -> DetectionRun:
    """The slow way: a run over pictures that are really there so many times."""
    picked = np.repeat(np.arange(len(weights)), weights)
    return DetectionRun(
        tuple(run.truths[i] for i in picked),
        tuple(run.found[i] for i in picked),
        tuple(run.sizes_wh[i] for i in picked),
        1.0,
        run.threshold,
    )


@pytest.mark.parametrize("crowds", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_weights_score_what_pictures_drawn_twice_score(seed: int, crowds: bool):
    """Sums over pictures agree with counting each draw anew, and AP with COCO's own."""
    run = random_run(seed, crowds=crowds)
    draws = draw_pictures(6, seed, resamples=8)
    fast = {name: metric(draws) for name, metric in detection_metrics(run).items()}
    for row, weights in enumerate(draws):
        slow = drawn(run, weights)
        for iou in (0.5, 0.7):
            counts = count_all(slow.truths, slow.found, slow.threshold, iou)
            assert fast[f"precision@{iou}"][row] == pytest.approx(counts.precision)
            assert fast[f"recall@{iou}"][row] == pytest.approx(counts.recall)
            assert fast[f"f1@{iou}"][row] == pytest.approx(counts.f1)
        coco = score_as_coco(slow.truths, slow.found)
        assert fast["ap50"][row] == pytest.approx(coco.ap50, abs=2e-3)


def test_a_draw_has_as_many_pictures_as_there_are():
    """And every picture is drawn about once on the average."""
    draws = draw_pictures(7, seed=1)
    assert draws.shape == (2000, 7)
    assert set(draws.sum(axis=1)) == {7}
    assert draws.mean(axis=0) == pytest.approx(np.ones(7), abs=0.1)


def test_a_model_is_not_told_apart_from_itself():
    """The differences of all draws are zero."""
    metrics = detection_metrics(random_run(1))
    for each in compare_metrics(metrics, metrics, draw_pictures(6, 1)).values():
        assert (each.low, each.difference, each.high) == (0, 0, 0)
        assert each.verdict == "not told apart"


def test_a_plainly_better_model_is_better_and_the_other_way_round():
    """Boxes that lie right against boxes that lie beside."""
    sloppy, tidy = random_run(1, 12, shift=9), random_run(1, 12, shift=0.5)
    draws = draw_pictures(12, 1)
    pair = detection_metrics(sloppy), detection_metrics(tidy)
    assert compare_metrics(*pair, draws)["f1@0.7"].verdict == "better"
    assert compare_metrics(*pair[::-1], draws)["f1@0.7"].verdict == "worse"


def test_the_interval_is_that_of_draws_in_a_loop():
    """Of queries, drawn one by one."""
    a, b = [1.0, 3, 1, 12, 2, 1, np.inf, 1], [1.0, 1, 1, 2, 1, 4, 1, 1]
    fast = compare_metrics(retrieval_metrics(a), retrieval_metrics(b), draw_pictures(8, 3, 4000))
    rng, slow = np.random.default_rng(0), []
    for _ in range(4000):
        rows = rng.integers(0, 8, 8)
        slow.append(sum((b[i] <= 1) - (a[i] <= 1) for i in rows) / 8)
    one = fast["hit@1"]
    assert (one.first, one.second) == (0.5, 0.75)
    assert (one.low, one.high) == pytest.approx(np.percentile(slow, [2.5, 97.5]), abs=0.13)
    assert fast["hit@10"].difference == pytest.approx(2 / 8)


@pytest.mark.parametrize(
    ("n", "low", "high", "verdict"),
    [
        (4, 0.1, 0.2, "not told apart"),
        (5, 0.1, 0.2, "better"),
        (5, -0.2, -0.1, "worse"),
        (5, 0.0, 0.2, "not told apart"),
        (5, -0.2, 0.0, "not told apart"),
    ],
)
def test_a_verdict_needs_pictures_and_an_interval_beside_zero(n, low, high, verdict):
    """Of four pictures nothing is said."""
    assert Difference(0.5, 0.6, low, high, n).verdict == verdict


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A set of six shelves with boxes, and single products with their pictures."""
    folder = tmp_path / "judged"
    folder.mkdir()
    images, boxes = [], []
    for number, color in enumerate([*COLORS.values(), (255, 255, 255), (250, 250, 250)]):
        shelf(color).save(folder / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png"})
        boxes.append({"image_id": number, "category_id": 1, "bbox": [64, 64, 64, 64]})
    coco = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "product"}]}
    (folder / "annotations.json").write_text(json.dumps(coco))
    rows = ["file,product_id"]
    for gtin, color in list(COLORS.items())[:3]:
        plain(color).save(folder / f"{gtin}.png")
        rows.append(f"{gtin}.png,{gtin}")
    for name in ("gallery", "queries"):
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_both_tasks_are_compared_from_files(judged: Path):
    """Real if tiny models, held against themselves."""
    models = open_models(str(WEIGHTS))
    told: list[tuple[str, int, int]] = []
    found = compare_models(
        models, models, [read_frozen_set(judged)], progress=lambda *said: told.append(said)
    )
    assert [(each.task, each.name) for each in found.sets] == [
        ("detect", "judged"),
        ("embed", "judged"),
    ]
    assert found.verdict == "not told apart"
    assert found.too_few == ["judged"]  # three queries
    both = found.value_of("judged", "f1@0.7"), found.value_of("judged", "hit@1")
    assert [each and (each.first, each.second) for each in both] == [(1.0, 1.0), (1.0, 1.0)]
    assert found.value_of("judged", "hit@3") is None
    assert told[5] == ("judged", 6, 6)


def test_a_changed_picture_makes_another_set(judged: Path):
    """The hash is of everything that is judged by."""
    before = read_frozen_set(judged).sha256
    assert read_frozen_set(judged).sha256 == before
    Image.new("RGB", (192, 192)).save(judged / "0.png")
    assert read_frozen_set(judged).sha256 != before


def test_an_empty_folder_is_no_set(tmp_path: Path):
    """What would be one is said."""
    with pytest.raises(AnnotationError, match="holds nothing to judge by") as caught:
        read_frozen_set(tmp_path)
    assert "queries.csv" in str(caught.value.hint)


def test_two_sets_of_one_name_are_refused(judged: Path):
    """Results go by the folder's name."""
    with pytest.raises(AnnotationError, match="two sets are called judged"):
        read_frozen_sets([judged, judged])


def test_sets_that_say_nothing_about_the_models_are_refused(judged: Path):
    """Boxes alone say nothing about an embedder."""
    (judged / "queries.csv").unlink()
    embedder = open_models(str(WEIGHTS / "facings-embedder.json"))
    with pytest.raises(AnnotationError, match="none of these sets says anything"):
        compare_models(embedder, embedder, [read_frozen_set(judged)])


def test_the_command_tells_by_its_exit_code(run: Run, judged: Path, tmp_path: Path):
    """10 where nothing is told apart, 9 where B is worse, 0 where it is better."""
    blind = Path(shutil.copytree(WEIGHTS, tmp_path / "blind"))
    manifest = json.loads((blind / "facings-detector.json").read_text())
    manifest["thresholds"]["score"] = 1.0  # finds only what is perfectly white
    (blind / "facings-detector.json").write_text(json.dumps(manifest))
    words = ("--dataset", judged, "--json")
    same = run("models", "compare", WEIGHTS, "facings-detector", *words)
    assert (same.code, same.json["verdict"]) == (10, "not told apart")
    (judged / "queries.csv").unlink()
    worse = run("models", "compare", WEIGHTS, blind, *words)
    assert (worse.code, worse.json["verdict"]) == (9, "worse")
    [one] = worse.json["sets"]
    assert (one["set"], one["n"], one["judged_by"]) == ("judged", 6, "f1@0.7")
    assert one["metrics"]["f1@0.7"]["b"] < one["metrics"]["f1@0.7"]["a"] == 1.0
    better = run("models", "compare", blind, WEIGHTS, "--dataset", judged)
    assert better.code == 0
    assert better.out.splitlines()[-1] == "B is better"
    assert run("models", "compare", "nobody", WEIGHTS, *words).code == 4
    assert run("models", "compare", WEIGHTS, WEIGHTS, "--dataset", tmp_path / "blind").code == 6

"""Training on somebody's own shelves, from three small pictures to weights that scan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from facings.detect import Detector
from facings.errors import AnnotationError
from facings.evaluate.truth import Truth
from facings.models import open_model, weights_folder
from facings.types import Frame
from facings_train import cli
from facings_train.detector import fine_tune as module
from facings_train.detector.curve import CurvePoint, draw_curve, load_curve, save_curve
from facings_train.detector.fine_tune import DetectorComparison, FineTuning, fine_tune
from facings_train.detector.material import hold_back

PRODUCTS = [{"id": 1, "name": "product"}]


def write_shelves(folder: Path, count: int, **changes: object) -> Path:
    """Write `count` grey pictures with one bright product each, and their COCO file."""
    for number in range(count):
        image = np.full((64, 96, 3), 60, np.uint8)
        image[12:52, 20:50] = 220
        cv2.imwrite(str(folder / f"shelf-{number}.png"), image)
    document = {
        "images": [{"id": i, "file_name": f"shelf-{i}.png"} for i in range(count)],
        "categories": PRODUCTS,
        "annotations": [
            {"image_id": i, "category_id": 1, "bbox": [20, 12, 30, 40]} for i in range(count)
        ],
    } | changes
    coco = folder / "coco.json"
    coco.write_text(json.dumps(document))
    return coco


def truth(name: str, products: int) -> Truth:
    """A picture that shows so many products."""
    boxes = np.tile(np.array([[0, 0, 9, 9]], np.float32), (products, 1))
    return Truth(Path(name), boxes, np.zeros((0, 4), np.float32))


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[FineTuning, DetectorComparison, list[str]]:
    """Two steps from the published weights on two of three pictures."""
    folder = tmp_path_factory.mktemp("shop")
    asked = FineTuning(
        data=write_shelves(folder, 3),
        pictures=folder,
        start="facings-detector",
        out=folder / "run",
        rendered=None,
        steps=2,
        batch=1,
        size=64,
    )
    told: list[str] = []
    return asked, fine_tune(asked, told.append), told


@pytest.mark.parametrize("truths", [[], [truth("a", 3)], [truth("a", 3), truth("b", 0)]])
def test_one_picture_cannot_be_trained_on_and_judge(truths: list[Truth]) -> None:
    """Pictures without products are no judges."""
    with pytest.raises(AnnotationError, match="one is needed to train on and one to judge by"):
        hold_back(truths, 0.2, seed=1)


@pytest.mark.parametrize(("count", "judges"), [(2, 1), (3, 1), (10, 2), (100, 20)])
def test_every_picture_is_trained_on_or_judges(count: int, judges: int) -> None:
    """Never both, and the order they come in does not matter."""
    truths = [truth(f"{number:03d}", 1) for number in range(count)]
    training, held_back = hold_back(truths, 0.2, seed=1)
    assert len(held_back) == judges
    assert {t.file for t in training} | {t.file for t in held_back} == {t.file for t in truths}
    assert not {t.file for t in training} & {t.file for t in held_back}
    _, again = hold_back(truths[::-1], 0.2, seed=1)
    assert [t.file for t in again] == [t.file for t in held_back]


def test_another_seed_holds_back_other_pictures() -> None:
    """With the same seed the same ones."""
    truths = [truth(f"{number:03d}", 1) for number in range(50)]
    drawn = [[t.file for t in hold_back(truths, 0.2, seed)[1]] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_training_ends_with_weights_that_can_be_used(
    trained: tuple[FineTuning, DetectorComparison, list[str]],
) -> None:
    """The result has its own hash and data, and the other models lie beside it."""
    asked, _, _ = trained
    weights = asked.out / "weights"
    manifest, session = open_model("facings-detector", threads=1, folder=weights)
    start, _ = open_model("facings-detector", threads=1)
    assert manifest.sha256 != start.sha256
    assert manifest.training_data[-1] == "coco.json: 2 products in 2 pictures (own)"
    assert set(manifest.metrics) == {"held-back pictures"}
    Detector(manifest, session).detect(Frame(np.zeros((64, 96, 3), np.uint8)))
    assert (weights / "facings-embedder.json").exists()
    assert open_model("facings-embedder", threads=1, folder=weights)


def test_training_ends_with_a_comparison(
    trained: tuple[FineTuning, DetectorComparison, list[str]],
) -> None:
    """Of start and result, on the same held-back picture."""
    asked, comparison, told = trained
    names = [name for name, _, _ in comparison.rows()]
    assert names == ["F1 at IoU 0.5", "F1 at IoU 0.7", "F1 at IoU 0.75", "AP50"]
    written = json.loads((asked.out / "comparison.json").read_text())
    assert len(written["held_back"]) == written["start"]["n_images"] == 1
    assert written["tuned"] == comparison.tuned.to_dict()
    assert [line for line in told if line.startswith("step 2 of 2: loss")]


def test_the_curve_begins_with_the_start(
    trained: tuple[FineTuning, DetectorComparison, list[str]],
) -> None:
    """One point before the first step, one after each report, and a drawing."""
    asked, comparison, _ = trained
    points = load_curve(asked.out / "curve.json", until_step=2)
    assert [point.step for point in points] == [0, 1, 2]
    assert (points[0].loss, points[0].f1) == (None, comparison.start.counts[0.7].f1)
    assert cv2.imread(str(asked.out / "curve.png")) is not None


def test_a_run_goes_on_where_it_ended(
    trained: tuple[FineTuning, DetectorComparison, list[str]],
) -> None:
    """The same command again trains no step twice and measures the same."""
    asked, comparison, _ = trained
    told: list[str] = []
    again = fine_tune(asked, told.append)
    assert "going on from step 2 of 2" in told
    assert not [line for line in told if line.startswith("step")]
    assert again.rows() == comparison.rows()


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run `facings-train` in an empty folder; its exit code and what it said on stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path / "home"))

    def run_one(*words: str | Path) -> tuple[int, str]:
        code = cli.main([str(word) for word in words])
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return code, said.err

    return run_one


def test_another_run_in_the_folder_is_refused(
    trained: tuple[FineTuning, DetectorComparison, list[str]], run: Callable[..., tuple[int, str]]
) -> None:
    """What differs is named, and nothing is overwritten."""
    asked, _, _ = trained
    code, said = run("detector", "--data", asked.data, "--out", asked.out, "--rendered", "none")
    assert code == 2
    assert said.startswith(f"error: {asked.out} holds another run, its steps and batch and size")


def test_a_folder_of_something_else_is_refused(
    tmp_path: Path, run: Callable[..., tuple[int, str]]
) -> None:
    """Nobody's pictures are mixed with a training."""
    coco = write_shelves(tmp_path, 2)
    code, said = run("detector", "--data", coco, "--out", tmp_path)
    assert code == 2
    assert "is not empty and holds no run" in said


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"annotations": []}, "no product boxes"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]}, "there are: a, b"),
        ({"images": [{"id": 0, "file_name": "gone.png"}], "annotations": []}, "not in"),
    ],
)
def test_unusable_annotations_are_one_line(
    tmp_path: Path,
    run: Callable[..., tuple[int, str]],
    changes: dict[str, object],
    complaint: str,
) -> None:
    """Before anything is written."""
    coco = write_shelves(tmp_path, 2, **changes)
    code, said = run("detector", "--data", coco, "--out", "new")
    assert code == 6
    assert complaint in said.splitlines()[0]
    assert not Path("new").exists()


def test_an_unknown_start_is_a_model_error(
    tmp_path: Path, run: Callable[..., tuple[int, str]]
) -> None:
    """Its name is in the message."""
    code, said = run("detector", "--data", write_shelves(tmp_path, 2), "--from", "yolo")
    assert code == 4
    assert "no model 'yolo'" in said


def test_training_without_torch_says_what_to_install(
    tmp_path: Path, run: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package may be installed without it, for the renderer and the converters."""
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda _name: None)
    code, said = run("detector", "--data", write_shelves(tmp_path, 2))
    assert code == 2
    assert "facings-train[torch]" in said


def test_a_start_may_be_a_manifest() -> None:
    """So that one's own result can be trained further."""
    by_path = module._open_start(str(weights_folder() / "facings-detector.json"))
    assert by_path.manifest == module._open_start("facings-detector").manifest


def test_rendered_shelves_are_half_of_a_batch(tmp_path: Path) -> None:
    """Those that are there already are not rendered again."""
    (tmp_path / "rendered").mkdir()
    (tmp_path / "rendered" / "truth.jsonl").write_text("")
    coco = write_shelves(tmp_path, 2)
    asked = FineTuning(
        coco, tmp_path, "facings-detector", tmp_path / "run", tmp_path / "rendered", batch=5
    )
    assert module._prepare(asked, [], print) == {
        tmp_path / "rendered": 2,
        tmp_path / "run" / "pictures": 3,
    }


def test_large_pictures_are_shrunk_with_their_boxes(tmp_path: Path) -> None:
    """A 12-megapixel photo need not be decoded whole for every window."""
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((100, 3840, 3), np.uint8))
    box = np.array([[100, 10, 300, 90]], np.float32)
    [picture] = module._labelled([Truth(tmp_path / "a.png", box, box * 2)])
    assert picture.image.shape == (50, 1920, 3)
    assert picture.boxes_xyxy.tolist() == [[50, 5, 150, 45], [100, 10, 300, 90]]
    assert picture.visible_share.tolist() == [1, 0]


def test_a_curve_without_steps_is_a_point() -> None:
    """A start alone can be drawn too."""
    assert draw_curve([CurvePoint(0, None, 0.5)]).size == (720, 360)


def test_a_curve_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    """Points after it belong to steps that are done again."""
    points = [CurvePoint(0, None, 0.5), CurvePoint(10, 3.0, 0.6), CurvePoint(20, 2.5, 0.7)]
    save_curve(points, tmp_path / "curve.json")
    assert load_curve(tmp_path / "curve.json", until_step=10) == points[:2]
    assert load_curve(tmp_path / "none.json", until_step=10) == []


@pytest.mark.parametrize(("step", "f1"), [(-1, 0.5), (0, 1.5), (0, float("nan"))])
def test_a_point_off_the_axes_is_refused(step: int, f1: float) -> None:
    """Checked where it is born."""
    with pytest.raises(ValueError, match="F1 in"):
        CurvePoint(step, None, f1)

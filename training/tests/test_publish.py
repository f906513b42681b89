"""A model is published only if its gates hold: the tiny models of the runtime's tests, judged."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from facings.model_versions import published_models, roll_back
from facings.models import open_manifest
from facings_train import cli
from facings_train.errors import TrainingRefused
from facings_train.gates import read_gates
from facings_train.runs import read_runs

WEIGHTS = Path(__file__).parents[2] / "tests" / "fixtures" / "weights"
NAME = "facings-detector"
Said = tuple[int, str, str]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a judged set of five shelves, and weights in use."""
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path / "home"))
    judged = tmp_path / "judged"
    judged.mkdir()
    for number in range(5):
        image = np.zeros((192, 256, 3), np.uint8)
        image[64:128, 64:128] = 250 - number
        cv2.imwrite(str(judged / f"{number}.png"), image)
    coco = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in range(5)],
        "categories": [{"id": 1, "name": "product"}],
        "annotations": [
            {"image_id": n, "category_id": 1, "bbox": [64, 64, 64, 64]} for n in range(5)
        ],
    }
    (judged / "annotations.json").write_text(json.dumps(coco))
    (tmp_path / "gates.toml").write_text(
        '[[gate]]\nset = "judged"\nmetric = "f1@0.7"\nleast = 0.5\ndrop = 0.1\n'
    )
    return tmp_path


def candidate(shop: Path, *, threshold: float, number: int = 1) -> Path:
    """The tiny detector as another file, with its own threshold: from 1 on it finds nothing."""
    folder = Path(shutil.copytree(WEIGHTS, shop / f"candidate-{number}"))
    file = folder / f"{NAME}.onnx"
    file.write_bytes(file.read_bytes() + bytes([0xA0, 0x06, number]))
    manifest = json.loads((folder / f"{NAME}.json").read_text())
    manifest["thresholds"]["score"] = threshold
    manifest["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / f"{NAME}.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], shop: Path) -> Callable[..., Said]:
    """Publish into the shop's weights."""

    def run_one(source: Path, *words: str) -> Said:
        given = ["publish", NAME, "--candidate", str(source), "--gates", str(shop / "gates.toml")]
        code = cli.main([*given, "--to", str(shop / "weights"), *words])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run_one


def in_use(shop: Path) -> int:
    """The version that is in use."""
    return open_manifest(NAME, shop / "weights").version


def test_the_first_model_is_published_by_what_it_scores(
    shop: Path, run: Callable[..., Said]
) -> None:
    """With a card that says on what; nothing is there to be worse than."""
    assert run(candidate(shop, threshold=0.5))[0] == 0
    assert in_use(shop) == 1
    card = (shop / "weights" / f"{NAME}-1.md").read_text()
    assert "after nothing" in card
    assert "- judged, f1@0.7: at least 0.5 and at most 0.1 below the one before" in card
    assert open_manifest(NAME, shop / "weights").metrics["judged"]["f1@0.7"] == 1.0
    [record] = read_runs(shop / "home")
    assert record.result == {"published": open_manifest(NAME, shop / "weights").label,
                             "complaints": []}  # fmt: skip


def test_a_worse_model_is_not_published(shop: Path, run: Callable[..., Said]) -> None:
    """Which gate failed is said with both numbers; the one in use stays."""
    run(candidate(shop, threshold=0.5))
    code, out, err = run(candidate(shop, threshold=0.99, number=2))
    assert (code, out) == (9, "")
    assert "gate: judged f1@0.7 is 0.0000, at least 0.5000 is asked" in err
    assert "not published" in err
    assert in_use(shop) == 1
    (shop / "gates.toml").write_text('[[gate]]\nset = "judged"\nmetric = "f1@0.7"\ndrop = 0.1\n')
    code, _, err = run(candidate(shop, threshold=0.99, number=3))
    assert code == 9
    assert "the one in use has 1.0000: 1.0000 below, at most 0.1000 is allowed" in err


def test_a_gate_may_ask_for_what_is_surely_better(shop: Path, run: Callable[..., Said]) -> None:
    """As good is not enough then; and the first model has nothing to be better than."""
    gate = '[[gate]]\nset = "judged"\nmetric = "f1@0.7"\nbetter = true\n'
    (shop / "gates.toml").write_text(gate)
    assert run(candidate(shop, threshold=0.99))[0] == 0
    assert run(candidate(shop, threshold=0.5, number=2))[0] == 0
    code, _, err = run(candidate(shop, threshold=0.6, number=3))
    assert code == 9
    assert "+0.0000 to +0.0000 is not surely above 0" in err
    assert in_use(shop) == 2


def test_a_model_as_good_is_the_next_version(shop: Path, run: Callable[..., Said]) -> None:
    """The one before stays beside it, and the way back is one call."""
    run(candidate(shop, threshold=0.5))
    code, out, _ = run(candidate(shop, threshold=0.6, number=2), "--json")
    told = json.loads(out)
    assert code == 0
    assert told["published"].startswith(f"{NAME} v2 (")
    [gate] = told["gates"]
    assert (gate["published"], gate["candidate"], gate["holds"]) == (1.0, 1.0, True)
    assert "| +0.0000 |" in (shop / "weights" / f"{NAME}-2.md").read_text()
    assert roll_back(NAME, shop / "weights").version == 1
    assert len(published_models(shop / "weights")) == 2


def test_what_is_in_use_is_not_published_again(shop: Path, run: Callable[..., Said]) -> None:
    """The same weights would only get another number."""
    source = candidate(shop, threshold=0.5)
    run(source)
    code, _, err = run(source)
    assert code == 2
    assert "is in use in" in err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "gate: Field required"),
        ("gate = []", "gate: List should have at least 1 item"),
        ('[[gate]]\nset = "judged"\nmetric = "f1@0.7"', "least, drop or better must be given"),
        ('[[gate]]\nset = "judged"\nmetric = "beauty"\nleast = 0.5', "gate.0.metric"),
        ('[[gate]]\nset = "judged"\nmetric = "f1@0.7"\nleast = 2', "less than or equal to 1"),
        ("[[gate", "is no TOML"),
    ],
)
def test_gates_that_say_nothing_are_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """Before anything is judged."""
    file = tmp_path / "gates.toml"
    file.write_text(text)
    with pytest.raises(TrainingRefused, match=r"gates\.toml") as caught:
        read_gates(file)
    assert complaint in caught.value.message


def test_a_gate_that_its_set_cannot_answer_is_refused(shop: Path, run: Callable[..., Said]) -> None:
    """Boxes say nothing about retrieval."""
    (shop / "gates.toml").write_text('[[gate]]\nset = "judged"\nmetric = "hit@1"\nleast = 0.5\n')
    code, _, err = run(candidate(shop, threshold=0.5))
    assert code == 2
    assert "judged says nothing about hit@1" in err


def test_either_a_folder_or_a_checkpoint_is_published(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not both, and not neither."""
    words = ["publish", NAME, "--gates", str(shop / "gates.toml"), "--to", str(shop / "weights")]
    assert cli.main(words) == 2
    assert "either --candidate or --checkpoint" in capsys.readouterr().err


def test_a_detectors_checkpoint_is_exported_like_the_one_in_use(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint of a network that knows nothing fails its gate, as an exported graph."""
    import torch

    from facings.models import weights_folder
    from facings_train.checkpoint import save_checkpoint
    from facings_train.detector.model import Detector, DetectorConfig

    network = Detector(DetectorConfig())
    optimizer = torch.optim.AdamW(network.parameters())
    save_checkpoint(shop / "checkpoint.pt", network, network, optimizer, 1)
    shutil.copytree(weights_folder(), shop / "weights")
    given = ["--checkpoint", str(shop / "checkpoint.pt"), "--gates", str(shop / "gates.toml")]
    assert cli.main(["publish", NAME, *given, "--to", str(shop / "weights")]) == 9
    assert "gate: judged f1@0.7 is 0.0" in capsys.readouterr().err


@pytest.fixture
def shelf_of_two(shop: Path) -> Path:
    """An embedder in use, and a set in which it knows one query of two products."""
    (shop / "weights").mkdir()
    for file in WEIGHTS.glob("facings-embedder*"):
        shutil.copyfile(file, shop / "weights" / file.name)
    looks = shop / "looks"
    looks.mkdir()
    for name, color in (("tea", (40, 200, 250)), ("rice", (200, 40, 90))):
        for number in range(4):
            image = np.full((64, 48, 3), color, np.uint8)
            image[: 8 * (1 + number)] //= 2
            cv2.imwrite(str(looks / f"{name}-{number}.png"), image)
    rows = [f"{name}-{number}.png,{name}" for name in ("tea", "rice") for number in range(4)]
    for table, wanted in (("gallery", rows[::4]), ("queries", rows)):
        (looks / f"{table}.csv").write_text("\n".join(["file,product_id", *wanted]) + "\n")
    (shop / "gates.toml").write_text('[[gate]]\nset = "looks"\nmetric = "hit@1"\nleast = 0.0\n')
    return shop


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """The folder of an embedder's training that was cut off at its start."""
    import torch

    from facings_train.embedder.model import Embedder

    folder = tmp_path / "training"
    folder.mkdir()
    state = Embedder().state_dict()
    torch.save(state, folder / "start.pt")
    torch.save({"average": state}, folder / "checkpoint.pt")
    return folder


def publish_embedder(shop: Path, training: Path, *words: str) -> int:
    """Publish an embedder's training into the shop's weights."""
    gates, to = str(shop / "gates.toml"), str(shop / "weights")
    given = ["publish", "facings-embedder", "--checkpoint", str(training), "--gates", gates]
    return cli.main([*given, "--to", to, *words])


def test_an_embedder_is_published_from_its_training(
    shelf_of_two: Path, training: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the next version, judged by hit@1; that its thresholds are the old one's is said."""
    shop = shelf_of_two
    before = open_manifest("facings-embedder", shop / "weights")
    assert publish_embedder(shop, training, "--blend", "0.5", "--json") == 0
    said = capsys.readouterr()
    [gate] = json.loads(said.out)["gates"]
    assert (gate["metric"], gate["holds"]) == ("hit@1", True)
    assert "calibrate them anew" in said.err
    after = open_manifest("facings-embedder", shop / "weights")
    assert (after.version, after.thresholds) == (before.version + 1, before.thresholds)
    assert 0 <= after.metrics["looks"]["hit@1"] <= 1, "untrained: what it scores is chance"
    assert (shop / "weights" / after.file).is_file()


def test_an_embedder_that_misses_its_gate_is_not_published(
    shelf_of_two: Path, training: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one in use stays."""
    shop = shelf_of_two
    gate = '[[gate]]\nset = "looks"\nmetric = "hit@1"\nbetter = true\n'
    (shop / "gates.toml").write_text(gate)
    before = open_manifest("facings-embedder", shop / "weights")
    assert publish_embedder(shop, training) == 9
    assert "is not surely above 0" in capsys.readouterr().err
    assert open_manifest("facings-embedder", shop / "weights") == before


@pytest.mark.parametrize(
    ("name", "words", "complaint"),
    [
        ("facings-embedder", [], "start.pt, checkpoint.pt is not there"),
        (NAME, [], "is no file: a detector's checkpoint is one"),
        (NAME, ["--blend", "0.5"], "detectors are not blended"),
        (NAME, ["--candidate", "x"], "either --candidate or --checkpoint says what is published"),
    ],
)
def test_what_is_no_checkpoint_is_refused(
    shop: Path, capsys: pytest.CaptureFixture[str], name: str, words: list[str], complaint: str
) -> None:
    """With what is missing, before anything is judged."""
    given = ["publish", name, "--checkpoint", str(shop), "--gates", str(shop / "gates.toml")]
    assert cli.main([*given, "--to", str(WEIGHTS), *words]) == 2
    assert complaint in capsys.readouterr().err

"""The command line, from words to text and exit codes, over a tiny store with real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from facings.terminal import progress_bar
from tiny_store import COLORS, MILK, NEW, RICE, TEA, TWIN, WEIGHTS, Run, plain, shelf


def test_nothing_asked_shows_the_help(run: Run):
    """With the code of a usage error: nothing was done."""
    said = run()
    assert said.code == 2
    assert "Usage" in said.out + said.err


@pytest.mark.parametrize("words", [["--help"], ["scan", "--help"], ["eval", "detection", "-h"]])
def test_help_is_an_answer(run: Run, words: list[str]):
    """On stdout, and well."""
    said = run(*words)
    assert said.code == 0
    assert "Usage" in said.out


def test_the_version_is_told(run: Run):
    """One line, nothing else."""
    said = run("--version")
    assert (said.code, said.err) == (0, "")
    assert said.out.strip()


@pytest.mark.parametrize(
    "words",
    [["scan"], ["guess"], ["scan", "--bad", "x"], ["detect", "--every-ms", "0", "x.mp4"],
     ["eval", "retrieval"], ["embed", "x.png", "--out", "x.npy"]],
)  # fmt: skip
def test_wrong_words_are_a_usage_error(run: Run, words: list[str]):
    """What was wrong and where help is, in two lines."""
    said = run(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert "hint: facings" in said.err


def test_a_scan_shows_what_stands_on_the_shelf(store: Run, tmp_path: Path):
    """One row a product, with its count, places and price."""
    shelf(COLORS[TEA], COLORS[RICE], COLORS[TEA], (255, 255, 255)).save(tmp_path / "shelf.png")
    said = store("scan", "shelf.png")
    assert (said.code, said.err) == (0, "")
    headline, heads, tea, rice, unknown = said.out.splitlines()
    assert "shelf.png  4 facings on 1 shelf" in headline
    assert "3 recognised, 0 ambiguous, 1 unknown" in headline
    assert heads.split()[:3] == ["Facings", "Row", "Position"]
    assert tea.split()[:4] == ["2", "1", "1,", "3"]
    for word in ("✓ recognised", f"Product {TEA}", "500 g", "1.99 EUR"):
        assert word in tea
    assert RICE in rice
    assert "unknown" in unknown


def test_two_products_that_look_the_same_are_ambiguous(store: Run, tmp_path: Path):
    """Both GTINs are shown, none is chosen."""
    shelf(COLORS[MILK]).save(tmp_path / "shelf.png")
    said = store("scan", "shelf.png")
    assert "? ambiguous" in said.out
    assert MILK in said.out
    assert TWIN in said.out
    [facing] = store("scan", "shelf.png", "--json").json["facings"]
    assert (facing["state"], facing["gtin"]) == ("ambiguous", None)


def test_json_is_one_object_a_line(store: Run, tmp_path: Path):
    """For each picture, in order, with the versions of the models."""
    for name in ("a.png", "b.png"):
        shelf(COLORS[TEA]).save(tmp_path / name)
    said = store("scan", "a.png", "b.png", "--json")
    first, second = map(json.loads, said.out.splitlines())
    assert (first["name"], second["name"]) == ("a.png", "b.png")
    assert first["format"] == 1
    assert first["facings"][0]["gtin"] == TEA.zfill(14)
    assert first["facings"][0]["product"]["price_cents"] == 199
    assert all("(" in model for model in first["models"].values())


def test_an_empty_shelf_is_scanned(store: Run, tmp_path: Path):
    """Nothing found is an answer, not an error."""
    Image.new("RGB", (100, 80)).save(tmp_path / "empty.png")
    assert store("scan", "empty.png", "--json").json["facings"] == []
    assert "0 facings" in store("scan", "empty.png").out


def test_a_bad_file_in_a_folder_stops_none_of_the_others(store: Run, tmp_path: Path):
    """It is named on stderr, and the exit code tells."""
    folder = tmp_path / "aisle"
    folder.mkdir()
    for name in ("a.png", "c.png"):
        shelf(COLORS[TEA]).save(folder / name)
    (folder / "b.png").write_bytes(b"")
    said = store("scan", folder, "--json")
    assert said.code == 1
    assert [json.loads(line)["name"] for line in said.out.splitlines()] == ["a.png", "c.png"]
    assert said.err.splitlines() == [f"error: {folder / 'b.png'} is empty (0 bytes)"]


def test_a_wrong_path_among_others_stops_none_of_them(run: Run, tmp_path: Path):
    """As with a bad file."""
    shelf(COLORS[TEA]).save(tmp_path / "a.png")
    said = run("detect", "gone.png", "a.png", "--json")
    assert said.code == 1
    assert said.json["image"] == "a.png"
    assert "gone.png does not exist" in said.err


def test_the_overlay_of_one_picture_is_a_file(store: Run, tmp_path: Path):
    """As wide as the picture; no temporary file stays."""
    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    assert store("scan", "shelf.png", "--overlay", "out/drawn.png").code == 0
    with Image.open(tmp_path / "out" / "drawn.png") as drawn:
        assert drawn.width == 192
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["drawn.png"]


def test_the_overlays_of_several_pictures_are_a_folder(store: Run, tmp_path: Path):
    """Two pictures of one name do not overwrite each other."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shelf(COLORS[TEA]).save(tmp_path / folder / "shelf.png")
    assert store("scan", "a/shelf.png", "b/shelf.png", "--overlay", "drawn").code == 0
    assert sorted(file.name for file in (tmp_path / "drawn").iterdir()) == [
        "shelf-2.jpg",
        "shelf.jpg",
    ]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["a.png", "--overlay", "out.txt"], "must end in"),
     (["a.png", "b.png", "--overlay", "out.png"], "name a folder")],
)  # fmt: skip
def test_an_overlay_that_cannot_be_is_a_usage_error(
    store: Run, tmp_path: Path, words: list[str], complaint: str
):
    """Said before any work is done."""
    for name in ("a.png", "b.png"):
        shelf(COLORS[TEA]).save(tmp_path / name)
    said = store("scan", *words)
    assert said.code == 2
    assert complaint in said.err
    assert said.out == ""


def test_a_video_is_scanned_frame_by_frame(store: Run, tmp_path: Path):
    """Each frame looked at is a result with its time."""
    bgr = np.asarray(shelf(COLORS[TEA], COLORS[RICE]))[:, :, ::-1]
    video = cv2.VideoWriter(
        str(tmp_path / "walk.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, bgr.shape[1::-1]
    )
    for _ in range(11):
        video.write(bgr)
    video.release()
    said = store("scan", "walk.avi", "--json", "--every-ms", "500", "--overlay", "drawn")
    scans = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0
    assert [scan["timestamp_ms"] for scan in scans] == [0, 500, 1000]
    assert scans[1]["name"] == "walk.avi#5"
    assert (tmp_path / "drawn" / "walk-5.jpg").is_file()


def test_detections_are_given_in_pixels(run: Run, tmp_path: Path):
    """Without a catalogue or an index."""
    shelf(COLORS[TEA], COLORS[RICE]).save(tmp_path / "shelf.png")
    document = run("detect", "shelf.png", "--json").json
    keys = ["image", "width", "height", "detections", "price_tags", "gaps", "latency_ms"]
    assert list(document) == keys
    assert (document["image"], document["width"], document["height"]) == ("shelf.png", 320, 192)
    boxes = sorted(each["box_xyxy"] for each in document["detections"])
    assert boxes == [[64.0, 64.0, 128.0, 128.0], [192.0, 64.0, 256.0, 128.0]]
    assert "shelf.png: 2 facings" in run("detect", "shelf.png").out


def test_vectors_go_to_a_file(run: Run, tmp_path: Path):
    """Unit rows with the pictures' names; stdout stays empty."""
    plain(COLORS[TEA]).save(tmp_path / "tea.png")
    plain(COLORS[RICE]).save(tmp_path / "rice.png")
    said = run("embed", "tea.png", "rice.png", "--out", "vectors.npz")
    assert (said.code, said.out) == (0, "")
    with np.load(tmp_path / "vectors.npz", allow_pickle=False) as arrays:
        assert arrays["names"].tolist() == ["tea.png", "rice.png"]
        assert arrays["vectors"].dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(arrays["vectors"], axis=1), 1, atol=1e-5)


def test_the_detector_is_evaluated(run: Run, tmp_path: Path):
    """The keys are those other programs read."""
    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [64, 64, 64, 64], "iscrowd": 0}
    document = {
        "images": [{"id": 1, "file_name": "shelf.png"}],
        "categories": [{"id": 1, "name": "product"}],
        "annotations": [box],
    }
    (tmp_path / "truth.json").write_text(json.dumps(document))
    words = ("eval", "detection", "--images", tmp_path, "--annotations", "truth.json")
    scores = run(*words, "--json").json
    assert set(scores) == {
        "n_images", "n_boxes", "ap", "ap50", "ap75", "ar300", "f1", "precision", "recall",
        "counting", "by_size", "calibration", "threshold", "latency_ms",
    }  # fmt: skip
    assert list(scores["f1"]) == ["0.5", "0.7", "0.75"]
    assert scores["f1"] == {"0.5": 1.0, "0.7": 1.0, "0.75": 1.0}
    assert "ap50" in run(*words).out


@pytest.mark.parametrize("crop", ["none", "detect"])
def test_the_embedder_is_evaluated(run: Run, tmp_path: Path, crop: str):
    """Queries whole, or cut to their main product."""
    lines = ["file,product_id"]
    for gtin in (TEA, RICE, MILK):
        plain(COLORS[gtin], 64).save(tmp_path / f"{gtin}.png")
        shelf(COLORS[gtin]).save(tmp_path / f"query-{gtin}.png")
        lines.append(f"{gtin}.png,{gtin}")
    (tmp_path / "g.csv").write_text("\n".join(lines))
    queries = "\n".join(lines).replace("\n", "\nquery-") if crop == "detect" else "\n".join(lines)
    (tmp_path / "q.csv").write_text(queries)
    words = ("eval", "retrieval", "--gallery", "g.csv", "--queries", "q.csv", "--crop", crop)
    scores = run(*words, "--json").json
    keys = "n hit interval hit_by_vector read mean_reciprocal_rank open_set latency_ms"
    assert list(scores) == keys.split()
    assert scores["hit"] == {"1": 1.0, "5": 1.0, "10": 1.0}
    assert scores["interval"]["1"] == [0.4385, 1.0]
    assert "0.4385 to 1.0" in run(*words).out


def test_queries_without_a_gallery_picture_are_pointed_out(run: Run, tmp_path: Path):
    """On stderr: the scores keep their form."""
    plain(COLORS[TEA]).save(tmp_path / "tea.png")
    (tmp_path / "g.csv").write_text("file,product_id\ntea.png,tea")
    (tmp_path / "q.csv").write_text("file,product_id\ntea.png,other")
    said = run("eval", "retrieval", "--gallery", "g.csv", "--queries", "q.csv", "--json")
    assert said.json["hit"]["10"] == 0.0
    assert "1 queries show products that are not in the gallery" in said.err


def test_an_import_is_reported(run: Run, products: Path):
    """Once everything is new, then nothing is."""
    assert run("catalogue", "import", products, "--json").json["added"] == 4
    said = run("catalogue", "import", products)
    assert said.code == 0
    assert "4 read: 0 added, 0 updated, 4 unchanged, 0 rejected" in said.out


def test_a_rejected_row_is_named_and_the_others_are_kept(run: Run, products: Path):
    """The exit code tells that some were left out."""
    entries = [*json.loads(products.read_text()), {"gtin": "4006381333932", "name": "Wrong"}]
    products.write_text(json.dumps(entries))
    said = run("catalogue", "import", products, "--json")
    assert said.code == 1
    assert said.json["added"] == 4
    assert said.json["rejected"][0]["gtin"] == "4006381333932"
    assert "rejected: row 5 (GTIN 4006381333932)" in said.err


def test_a_product_is_shown(store: Run):
    """By its GTIN in any form; what is not known is called unknown."""
    said = store("catalogue", "show", TEA)
    assert said.code == 0
    assert f"Product {TEA}" in said.out
    assert "all others unknown" in said.out
    document = store("catalogue", "show", TEA.zfill(14), "--json").json
    assert (document["gtin"], document["brand"]) == (TEA.zfill(14), None)


def test_a_product_that_is_not_there_is_a_catalogue_error(store: Run):
    """With what to do about it."""
    said = store("catalogue", "show", NEW)
    assert said.code == 6
    assert f"there is no product {NEW}" in said.err
    assert "hint: " in said.err


def test_home_can_be_given_before_the_command(run: Run, products: Path, tmp_path: Path):
    """It wins over the environment."""
    other = tmp_path / "other"
    assert run("--home", other, "catalogue", "import", products).code == 0
    assert (other / "facings.db").is_file()
    assert not (tmp_path / "home").exists()


def test_an_interruption_has_its_own_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """As a shell expects of a program stopped by Ctrl-C."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    monkeypatch.setattr("facings.detect.Detector.detect", stop)
    said = run("detect", "shelf.png")
    assert said.code == 130
    assert said.err == "interrupted\n"


def test_a_bug_is_one_line_and_how_to_report_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """The traceback is for those who ask."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("two\nlines")

    shelf(COLORS[TEA]).save(tmp_path / "shelf.png")
    monkeypatch.setattr("facings.detect.Detector.detect", fail)
    said = run("detect", "shelf.png")
    assert said.code == 70
    assert said.err.splitlines()[0] == "error: unexpected ZeroDivisionError: two lines"
    assert "FACINGS_DEBUG=1" in said.err
    assert "Traceback" not in said.err
    monkeypatch.setenv("FACINGS_DEBUG", "1")
    assert "Traceback" in run("detect", "shelf.png").err


def test_a_reader_that_goes_away_is_no_complaint(tmp_path: Path):
    """`facings ... | head -1` ends quietly."""
    for index in range(8):
        shelf(COLORS[TEA]).save(tmp_path / f"{index}.png")
    command = [sys.executable, "-c", "import sys; from facings.cli import main; sys.exit(main())"]
    environment = os.environ | {"FACINGS_WEIGHTS": str(WEIGHTS)}
    with subprocess.Popen(
        [*command, "detect", str(tmp_path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


def test_progress_is_shown_to_a_person_only(capsys: pytest.CaptureFixture[str]):
    """A pipe gets none of it; the numbers are taken all the same."""
    with progress_bar("working", quiet=False) as progress:
        progress(1, 2)
    assert capsys.readouterr().err == ""


def test_progress_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Data and progress never meet; --quiet turns it off."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    for quiet, shown in ((False, True), (True, False)):
        with progress_bar("working", quiet=quiet) as progress:
            progress(1, 2)
            sys.stdout.write("data\n")
        captured = capsys.readouterr()
        assert captured.out == "data\n"
        assert bool(captured.err) is shown

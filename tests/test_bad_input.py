"""Whatever is put in: a result, or one clear line with the documented exit code."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facings.cli import main
from facings.errors import StorageFull
from facings.output import replaced_file

WEIGHTS = Path(__file__).parent / "fixtures" / "weights"
GTIN = "4006381333931"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the tiny models that a test may damage."""
    return Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))


@pytest.fixture
def run(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Callable[..., tuple[int, str, str]]:
    """Run command lines in a fresh home; every answer is checked for manners."""
    monkeypatch.setenv("FACINGS_WEIGHTS", str(weights))
    monkeypatch.setenv("FACINGS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FACINGS_DATABASE_URL", raising=False)
    monkeypatch.delenv("FACINGS_DEBUG", raising=False)
    monkeypatch.chdir(tmp_path)

    def run_one(*words: str | Path) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        if code not in (0, 1):
            assert err.startswith("error: ")
            assert err.count("error: ") == 1
        return code, out, err

    return run_one


def shelf(mode: str = "RGB") -> Image.Image:
    """Make a picture, 192 x 128, with one bright product in its upper left corner."""
    image = np.zeros((128, 192, 3), np.uint8)
    image[:64, :64] = (255, 250, 200)
    return Image.fromarray(image).convert(mode)


def png_header(width: int, height: int) -> bytes:
    """Make a tiny PNG file that claims any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + data + chunk(b"IEND", b"")


def cut_off() -> bytes:
    """Make the first half of a JPEG file."""
    from io import BytesIO

    stream = BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(stream, "JPEG")
    return stream.getvalue()[: len(stream.getvalue()) // 2]


@pytest.mark.parametrize(
    ("name", "contents", "complaint"),
    [
        ("empty.jpg", b"", "is empty (0 bytes)"),
        ("cut.jpg", cut_off(), "is damaged or cut off"),
        ("text.jpg", b"this is no picture", "is not a picture"),
        ("bomb.png", png_header(50_000, 50_000), "too large"),
        ("empty.mp4", b"", "is empty (0 bytes)"),
        ("text.mp4", b"this is no video", "is not a video"),
    ],
)
def test_what_cannot_be_read_is_a_picture_error(
    run: Callable, tmp_path: Path, name: str, contents: bytes, complaint: str
):
    """Code 3, the file's name and what is wrong with it."""
    (tmp_path / name).write_bytes(contents)
    code, out, err = run("detect", name, "--json")
    assert (code, out) == (3, "")
    assert name in err
    assert complaint in err


def test_a_path_that_does_not_exist_is_a_picture_error(run: Callable):
    """A typing error is the likely cause."""
    code, _, err = run("scan", "gone.jpg")
    assert code == 3
    assert "gone.jpg does not exist" in err
    assert "hint: " in err


def test_a_folder_without_pictures_is_a_picture_error(run: Callable, tmp_path: Path):
    """Rather than silence."""
    (tmp_path / "aisle").mkdir()
    code, _, err = run("detect", "aisle")
    assert code == 3
    assert "aisle holds no pictures" in err


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("cmyk.jpg", "CMYK"),
        ("deep.png", "I;16"),
        ("grey.png", "L"),
        ("bilevel.png", "1"),
        ("palette.png", "P"),
        ("alpha.png", "RGBA"),
        ("grey_alpha.png", "LA"),
    ],
)
def test_every_kind_of_picture_is_looked_at(run: Callable, tmp_path: Path, name: str, mode: str):
    """The product is found whatever way its pixels are kept."""
    if mode == "I;16":
        Image.fromarray(np.asarray(shelf("L")).astype(np.uint16) * 256).save(tmp_path / name)
    else:
        shelf(mode).save(tmp_path / name)
    code, out, err = run("detect", name, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["detections"][0]["box_xyxy"] == [0, 0, 64, 64]


def test_a_rotated_picture_is_upright_in_the_result(run: Callable, tmp_path: Path):
    """Boxes are those of the picture as a person sees it."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the picture is on the file's left
    shelf().save(tmp_path / "rotated.png", exif=exif)
    _, out, _ = run("detect", "rotated.png", "--json")
    document = json.loads(out)
    assert (document["width"], document["height"]) == (128, 192)
    assert document["detections"][0]["box_xyxy"] == [64, 0, 128, 64]


def test_of_an_animation_the_first_picture_counts(run: Callable, tmp_path: Path):
    """A GIF is a picture, not a video."""
    dark = Image.new("RGB", shelf().size)
    shelf().save(tmp_path / "moving.gif", save_all=True, append_images=[dark, dark])
    code, out, _ = run("detect", "moving.gif", "--json")
    assert code == 0
    assert len(json.loads(out)["detections"]) == 1


def test_a_very_wide_picture_is_looked_at(run: Callable, tmp_path: Path):
    """A panorama of an aisle, 30,000 px wide, in reasonable memory."""
    Image.new("RGB", (30_000, 300), "white").save(tmp_path / "aisle.png")
    code, out, _ = run("detect", "aisle.png", "--json")
    assert code == 0
    assert json.loads(out)["width"] >= json.loads(out)["height"] * 50


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1)])
def test_a_picture_of_a_few_pixels_is_looked_at(
    run: Callable, tmp_path: Path, size: tuple[int, int]
):
    """Nothing is found there, which is an answer."""
    Image.new("RGB", size).save(tmp_path / "dot.png")
    code, out, _ = run("detect", "dot.png", "--json")
    assert code == 0
    assert json.loads(out)["detections"] == []


@pytest.mark.parametrize("missing", ["facings-detector.json", "facings-detector.onnx"])
def test_missing_weights_are_a_model_error(
    run: Callable, tmp_path: Path, weights: Path, missing: str
):
    """Code 4, and how to get them back."""
    shelf().save(tmp_path / "shelf.png")
    (weights / missing).unlink()
    code, out, err = run("detect", "shelf.png")
    assert (code, out) == (4, "")
    assert "hint: reinstall facings" in err


def test_changed_weights_are_a_model_error(run: Callable, tmp_path: Path, weights: Path):
    """A download that was cut off, or a file somebody changed."""
    shelf().save(tmp_path / "shelf.png")
    file = weights / "facings-detector.onnx"
    file.write_bytes(file.read_bytes()[:-9])
    code, _, err = run("detect", "shelf.png")
    assert code == 4
    assert "its hash is" in err


def test_a_scan_without_an_index_is_an_index_error(run: Callable, tmp_path: Path):
    """Code 5, and how to build one; nothing is created by asking."""
    shelf().save(tmp_path / "shelf.png")
    code, out, err = run("scan", "shelf.png", "--overlay", "drawn.png")
    assert (code, out) == (5, "")
    assert "facings index build" in err
    assert not (tmp_path / "home").exists()
    assert not (tmp_path / "drawn.png").exists()


def make_store(run: Callable, tmp_path: Path) -> None:
    """Add one product."""
    shelf().crop((0, 0, 64, 64)).save(tmp_path / "product.png")
    assert run("index", "add", GTIN, "product.png", "--name", "Tea")[0] == 0


@pytest.mark.parametrize("words", [["scan", "shelf.png"], ["index", "add", GTIN, "product.png"]])
def test_an_index_of_another_embedder_is_an_index_error(
    run: Callable, tmp_path: Path, weights: Path, words: list[str]
):
    """Both embedders are named; vectors of two never meet."""
    make_store(run, tmp_path)
    shelf().save(tmp_path / "shelf.png")
    manifest = weights / "facings-embedder.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 2}))
    code, out, err = run(*words)
    assert (code, out) == (5, "")
    assert "facings-embedder v1" in err
    assert "facings-embedder v2" in err
    assert "facings index build" in err


@pytest.mark.parametrize("words", [["catalogue", "show"], ["index", "add"]])
@pytest.mark.parametrize("gtin", ["4006381333932", "abc", "123", ""])
def test_what_is_no_gtin_is_a_catalogue_error(run: Callable, words: list[str], gtin: str):
    """Code 6, before anything is read or written."""
    code, out, err = run(*words, gtin, *(["x.png"] if "add" in words else []))
    assert (code, out) == (6, "")
    assert f'"{gtin}"' in err


def test_a_number_of_one_store_is_a_catalogue_error(run: Callable, tmp_path: Path):
    """Next door it is another product."""
    shelf().save(tmp_path / "product.png")
    code, _, err = run("index", "add", "2000000000008", "product.png", "--name", "Loose apples")
    assert code == 6
    assert "store-internal" in err


def test_a_bad_picture_enrols_nothing(run: Callable, tmp_path: Path):
    """Not the product, not the good picture beside it."""
    shelf().save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"")
    code, _, err = run("index", "add", GTIN, "good.png", "bad.png", "--name", "Tea")
    assert code == 3
    assert "bad.png is empty" in err
    assert run("catalogue", "show", GTIN)[0] == 6
    assert run("index", "stats")[0] == 5


def test_bad_rows_of_an_import_are_named_one_by_one(run: Callable, tmp_path: Path):
    """A wrong check digit and a GTIN that comes twice; the good row is kept."""
    lines = ["gtin,name", f"{GTIN},Tea", "4006381333932,Wrong digit", f"{GTIN},Tea again"]
    (tmp_path / "products.csv").write_text("\n".join(lines))
    code, out, err = run("catalogue", "import", "products.csv", "--json")
    assert code == 1
    assert json.loads(out)["added"] == 1
    wrong, twice = err.splitlines()
    assert "row 2" in wrong
    assert "check digit" in wrong
    assert "row 3" in twice
    assert "row 1 already" in twice


@pytest.mark.parametrize(
    ("name", "contents"),
    [("gone.csv", None), ("empty.csv", b""), ("noise.json", b"{"), ("noise.csv", b"\xff\xfe\0"),
     ("products.xlsx", b"PK"), ("no_gtin.csv", b"name\nTea")],
)  # fmt: skip
def test_a_file_that_cannot_be_imported_is_a_catalogue_error(
    run: Callable, tmp_path: Path, name: str, contents: bytes | None
):
    """Code 6, and the file's name."""
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    code, out, err = run("catalogue", "import", name)
    assert (code, out) == (6, "")
    assert name in err


def test_records_that_are_no_database_are_a_catalogue_error(run: Callable, tmp_path: Path):
    """Another file of that name is left alone."""
    (tmp_path / "home").mkdir()
    file = tmp_path / "home" / "facings.db"
    file.write_bytes(b"my diary " * 200)
    assert run("catalogue", "show", GTIN)[0] == 6
    assert file.read_bytes() == b"my diary " * 200


@pytest.mark.parametrize(
    "contents", [None, b"", b"{", b"{}", b'{"images": [], "categories": [], "annotations": []}']
)
def test_a_truth_file_that_cannot_be_used_is_an_annotation_error(
    run: Callable, tmp_path: Path, contents: bytes | None
):
    """Code 6, before a model is loaded."""
    if contents is not None:
        (tmp_path / "truth.json").write_bytes(contents)
    code, out, err = run(
        "eval", "detection", "--images", tmp_path, "--annotations", "truth.json", "--json"
    )
    assert (code, out) == (6, "")
    assert "truth.json" in err


def test_a_gallery_table_that_cannot_be_used_is_an_annotation_error(run: Callable, tmp_path: Path):
    """Code 6, and the column that is missing."""
    (tmp_path / "g.csv").write_text("file\nx.png")
    code, _, err = run("eval", "retrieval", "--gallery", "g.csv", "--queries", "g.csv")
    assert code == 6
    assert "no column product_id" in err


@pytest.mark.parametrize(
    ("words", "writer"),
    [
        (["scan", "shelf.png", "--overlay", "drawn.png"], "PIL.Image.Image.save"),
        (["embed", "shelf.png", "--out", "vectors.npz"], "numpy.savez"),
    ],
)
def test_a_full_disk_leaves_the_old_file_whole(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], writer: str
):
    """Code 7; neither half a file nor a temporary one stays."""
    make_store(run, tmp_path)
    shelf().save(tmp_path / "shelf.png")
    target = tmp_path / words[-1]
    target.write_bytes(b"as before")
    files = sorted(tmp_path.iterdir())

    def fill_up(*arguments: object, **_: object) -> None:
        fresh = next(each for each in arguments if isinstance(each, Path))
        fresh.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer, fill_up)
    code, _, err = run(*words)
    assert code == 7
    assert f"the disk is full: {target.name} was not written" in err
    assert target.read_bytes() == b"as before"
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_the_systems_own_full_disk_is_understood(tmp_path: Path):
    """No imitation: this device refuses every byte."""

    def write_to_a_full_disk() -> None:
        with replaced_file(tmp_path / "out.txt") as fresh:
            fresh.write_text("half")
            Path("/dev/full").write_text("more")

    with pytest.raises(StorageFull, match=r"out\.txt was not written"):
        write_to_a_full_disk()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_results_that_find_no_room_are_reported_by_a_real_process(tmp_path: Path):
    """Code 7 in a shell too, and nothing is said at the interpreter's end."""
    shelf().save(tmp_path / "shelf.png")
    script = "import sys; from facings.cli import main; sys.exit(main())"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, "detect", str(tmp_path / "shelf.png"), "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"FACINGS_WEIGHTS": str(WEIGHTS)},
        )
    assert done.returncode == 7
    assert done.stderr.startswith("error: the disk is full\nhint: ")
    assert "Exception" not in done.stderr


def test_a_place_that_cannot_be_written_is_a_usage_error(run: Callable, tmp_path: Path):
    """Code 2: another place must be named."""
    shelf().save(tmp_path / "shelf.png")
    code, _, err = run("embed", "shelf.png", "--out", "shelf.png/vectors.npz")
    assert code == 2
    assert "shelf.png" in err

"""Field sessions: kept once, bound to a number, without what files say of people."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from facings.capture import read_picture
from facings.collect.field import FieldFolder, Session
from facings.collect.pictures import (
    Eyes,
    faults_of,
    is_same_sight,
    sight_of,
    take_picture,
    without_faces,
)
from facings.collect.progress import progress_of
from facings.errors import CatalogueError, PictureError
from golden import make_gates
from golden.make_gates import CASES
from test_collect_barcodes import EAN13, label


def session(consent: str = "the shop's owner, for training") -> Session:
    """A round through a shop with two aisles."""
    return Session("s1", "Corner", "ann", consent, "2026-11-27T08:00:00+00:00", ("tea", "tins"))


def jpeg(image: np.ndarray, exif: Image.Exif | None = None) -> bytes:
    """A file as a phone sends it."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=95, exif=exif or Image.Exif())
    return stream.getvalue()


def shelf(seed: int = 1) -> np.ndarray:
    """Something with edges."""
    cells = np.random.default_rng(seed).integers(0, 255, (8, 9, 3), np.uint8)
    return cv2.resize(cells, (450, 400), interpolation=cv2.INTER_NEAREST)


def test_a_fresh_session_holds_nothing_and_misses_every_aisle(tmp_path: Path):
    """Progress begins at what is to be done."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    assert folder.captures("s1") == []
    told = progress_of(folder.session("s1"), [])
    assert (told.captures, told.missing) == (0, ("tea", "tins"))
    assert told.aisles[0].missing == ("far", "near", "products")


@pytest.mark.parametrize("consent", ["", "  "])
def test_without_consent_there_is_no_session(consent: str):
    """No picture is taken where nobody allowed it."""
    with pytest.raises(CatalogueError, match="consent"):
        session(consent)


@pytest.mark.parametrize("name", ["../up", "", "a b", "x" * 65])
def test_an_id_cannot_leave_its_folder(tmp_path: Path, name: str):
    """Ids come from whoever collects."""
    FieldFolder(tmp_path).begin(session())
    with pytest.raises(CatalogueError):
        FieldFolder(tmp_path).add("s1", name, "shelf far", jpeg(shelf()))
    with pytest.raises(CatalogueError):
        FieldFolder(tmp_path).session(name)


def test_a_picture_sent_twice_is_there_once(tmp_path: Path):
    """An upload that broke off is simply sent again."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    first = folder.add("s1", "c1", "shelf far", jpeg(shelf()), aisle="tea")
    again = folder.add("s1", "c1", "shelf far", jpeg(shelf()), aisle="tea")
    other_id = folder.add("s1", "c2", "shelf far", jpeg(shelf()), aisle="tea")
    assert (first.is_new, again.is_new, other_id.is_new) == (True, False, False)
    assert folder.captures("s1") == [first.capture]
    told = progress_of(folder.session("s1"), folder.captures("s1"))
    assert told.missing == ("tins",)
    assert told.aisles[0].missing == ("near", "products")


def test_a_faulty_picture_covers_nothing(tmp_path: Path):
    """It is listed to be taken again."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    dark = folder.add("s1", "c1", "shelf far", jpeg(shelf() // 12), aisle="tea").capture
    told = progress_of(folder.session("s1"), folder.captures("s1"))
    assert told.again == (dark,)
    assert told.missing == ("tea", "tins")


def test_beginning_again_adds_aisles_and_loses_nothing(tmp_path: Path):
    """As a phone does that was off the network; somebody else's session stays closed."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    assert folder.begin(replace(session(), aisles=("tins", "milk"))).aisles == (
        "tea",
        "tins",
        "milk",
    )
    with pytest.raises(CatalogueError, match="another person's"):
        folder.begin(replace(session(), person="bob"))


def test_one_picture_may_show_the_pack_and_its_code(tmp_path: Path):
    """The same file in both roles is two captures."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    small = jpeg(shelf()[:160, :160])
    folder.add("s1", "c1", "barcode", small)
    assert folder.add("s1", "c2", "product", small).is_new
    assert [each.kind for each in folder.captures("s1")] == ["barcode", "product"]


def test_faces_are_blurred_unless_they_are_wanted(tmp_path: Path):
    """In what is kept; nothing outside of them changes but by the JPEG."""
    face = np.array([[100, 100, 200, 200]], np.float32)
    folder = FieldFolder(tmp_path, Eyes(find_faces=lambda _: face))
    images = []
    for number, wanted in enumerate((True, False)):
        folder.begin(replace(session(), id=f"s{number}", keeps_faces=wanted))
        capture = folder.add(f"s{number}", "c1", "shelf far", jpeg(shelf())).capture
        images.append(read_picture(folder.picture(f"s{number}", capture)).image)
    kept, hidden = images
    expected = without_faces(kept, face)
    assert np.abs(hidden.astype(int) - expected).mean() < 3  # JPEG
    assert np.abs(kept.astype(int) - expected)[80:220, 80:220].mean() > 10
    assert np.array_equal(hidden[:64], kept[:64])
    assert not np.array_equal(hidden, kept)
    assert without_faces(kept, np.zeros((0, 4), np.float32)) is kept


def test_an_id_is_never_two_pictures(tmp_path: Path):
    """The first is kept, the second is told."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    folder.add("s1", "c1", "shelf far", jpeg(shelf(1)))
    with pytest.raises(CatalogueError, match="another picture"):
        folder.add("s1", "c1", "shelf far", jpeg(shelf(2)))


def test_a_line_cut_off_by_a_crash_loses_no_other(tmp_path: Path):
    """What was acknowledged before is there, and the cut one can be sent again."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    kept = folder.add("s1", "c1", "shelf far", jpeg(shelf(1))).capture
    folder.add("s1", "c2", "shelf far", jpeg(shelf(2)))
    file = tmp_path / "s1" / "captures.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert folder.captures("s1") == [kept]
    assert folder.add("s1", "c2", "shelf far", jpeg(shelf(2))).is_new
    assert [each.id for each in folder.captures("s1")] == ["c1", "c2"]


def test_position_and_camera_are_stripped_and_rotation_is_applied():
    """A picture says nothing of where somebody was."""
    exif = Image.Exif()
    exif[0x0110] = "Phone"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (59.0, 20.0, 0.0)
    taken = take_picture(jpeg(shelf(), exif), "c1")
    with Image.open(io.BytesIO(taken.jpeg)) as kept:
        assert dict(kept.getexif()) == {}
        assert kept.size == (400, 450)


@pytest.mark.parametrize(
    ("image", "faults"),
    [
        (shelf(), ()),
        (cv2.GaussianBlur(shelf(), (0, 0), 20), ("blurred",)),
        (shelf() // 10, ("too dark",)),
        (245 + shelf() // 26, ("too bright",)),
        (shelf()[:140], ("too small",)),
    ],
)
def test_what_makes_a_picture_unfit_is_named(image: np.ndarray, faults: tuple[str, ...]):
    """So that it is taken again while somebody stands there."""
    assert set(faults) <= set(faults_of(image))
    assert bool(faults) == bool(faults_of(image))


def test_the_same_sight_is_known_again_and_another_is_not():
    """A little darker and smaller is the same; another shelf is another."""
    again = cv2.resize(shelf() // 2 + 20, (300, 270))
    assert is_same_sight(sight_of(shelf()), sight_of(again))
    assert not is_same_sight(sight_of(shelf()), sight_of(shelf(2)))


def test_what_is_no_picture_is_refused(tmp_path: Path):
    """And nothing of it is kept."""
    folder = FieldFolder(tmp_path)
    folder.begin(session())
    with pytest.raises(PictureError):
        folder.add("s1", "c1", "product", b"not a picture")
    assert folder.captures("s1") == []


def test_a_collected_product_is_findable_at_once(tmp_path: Path, run):
    """Photographed, bound by its code, and in the index, by one command."""
    view, code = tmp_path / "view.jpg", tmp_path / "code.jpg"
    view.write_bytes(jpeg(shelf()[:200, :200]))
    code.write_bytes(jpeg(label().image))
    key = run("collect", "begin", "--store", "S", "--person", "ann", "--consent", "owner")
    session_id = key.out.strip()
    product = ("collect", "product", session_id, view, "--barcode", code, "--name", "Tea")
    assert run(*product, "--json").json["gtin"] == EAN13.zfill(14)
    assert run("index", "stats", "--json").json["products"] == 1
    blank = ("collect", "product", session_id, view, "--barcode", view)
    assert run(*blank).code == 6


def test_the_page_judges_by_the_same_figures():
    """`tests/golden/gates.json` is read by both; the page's test reads it too."""
    assert json.loads(make_gates.FILE.read_text()) == list(map(make_gates.expected, CASES))

"""Barcodes on close pictures: read, or left unread, never guessed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from facings.cli import main
from facings.collect.barcodes import Barcode, printed_gtin, read_barcode
from facings.collect.blurred_bars import read_blurred_bars
from facings.errors import AnnotationError, InvalidGtin
from facings.evaluate.barcodes import evaluate_barcodes, read_truth
from facings.types import ByteImage, Frame

EAN13 = "7310865001429"


class Prints:
    """A reader that always reads the same lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def read(self, _image: ByteImage) -> tuple[str, ...]:
        """Whatever is shown."""
        return self.lines


def label(
    digits: str = EAN13, module_px: int = 2, degrees: float = 0, blur_px: float = 0,
    kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.EAN13,
) -> Frame:  # fmt: skip
    """A white pack with a code in the middle, as a camera sees it."""
    drawn = np.asarray(
        zxingcpp.create_barcode(digits, kind).to_image(scale=module_px, add_quiet_zones=True)
    )
    drawn = drawn if drawn.ndim == 2 else drawn[..., 0]
    image = np.full((330, 330), 225, np.uint8)
    top, left = (330 - drawn.shape[0]) // 2, (330 - drawn.shape[1]) // 2
    image[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    matrix = cv2.getRotationMatrix2D((165, 165), degrees, 1)
    image = cv2.warpAffine(image, matrix, (330, 330), borderValue=225)
    if blur_px:
        image = cv2.GaussianBlur(image, (0, 0), blur_px)
    return Frame(np.repeat(image[..., None], 3, axis=2))


def test_a_picture_without_a_code_reads_as_nothing():
    """An empty wall and noise are no numbers, whatever is tried."""
    noise = np.random.default_rng(1).integers(0, 255, (90, 90, 3), np.uint8)
    assert read_barcode(Frame(np.full((120, 120, 3), 200, np.uint8))) is None
    assert read_barcode(Frame(noise)) is None


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 180, 270])
def test_a_code_is_read_at_any_angle(degrees: float):
    """The decoder alone reads none at 45 degrees."""
    found = read_barcode(label(degrees=degrees))
    assert found is not None
    assert (found.gtin, found.symbology) == (EAN13.zfill(14), "ean13")


def test_a_upc_e_becomes_the_number_it_stands_for():
    """Zeros that were left out are put back."""
    found = read_barcode(label("04963406", kind=zxingcpp.BarcodeFormat.UPCE))
    assert found is not None
    assert found.gtin == printed_gtin("04963406", "upce") == "00049000006346"


def test_bars_that_have_run_together_are_read_by_their_shapes():
    """At a blur of 0.8 modules bars and gaps are grey."""
    frame = label(blur_px=1.6)
    reads = read_blurred_bars(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY))
    assert len(reads) >= 3
    assert {read.digits for read in reads} == {EAN13}


def test_two_codes_on_one_picture_are_no_answer():
    """Which of them is the product's is for a person to say."""
    one, other = label().image[110:220], label("4006381333931").image[110:220]
    assert read_barcode(Frame(np.vstack([one, other]))) is None


def test_printed_digits_count_when_bars_are_gone_and_they_check():
    """A misread digit is no number."""
    bare = Frame(np.full((120, 120, 3), 200, np.uint8))
    assert read_barcode(bare, Prints("7 310865 001429")) == Barcode(
        EAN13.zfill(14), "ean13", "print", 3
    )
    assert read_barcode(bare, Prints("7 310865 001428")) is None
    assert read_barcode(bare, Prints("7 310865", "001429")) is None, "in whatever order"
    assert read_barcode(bare, Prints("7310865001429", "4006381333931")) is None


@pytest.mark.parametrize("digits", ["", "731086500142", "7310865001428", "73108650014x9"])
def test_digits_that_do_not_check_are_refused(digits: str):
    """They would bind a product to another one's number."""
    with pytest.raises(InvalidGtin):
        printed_gtin(digits, "ean13")


def write_table(folder: Path, *rows: tuple[str, str, str]) -> Path:
    """A table of truth with these rows."""
    table = folder / "truth.csv"
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "symbology", "digits"), *rows])
    return table


def test_an_empty_table_scores_nothing(tmp_path: Path):
    """No picture, no share."""
    report = evaluate_barcodes(read_truth(write_table(tmp_path)), None, lambda _d, _n: None)
    assert report.to_dict()["n"] == 0


def test_the_table_is_scored_beside_the_decoders_defaults(tmp_path: Path, capsys):
    """At 45 degrees only we read; a picture without digits must give nothing."""
    (tmp_path / "negatives").mkdir()
    cv2.imwrite(str(tmp_path / "upright.png"), label().image)
    cv2.imwrite(str(tmp_path / "turned.png"), label(degrees=45).image)
    cv2.imwrite(str(tmp_path / "negatives" / "1.png"), np.full((90, 90, 3), 128, np.uint8))
    table = write_table(tmp_path, ("upright.png", "EAN-13", EAN13), ("turned.png", "ean13", EAN13))
    assert main(["eval", "barcodes", "--truth", str(table), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n"], told["read_rate"], told["wrong"], told["negatives"]) == (2, 1.0, 0, 1)
    assert told["default"]["read_rate"] == 0.5
    assert told["by_symbology"]["ean13"]["n"] == 2


def test_a_table_that_names_a_missing_picture_is_refused(tmp_path: Path):
    """Silently scoring fewer pictures would look better."""
    with pytest.raises(AnnotationError, match="not there"):
        read_truth(write_table(tmp_path, ("gone.png", "ean13", EAN13)))

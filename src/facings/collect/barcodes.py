"""Barcodes: the number of the EAN or UPC on a close picture, or nothing; never a guess.

The decoder (zxing-cpp) is asked many times, at several scales, angles and contrasts. A wrong read
passes the check digit now and then, but seldom twice, so a number counts when independent reads
agree on it. What the decoder cannot read is tried by templates of blurred digits, then by the
digits printed under the bars. Figures: docs/log.md, 2026-11-27.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import zxingcpp

from facings.catalogue.gtin import check_digit, upc_e_to_upc_a
from facings.collect.blurred_bars import read_blurred_bars
from facings.errors import InvalidGtin
from facings.evidence.words import PrintReader
from facings.types import ByteImage, Frame

Symbology = Literal["ean13", "ean8", "upca", "upce"]
Road = Literal["bars", "blurred bars", "print"]

_SIDE_PX = 1600  # larger pictures are reduced: a code that fills a third has 5 pixels a module
_ANGLES = (-5, 5, 10, -10, 22, -22, 45, -45)
_GEOMETRIES = (
    *((scale, 0) for scale in (1.0, 2.0, 0.5, 3.0)),
    *((scale, angle) for scale in (1.0, 2.0, 0.5) for angle in _ANGLES),
)
"""Enlargements and turns in degrees, the likeliest first."""
_LEAST = {"ean13": 3, "upca": 3, "ean8": 8, "upce": 8}
"""Reads that have to agree; the short codes have fewer bars, and turn up in other print."""
_LEAD = 3  # times as many reads as any other number
_SURE = 2  # times as many reads as have to agree: no need to try further
_NO_GTINS = ("0191", "0192")  # class and price beside a Japanese ISBN, in an EAN-13's bars
_MOSTLY = 2  # times as many reads of those: the picture is of them, and the ISBN in its margin
_PRINT_SCALES = (320, 480, 640)  # widths in pixels that print is read at
_LEAST_PRINTED = 2
_FORMATS = zxingcpp.barcode_formats_from_str("EAN13,EAN8,UPCA,UPCE")
_SYMBOLOGY: dict[zxingcpp.BarcodeFormat, Symbology] = {
    zxingcpp.BarcodeFormat.EAN13: "ean13",
    zxingcpp.BarcodeFormat.EAN8: "ean8",
    zxingcpp.BarcodeFormat.UPCA: "upca",
    zxingcpp.BarcodeFormat.UPCE: "upce",
}


@dataclass(frozen=True, slots=True)
class Barcode:
    """One number that was read."""

    gtin: str
    """GTIN-14; a UPC-E is expanded."""
    symbology: Symbology
    road: Road
    reads: int
    """How many reads agreed on it."""


@dataclass(frozen=True, slots=True)
class _Vote:
    gtin: str
    symbology: Symbology


def read_barcode(frame: Frame, reader: PrintReader | None = None) -> Barcode | None:
    """Read the EAN or UPC of the product a picture shows close up.

    Args:
        frame: the code at least 90 pixels wide.
        reader: reads printed digits where the bars say nothing; None leaves that out.

    Returns:
        None where no number is sure, or two are equally sure.
    """
    grey = _reduced(np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), np.uint8))
    votes: Counter[_Vote] = Counter()
    for scale, angle in _GEOMETRIES:
        votes.update(_votes(grey, scale, angle))
        if (found := _agreed(votes, "bars", _SURE)) is not None:
            return found
    if (found := _agreed(votes, "bars")) is not None:
        return found
    blurred = Counter(
        _Vote(f"0{read.digits}", _long(read.digits)) for read in read_blurred_bars(grey)
    )
    both = votes + blurred
    if (found := _agreed(both, "blurred bars")) is not None:
        return found
    if reader is None or any(vote.gtin.startswith(_NO_GTINS) for vote in both):
        return None
    return _printed(frame.image, both, reader)


def _reduced(grey: ByteImage) -> ByteImage:
    scale = _SIDE_PX / max(grey.shape)
    if scale >= 1:
        return grey
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _votes(grey: ByteImage, scale: float, degrees: int) -> Iterator[_Vote]:
    """Ask the decoder once for each treatment; it says each number once."""
    if scale > 1 and max(grey.shape) * scale > 2 * _SIDE_PX:
        return
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    sized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=interpolation)
    turned = _turned(np.asarray(sized, np.uint8), degrees)
    for treat in _TREATMENTS:
        yield from _decoded(np.ascontiguousarray(treat(turned)))


def _decoded(grey: ByteImage) -> set[_Vote]:
    found = zxingcpp.read_barcodes(grey, formats=_FORMATS, try_downscale=False, try_invert=False)
    return {
        _Vote(each.text.zfill(14), _SYMBOLOGY.get(each.format, _long(each.text)))
        for each in found
        if each.text.isdigit()
    }


def _turned(grey: ByteImage, degrees: int) -> ByteImage:
    """Turn a picture about its middle, on a canvas that all of it fits on."""
    if degrees == 0:
        return grey
    height, width = grey.shape
    side = int(np.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    turned = cv2.warpAffine(grey, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _sharpened(grey: ByteImage) -> ByteImage:
    soft = cv2.GaussianBlur(grey, (0, 0), 3)
    return np.asarray(cv2.addWeighted(grey, 2.5, soft, -1.5, 0), np.uint8)


def _evenly_lit(grey: ByteImage) -> ByteImage:
    light = cv2.GaussianBlur(grey, (0, 0), 25).astype(np.float32)
    return np.clip(grey / np.maximum(light, 1) * 128, 0, 255).astype(np.uint8)


_TREATMENTS: tuple[Callable[[ByteImage], ByteImage], ...] = (
    lambda grey: grey,
    _sharpened,
    lambda grey: np.asarray(cv2.createCLAHE(4, (8, 8)).apply(grey), np.uint8),
    lambda grey: np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8),
    lambda grey: np.asarray(cv2.blur(grey, (1, 9)), np.uint8),
    lambda grey: np.asarray(cv2.blur(grey, (9, 1)), np.uint8),
    _evenly_lit,
)


def _agreed(votes: Counter[_Vote], road: Road, surely: int = 1) -> Barcode | None:
    """The number that enough reads say and no other comes near; short codes yield to long ones."""
    totals: Counter[str] = Counter()
    for vote, count in votes.items():
        totals[vote.gtin] += count
    second_tier = sum(n for gtin, n in totals.items() if gtin.startswith(_NO_GTINS))
    totals = Counter({g: n for g, n in totals.items() if not g.startswith(_NO_GTINS)})
    symbology = {vote.gtin: vote.symbology for vote in votes}
    long = Counter({g: n for g, n in totals.items() if symbology[g] in ("ean13", "upca")})
    if any(reads > 1 for reads in long.values()):
        totals = long
    ranked = totals.most_common(2)
    if not ranked:
        return None
    gtin, reads = ranked[0]
    rival = ranked[1][1] if len(ranked) > 1 else 0
    if reads < surely * _LEAST[symbology[gtin]] or reads < _LEAD * rival:
        return None
    if second_tier >= _MOSTLY * reads:
        return None
    return Barcode(gtin, symbology[gtin], road, reads)


def _printed(image: ByteImage, votes: Counter[_Vote], reader: PrintReader) -> Barcode | None:
    """Read the digits under the bars at several sizes: twice the same, or once as the bars say."""
    counted: Counter[str] = Counter()
    from_bars = {vote.gtin for vote in votes}
    for width in _PRINT_SCALES:
        scale = width / max(image.shape)
        interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        sized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation)
        counted.update(_numbers(reader.read(np.asarray(sized, np.uint8)), from_bars))
    totals = Counter({gtin: n + (gtin in from_bars) for gtin, n in counted.items()})
    if len(totals) != 1:
        return None
    [(gtin, reads)] = totals.items()
    return Barcode(gtin, _long(gtin[1:]), "print", reads) if reads >= _LEAST_PRINTED else None


def _numbers(lines: Sequence[str], from_bars: set[str]) -> set[str]:
    """GTIN-14 of every line that reads as 12 or 13 digits that check.

    Lines come in no order: put together they count only as a number that the bars may say too.
    Print of fewer digits is not read: one misread digit in ten would pass.
    """
    digits = [re.sub(r"[ >|.·-]", "", line) for line in lines]
    parts = [each for each in digits if each.isascii() and each.isdigit()]
    whole = {
        each.zfill(14)
        for each in parts
        if len(each) in (12, 13) and check_digit(each[:-1]) == each[-1]
    }
    return whole | ({"".join(parts).zfill(14)} & from_bars)


def _long(digits: str) -> Symbology:
    return "upca" if len(digits) == 12 or digits.startswith("0") else "ean13"


def printed_gtin(digits: str, symbology: str) -> str:
    """GTIN-14 of the digits as they stand under the bars.

    Raises:
        InvalidGtin: they are none.
    """
    compact = digits.replace(" ", "")
    if symbology == "upce" and len(compact) == 8:
        compact = upc_e_to_upc_a(compact)
    if not compact.isdigit() or check_digit(compact[:-1]) != compact[-1]:
        raise InvalidGtin(f'"{digits}" is no EAN or UPC', hint="copy all digits under the bars")
    return compact.zfill(14)

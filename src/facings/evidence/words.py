"""Words: what can be read on a facing, held against what only one of its candidates' labels says.

Reading takes longer than everything else together, so only facings that are still ambiguous are
read. The reader is the extra `facings[print]`: PP-OCR's networks through rapidocr (Apache-2.0).
Browsers read by themselves and send the lines: web/src/engine/print.ts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from importlib.util import find_spec
from typing import Any, Protocol

import cv2
import numpy as np

from facings.product import Product
from facings.types import ByteImage, Clues, Crops, Match

SIDE_PX = 320  # longest side that is read: print the detector's crop does not show is not there
MOST_ENLARGED = 3.0
SURE_LIKENESS = 0.7  # of a word to a printed line, below which it was not read
PART = 0.1  # by which a word is less like a part of a line: short words are in many

LinesOf = Callable[[int], Sequence[str]]
"""Row of a facing to the lines of print on it, in no order."""


class PrintReader(Protocol):
    """Reads the print on a picture."""

    def read(self, image: ByteImage) -> tuple[str, ...]:
        """Lines of print on an RGB picture (H, W, 3), in no order."""
        ...


def open_reader() -> PrintReader | None:
    """The reader of this installation; None without the extra `facings[print]`."""
    installed = all(find_spec(name) for name in ("rapidocr", "rapidfuzz"))
    return RapidReader() if installed else None


class RapidReader:
    """rapidocr, with the networks that lie in its package, loaded when they are needed."""

    @cached_property
    def _engine(self) -> Callable[[ByteImage], Any]:
        from rapidocr import RapidOCR

        return RapidOCR(
            params={
                "Global.use_cls": False,  # crops are upright
                "Global.text_score": 0.3,
                "Global.log_level": "critical",
                "Det.limit_type": "max",
                "Det.limit_side_len": SIDE_PX,
            }
        )

    def read(self, image: ByteImage) -> tuple[str, ...]:
        """Lines of print, small crops enlarged first."""
        height, width = image.shape[:2]
        scale = min(MOST_ENLARGED, SIDE_PX / max(height, width))
        shown = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        if scale > 1:
            shown = cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        return tuple(self._engine(np.asarray(shown, np.uint8)).txts or ())


def lines_on(crops: Crops, reader: PrintReader | None) -> LinesOf | None:
    """Read crops one by one when they are asked for; None where nobody reads."""
    return None if reader is None else lambda row: reader.read(crops.images[row])


def weigh_words(
    matches: Sequence[Match], labels: Mapping[str, frozenset[str]], lines_of: LinesOf | None
) -> Clues:
    """Look on each ambiguous facing for the words that tell its alternatives apart.

    Args:
        matches: what N facings are by other evidence.
        labels: GTIN to the words of a product's label: see `label_words`.
        lines_of: a facing's row to what is printed on it; asked only of those that words can
            tell apart. None: nobody reads.

    Returns:
        For each facing GTIN to the share of its own words that was read, in [0, 1].
    """
    return tuple(
        _weigh([each.gtin for each in match.alternatives], labels, partial(lines_of, row))
        if lines_of and match.state == "ambiguous"
        else {}
        for row, match in enumerate(matches)
    )


def _weigh(
    gtins: list[str],
    labels: Mapping[str, frozenset[str]],
    read: Callable[[], Sequence[str]],
) -> Mapping[str, float]:
    known = [gtin for gtin in gtins if gtin in labels]
    own = own_words([labels[gtin] for gtin in known])
    if not any(own):
        return {}
    lines = [fold_print(line) for line in read()]
    return {gtin: share_read(words, lines) for gtin, words in zip(known, own, strict=True)}


def label_words(product: Product) -> frozenset[str]:
    """Words that a product's label bears by its record; an amount is one word: "400ml"."""
    texts = (product.brand, product.name, product.variant, product.net_content)
    joined = re.sub(r"(\d)\s+(?=[a-zA-Z]{1,2}\b)", r"\1", " ".join(text for text in texts if text))
    return frozenset(word for word in map(fold_print, joined.split()) if len(word) > 1)


def own_words(labels: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Of each label the words that not all of them have."""
    if not labels:
        return []
    common = frozenset.intersection(*labels)
    return [words - common for words in labels]


def share_read(words: frozenset[str], lines: Sequence[str]) -> float:
    """Mean over words of how surely each was read: 0 at SURE_LIKENESS and below, 1 if exactly."""
    if not words:
        return 0.0
    likeness = [max((_likeness(word, line) for line in lines), default=0.0) for word in words]
    sure = [max(0.0, (each - SURE_LIKENESS) / (1 - SURE_LIKENESS)) for each in likeness]
    return sum(sure) / len(words)


def _likeness(word: str, line: str) -> float:
    """Of a word to a line or to the part of it that is most like it, in [0, 1]."""
    from rapidfuzz.fuzz import partial_ratio, ratio

    part = partial_ratio(word, line) / 100 - PART if len(line) > len(word) else 0.0
    return max(ratio(word, line) / 100, part)


def fold_print(text: str) -> str:
    """Letters and digits alone, lower case, without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.sub(r"[^a-z0-9]", "", plain.replace("ß", "ss").replace("ø", "o"))

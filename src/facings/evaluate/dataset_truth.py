"""Rows of a data set as what people say stands in its pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from facings.collect.dataset import Dataset, Row
from facings.evaluate.truth import PRODUCT_CATEGORY, Truth
from facings.types import FloatArray


def truths_of(dataset: Dataset, rows: Iterable[Row]) -> tuple[Truth, ...]:
    """Group product boxes by picture, by ascending hash; a picture without boxes has none."""
    by_picture: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_picture[row.picture].append(row)
    return tuple(
        Truth(
            dataset.picture_file(picture, of_one[0].suffix),
            _boxes(of_one, crowds=False),
            _boxes(of_one, crowds=True),
        )
        for picture, of_one in sorted(by_picture.items())
    )


def _boxes(rows: Iterable[Row], *, crowds: bool) -> FloatArray:
    kept = [
        (row.x0, row.y0, row.x1, row.y1)
        for row in rows
        if row.has_box and row.is_crowd == crowds and row.label == PRODUCT_CATEGORY
    ]
    return np.array(kept, np.float32).reshape(-1, 4)

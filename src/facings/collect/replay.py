"""Replay: what a person would have had to do to proposals on pictures whose boxes are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from facings.capture import read_picture
from facings.collect.review import review
from facings.detect import Detector
from facings.evaluate.truth import Truth
from facings.geometry import box_areas
from facings.types import FloatArray

LEFT_ALONE_IOU = 0.8
"""A proposal this near the final box would not have been touched."""


def replay(
    detector: Detector, truths: Sequence[Truth], progress: Callable[[int, int], None]
) -> dict[str, object]:
    """Count proposals accepted, adjusted and deleted, and boxes added.

    Shares of boxes are of the final ones. Proposals in regions to ignore are left out. The figures
    are kinder than life where the boxes once started from proposals.
    """
    counts: Counter[str] = Counter()
    for done, truth in enumerate(truths):
        progress(done, len(truths))
        found = detector.detect(read_picture(truth.file)).boxes_xyxy
        outside = found[_share_inside(found, truth.crowds_xyxy) < 0.5]
        counts.update(review(outside, truth.boxes_xyxy, LEFT_ALONE_IOU).counts())
    final = counts["accepted"] + counts["adjusted"] + counts["added"]
    kinds = ("accepted", "adjusted", "added")
    shares = {f"{kind}_share": round(counts[kind] / max(final, 1), 4) for kind in kinds}
    proposals = counts["accepted"] + counts["adjusted"] + counts["deleted"]
    return {
        "pictures": len(truths),
        "boxes": final,
        "proposals": proposals,
        **counts,
        **shares,
        "deleted_share": round(counts["deleted"] / max(proposals, 1), 4),
    }


def _share_inside(boxes: FloatArray, regions: FloatArray) -> FloatArray:
    """(N,) largest share of each box's area that one region holds, in [0, 1]."""
    if not len(regions) or not len(boxes):
        return np.zeros(len(boxes), np.float32)
    low = np.maximum(boxes[:, None, :2], regions[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    held = (high - low).clip(0).prod(axis=2).max(axis=1)
    return np.asarray(held / np.maximum(box_areas(boxes), 1e-9), np.float32)

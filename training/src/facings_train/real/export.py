"""From reviewed pictures to one COCO file. It holds boxes and keys, never pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from facings_train.real.annotation import Annotation, BoxXyxy
from facings_train.real.pictures import origin_of

_PRODUCT = 1


def coco_from(annotations: Sequence[Annotation]) -> dict[str, object]:
    """Put reviewed pictures into the COCO format, in the order of their keys.

    Category 1 is a product; `iscrowd` 1 marks a region to ignore; every box carries its
    `status`, every image `source`, `source_file` and `licence`. `file_name` is the picture's key.

    Raises:
        ValueError: a picture was not reviewed, comes twice, or is kept for evaluation.
    """
    counted = Counter(annotation.key for annotation in annotations)
    twice = [key for key, count in counted.items() if count > 1]
    if twice:
        raise ValueError(f"annotated twice: {', '.join(twice)}")
    ordered = sorted(annotations, key=lambda annotation: annotation.key)
    images = [_image(number, each) for number, each in enumerate(ordered, 1)]
    boxes = [box for number, each in enumerate(ordered, 1) for box in _boxes(number, each)]
    return {
        "images": images,
        "categories": [{"id": _PRODUCT, "name": "product"}],
        "annotations": [{"id": number, **box} for number, box in enumerate(boxes, 1)],
    }


def change_counts(annotations: Iterable[Annotation]) -> dict[str, Counter[str]]:
    """Count boxes by their status for every source."""
    counts: dict[str, Counter[str]] = {}
    for annotation in annotations:
        count = counts.setdefault(origin_of(annotation.key).source, Counter())
        count["pictures"] += 1
        count.update(box.status for box in annotation.boxes)
    return counts


def _image(number: int, annotation: Annotation) -> dict[str, object]:
    if not annotation.is_reviewed:
        raise ValueError(f"{annotation.key} holds proposals that nobody looked at")
    origin = origin_of(annotation.key)
    width, height = annotation.size_wh
    return {
        "id": number,
        "file_name": annotation.key,
        "width": width,
        "height": height,
        "source": origin.source,
        "source_file": f"{origin.repository}: {annotation.key.rpartition('/')[2]}",
        "licence": origin.licence,
    }


def _boxes(image_id: int, annotation: Annotation) -> list[dict[str, object]]:
    return [
        {
            "image_id": image_id,
            "category_id": _PRODUCT,
            **_coco_box(box.xyxy),
            "iscrowd": int(box.status == "ignore"),
            "status": box.status,
        }
        for box in annotation.drawn
    ]


def _coco_box(xyxy: BoxXyxy) -> dict[str, object]:
    x0, y0, x1, y1 = xyxy
    width, height = x1 - x0, y1 - y0
    sides = [round(side, 1) for side in (x0, y0, width, height)]
    return {"bbox": sides, "area": round(width * height, 1)}

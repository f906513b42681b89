"""Pre-annotation: proposals go out, corrected boxes come back, each with where it comes from."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from facings.collect.label_studio import LabelStudio, Pulled, task_of
from facings.collect.propose import Proposed
from facings.collect.review import Reviewed, agreement, review
from facings.collect.seconds import Taken, seconds_a_box
from facings.errors import AnnotationError
from facings.output import replaced_file
from facings.types import Detections, FloatArray, Frame


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was pushed for one picture."""

    key: str
    size_wh: tuple[int, int]
    model: str
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]
    scores: tuple[float, ...]


def push(
    proposed: Iterable[tuple[Frame, Proposed]],
    model: str,
    studio: LabelStudio,
    title: str,
    kept: Path,
) -> tuple[int, int]:
    """Send pictures with boxes, the least sure first; nothing is accepted by itself.

    Args:
        model: name and version of what found the boxes.
        kept: file that remembers what was proposed; it is written before anything is sent.

    Returns:
        The project's number, and that of the pictures.

    Raises:
        AnnotationError: there are none, or two have the same name: corrections are known by it.
    """
    found: dict[str, tuple[float, Proposal, dict[str, Any]]] = {}
    for frame, each in proposed:
        if frame.name in found:
            raise AnnotationError(
                f"two pictures are called {frame.name}",
                hint="push their folders one by one, each with a --name of its own",
            )
        task = task_of(frame, each, model)
        found[frame.name] = each.need, _proposal_of(frame, each.detections, model), task
    if not found:
        raise AnnotationError("there is no picture to push")
    queue = sorted(found.values(), key=lambda row: -row[0])
    with_products = all("products" in task["data"] for _, _, task in queue)
    project = studio.create_project(title, with_products=with_products)
    with replaced_file(kept) as fresh:
        document = {"project": project, "proposals": [asdict(row[1]) for row in queue]}
        fresh.write_text(json.dumps(document) + "\n", "utf-8")
    for _, _, task in queue:
        studio.import_task(project, task)
    return project, len(queue)


def read_pushed(kept: Path) -> tuple[int, dict[str, Proposal]]:
    """The project's number, and what was proposed by key.

    Raises:
        AnnotationError: nothing was pushed under that name.
    """
    try:
        read = json.loads(kept.read_text("utf-8"))
    except FileNotFoundError:
        raise AnnotationError(
            f"{kept} is not there", hint='"facings annotate push" first'
        ) from None
    proposals = [
        Proposal(
            each["key"],
            (each["size_wh"][0], each["size_wh"][1]),
            each["model"],
            tuple((a, b, c, d) for a, b, c, d in each["boxes_xyxy"]),
            tuple(each["scores"]),
        )
        for each in read["proposals"]
    ]
    return int(read["project"]), {each.key: each for each in proposals}


def coco_with_provenance(
    pulled: Sequence[Pulled], proposals: dict[str, Proposal]
) -> tuple[dict[str, object], Counter[str]]:
    """Our COCO file of the first annotation of each picture, and what became of the proposals.

    Every box carries `provenance`, and those that come from a model its name and score too.
    """
    images: list[dict[str, object]] = []
    boxes: list[dict[str, object]] = []
    counts: Counter[str] = Counter()
    first = {each.key: each for each in reversed(pulled)}
    for number, (key, each) in enumerate(sorted(first.items()), 1):
        proposal = proposals[key]
        width, height = proposal.size_wh
        images.append({"id": number, "file_name": key, "width": width, "height": height})
        told = review(_boxes(proposal), each.boxes_xyxy)
        counts.update(told.counts())
        boxes += [
            {"id": len(boxes) + place, **box}
            for place, box in enumerate(_coco_boxes(number, each, told, proposal), 1)
        ]
    categories = [{"id": 1, "name": "product"}]
    return {"images": images, "categories": categories, "annotations": boxes}, counts


def agreements(pulled: Sequence[Pulled]) -> dict[str, float | int]:
    """How alike the boxes of pictures are that more than one person did."""
    by_key: dict[str, list[Pulled]] = defaultdict(list)
    for each in pulled:
        by_key[each.key].append(each)
    found = [
        agreement(a.boxes_xyxy, _said(a), b.boxes_xyxy, _said(b))
        for several in by_key.values()
        for a, b in combinations(several, 2)
    ]
    if not found:
        return {"pairs": 0}
    return {
        "pairs": len(found),
        "matched": sum(each.matched for each in found),
        "unmatched": sum(each.only_first + each.only_second for each in found),
        "mean_iou": round(float(np.mean([each.mean_iou for each in found])), 4),
        "kappa": round(float(np.mean([each.kappa for each in found])), 4),
    }


def times(
    pulled: Sequence[Pulled], proposals: dict[str, Proposal]
) -> dict[str, float | int | None]:
    """How long people took, as far as somebody measured: see `seconds_a_box`."""
    return seconds_a_box(
        [
            Taken(each.seconds, review(_boxes(proposals[each.key]), each.boxes_xyxy).counts())
            for each in pulled
            if each.seconds is not None
        ]
    )


def _coco_boxes(
    image: int, pulled: Pulled, told: Reviewed, proposal: Proposal
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for place, (x0, y0, x1, y1) in enumerate(pulled.boxes_xyxy.tolist()):
        origin = told.proposal[place]
        box = [round(side, 2) for side in (x0, y0, x1 - x0, y1 - y0)]
        row: dict[str, object] = {
            "image_id": image,
            "category_id": 1,
            "bbox": box,
            "area": round(box[2] * box[3], 2),
            "iscrowd": int(pulled.labels[place] == "ignore"),
            "provenance": told.provenance[place],
            "annotator": pulled.annotator,
        }
        if origin is not None:
            row |= {"model": proposal.model, "score": round(proposal.scores[origin], 4)}
        if pulled.gtins[place]:
            row["gtin"] = pulled.gtins[place]
        rows.append(row)
    return rows


def _proposal_of(frame: Frame, found: Detections, model: str) -> Proposal:
    boxes = tuple((a, b, c, d) for a, b, c, d in found.boxes_xyxy.tolist())
    return Proposal(frame.name, frame.size_wh, model, boxes, tuple(found.scores.tolist()))


def _boxes(proposal: Proposal) -> FloatArray:
    return np.array(proposal.boxes_xyxy, np.float32).reshape(-1, 4)


def _said(pulled: Pulled) -> list[str]:
    pairs = zip(pulled.labels, pulled.gtins, strict=True)
    return [f"{label} {gtin}".strip() for label, gtin in pairs]

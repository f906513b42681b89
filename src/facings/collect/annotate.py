"""Pre-annotation: proposals go out, corrected boxes come back, each with where it comes from."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from facings.catalogue.gtin import natural_form
from facings.collect.label_studio import LabelStudio, Pulled, task_of
from facings.collect.review import Reviewed, agreement, disagreement, review, uncertainty
from facings.errors import AnnotationError
from facings.output import replaced_file
from facings.scan import Scan
from facings.types import Detections, FloatArray, Frame

_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Proposed:
    """Boxes for one picture, and what may help a person with them."""

    detections: Detections
    suggestions: tuple[tuple[str, ...], ...] = ()
    """For each box its likeliest products, in words; empty where nobody asked."""
    disagreement: float = 0.0
    """Of a second look at the same picture with the first, in [0, 1]."""

    @property
    def need(self) -> float:
        """How much a person is needed, in [0, 2]: what comes first in the queue."""
        return uncertainty(self.detections.scores) + self.disagreement


Propose = Callable[[Frame], Proposed]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was pushed for one picture."""

    key: str
    size_wh: tuple[int, int]
    model: str
    boxes_xyxy: tuple[tuple[float, float, float, float], ...]
    scores: tuple[float, ...]


def push(
    frames: Iterable[Frame],
    propose: Propose,
    model: str,
    studio: LabelStudio,
    title: str,
    kept: Path,
) -> int:
    """Propose boxes and send the pictures, the least sure first; nothing is accepted by itself.

    Args:
        kept: file that remembers what was proposed; it is written before anything is sent.

    Returns:
        The project's number.
    """
    found = [(frame, propose(frame)) for frame in frames]
    found.sort(key=lambda pair: -pair[1].need)
    proposals = [
        Proposal(
            frame.name,
            frame.size_wh,
            model,
            tuple((a, b, c, d) for a, b, c, d in each.detections.boxes_xyxy.tolist()),
            tuple(each.detections.scores.tolist()),
        )
        for frame, each in found
    ]
    project = studio.create_project(title)
    with replaced_file(kept) as fresh:
        document = {"project": project, "proposals": [asdict(each) for each in proposals]}
        fresh.write_text(json.dumps(document) + "\n", "utf-8")
    for frame, each in found:
        studio.import_task(project, task_of(frame, each.detections, model, each.suggestions))
    return project


def mirrored_boxes(frame: Frame, detect: Callable[[Frame], Detections]) -> FloatArray:
    """(N, 4) what a detector finds in the picture's mirror image, in pixels of the picture."""
    mirrored = Frame(np.ascontiguousarray(frame.image[:, ::-1]), frame.name)
    boxes = detect(mirrored).boxes_xyxy
    width = frame.size_wh[0]
    turned = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)
    return np.asarray(turned, np.float32)


def proposed_by_scan(
    scan: Scan, name_of: Callable[[str], str], second_look: FloatArray | None = None
) -> Proposed:
    """Boxes of a scan, each with up to three products that it may be.

    Args:
        name_of: GTIN-14 to what to call the product; empty where it has no record.
        second_look: (M, 4) boxes of another look at the picture.
    """
    boxes = np.array([facing.box_xyxy for facing in scan.facings], np.float32).reshape(-1, 4)
    scores = np.array([facing.score for facing in scan.facings], np.float32)
    return Proposed(
        Detections(boxes, scores),
        tuple(
            tuple(
                f"{natural_form(each.gtin)} {name_of(each.gtin)} {each.similarity:.2f}"
                for each in facing.match.alternatives[:_SUGGESTED]
            )
            for facing in scan.facings
        ),
        0.0 if second_look is None else disagreement(boxes, second_look),
    )


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


def _boxes(proposal: Proposal) -> FloatArray:
    return np.array(proposal.boxes_xyxy, np.float32).reshape(-1, 4)


def _said(pulled: Pulled) -> list[str]:
    pairs = zip(pulled.labels, pulled.gtins, strict=True)
    return [f"{label} {gtin}".strip() for label, gtin in pairs]

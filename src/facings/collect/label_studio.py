"""Label Studio: our proposals as its tasks, its annotations as our boxes, and its HTTP interface.

Forms: https://labelstud.io/guide/predictions; boxes are in percent of the upright picture.
"""

from __future__ import annotations

import base64
import html
import io
import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from PIL import Image

from facings.catalogue.gtin import natural_form
from facings.collect.propose import Proposed, Suggestion
from facings.collect.review import uncertainty
from facings.errors import AnnotationError, RequestRefused
from facings.types import FloatArray, Frame

IGNORE = "ignore"
"""Label of a region of things that nobody drew one by one."""
LABELS = ("product", IGNORE)
_BOXES = (
    '<Image name="image" value="$image" zoom="true" zoomControl="true"/>'
    '<RectangleLabels name="box" toName="image">'
    + "".join(f'<Label value="{label}"/>' for label in LABELS)
    + "</RectangleLabels>"
)
_GTIN = (
    '<TextArea name="gtin" toName="image" perRegion="true" placeholder="GTIN" maxSubmissions="1"/>'
)
_PRODUCTS = (
    '<Filter name="find" toName="product" minlength="0" placeholder="GTIN or name"/>'
    '<Choices name="product" toName="image" perRegion="true" choice="single-radio" '
    'value="$products"/>'
)
CONFIG = f"<View>{_BOXES}{_GTIN}</View>"
CONFIG_WITH_PRODUCTS = (
    f'<View style="display: flex"><View style="flex: 1; min-width: 0">{_BOXES}</View>'
    '<View style="width: 280px; height: 75vh; overflow-y: auto; padding-left: 12px">'
    f'<View visibleWhen="region-selected" whenTagName="box">{_GTIN}{_PRODUCTS}</View></View></View>'
)
"""Beside the picture those products that boxes of it may be, while a box is selected."""
_MOST_PRODUCTS = 60
"""Beside one picture: Label Studio knows no list for each box."""
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Pulled:
    """One person's boxes on one picture."""

    key: str
    """What the picture was pushed as."""
    annotator: str
    boxes_xyxy: FloatArray
    """(N, 4) in pixels."""
    labels: tuple[str, ...]
    gtins: tuple[str, ...]
    """As typed, else as chosen; empty where nobody said."""
    seconds: float | None = None
    """That the person had the picture open; None where nobody measured."""

    @classmethod
    def of(cls, key: str, annotation: Mapping[str, Any]) -> Self:
        """Read one annotation of a task.

        Raises:
            AnnotationError: it has another form.
        """
        boxes, labels, ids = [], [], []
        typed: dict[str, str] = {}
        chosen: dict[str, str] = {}
        try:
            for each in annotation["result"]:
                value = each["value"]
                if each["type"] == "textarea":
                    typed[each["id"]] = "".join(value["text"][:1])
                elif each["type"] == "choices":
                    chosen[each["id"]] = value["choices"][0].partition(" ")[0]
                elif each["type"] == "rectanglelabels":
                    sides = np.array([each["original_width"], each["original_height"]] * 2)
                    x, y = value["x"], value["y"]
                    shares = np.array([x, y, x + value["width"], y + value["height"]])
                    boxes.append(shares / 100 * sides)
                    labels.append(value["rectanglelabels"][0])
                    ids.append(each["id"])
            who = annotation.get("completed_by", "")
            took = annotation.get("lead_time")
            seconds = None if took is None else float(took)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise AnnotationError(f"{key}: not an annotation of Label Studio: {error}") from error
        return cls(
            key,
            str(who),
            np.array(boxes, np.float32).reshape(-1, 4),
            tuple(labels),
            tuple(typed.get(each) or chosen.get(each, "") for each in ids),
            seconds,
        )


def task_of(frame: Frame, proposed: Proposed, model: str) -> dict[str, Any]:
    """Make a task with the picture in it and the boxes as a prediction: see `prediction_of`.

    Where products are suggested, they stand beside the picture: see `CONFIG_WITH_PRODUCTS`.
    """
    data: dict[str, Any] = {"image": _data_url(_jpeg_of(frame)), "key": frame.name}
    if proposed.suggestions:
        data["products"] = _products(proposed)
    return {"data": data, "predictions": [prediction_of(frame.size_wh, proposed, model)]}


def prediction_of(size_wh: tuple[int, int], proposed: Proposed, model: str) -> dict[str, Any]:
    """Say boxes as a prediction, each with the products it may be; none of them is chosen.

    Args:
        model: name and version of what found them.
    """
    found = proposed.detections
    suggestions = proposed.suggestions or ((),) * len(found)
    result = []
    for number, (box, score, products) in enumerate(
        zip(found.boxes_xyxy.tolist(), found.scores.tolist(), suggestions, strict=True)
    ):
        x0, y0, x1, y1 = box
        region = region_of(f"p{number}", (x0, y0, x1, y1), size_wh, "product")
        region["score"] = round(score, 4)
        if products:
            lines = [f"{one.title} {one.similarity:.2f}" for one in products]
            region["meta"] = {"text": ["\n".join(lines)]}  # several texts are shown as one word
        result.append(region)
    return {
        "model_version": model,
        "score": round(1 - uncertainty(found.scores), 4),
        "result": result,
    }


def region_of(
    region_id: str,
    xyxy: tuple[float, float, float, float],
    size_wh: tuple[int, int],
    label: str,
) -> dict[str, Any]:
    """Say a box in pixels as a region."""
    width, height = size_wh
    x0, y0, x1, y1 = xyxy
    return {
        "id": region_id,
        "type": "rectanglelabels",
        "from_name": "box",
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "value": {
            "x": 100 * x0 / width,
            "y": 100 * y0 / height,
            "width": 100 * (x1 - x0) / width,
            "height": 100 * (y1 - y0) / height,
            "rotation": 0,
            "rectanglelabels": [label],
        },
    }


class LabelStudio:
    """A running Label Studio."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def create_project(self, title: str, *, with_products: bool = False) -> int:
        """Make a project for boxes, perhaps with products to choose from; give its number."""
        config = CONFIG_WITH_PRODUCTS if with_products else CONFIG
        made = self._ask("POST", "/api/projects", {"title": title, "label_config": config})
        return int(made["id"])

    def import_task(self, project: int, task: Mapping[str, Any]) -> None:
        """Add one task with its prediction."""
        self._ask("POST", f"/api/projects/{project}/import", [task])

    def annotations(self, project: int) -> list[Pulled]:
        """Every annotation that people submitted."""
        tasks = self._ask("GET", f"/api/projects/{project}/export?exportType=JSON", None)
        return [
            Pulled.of(task["data"]["key"], each)
            for task in tasks
            for each in task["annotations"]
            if not each.get("was_cancelled")
        ]

    def _ask(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 (JSON)
        request = urllib.request.Request(  # noqa: S310 (the person's own address)
            self._url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Token {self._token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:200]
            raise RequestRefused(error.code, "label-studio", f"Label Studio says: {said}") from None
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            raise RequestRefused(
                503,
                "label-studio",
                f"Label Studio at {self._url} does not answer: {error}",
                hint='"facings annotate up" starts it',
            ) from None


def _products(proposed: Proposed) -> list[dict[str, str]]:
    """Say each suggested product once as a choice; what most boxes may be first."""
    found: dict[str, Suggestion] = {}
    boxes: Counter[str] = Counter()
    for each in (one for several in proposed.suggestions for one in several):
        found[each.gtin] = each
        boxes[each.gtin] += 1
    return [
        {"value": found[gtin].title, "html": _choice(found[gtin], proposed.thumbnails.get(gtin))}
        for gtin, _ in boxes.most_common(_MOST_PRODUCTS)
    ]


def _choice(product: Suggestion, thumbnail: bytes | None) -> str:
    """Say a product as a choice's HTML, in which Label Studio leaves no `src` with data in it."""
    number, name = html.escape(natural_form(product.gtin)), html.escape(product.name)
    shown = ""
    if thumbnail:
        picture = f"center / contain no-repeat url('{_data_url(thumbnail)}')"
        style = f"width: 72px; height: 72px; flex: none; background: {picture}"
        shown = f'<div class="packshot" role="img" aria-label="{name}" style="{style}"></div>'
    row = "display: inline-flex; gap: 8px; align-items: center; vertical-align: middle"
    return f'<div style="{row}">{shown}<div><b>{number}</b><br>{name}</div></div>'


def _jpeg_of(frame: Frame) -> bytes:
    """Give the picture as a JPEG file in its full size."""
    stream = io.BytesIO()
    Image.fromarray(frame.image).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _data_url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()

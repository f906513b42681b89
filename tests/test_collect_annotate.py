"""Proposals out, corrected boxes back: where each comes from, and how alike two people are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from answering import answered_by
from facings.collect.annotate import agreements, coco_with_provenance, push, read_pushed, times
from facings.collect.label_studio import LabelStudio, Pulled, task_of
from facings.collect.propose import Proposed, Suggestion
from facings.collect.review import agreement, cohens_kappa, review, uncertainty
from facings.errors import AnnotationError, RequestRefused
from facings.types import Detections, Frame

TEA, SOAP = "07310865001429", "00000096385074"
NONE = np.zeros((0, 4), np.float32)
BOXES = np.array([[10, 10, 50, 60], [60, 10, 100, 60], [110, 10, 150, 60]], np.float32)


def frame(name: str = "a.jpg") -> Frame:
    """A grey picture of 200 x 100."""
    return Frame(np.full((100, 200, 3), 90, np.uint8), name)


def found(scores: tuple[float, ...] = (0.9, 0.8, 0.7)) -> Detections:
    """As many of the boxes as there are scores."""
    return Detections(BOXES[: len(scores)], np.array(scores, np.float32))


def annotation(task: dict, who: int = 1) -> dict:
    """What a person submits who changes nothing."""
    return {"completed_by": who, "result": json.loads(json.dumps(task["predictions"][0]["result"]))}


class Studio(LabelStudio):
    """One that keeps tasks in a list."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", "t")
        self.tasks: list[dict] = []

    def create_project(self, _title: str, *, with_products: bool = False) -> int:
        """Always the seventh."""
        self.with_products = with_products
        return 7

    def import_task(self, _project: int, task) -> None:
        """Keep it."""
        self.tasks.append(dict(task))


def test_nothing_proposed_and_nothing_drawn_is_nothing():
    """No share of nothing."""
    told = review(NONE, NONE)
    assert (told.provenance, told.deleted) == ((), ())
    assert sum(told.counts().values()) == 0


def test_each_box_says_where_it_comes_from():
    """One left alone, one moved, one drawn, one gone."""
    final = np.array([[10, 10, 50, 60], [64, 12, 104, 62], [160, 10, 190, 90]], np.float32)
    told = review(BOXES, final)
    assert told.provenance == ("model", "edited", "human")
    assert told.proposal == (0, 1, None)
    assert told.deleted == (2,)


def test_a_proposal_becomes_one_box_only():
    """Of two boxes drawn over it, the better one is its correction."""
    final = np.array([[10, 10, 50, 60], [12, 12, 50, 60]], np.float32)
    assert review(BOXES[:1], final).provenance == ("model", "human")


@pytest.mark.parametrize(
    ("labels", "kappa"),
    [
        ([], 1.0),
        ([("a", "a")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], 0.0),
        ([("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15, 0.4),
    ],
)
def test_kappa_is_agreement_beyond_chance(labels, kappa):
    """The last is the textbook's example."""
    assert cohens_kappa(labels) == pytest.approx(kappa)


def test_two_people_who_drew_the_same_agree():
    """A box that one of them left out is counted."""
    told = agreement(BOXES, ["x", "y", "x"], BOXES[:2], ["x", "y"])
    assert (told.matched, told.only_first, told.only_second) == (2, 1, 0)
    assert (told.mean_iou, told.kappa) == (1.0, 1.0)


def test_nothing_or_one_name_twice_is_not_pushed(tmp_path: Path):
    """No project is made: corrections are known by the picture's name."""
    studio, kept = Studio(), tmp_path / "batch.json"
    for proposed, complaint in (
        ([], "no picture to push"),
        ([(frame(), Proposed(found()))] * 2, r"two pictures are called a\.jpg"),
    ):
        with pytest.raises(AnnotationError, match=complaint):
            push(proposed, "d v1", studio, "batch", kept)
    assert not kept.exists()


def test_what_the_model_is_least_sure_of_comes_first(tmp_path: Path):
    """Scores near one half, and pictures on which it found nothing."""
    assert uncertainty(np.zeros(0, np.float32)) == 1.0
    scores = {"sure": (0.99,), "torn": (0.5,), "fair": (0.8,)}
    studio = Studio()
    proposed = [(frame(name), Proposed(found(score))) for name, score in scores.items()]
    kept = tmp_path / "batch.json"
    assert push(proposed, "d v1", studio, "batch", kept) == (7, 3)
    assert [task["data"]["key"] for task in studio.tasks] == ["torn", "fair", "sure"]
    project, proposals = read_pushed(kept)
    assert (project, set(proposals)) == (7, set(scores))


def test_a_task_comes_back_as_the_boxes_it_was_made_of():
    """Percent and back; what was typed beside a box holds before what was chosen."""
    task = task_of(frame(), Proposed(found()), "d v1")
    assert task["predictions"][0]["model_version"] == "d v1"
    assert "products" not in task["data"]
    done = annotation(task)
    ids = [each["id"] for each in done["result"]]
    done["result"] += [
        {"id": ids[0], "type": "textarea", "value": {"text": ["07310865001429"]}},
        {"id": ids[0], "type": "choices", "value": {"choices": ["96385074 Soap"]}},
        {"id": ids[2], "type": "choices", "value": {"choices": ["96385074 Soap"]}},
    ]
    pulled = Pulled.of("a.jpg", done)
    np.testing.assert_allclose(pulled.boxes_xyxy, BOXES, atol=1e-3)
    assert pulled.gtins == ("07310865001429", "", "96385074")


def test_suggested_products_stand_beside_the_picture():
    """Each once with its picture, what most boxes may be first; markup in a name is text."""
    tea, soap = Suggestion(TEA, "Tea <b>", 0.831), Suggestion(SOAP, "Soap", 0.7)
    proposed = Proposed(found(), ((soap, tea), (tea,), ()), {TEA: b"jpeg"})
    task = task_of(frame(), proposed, "d v1")
    first, second = task["data"]["products"]
    assert (first["value"], second["value"]) == ("7310865001429 Tea <b>", "96385074 Soap")
    assert "data:image/jpeg;base64,anBlZw==" in first["html"]
    assert "Tea &lt;b&gt;" in first["html"]
    assert "packshot" not in second["html"]
    boxes = task["predictions"][0]["result"]
    assert boxes[0]["meta"] == {"text": ["96385074 Soap 0.70\n7310865001429 Tea <b> 0.83"]}
    assert "meta" not in boxes[2]
    assert {each["type"] for each in boxes} == {"rectanglelabels"}, "nothing is chosen by itself"


def test_a_project_shows_products_where_all_its_pictures_have_them(tmp_path: Path):
    """Label Studio refuses pictures without what its project shows."""
    studio = Studio()
    tea = ((Suggestion(TEA, "Tea", 0.8),),)
    with_tea, bare = Proposed(found((0.9,)), tea), Proposed(found((0.9,)))
    for others, shown in (([], True), ([(frame("b"), bare)], False)):
        push([(frame(), with_tea), *others], "d v1", studio, "batch", tmp_path / "kept.json")
        assert studio.with_products is shown


def test_an_annotation_of_another_form_is_refused():
    """With the picture's name."""
    with pytest.raises(AnnotationError, match=r"a\.jpg"):
        Pulled.of("a.jpg", {"result": [{"type": "rectanglelabels", "value": {}}]})


def test_every_box_that_is_pulled_carries_its_provenance(tmp_path: Path):
    """With the model and score of those that a model proposed."""
    studio, kept = Studio(), tmp_path / "b.json"
    push([(frame(), Proposed(found()))], "d v1", studio, "batch", kept)
    done = annotation(studio.tasks[0])
    done["result"][1]["value"]["x"] += 2
    del done["result"][2]
    pulled = [Pulled.of("a.jpg", done)]
    coco, counts = coco_with_provenance(pulled, read_pushed(kept)[1])
    kinds = [(each["provenance"], each.get("score")) for each in coco["annotations"]]
    assert kinds == [("model", 0.9), ("edited", 0.8)]
    assert dict(counts) == {"accepted": 1, "adjusted": 1, "added": 0, "deleted": 1}
    assert agreements(pulled) == {"pairs": 0}
    assert agreements([*pulled, *pulled])["mean_iou"] == 1.0


def test_the_time_of_a_picture_is_told_by_what_was_done_to_it(tmp_path: Path):
    """As Label Studio keeps it; a picture without a time counts for none."""
    studio, kept = Studio(), tmp_path / "b.json"
    push([(frame(), Proposed(found()))], "d v1", studio, "batch", kept)
    done = annotation(studio.tasks[0])
    untimed = Pulled.of("a.jpg", done)
    assert untimed.seconds is None
    pulled = [untimed, Pulled.of("a.jpg", done | {"lead_time": 6.3})]
    told = times(pulled, read_pushed(kept)[1])
    assert (told["pictures"], told["a_picture"], told["accepted"]) == (1, 6.3, 2.1)
    with pytest.raises(AnnotationError, match=r"a\.jpg"):
        Pulled.of("a.jpg", done | {"lead_time": "long"})


def test_pulling_what_was_never_pushed_says_what_to_do(tmp_path: Path):
    """Provenance cannot be told without the proposals."""
    with pytest.raises(AnnotationError) as refused:
        read_pushed(tmp_path / "no.json")
    assert "push" in (refused.value.hint or "")


class Answers(BaseHTTPRequestHandler):
    """A server that refuses one path and answers the rest."""

    def do_POST(self) -> None:
        """Say project 3, or no."""
        self.rfile.read(int(self.headers["Content-Length"]))
        allowed = self.headers["Authorization"] == "Token t"
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(b'{"id": 3}' if allowed else b"who are you?")

    def log_message(self, *_arguments: object) -> None:
        """Quietly."""


@pytest.fixture
def answering() -> Iterator[str]:
    """The address of such a server."""
    with answered_by(Answers) as url:
        yield url


def test_what_label_studio_refuses_is_passed_on(answering: str):
    """A wrong token is said, and a server that is not there too."""
    assert LabelStudio(answering, "t").create_project("x") == 3
    with pytest.raises(RequestRefused, match="who are you"):
        LabelStudio(answering, "wrong").create_project("x")
    with pytest.raises(RequestRefused, match="does not answer"):
        LabelStudio("http://127.0.0.1:9", "t").create_project("x")

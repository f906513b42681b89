"""Label Studio's ML backend protocol: as it asks, so it is answered."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from fastapi.testclient import TestClient

from facings.collect.label_studio import Pulled
from facings.collect.ml_backend import Backend
from facings.collect.propose import Proposed, Suggestion, mirrored_boxes
from facings.collect.review import disagreement
from facings.server.ml_backend import create_ml_backend
from facings.types import Detections, Frame
from test_collect_field import jpeg, shelf

BOXES = np.array([[10, 10, 50, 60], [60, 10, 100, 60]], np.float32)
NONE = np.zeros((0, 4), np.float32)


def propose(_: Frame) -> Proposed:
    """Two boxes."""
    tea = Suggestion("07310865001429", "Tea", 0.9)
    return Proposed(Detections(BOXES, np.array([0.9, 0.5], np.float32)), ((tea,), ()))


class _Studio(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ours = self.headers["Authorization"] == "Token t"
        self.send_response(200 if ours and self.path == "/data/upload/1/p.jpg" else 404)
        self.end_headers()
        self.wfile.write(jpeg(shelf()))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The backend of a Label Studio that has one picture."""
    with HTTPServer(("127.0.0.1", 0), _Studio) as studio:
        threading.Thread(target=studio.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{studio.server_port}"
        with TestClient(create_ml_backend(Backend(propose, "d v1", url, "t"))) as opened:
            yield opened
        studio.shutdown()


def test_it_is_well_and_says_which_model_it_is(client: TestClient):
    """What Label Studio asks when a backend is added to a project."""
    assert client.get("/health").json()["status"] == "UP"
    asked = {"project": "1.2", "schema": "<View/>", "hostname": "x", "access_token": "y"}
    assert client.post("/setup", json=asked).json() == {"model_version": "d v1"}
    assert client.post("/versions", json={"project": "1.2"}).json() == {"versions": ["d v1"]}
    assert client.post("/train", json={}).status_code == 201
    assert client.get("/is_training").json() == {"is_training": False}


def test_no_tasks_get_no_results(client: TestClient):
    """And unknown fields do no harm."""
    asked = {"tasks": [], "project": "1.2", "label_config": "<View/>", "params": {}}
    assert client.post("/predict", json=asked).json() == {"results": [], "model_version": "d v1"}


@pytest.mark.parametrize(
    "image",
    ["/data/upload/1/p.jpg", "data:image/jpeg;base64," + base64.b64encode(jpeg(shelf())).decode()],
)
def test_boxes_come_back_as_regions(client: TestClient, image: str):
    """From the task itself or from Label Studio; with score, model and what it may be."""
    answer = client.post("/predict", json={"tasks": [{"id": 1, "data": {"image": image}}]}).json()
    [prediction] = answer["results"]
    assert prediction["model_version"] == "d v1"
    assert prediction["result"][0]["meta"] == {"text": ["7310865001429 Tea 0.90"]}
    assert [each["score"] for each in prediction["result"]] == [0.9, 0.5]
    pulled = Pulled.of("p", {"result": prediction["result"]})
    np.testing.assert_allclose(pulled.boxes_xyxy, BOXES, atol=1e-3)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "http://elsewhere.test/p.jpg",
        "/data/upload/2/none.jpg",
        "data:image/png;base64,%%",
        "data:,",
    ],
)
def test_a_picture_that_cannot_be_had_gets_no_boxes(client: TestClient, image: str):
    """The others of the batch are answered; nothing is fetched from elsewhere."""
    data = {"image": "data:image/jpeg;base64," + base64.b64encode(jpeg(shelf())).decode()}
    tasks = [{"id": 1, "data": {"image": image}}, {"id": 2, "data": data}]
    results = client.post("/predict", json={"tasks": tasks}).json()["results"]
    assert [len(each["result"]) for each in results] == [0, 2]


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [(NONE, NONE, 0), (BOXES, NONE, 1), (BOXES, BOXES, 0), (BOXES, BOXES[:1], 1 / 3)],
)
def test_two_looks_disagree_by_what_only_one_saw(one: np.ndarray, other: np.ndarray, share: float):
    """A share of all boxes."""
    assert disagreement(one, other) == pytest.approx(share)


def test_a_mirrored_look_is_turned_back():
    """Boxes come in the picture's own pixels."""
    frame = Frame(np.zeros((80, 120, 3), np.uint8), "p")
    found = mirrored_boxes(frame, lambda _: Detections(BOXES, np.ones(2, np.float32)))
    assert found.tolist() == [[70, 10, 110, 60], [20, 10, 60, 60]]

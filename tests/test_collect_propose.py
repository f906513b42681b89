"""What is proposed for a picture: boxes found now or taken from a batch, and likely products."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from answering import answered_by
from tiny_store import COLORS, MILK, RICE, TEA, Run, shelf


class Studio(BaseHTTPRequestHandler):
    """A Label Studio that makes project 7 and keeps what is imported."""

    tasks: list[dict]

    def do_POST(self) -> None:
        """Keep it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/import"):
            self.tasks.extend(body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id": 7}')

    def log_message(self, *_arguments: object) -> None:
        """Quietly."""


@pytest.fixture
def push(store: Run, tmp_path: Path) -> Iterator[Run]:
    """Push pictures of the tiny store to a Label Studio."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    shelf(COLORS[TEA], COLORS[RICE]).save(pictures / "one.png")
    shelf(COLORS[MILK]).save(pictures / "two.png")
    Studio.tasks = []
    with answered_by(Studio) as url:

        def run_one(*words: str | Path):
            to = ("--name", "monday", "--url", url, "--token", "t", "--json")
            return store("annotate", "push", *words, *to)

        yield run_one


def boxes(tmp_path: Path) -> dict[str, tuple[str, list]]:
    """What is kept of what was pushed: by picture the model and its boxes."""
    kept = json.loads((tmp_path / "home" / "annotate" / "monday.json").read_text())
    return {each["key"]: (each["model"], each["boxes_xyxy"]) for each in kept["proposals"]}


def test_what_is_no_batch_of_proposals_is_refused(push: Run, store: Run):
    """A folder without results, and results of another task."""
    said = push("pictures", "--proposals", "nowhere")
    assert said.code == 3
    assert "nowhere holds no results" in said.err
    assert store("batch", "embed", "pictures", "--out", "vectors").code == 0
    said = push("pictures", "--proposals", "vectors")
    assert "results of embed, not of propose" in said.err
    assert Studio.tasks == []


def test_boxes_of_a_batch_are_pushed_as_if_found_now(push: Run, store: Run, tmp_path: Path):
    """With the model that found them, whatever is published here meanwhile."""
    assert push("pictures").code == 0
    found_now = boxes(tmp_path)
    assert store("batch", "propose", "pictures", "--out", "results").code == 0
    job = tmp_path / "results" / "job.json"
    job.write_text(json.dumps(json.loads(job.read_text()) | {"version": 9}))
    Studio.tasks.clear()
    said = push("pictures", "--proposals", "results")
    assert said.code == 0
    assert (said.json["pictures"], said.json["model"]) == (2, "facings-detector v9")
    taken = boxes(tmp_path)
    assert {name: each[1] for name, each in taken.items()} == {
        name: each[1] for name, each in found_now.items()
    }
    assert {each[0] for each in taken.values()} == {"facings-detector v9"}
    assert {each["predictions"][0]["model_version"] for each in Studio.tasks} == {
        "facings-detector v9"
    }


def test_a_picture_without_a_result_stops_none_of_the_rest(push: Run, store: Run, tmp_path: Path):
    """What to do about it is said; frames of videos have no bytes to be known by."""
    assert store("batch", "propose", "pictures/one.png", "--out", "results").code == 0
    said = push("pictures", "--proposals", "results")
    assert (said.code, said.json["pictures"]) == (1, 1)
    assert "two.png has no boxes in results" in said.err
    assert "facings batch propose" in said.err
    assert list(boxes(tmp_path)) == ["one.png"]


def test_products_are_suggested_beside_boxes_of_a_batch(push: Run, store: Run):
    """By the catalogue of today: the nearest product first, with its picture."""
    assert store("batch", "propose", "pictures/one.png", "--out", "results").code == 0
    assert push("pictures/one.png", "--proposals", "results", "--suggest").code == 0
    [task] = Studio.tasks
    first = sorted(task["predictions"][0]["result"], key=lambda each: each["value"]["x"])[0]
    assert first["meta"]["text"][0].startswith(f"{TEA} Product {TEA} ")
    choices = {each["value"]: each["html"] for each in task["data"]["products"]}
    assert "packshot" in choices[f"{TEA} Product {TEA}"]


def test_a_product_whose_picture_is_gone_is_suggested_without(push: Run, tmp_path: Path):
    """Its name and number are enough to go by."""
    (tmp_path / f"{TEA}.png").unlink()
    assert push("pictures/one.png", "--suggest").code == 0
    [task] = Studio.tasks
    choices = {each["value"]: each["html"] for each in task["data"]["products"]}
    assert "packshot" not in choices[f"{TEA} Product {TEA}"]
    assert "packshot" in choices[f"{RICE} Product {RICE}"]

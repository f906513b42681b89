"""The real Label Studio asks our ML backend for boxes: `make test-studio`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import TOKEN, facings, started
from test_label_studio import PICTURE


def ask(url: str, path: str, body: object = None) -> object:
    """Speak to Label Studio's API."""
    request = urllib.request.Request(
        url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"},
        method="GET" if body is None else "POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        pytest.fail(f"{path}: {error.code} {error.read().decode()[:500]}")


@pytest.fixture
def backend(studio: tuple[Path, str]) -> Iterator[str]:
    """Start `facings annotate backend`; its address."""
    home, url = studio
    with started(home, "backend", "--url", url, patience_s=60) as address:
        yield address


def test_label_studio_takes_our_backend_and_its_boxes(studio: tuple[Path, str], backend: str):
    """It is added, found well, and asked for the tasks of a project."""
    home, url = studio
    pushed = facings(home, "push", PICTURE, "--name", "asked", "--url", url)
    project = pushed["project"]
    added = ask(url, "/api/ml", {"project": project, "url": backend, "title": "facings"})
    assert isinstance(added, dict)
    listed = ask(url, f"/api/ml?project={project}")
    assert isinstance(listed, list)
    [known] = listed
    assert known["state"] == "CO", known  # connected
    tasks = ask(url, f"/api/tasks?project={project}&fields=all")
    assert isinstance(tasks, dict)
    data = tasks["tasks"][0]["data"]
    bare = ask(url, f"/api/projects/{project}/import?return_task_ids=1", [{"data": data}])
    assert isinstance(bare, dict)
    [task_id] = bare["task_ids"]
    assert ask(url, f"/api/predictions?task={task_id}") == []
    everything = {"selectedItems": {"all": True, "excluded": []}, "project": project}
    ask(url, f"/api/dm/actions?id=retrieve_tasks_predictions&project={project}", everything)
    predictions = ask(url, f"/api/predictions?task={task_id}")
    assert isinstance(predictions, list)
    [prediction] = predictions
    assert prediction["model_version"] == pushed["model"]
    [proposal] = json.loads((home / "annotate" / "asked.json").read_text())["proposals"]
    # The picture in the task is a JPEG of the one that was pushed: a weak box may differ.
    assert abs(len(prediction["result"]) - len(proposal["boxes_xyxy"])) <= 3

"""Two Ray workers on this machine, one of them killed half-way: no picture lost, none twice.

Not in the default run: `make test-ray`, in an environment that has Ray.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "tests" / "fixtures" / "weights"
FACINGS = Path(sys.executable).with_name("facings")
PICTURES = 48
SIDE_PX = 900  # noise of this size takes long enough to be killed at


def command(task: str, pictures: Path, out: Path, *words: str) -> list[str]:
    """A command line of `facings batch`."""
    return [str(FACINGS), "batch", task, str(pictures), "--out", str(out), "--json", *words]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of noise, every tenth of them the same bytes as the one before."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        file = folder / f"{number:03}.png"
        if number % 10 == 9:
            file.write_bytes((folder / f"{number - 1:03}.png").read_bytes())
            continue
        noise = rng.integers(0, 256, (SIDE_PX, SIDE_PX, 3), np.uint8)
        Image.fromarray(noise).save(file, compress_level=1)
    return folder


def results(out: Path) -> dict[str, int]:
    """Results by hash, with the time each was written."""
    return {file.stem: file.stat().st_mtime_ns for file in out.glob("??/*") if file.stem[0] != "."}


def lines(out: Path) -> list[dict[str, str]]:
    """The table's lines."""
    return [json.loads(text) for text in (out / "pictures.jsonl").read_text().splitlines()]


def workers_of(driver: int) -> list[int]:
    """Processes of Ray that work for a driver of ours, found by their ancestors."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                names[int(entry.name)] = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])

    def is_ours(process: int) -> bool:
        while process in parents:
            process = parents[process]
            if process == driver:
                return True
        return False

    return [p for p, name in names.items() if name.startswith(b"ray::work_on") and is_ours(p)]


@pytest.mark.parametrize("task", ["embed", "propose"])
def test_a_killed_worker_loses_nothing_and_nothing_is_done_twice(
    pictures: Path, tmp_path: Path, task: str
):
    """Its portion is begun again; what it had written stays as it was written."""
    out = tmp_path / "out"
    environment = {**os.environ, "FACINGS_WEIGHTS": str(WEIGHTS), "FACINGS_HOME": str(tmp_path)}
    words = command(task, pictures, out, "--ray", "local", "--workers", "2")
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as driver:
        before: dict[str, int] = {}
        busy: list[int] = []
        while driver.poll() is None and not busy:
            time.sleep(0.1)
            before = results(out)
            busy = workers_of(driver.pid) if len(before) >= 3 else []
        assert busy, "nobody worked"
        os.kill(busy[0], signal.SIGKILL)
        said, _ = driver.communicate()
    assert driver.returncode == 0
    done = json.loads(said)
    distinct = PICTURES - PICTURES // 10
    assert len(before) < distinct, "all was done before the kill"
    assert (done["pictures"], done["results"], done["failed"]) == (PICTURES, distinct, 0)
    table = lines(out)
    files = [line["file"] for line in table]
    assert files == sorted(str(file) for file in pictures.iterdir())
    after = results(out)
    assert len(after) == distinct
    assert {line["sha256"] for line in table} == set(after)
    assert before.items() <= after.items()  # none was written again
    assert not list(out.glob("??/.*"))

    again = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(again.stdout)["earlier"] == PICTURES
    assert results(out) == after

    alone = tmp_path / "alone"
    subprocess.run(command(task, pictures, alone), env=environment, check=True, capture_output=True)
    assert set(results(alone)) == set(after)
    for sha256 in after:
        name = f"{sha256[:2]}/{sha256}"
        if task == "propose":
            assert (out / f"{name}.json").read_text() == (alone / f"{name}.json").read_text()
        else:
            pair = [np.load(folder / f"{name}.npz")["vector"] for folder in (out, alone)]
            np.testing.assert_allclose(*pair, atol=1e-5)


def test_a_cluster_that_is_not_there_is_a_sentence(pictures: Path, tmp_path: Path):
    """With the code of what cannot be served."""
    environment = {**os.environ, "FACINGS_WEIGHTS": str(WEIGHTS)}
    words = command("propose", pictures, tmp_path / "out", "--ray", "127.0.0.1:1")
    said = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert said.returncode == 8
    assert "Ray at 127.0.0.1:1 does not answer" in said.stderr
    assert "Traceback" not in said.stderr

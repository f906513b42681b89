"""Many pictures in one process: a result each, by the hash of its bytes, and none a second time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from facings.batch.results import Line, Table
from tiny_store import COLORS, WEIGHTS, Run, plain, shelf

KILLED = """
import os, signal, sys
from facings.batch import run, work
one, calls = work._one, []
def die_at_the_fifth(*arguments):
    calls.append(1)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return one(*arguments)
work._one = die_at_the_fifth
run.PORTION = 3
from facings.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Eight pictures, two of them with the same bytes."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(7):
        shelf((255, 255, 40 * number)).save(folder / f"{number}.png")
    shutil.copyfile(folder / "0.png", folder / "again.png")
    return folder


def results(out: Path) -> list[Path]:
    """What lies in the folder by hash; nothing half written lies beside it."""
    found = sorted(out.glob("??/*"))
    assert all(len(file.stem) == 64 for file in found)
    return found


def lines(out: Path) -> list[dict[str, str]]:
    """The table's lines."""
    return [json.loads(text) for text in (out / "pictures.jsonl").read_text().splitlines()]


def test_an_empty_folder_is_refused(run: Run, tmp_path: Path):
    """There is nothing to give out."""
    (tmp_path / "none").mkdir()
    assert run("batch", "embed", "none", "--out", "out").code == 3
    assert not (tmp_path / "out").exists()


def test_a_vector_is_that_of_the_gallery(run: Run, tmp_path: Path):
    """The same as `facings embed` gives, under the hash of the picture."""
    folder = tmp_path / "products"
    folder.mkdir()
    for gtin, color in list(COLORS.items())[:2]:
        plain(color).save(folder / f"{gtin}.png")
    said = run("batch", "embed", folder, "--out", "out", "--json")
    assert (said.code, said.json["pictures"], said.json["results"]) == (0, 2, 2)
    assert run("embed", folder, "--out", "one.npz").code == 0
    known = np.load(tmp_path / "one.npz")
    for line in lines(tmp_path / "out"):
        row = list(known["names"]).index(Path(line["file"]).name)
        file = tmp_path / "out" / line["sha256"][:2] / f"{line['sha256']}.npz"
        np.testing.assert_array_equal(np.load(file)["vector"], known["vectors"][row])


def test_proposals_are_those_of_the_detector(run: Run, pictures: Path, tmp_path: Path):
    """With the model's name, for whoever corrects them."""
    assert run("batch", "propose", pictures, "--out", "out").code == 0
    [line] = [each for each in lines(tmp_path / "out") if each["file"].endswith("/3.png")]
    file = tmp_path / "out" / line["sha256"][:2] / f"{line['sha256']}.json"
    document = json.loads(file.read_text())
    assert (document["size_wh"], document["model"]) == ([192, 192], "facings-detector v1")
    assert document["boxes_xyxy"] == [[64, 64, 128, 128]]


def test_the_same_bytes_are_one_result(run: Run, pictures: Path, tmp_path: Path):
    """Two paths, two lines, one file; a second run does nothing."""
    first = run("batch", "propose", pictures, "--out", "out", "--json").json
    assert (first["pictures"], first["results"], first["earlier"]) == (8, 7, 0)
    written = {file: file.stat().st_mtime_ns for file in results(tmp_path / "out")}
    assert len(written) == 7
    again = run("batch", "propose", pictures, "--out", "out", "--json").json
    assert (again["pictures"], again["results"], again["earlier"]) == (8, 7, 8)
    assert written == {file: file.stat().st_mtime_ns for file in results(tmp_path / "out")}
    assert len(lines(tmp_path / "out")) == 8


def test_a_killed_run_goes_on_where_it_was(run: Run, pictures: Path, tmp_path: Path):
    """What lies there is not done again, and every picture has one line in the end."""
    words = ["batch", "propose", str(pictures), "--out", "out"]
    killed = subprocess.run([sys.executable, "-c", KILLED, *words], env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    written = {file: file.stat().st_mtime_ns for file in results(tmp_path / "out")}
    assert len(written) == 4
    assert len(lines(tmp_path / "out")) == 3  # the second portion was not told of
    draft = next(iter(written)).with_name(".half-written.json")
    draft.write_text("{")
    with (tmp_path / "out" / "pictures.jsonl").open("a") as table:
        table.write('{"file": "half')
    assert run(*words, "--json").json["earlier"] == 3
    after = {file: file.stat().st_mtime_ns for file in results(tmp_path / "out")}
    assert len(after) == 7
    assert written.items() <= after.items()
    assert not draft.exists()
    files = [each["file"] for each in lines(tmp_path / "out")]
    assert len(files) == len(set(files)) == 8


def test_a_picture_that_cannot_be_read_is_told_and_tried_again(
    run: Run, pictures: Path, tmp_path: Path
):
    """The others have their results."""
    (pictures / "3.png").write_bytes(b"not a picture")
    said = run("batch", "propose", pictures, "--out", "out", "--json")
    assert (said.code, said.json["failed"], said.json["results"]) == (1, 1, 6)
    assert "3.png" in said.err
    shelf((255, 0, 0)).save(pictures / "3.png")
    said = run("batch", "propose", pictures, "--out", "out", "--json")
    assert (said.code, said.json["earlier"], said.json["results"]) == (0, 7, 7)
    assert not any("error" in each for each in lines(tmp_path / "out"))


def test_results_of_another_model_are_not_mixed(run: Run, pictures: Path):
    """Nor those of another task."""
    assert run("batch", "propose", pictures, "--out", "out").code == 0
    said = run("batch", "embed", pictures, "--out", "out")
    assert said.code == 4
    assert "out holds results of propose by facings-detector v1" in said.err


def test_a_worker_with_other_weights_refuses(pictures: Path, tmp_path: Path):
    """Results of one folder are of one model."""
    from facings.batch.results import Job
    from facings.batch.work import work_on
    from facings.errors import ModelCorrupted

    job = Job("propose", "facings-detector", 1, "0" * 64)
    with pytest.raises(ModelCorrupted, match="the job is by facings-detector v1"):
        work_on(job, [str(pictures / "0.png")], tmp_path / "out", 1, WEIGHTS)


def test_ray_that_is_not_installed_is_a_sentence(run: Run, pictures: Path):
    """What to install is in the hint; this environment has none."""
    assert not list(Path(sys.prefix).glob("lib/*/site-packages/ray"))
    said = run("batch", "propose", pictures, "--out", "out", "--ray", "local")
    assert said.code == 8
    assert 'pip install "facings[ray]"' in said.err


def test_the_table_knows_what_is_done(tmp_path: Path):
    """By path; an error is not done."""
    table = Table(tmp_path)
    assert not table.is_done(Path("a.png"))
    table.add([Line("a.png", "ab" * 32), Line("b.png", error="no picture")])
    again = Table(tmp_path)
    assert again.is_done(Path("a.png"))
    assert not again.is_done(Path("b.png"))

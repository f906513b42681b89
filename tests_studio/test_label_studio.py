"""The real Label Studio in a real browser: push, change a box, pull, and every origin is right.

Not in the default run: `make test-studio`. Label Studio is installed (about 1 GB) where
FACINGS_STUDIO_ENVIRONMENT says, or found there.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from driving import FACINGS, ROOT, annotating, facings

STORE = ROOT / "tests" / "golden" / "store"
PICTURE = STORE / "shelves" / "shelf-000.jpg"
MOVED_PX = 12
PICTURES_SHOWN = """nodes => Promise.all(nodes.map(node => new Promise(told => {
    const shown = new Image();
    shown.onload = () => told(shown.naturalWidth);
    shown.onerror = () => told(0);
    shown.src = getComputedStyle(node).backgroundImage.slice(5, -2);
})))"""


def test_a_box_that_is_moved_comes_back_as_edited_and_the_others_as_the_models(
    studio: tuple[Path, str], tmp_path: Path
):
    """One of them changed in the browser; nothing is drawn, nothing is lost."""
    home, url = studio
    pushed = facings(home, "push", PICTURE, "--name", "golden", "--url", url)
    [proposal] = json.loads((home / "annotate" / "golden.json").read_text())["proposals"]
    before = facings(home, "pull", tmp_path / "no.json", "--name", "golden", "--url", url)
    assert (before["pictures"], before["waiting"]) == (0, 1), "nothing is accepted by itself"

    box = proposal["boxes_xyxy"][0]
    with annotating(url, pushed["project"], proposal["size_wh"]) as person:
        person.select(box)
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        person.drag(middle, (middle[0] + MOVED_PX, middle[1]))
        person.submit()

    out = tmp_path / "golden.json"
    told = facings(home, "pull", out, "--name", "golden", "--url", url)
    count = len(proposal["boxes_xyxy"])
    assert (told["accepted"], told["adjusted"]) == (count - 1, 1)
    assert (told["added"], told["deleted"]) == (0, 0)
    assert told["seconds"]["pictures"] == 1
    assert 1 < told["seconds"]["a_picture"] < 120, "Label Studio took the time"
    boxes = json.loads(out.read_text())["annotations"]
    [edited] = [each for each in boxes if each["provenance"] == "edited"]
    assert edited["model"] == pushed["model"]
    assert edited["score"] == pytest.approx(proposal["scores"][0], abs=1e-3)
    assert edited["bbox"][0] == pytest.approx(box[0] + MOVED_PX, abs=3)


def test_a_product_is_chosen_by_its_picture(studio: tuple[Path, str], tmp_path: Path):
    """Boxes from a batch; those that one of them may be stand beside it with picture and GTIN.

    With FACINGS_SCREENSHOTS, a folder, what the person sees is kept there.
    """
    home, url = studio
    for words in (
        ("catalogue", "import", STORE / "products.json"),
        ("index", "build"),
        ("batch", "propose", PICTURE, "--out", tmp_path / "results"),
    ):
        subprocess.run([FACINGS, "--home", home, *words], check=True, stdout=subprocess.DEVNULL)
    words = (PICTURE, "--suggest", "--proposals", tmp_path / "results", "--name", "named")
    pushed = facings(home, "push", *words, "--url", url)
    [proposal] = json.loads((home / "annotate" / "named.json").read_text())["proposals"]

    with annotating(url, pushed["project"], proposal["size_wh"]) as person:
        page = person.page
        choices = page.locator(".packshot")
        assert not choices.first.is_visible()
        person.select(proposal["boxes_xyxy"][0])
        choices.first.wait_for()
        widths = choices.evaluate_all(PICTURES_SHOWN)
        assert len(widths) > 1
        assert min(widths) > 40, "every product has its picture"
        if folder := os.environ.get("FACINGS_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/products.png")
        likely = page.locator("text=/^\\d{8,14} .* 0\\.\\d\\d/").first.inner_text()
        gtin, name = likely.split(maxsplit=1)
        page.get_by_placeholder("GTIN or name").fill(gtin)
        chosen = page.locator(".packshot:visible")
        assert chosen.count() == 1, "the list is searched by GTIN"
        assert name.startswith(str(chosen.get_attribute("aria-label")))
        chosen.first.click()
        person.submit()

    out = tmp_path / "named.json"
    told = facings(home, "pull", out, "--name", "named", "--url", url)
    assert told["accepted"] == len(proposal["boxes_xyxy"])
    boxes = json.loads(out.read_text())["annotations"]
    assert [each["gtin"] for each in boxes if "gtin" in each] == [gtin], "nobody said the others"
    assert {each["model"] for each in boxes} == {pushed["model"]}

"""What the app's tests share: a camera that looks at one shelf, and the way to a named product."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from facings.client import FacingsClient

SHELF = Path(__file__).parents[2] / "demo" / "store" / "shelves" / "shelf-010.jpg"
PHONE = {
    "viewport": {"width": 412, "height": 915},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"


def still_camera(file: Path, picture: Path = SHELF, *, upright: bool = True) -> Path:
    """Write a camera's file that shows the middle of one picture for ever."""
    size = "720:1280" if upright else "1280:720"
    fill = f"scale={size}:force_original_aspect_ratio=increase,crop={size},fps=5,format=yuv420p"
    words = ["-loop", "1", "-i", picture, "-vf", fill, "-t", "1", file]
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, words)], check=True)
    return file


def start(page: Page) -> None:
    """Start the camera; wait until something has a name and the list is at rest.

    At rest is what has not turned for three seconds, such as by print just read: what a test means
    to tap would be another one otherwise.
    """
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_role("button", name="List (").click()
    page.locator('.item[data-state="recognised"] strong').first.wait_for()
    page.wait_for_function(
        """() => {
          const now = [...document.querySelectorAll('.item')].map((each) => each.innerText).join()
          if (now !== window.stood?.now) window.stood = { now, sinceMs: Date.now() }
          return Date.now() - window.stood.sinceMs > 3000
        }""",
        polling=200,
    )


def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page at rest: a sheet half faded in has no contrast yet."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def barcode_picture(ean13: str, degrees: float) -> Image.Image:
    """Draw a code in the middle of a frame: six patterns of parity say the first digit."""
    odd = "0001101 0011001 0010011 0111101 0100011 0110001 0101111 0111011 0110111 0001011"
    parity = "OOOOOO OOEOEE OOEEOE OOEEEO OEOOEE OEEOOE OEEEOO OEOEOE OEOEEO OEEOEO"
    patterns = odd.split(" ")
    swapped = str.maketrans("01", "10")

    def left(digit: str, kind: str) -> str:
        pattern = patterns[int(digit)]
        return pattern if kind == "O" else pattern.translate(swapped)[::-1]

    halves = zip(ean13[1:7], parity.split(" ")[int(ean13[0])], strict=True)
    bars = "101" + "".join(left(digit, kind) for digit, kind in halves) + "01010"
    bars += "".join(patterns[int(digit)].translate(swapped) for digit in ean13[7:]) + "101"
    frame = Image.new("L", (1280, 720), 235)
    for place, bar in enumerate(bars):
        if bar == "1":
            frame.paste(15, (450 + 4 * place, 260, 454 + 4 * place, 460))
    return frame.rotate(degrees, fillcolor=235).convert("RGB")


def first_gtin(url: str) -> str:
    """Find a product of the demo store with everything to tell."""
    with FacingsClient(url, "none") as client:
        return next(each.gtin for each in client.products() if each.nutrition_per_100)

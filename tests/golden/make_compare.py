"""Write compare/ anew: facings, pictures of what they may be, and how alike they are in detail.

    .venv/bin/python tests/golden/make_compare.py

Facings are pictures of the golden store turned, bent, blurred and darkened, as a phone sees them.
Read by tests/test_compare.py and web/tests/compare.test.ts; as PPM and PGM, which are headers
before plain pixels.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from facings.capture import read_picture
from facings.compare import compare_by_blocks, grey_view
from facings.main_product import gallery_crop
from facings.tensor import resized
from facings.types import ByteImage

HERE = Path(__file__).parent
FOLDER = HERE / "compare"
CASES = {
    "ketchup": ("9527195694261", ("9524506000223", "9527195694261", "9520772539757")),
    "stew": ("9527026443136", ("9527026443136", "9524417412931")),
    "water": ("9523498261209", ("9520828098634", "9523498261209", "9526613589080")),
    "something else": ("9528410807176", ("9527026443136", "9524417412931")),
}
"""What a facing is, and what it may be, the likeliest first."""


def picture(gtin: str) -> ByteImage:
    """Front of a product as it is embedded."""
    return gallery_crop(read_picture(HERE / "store" / "pictures" / f"{gtin}-front.jpg"))


def on_a_shelf(front: ByteImage) -> ByteImage:
    """A front 150 pixels high, turned by two degrees, slanted, blurred and in half light."""
    height = 150
    width = round(front.shape[1] * height / front.shape[0])
    small = resized(front, width, height)
    move = np.array([[1.02, 0.03, -4], [-0.035, 0.97, 5]], np.float32)
    turned = cv2.warpAffine(small, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    light = np.linspace(0.9, 0.6, width, dtype=np.float32)[None, :, None]
    return np.asarray(cv2.GaussianBlur(turned, (0, 0), 0.9) * light, np.uint8)


def main() -> None:
    """Write the pictures and what is expected of them."""
    FOLDER.mkdir(exist_ok=True)
    cases = []
    for name, (gtin, may_be) in CASES.items():
        facing, file = on_a_shelf(picture(gtin)), f"{name.replace(' ', '-')}.ppm"
        cv2.imwrite(str(FOLDER / file), cv2.cvtColor(facing, cv2.COLOR_RGB2BGR))
        views = [grey_view(picture(each)) for each in may_be]
        for each, view in zip(may_be, views, strict=True):
            cv2.imwrite(str(FOLDER / f"{each}.pgm"), view)
        likeness = [round(each, 4) for each in compare_by_blocks(facing, views)]
        cases.append({"name": name, "facing": file, "views": list(may_be), "likeness": likeness})
    (FOLDER / "expected.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()

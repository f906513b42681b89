"""Faces that are found: portraits pasted into photographs of shelves, and pictures without people.

    python evals/faces.py --portraits astronaut.png hopper.jpg --shelves DIR --without DIR...

Portraits of our run: NASA's of Eileen Collins (scikit-image's `data.astronaut()`, its top left
320 x 240 pixels from column 120 on) and the US Navy's of Grace Hopper (matplotlib's sample data),
both in the public domain.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from facings.capture import expand_inputs, read_picture
from facings.collect.faces import FaceFinder
from facings.types import ByteImage
from results_file import write_result

HEIGHTS = (0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07)
SHELVES = 4
GROCERY_EVERY = 12


def main() -> None:
    """Count what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portraits", type=Path, nargs="+", required=True)
    parser.add_argument("--shelves", type=Path, required=True)
    parser.add_argument("--without", type=Path, nargs="+", required=True)
    said = parser.parse_args()
    find, rng = FaceFinder.load(), np.random.default_rng(0)
    shelves = [each.path for each in expand_inputs([said.shelves])][:SHELVES]
    found: dict[str, int] = {}
    for share in HEIGHTS:
        for portrait in said.portraits:
            for shelf in shelves:
                image, place = _pasted(
                    read_picture(shelf).image, read_picture(portrait).image, share, rng
                )
                hit = any(_middle_inside(box, place) for box in find(image))
                found[f"{share}"] = found.get(f"{share}", 0) + hit
    files = [file for folder in said.without for file in _some(folder)]
    with_box = [file.name for file in files if len(find(read_picture(file).image))]
    measured = {
        "found_by_portrait_height": found,
        "portraits_of_each_height": len(said.portraits) * len(shelves),
        "pictures_without_people": len(files),
        "with_a_box": with_box,
    }
    write_result("faces", measured, ("facings-faces",))


def _some(folder: Path) -> list[Path]:
    files = [each.path for each in expand_inputs([folder])]
    return files[::GROCERY_EVERY] if len(files) > 1000 else files


def _pasted(
    shelf: ByteImage, portrait: ByteImage, share: float, rng: np.random.Generator
) -> tuple[ByteImage, tuple[int, int, int, int]]:
    height = int(shelf.shape[0] * share)
    width = int(portrait.shape[1] * height / portrait.shape[0])
    left = int(rng.integers(0, shelf.shape[1] - width))
    top = int(rng.integers(0, shelf.shape[0] - height))
    small = cv2.resize(portrait, (width, height), interpolation=cv2.INTER_AREA)
    image = shelf.copy()
    image[top : top + height, left : left + width] = small
    return image, (left, top, left + width, top + height)


def _middle_inside(box: np.ndarray, place: tuple[int, int, int, int]) -> bool:
    x, y = (box[:2] + box[2:]) / 2
    return bool(place[0] < x < place[2] and place[1] < y < place[3])


if __name__ == "__main__":
    main()

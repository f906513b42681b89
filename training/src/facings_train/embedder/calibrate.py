"""Find what `rerank` decides by, on rendered shelves that no model was trained on.

    python -m facings_train.embedder.calibrate STORE... --strangers FOLDER \\
        --packages GROCERY_STORE --weights src/facings/weights

What `facings.evaluate.calibration` finds, with a fifth of the product lines missing from the
gallery so that unknown products count. First for what a phone has by itself: vectors, sizes,
artwork, and print read on what is ambiguous without. Then for what is ambiguous by that, and
compared by blocks with pictures that a phone asks for. Then for what a scan has, where points and
pictures are compared of all that is not settled, sizes weighed again and print read on what is
ambiguous still.

FOLDER holds photographs of shops that sell nothing of it: what is found on them counts against the
bars, since rendered strangers alone look too little like the stores' products. GROCERY_STORE holds
photos of real packages, of two brands never trained on, which lie farther from their catalogue
pictures than rendered ones do. The detector is calibrated before. Rewrites the manifest.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.progress import track

from facings.compare import PICTURE_WEIGHTS
from facings.detect import Detector
from facings.embed import Embedder
from facings.evaluate.calibration import Observation, calibrate, fit_weights, recognised
from facings.evaluate.end_to_end import read_shelf_truths
from facings.evidence.words import PrintReader, RapidReader
from facings.models import write_manifest
from facings.rerank import BY_BLOCKS, WEIGHTS, WITHOUT_PICTURES, is_compared
from facings_train.embedder.observe import (
    Seen,
    observations_of,
    open_gallery,
    see,
    see_package,
    see_strangers,
)
from facings_train.embedder.packages import is_item_left_out, unseen_packages, write_catalogue

PRECISION = 0.97
"""Wanted of what is called recognised, in a mix harder than a shop's, of which half is unknown. For
version 4 of the detector 0.98 would have named 516 of 760 known facings and 10 falsely, 0.97 some
570 and 18."""
STRANGERS = 0.5
"""Strangers that are asked about, for each facing of the stores: how many a detector finds on the
photographs must not move the bars (0.54 for version 3, of which all counted)."""
PACKAGES = 0.5
"""Photos of packages that are asked about, for each facing of the stores, when a scan's bars are
found: a photo may show either. What a phone sends is of shelves, mostly: there they count as they
come."""


def main() -> None:
    """Look at every shelf, fit, compare and read what is ambiguous, fit again after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", type=Path, nargs="+", help="folders of rendered stores")
    parser.add_argument("--strangers", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--packages", type=Path, required=True, help="folder of grocery-store")
    parser.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()
    detector, embedder = Detector.load(), Embedder.load()
    shelves: list[Seen] = []
    strangers: list[Seen] = []
    photos = sorted(arguments.strangers.glob("*.png"))
    for store in arguments.stores:
        with tempfile.TemporaryDirectory() as home:
            gallery = open_gallery(store, embedder, Path(home))
        truths = read_shelf_truths(store / "shelves" / "truth.json")
        shelves += [see(truth, detector, embedder, gallery) for truth in track(truths, "seeing")]
        strangers += [
            see_strangers(photo, detector, embedder, gallery)
            for photo in track(photos, "strangers")
        ]
    packages = see_packages(arguments.packages, detector, embedder)
    every: list[list[Seen]] = [shelves, packages, strangers]
    plain = fit(every, {})
    print(f"vectors, sizes and artwork: {plain}")
    reader = RapidReader()
    read = [[each.read(plain, reader) for each in track(seen, "reading")] for seen in every]
    without = fit(read, weights_of(plain))
    print(f"and print: {without}")
    by_blocks = fit_by_blocks(shelves, without, reader)
    print(f"and pictures by blocks: {by_blocks}")
    every = [[each.compare(without) for each in track(seen, "comparing")] for seen in every]
    compared = fit_compared(every, {}, without)
    print(f"and points instead: {compared}")
    own = ending(WITHOUT_PICTURES, without)
    every = [
        [
            each.measure(compared | own).read(compared | own, reader)
            for each in track(seen, "reading")
        ]
        for seen in every
    ]
    found = fit_compared(every, weights_of(compared), without) | own
    found |= ending(BY_BLOCKS, by_blocks)
    thresholds = {name: round(value, 4) for name, value in found.items()}
    manifest = embedder.manifest.model_copy(update={"thresholds": thresholds})
    write_manifest(manifest, arguments.weights)
    count = sum(len(observations_of(seen)) for seen in every[:2])
    print(f"{embedder.manifest.label}: {thresholds} from {count} facings")


def see_packages(grocery_store: Path, detector: Detector, embedder: Embedder) -> list[Seen]:
    """Look at the development photos of real packages."""
    with tempfile.TemporaryDirectory() as home:
        write_catalogue(grocery_store, Path(home) / "products.json")
        gallery = open_gallery(Path(home), embedder, Path(home), is_item_left_out)
    return [
        see_package(photo.file, photo.gtin, detector, embedder, gallery)
        for photo in track(unseen_packages(grocery_store), "packages")
    ]


def weights_of(found: Mapping[str, float]) -> dict[str, float]:
    """What each kind of evidence gathered so far is worth."""
    return {name: found[name] for name in WEIGHTS if found[name]}


def fit(every: Sequence[Sequence[Seen]], held: Mapping[str, float]) -> dict[str, float]:
    """Fit bars, and weights but those that are held, to the evidence gathered so far.

    Weights by the shelves alone: single packages have no neighbours to be measured against, and
    strangers are nothing that evidence could tell apart.

    Args:
        every: shelves, packages, strangers.
        held: weights that stay as they are.
    """
    known, packages, strangers = map(observations_of, every)
    unknown = drawn(strangers, round(STRANGERS * len(known)))
    return calibrate([*known, *packages, *unknown], PRECISION, fit_weights(known, held))


def fit_by_blocks(
    shelves: Sequence[Seen], without: Mapping[str, float], reader: PrintReader
) -> dict[str, float]:
    """Fit weights of what a phone compares: pictures, then print where that is not enough.

    Sizes and artwork keep what they are worth without pictures, too few facings being compared to
    find that anew; so do bars: a probability means the same, whatever told it.

    Args:
        shelves: single packages have no neighbours to be measured against, and strangers are
            nothing that pictures could tell apart.
        without: what a phone decides by that compares nothing.
        reader: of print.
    """
    held = {name: without[name] for name in ("size_weight", "artwork_weight", "words_weight")}
    laid = [each.compare_by_blocks(without) for each in track(shelves, "comparing by blocks")]
    found = fit_weights(compared_of(laid), held)
    now = {**without, **ending(BY_BLOCKS, found)}
    read = [each.read(now, reader) for each in track(laid, "reading")]
    held = {name: found[name] for name in ("size_weight", "artwork_weight", "detail_weight")}
    return fit_weights(compared_of(read), held)


def compared_of(shelves: Sequence[Seen]) -> list[Observation]:
    """Facings that pictures were compared for."""
    return [each for each in observations_of(shelves) if is_compared(each.clues)]


def fit_compared(
    every: Sequence[Sequence[Seen]], held: Mapping[str, float], without: Mapping[str, float]
) -> dict[str, float]:
    """Fit bars and weights of compared facings, so that all facings together are precise enough.

    Args:
        every: shelves, packages, strangers.
        held: weights that stay as they are.
        without: what all others are decided by.
    """
    known, packages, strangers = map(observations_of, every)
    unknown = drawn(strangers, round(STRANGERS * len(known)))
    asked = [*known, *drawn(packages, round(PACKAGES * len(known))), *unknown]
    compared = [each for each in asked if is_compared(each.clues)]
    others = recognised([each for each in asked if not is_compared(each.clues)], without)
    weights = fit_weights([each for each in known if is_compared(each.clues)], held)
    return calibrate(compared, PRECISION, weights, others)


def ending(name: str, found: Mapping[str, float]) -> dict[str, float]:
    """What was found by names that end so, but for evidence that there is none of."""
    unseen = {BY_BLOCKS: ("geometry_weight",), WITHOUT_PICTURES: PICTURE_WEIGHTS}[name]
    return {f"{each}{name}": value for each, value in found.items() if each not in unseen}


def drawn(observations: Sequence[Observation], count: int) -> list[Observation]:
    """As many as `count`, evenly through all, several times where there are fewer; of none none."""
    return [
        observations[i * len(observations) // count] for i in range(count if observations else 0)
    ]


if __name__ == "__main__":
    main()

"""Write pack/ anew: a small pack, facings of three frames, and what they are decided to be.

    .venv/bin/python tests/golden/make_pack.py

Numbers are drawn, not embedded: the format and the decision are what it holds. Read by
tests/test_packs.py and web/tests/pack.test.ts.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.fuzz import partial_ratio

from facings.catalogue.gtin import check_digit
from facings.catalogue.pack import (
    PackContents,
    PackHead,
    int8_from_unit,
    pack_bytes,
    unit_from_int8,
    unpack,
)
from facings.evidence.artwork import near_pictures, weigh_artwork
from facings.evidence.sizes import weigh_sizes
from facings.evidence.words import label_words, weigh_words
from facings.product import Product
from facings.rerank import rerank
from facings.retrieve.exact import ExactIndex
from facings.types import Detections, EmbedderId, Embeddings, Evidence, Witnesses

FOLDER = Path(__file__).parent / "pack"
PACK = FOLDER / "golden.facpack"
QUERIES = FOLDER / "answers.json"
EMBEDDER = EmbedderId("golden", 1, "0" * 64)
THRESHOLDS = {"accept": 0.62, "sure": 0.78, "sharpness": 28.5763, "size_weight": 0.2657,
              "artwork_weight": 0.4635, "words_weight": 0.1524}  # fmt: skip
NEAREST = 10
DIM, SHAPE, LINES, KINDS = 32, (4, 5, 6), 9, 4
WORDS = ("Mint", "Lemon", "Crème", "Nut 500 g")
"""By which the four of a line differ in name."""

READ = [("", ""), ("mint", ""), ("mint", "mint"), ("mint", "teamint"), ("mint", "mlnt"),
        ("strawberry", "straben"), ("ebdd", "eebc"), ("375g", "37"), ("chocolate", "te"),
        ("chocolate", "chocolale100"), ("400ml", "inhalt400mle")]  # fmt: skip
"""Words, and lines that they may be in."""


def answers(packed: bytes, frames: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Decide every facing as `Recognizer` would, by what the pack knows."""
    head, contents = unpack(packed)
    index = ExactIndex(head.embedder, head.dim)
    shown = [contents.gtins[i] for i in contents.picture_products]
    vectors = Embeddings(unit_from_int8(contents.vectors), head.embedder)
    index.add(range(len(shown)), shown, vectors)
    sizes = {
        gtin: (float(w), float(h))
        for gtin, (w, h) in zip(contents.gtins, contents.sizes_mm, strict=True)
        if w > 0
    }
    labels = {
        each["gtin"]: label_words(Product(each["gtin"], each["name"])) for each in contents.records
    }
    found = []
    for frame in frames:
        seen = [np.frombuffer(base64.b64decode(each), np.int8) for each in frame["vectors_i8"]]
        artwork = np.stack(
            [np.frombuffer(base64.b64decode(each), np.int8) for each in frame["artwork_i8"]]
        ).reshape(-1, *SHAPE)
        asked = Embeddings(unit_from_int8(np.stack(seen)), head.embedder, artwork)
        boxes = np.array(frame["boxes_xyxy"], np.float32)
        candidates = index.search(asked, NEAREST)
        assert contents.artwork is not None
        gallery = {each: contents.artwork[each].reshape(-1) for each in near_pictures(candidates)}
        known = frame.get("witnesses", [])
        witnesses = Witnesses(
            np.array([each["box_xyxy"] for each in known], np.float32).reshape(-1, 4),
            tuple(each["gtin"] for each in known),
        )
        detections = Detections(boxes, np.ones(len(boxes), np.float32))
        evidence = Evidence(
            weigh_sizes(detections, candidates, sizes, witnesses),
            weigh_artwork(asked, candidates, gallery),
            ({},) * len(seen),
        )
        matches = rerank(candidates, evidence, head.thresholds)
        words = weigh_words(matches, labels, frame["printed"].__getitem__)
        matches = rerank(candidates, replace(evidence, words=words), head.thresholds)
        found.append(
            [
                {
                    "state": match.state,
                    "gtin": match.gtin,
                    "probability": round(match.probability, 5),
                    "alternatives": [each.gtin for each in match.alternatives],
                }
                for match in matches
            ]
        )
    return found


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def main() -> None:
    """Lines of look-alikes that differ in size or in some cells of their artwork."""
    draw = np.random.default_rng(7)
    gtins = [f"{i:012d}" for i in range(400000100000, 400000100000 + LINES * KINDS)]
    gtins = [f"0{body}{check_digit(body)}" for body in gtins]
    lines = np.repeat(draw.normal(size=(LINES, DIM)), KINDS, axis=0)
    products = _unit(lines + 0.18 * draw.normal(size=lines.shape))
    sizes = np.repeat(draw.uniform(50, 120, (LINES, 2)), KINDS, axis=0)
    sizes *= np.tile([1.0, 1.0, 1.3, 1.6], LINES)[:, None]
    sizes[5] = 0
    cells = np.repeat(draw.normal(size=(LINES, *SHAPE)), KINDS, axis=0)
    cells[:, :, 1:3, 2:4] += draw.normal(size=cells[:, :, 1:3, 2:4].shape) * 2
    shown = np.repeat(np.arange(len(gtins)), 2)
    pictures = _unit(products[shown] + 0.04 * draw.normal(size=(len(shown), DIM)))
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    contents = PackContents(
        tuple(gtins),
        tuple({"gtin": gtin, "name": f"Line {i // KINDS} {WORDS[i % KINDS]}",
               "nutrition_per_100": {}} for i, gtin in enumerate(gtins)),
        sizes.astype(np.float32),
        shown.astype(np.uint32),
        int8_from_unit(pictures),
        np.asarray(np.rint(cells[shown] * 127), np.int8),
    )  # fmt: skip
    head = PackHead("golden", "2026-11-27T00:00:00+00:00", EMBEDDER, THRESHOLDS, {}, (),
                    len(gtins), len(shown), DIM, SHAPE)  # fmt: skip
    frames = [_frame(draw, products, sizes, cells, count) for count in (4, 14, 24)]
    frames += [_with_witnesses(_frame(draw, products, sizes, cells, 12), asked=3)]
    row_of_one_line = np.array([4, 5, 4, 6, 7, 6, 6, 4, 6, 7, 0, 9, 12, 18, 23, 30, 34])
    frames += [_frame(draw, products, sizes, cells, len(row_of_one_line), row_of_one_line)]
    packed = pack_bytes(head, contents)
    for frame, answered in zip(frames, answers(packed, frames), strict=True):
        frame["answers"] = answered
    likenesses = [[word, line, partial_ratio(word, line) / 100] for word, line in READ]
    FOLDER.mkdir(exist_ok=True)
    PACK.write_bytes(packed)
    QUERIES.write_text(json.dumps({"frames": frames, "likenesses": likenesses}) + "\n")


def _with_witnesses(frame: dict[str, Any], asked: int) -> dict[str, Any]:
    """Ask about the first facings alone; the others are told of, by what they were said to be."""
    said = answers(PACK.read_bytes(), [frame])[0]
    told = {name: values[:asked] for name, values in frame.items()}
    told["witnesses"] = [
        {"box_xyxy": box, "gtin": answer["alternatives"][0]}
        for box, answer in zip(frame["boxes_xyxy"][asked:], said[asked:], strict=True)
        if answer["alternatives"]
    ]
    return told


def _frame(
    draw: np.random.Generator,
    products: np.ndarray,
    sizes: np.ndarray,
    cells: np.ndarray,
    n: int,
    stands: np.ndarray | None = None,
) -> dict[str, Any]:
    """A shelf of `n` facings, some of them of no product."""
    stands = draw.integers(0, len(products), n) if stands is None else stands
    noise = draw.choice([0.02, 0.06, 0.1, 1.0], n, p=[0.3, 0.3, 0.25, 0.15])
    vectors = _unit(products[stands] + noise[:, None] * draw.normal(size=(n, DIM)))
    seen_mm = np.where(sizes[stands] > 0, sizes[stands], 80) * draw.normal(1, 0.02, (n, 2))
    left = np.cumsum(seen_mm[:, 0] * 2 + 10)
    boxes = [
        [float(x - w * 2), float(600 - h * 2), float(x), 600.0]
        for x, (w, h) in zip(left, seen_mm, strict=True)
    ]
    look = cells[stands] + 2.0 * draw.normal(size=(n, *SHAPE))
    look /= np.linalg.norm(look, axis=1, keepdims=True)
    return {
        "boxes_xyxy": [[round(side, 2) for side in box] for box in boxes],
        "vectors_i8": [base64.b64encode(row.tobytes()).decode() for row in int8_from_unit(vectors)],
        "artwork_i8": [
            base64.b64encode(row.tobytes()).decode()
            for row in np.asarray(np.rint(look * 127), np.int8)
        ],
        "printed": [_printed(draw, int(product)) for product in stands],
    }


def _printed(draw: np.random.Generator, product: int) -> list[str]:
    """What was read on a facing: nothing, its word, a letter of it misread, or a line too many."""
    word = WORDS[product % KINDS]
    misread = word[:-1] + "x"
    return [[], [word], [misread, "te"], ["LINE", word.upper(), "Fresh"]][draw.integers(4)]


if __name__ == "__main__":
    main()

"""Fine-tune a published embedder on the products of somebody's own data set.

    facings-train embedder --dataset NAME --from facings-embedder --out my-embedder

Learns from the boxes of the training split that name a product, with rendered look-alikes beside
them, and goes a part of the way from the start (WiSE-FT, arXiv 2109.01903): a few products alone
would draw all others towards themselves (docs/log.md 2026-11-25). Judged on products of the
validation split, by one picture of each. Everything lies in the one folder: `own/` and `rendered/`
(crops), `checkpoint.pt`, and `weights/` (a folder for FACINGS_WEIGHTS). Run again, it goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facings.capture import read_picture
from facings.collect.dataset import Dataset, Row
from facings.embed import Embedder
from facings.errors import AnnotationError
from facings.evaluate.retrieval import LabelledPicture, RetrievalReport, evaluate_retrieval
from facings.models import open_manifest, open_model, weights_folder
from facings_train.candidate import copy_others, export_embedder
from facings_train.embedder.data import CropRow, CropSource, read_table, write_table
from facings_train.embedder.render import FAMILIES_PER_STORE, render_store, write_picture
from facings_train.embedder.train import EmbedderSchedule, train_embedder
from facings_train.runs import Recording

FILE = "facings-embedder-own.onnx"
VIEWS = 6  # photos of each rendered product
PEAK = 2e-4
Tell = Callable[[str], None]


@dataclass(frozen=True)
class EmbedderTuning:
    """What is trained, on what and how long."""

    dataset: Path  # a data set's folder, whose newest version is taken
    start: str  # name of a published embedder
    out: Path
    steps: int = 200
    blend: float = 0.5  # of the way from the start to the trained weights
    rendered: int = 100  # families of rendered products beside the own ones; 0 for none
    seed: int = 1


@dataclass(frozen=True)
class EmbedderComparison:
    """Start and result on the same held-back products; None where there is nothing to judge by."""

    start: RetrievalReport
    tuned: RetrievalReport

    @property
    def is_better(self) -> bool:
        """Whether more queries had their product first."""
        return self.tuned.hit[1] > self.start.hit[1]


def fine_tune_embedder(
    asked: EmbedderTuning, tell: Tell, recording: Recording | None = None
) -> EmbedderComparison | None:
    """Train, write a weights folder, and compare with the start on held-back products.

    Raises:
        AnnotationError: fewer than two products are named in the training split.
        ModelError: the start cannot be used.
    """
    record = recording or Recording()
    manifest = open_manifest(asked.start)
    start_file = weights_folder() / manifest.file
    rows = [row for row in Dataset(asked.dataset).rows() if row.gtin and not row.is_crowd]
    own = cut_products(asked, [row for row in rows if row.split == "train"])
    tell(f"training on {len(own)} crops of {len({row.product for row in own})} products")
    sources = [CropSource(asked.out / "own" / "crops.csv", families=12, members=1, photos=2)]
    if asked.rendered:
        render(asked, tell)
        sources.append(CropSource(asked.out / "rendered" / "crops.csv", 6, 3, 2))
    record.of_files([source.table for source in sources])
    schedule = EmbedderSchedule(asked.steps, PEAK, every=max(1, asked.steps // 20), seed=asked.seed)
    for progress in train_embedder(start_file, sources, schedule, asked.out):
        tell(str(progress))
        record.note(progress.step, {"loss": progress.loss})
    weights = asked.out / "weights"
    weights.mkdir(exist_ok=True)
    export_embedder(asked.out, manifest, weights / FILE, asked.blend)
    copy_others(asked.start, weights_folder(), weights)
    return _compare(asked, [row for row in rows if row.split == "val"], weights)


def cut_products(asked: EmbedderTuning, rows: Sequence[Row]) -> list[CropRow]:
    """Cut named boxes out into `own/`, and write their table; once."""
    table = asked.out / "own" / "crops.csv"
    if not table.exists():
        if len({row.gtin for row in rows}) < 2:
            raise AnnotationError(
                f"{asked.dataset} names {len({row.gtin for row in rows})} products to train on, "
                "two are needed",
                hint="give boxes a gtin (facings collect labels, facings annotate), or add shelves",
            )
        write_table(table, list(_cut(Dataset(asked.dataset), rows, table.parent)))
    return list(read_table(table))


def _cut(dataset: Dataset, rows: Iterable[Row], folder: Path) -> Iterable[CropRow]:
    by_picture: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_picture[row.picture, row.suffix].append(row)
    for (picture, suffix), boxes in by_picture.items():
        image = read_picture(dataset.picture_file(picture, suffix)).image
        for number, box in enumerate(boxes):
            crop = image[int(box.y0) : int(box.y1) + 1, int(box.x0) : int(box.x1) + 1]
            file = folder / f"{picture[:16]}-{number:03d}.jpg"
            write_picture(file, crop)
            yield CropRow(file, box.gtin, box.gtin, "cut")


def render(asked: EmbedderTuning, tell: Tell) -> None:
    """Render look-alikes into `rendered/`, once."""
    folder = asked.out / "rendered"
    if (folder / "crops.csv").exists():
        return
    tell(f"rendering {asked.rendered} families into {folder}")
    stores = range(max(1, asked.rendered // FAMILIES_PER_STORE))
    made = [row for store in stores for row in render_store(folder, asked.seed + store, VIEWS)]
    write_table(folder / "crops.csv", made)


def _compare(
    asked: EmbedderTuning, rows: Sequence[Row], weights: Path
) -> EmbedderComparison | None:
    """Judge by products of which there are two pictures: one is the gallery, the others ask."""
    seen: dict[str, list[LabelledPicture]] = defaultdict(list)
    for crop in _cut(Dataset(asked.dataset), rows, asked.out / "held-back"):
        seen[crop.product].append(LabelledPicture(crop.file, crop.product))
    gallery = [pictures[0] for pictures in seen.values()]
    queries = [each for pictures in seen.values() for each in pictures[1:]]
    if not queries:
        return None
    judged = [
        evaluate_retrieval(gallery, queries, Embedder(*opened), None, None)
        for opened in (open_model(asked.start), open_model(asked.start, folder=weights))
    ]
    return EmbedderComparison(*judged)

"""Frozen sets: pictures with a known truth that models are judged on, told apart by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from facings.errors import AnnotationError
from facings.evaluate.retrieval import LabelledPicture, read_labelled_pictures
from facings.evaluate.truth import Truth, read_truths

_BOXES = ("annotations.json", "truth.json", "shelves/truth.json")


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """What one folder holds to judge by: boxes, single products, or both."""

    name: str
    sha256: str
    """Of every file that is judged by; another hash is another set."""
    truths: tuple[Truth, ...] = ()
    gallery: tuple[LabelledPicture, ...] = ()
    queries: tuple[LabelledPicture, ...] = ()


def read_frozen_sets(folders: Iterable[Path]) -> tuple[FrozenSet, ...]:
    """Read several folders.

    Raises:
        AnnotationError: see `read_frozen_set`; or two folders have the same name.
    """
    found: dict[str, FrozenSet] = {}
    for folder in folders:
        one = read_frozen_set(folder)
        if one.name in found:
            raise AnnotationError(
                f"two sets are called {one.name}", hint="results go by the folder's name: rename it"
            )
        found[one.name] = one
    return tuple(found.values())


def read_frozen_set(folder: Path) -> FrozenSet:
    """Read a folder of pictures with their truth.

    Boxes for detectors: `annotations.json` or `truth.json` (COCO) beside the pictures, or a
    rendered store's `shelves/`. Single products for embedders: `gallery.csv` and `queries.csv`. Of
    a data set (`versions/`) its test split, or where that is empty the one for validation.

    Raises:
        AnnotationError: the folder holds none of them, or they cannot be used.
    """
    folder = folder.resolve()
    if (folder / "versions").is_dir():
        return _of_dataset(folder)
    truths: tuple[Truth, ...] = ()
    gallery: tuple[LabelledPicture, ...] = ()
    queries: tuple[LabelledPicture, ...] = ()
    judged: list[Path] = []
    boxes = next((folder / name for name in _BOXES if (folder / name).is_file()), None)
    if boxes:
        truths = read_truths(boxes, boxes.parent)
        judged += [boxes, *(each.file for each in truths)]
    if (folder / "queries.csv").is_file():
        tables = [folder / "gallery.csv", folder / "queries.csv"]
        gallery, queries = (read_labelled_pictures(table) for table in tables)
        judged += [*tables, *(each.file for each in (*gallery, *queries))]
    if not judged:
        raise AnnotationError(
            f"{folder} holds nothing to judge by",
            hint="annotations.json (COCO), or gallery.csv and queries.csv, or a data set",
        )
    return FrozenSet(folder.name, _hash_of(judged), truths, gallery, queries)


def _of_dataset(folder: Path) -> FrozenSet:
    from facings.collect.dataset import Dataset
    from facings.evaluate.dataset_truth import truths_of

    dataset = Dataset(folder)
    rows = dataset.rows()
    for split in ("test", "val"):
        truths = truths_of(dataset, [row for row in rows if row.split == split])
        if any(len(each.boxes_xyxy) for each in truths):
            table = folder / "versions" / f"{dataset.versions()[-1]:04}.parquet"
            return FrozenSet(folder.name, _hash_of([table]), truths)
    raise AnnotationError(
        f"{folder} has no boxes in its test or validation split",
        hint="add pictures of another store: whole stores are kept for judging",
    )


def _hash_of(files: Iterable[Path]) -> str:
    """Hash names and contents, in order."""
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        total.update(f"{file.name} {digest}\n".encode())
    return total.hexdigest()

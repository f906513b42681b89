"""Score an embedder: is the right product among the nearest, over pictures never seen before.

Every query is compared with every gallery picture by an exact dot product, and products
are ranked by their best picture: what is measured is the embedder, not a vector index. Near ties
are then ranked by their artwork and, where they stay ambiguous, by geometry and print, as in a
scan; what else a scan weighs, sizes, takes a shelf.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facings.capture import read_picture
from facings.compare import Comparison
from facings.embed import Embedder
from facings.errors import AnnotationError
from facings.evaluate.near_ties import (
    compare_artwork,
    compare_pictures,
    rank_again,
    read_print,
)
from facings.evaluate.open_set import OpenSetReport, score_open_set
from facings.evidence.words import PrintReader
from facings.main_product import gallery_crop, whole_picture
from facings.retrieve.exact import ExactIndex
from facings.straighten import most_alike
from facings.types import (
    ByteImage,
    Clues,
    Crops,
    Embeddings,
    Evidence,
    FloatArray,
    Frame,
    join_embeddings,
)

HIT_RANKS = (1, 5, 10)
_BATCH = 32
_Z_95 = 1.959964
_COLUMNS = ("file", "product_id")
Progress = Callable[[int, int], None]
Looks = Callable[[Frame], tuple[ByteImage, ...]]
"""From a query's picture to what of it may show the product best: `MainProductCrop.looks`."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture of one product."""

    file: Path
    product_id: str


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """How often the right product was among the nearest k."""

    n: int
    """Queries."""
    hit: Mapping[int, float]
    """k to the share of queries, in [0, 1]."""
    interval: Mapping[int, tuple[float, float]]
    """k to the 95 % Wilson interval of that share."""
    hit_by_vector: Mapping[int, float]
    """k to the share of queries without a look at artwork and print."""
    read: int
    """Queries whose print was read because they were ambiguous by everything else."""
    mean_reciprocal_rank: float
    """Of the right product, in [0, 1]; with one relevant product a query it is the mean average
    precision."""
    open_set: OpenSetReport | None
    """How well products of the gallery are told from others; None where that says nothing."""
    latency_ms: float
    """Mean time to embed one gallery picture, decoding and cropping left out."""
    absent: int
    """Queries whose product has no gallery picture at all: each counts as a miss."""
    ranks: tuple[float, ...]
    """Of the right product of each query, from 1; infinite where the gallery lacks it."""

    def to_dict(self) -> dict[str, object]:
        """Everything but `absent` and `ranks` as plain values, rounded as far as it counts."""
        return {
            "n": self.n,
            "hit": {str(k): round(share, 4) for k, share in self.hit.items()},
            "interval": {
                str(k): [round(low, 4), round(high, 4)] for k, (low, high) in self.interval.items()
            },
            "hit_by_vector": {str(k): round(share, 4) for k, share in self.hit_by_vector.items()},
            "read": self.read,
            "mean_reciprocal_rank": round(self.mean_reciprocal_rank, 4),
            "open_set": self.open_set
            and {
                "auroc": round(self.open_set.auroc, 4),
                "recognised_at_1_percent_false": round(self.open_set.recognised, 4),
            },
            "latency_ms": round(self.latency_ms, 2),
        }


def read_labelled_pictures(table: Path) -> tuple[LabelledPicture, ...]:
    """Read a CSV with the columns `file` and `product_id`; others are ignored.

    Files are relative to the CSV's own folder, or absolute.

    Raises:
        AnnotationError: the CSV cannot be read, lacks a column, has no rows, leaves a cell
            empty, or names a picture that is not there.
    """
    hint = "it needs the columns file and product_id, comma separated, in UTF-8"
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise AnnotationError(f"{table}: no column {' and '.join(missing)}", hint=hint)
            pictures = tuple(_labelled(table, reader.line_num, row) for row in reader)
    except OSError as error:
        raise AnnotationError(f"{table} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnnotationError(f"{table} is not a CSV file: {error}", hint=hint) from error
    if not pictures:
        raise AnnotationError(f"{table}: no pictures are listed", hint=hint)
    return pictures


def evaluate_retrieval(
    gallery: Sequence[LabelledPicture],
    queries: Sequence[LabelledPicture],
    embedder: Embedder,
    looks: Looks | None,
    reader: PrintReader | None,
    progress: Progress = lambda _done, _total: None,
) -> RetrievalReport:
    """Embed both sets, rank products for each query, count the hits.

    Args:
        gallery: at least one picture; embedded whole or, where there are looks, as the catalogue
            embeds it: of a photo the pack alone.
        queries: at least one picture.
        embedder: what is measured.
        looks: of a query's several the one counts that is most like any picture of the gallery;
            None takes every query whole.
        reader: reads what stays ambiguous; None reads nothing.
        progress: told how many pictures, then how many readings of how many are done.

    Raises:
        PictureError: a picture cannot be read.
    """
    total = len(gallery) + len(queries)
    of_gallery = gallery_crop if looks else whole_picture
    of_query = looks or _only_whole
    known, known_ms = _embed(gallery, embedder, of_gallery, lambda done: progress(done, total))
    asked, chosen = _embed_best(
        queries, embedder, of_query, known, lambda done: progress(len(gallery) + done, total)
    )
    gallery_products = [each.product_id for each in gallery]
    query_products = [each.product_id for each in queries]
    by_vector = true_ranks(asked.vectors, query_products, known.vectors, gallery_products)
    index = ExactIndex(embedder.id, embedder.dim)
    index.add(range(len(known)), gallery_products, known)
    candidates = index.search(asked, HIT_RANKS[-1])
    artwork = compare_artwork(candidates, asked, known, gallery_products)
    thresholds = embedder.manifest.thresholds
    nothing: Clues = ({},) * len(candidates)
    evidence = Evidence(nothing, artwork, nothing)

    def query(row: int) -> ByteImage:
        return of_query(read_picture(queries[row].file))[chosen[row]]

    def view(picture: LabelledPicture) -> ByteImage:
        return of_gallery(read_picture(picture.file))

    pictures: dict[str, list[LabelledPicture]] = {}
    for each in gallery:
        pictures.setdefault(each.product_id, []).append(each)
    comparison = Comparison(lambda _products: pictures, view)
    evidence = compare_pictures(candidates, evidence, thresholds, query, comparison)
    words = read_print(
        candidates,
        evidence,
        thresholds,
        query,
        lambda product: view(pictures[product][0]),
        reader,
        progress,
    )
    evidence = replace(evidence, words=words)
    ranks = rank_again(by_vector, query_products, candidates, evidence, thresholds)
    hits = {k: int((ranks <= k).sum()) for k in HIT_RANKS}
    return RetrievalReport(
        n=len(queries),
        hit={k: count / len(queries) for k, count in hits.items()},
        interval={k: wilson_interval(count, len(queries)) for k, count in hits.items()},
        read=sum(bool(each) for each in words),
        hit_by_vector={k: float((by_vector <= k).mean()) for k in HIT_RANKS},
        mean_reciprocal_rank=float((1 / ranks).mean()),
        open_set=score_open_set(candidates, query_products, artwork, thresholds),
        latency_ms=known_ms / len(gallery),
        absent=len([each for each in query_products if each not in set(gallery_products)]),
        ranks=tuple(ranks.tolist()),
    )


def true_ranks(
    query_vectors: FloatArray,
    query_products: Sequence[str],
    gallery_vectors: FloatArray,
    gallery_products: Sequence[str],
) -> NDArray[np.float64]:
    """Rank the right product of each query among all products, each by its best picture.

    Args:
        query_vectors: (Q, D) unit rows.
        query_products: the right product of each.
        gallery_vectors: (G, D) unit rows.
        gallery_products: the product of each.

    Returns:
        (Q,) ranks from 1; a tie counts against the right product, and a product that is
        not in the gallery has an infinite rank.
    """
    products, product_of = np.unique(np.asarray(gallery_products), return_inverse=True)
    order = np.argsort(product_of, kind="stable")
    starts = np.searchsorted(product_of[order], np.arange(len(products)))
    column_of = {str(product): column for column, product in enumerate(products)}
    ranks = np.full(len(query_products), np.inf)
    for start in range(0, len(query_products), 256):
        similarities = query_vectors[start : start + 256] @ gallery_vectors[order].T
        best = np.maximum.reduceat(similarities, starts, axis=1)
        for row, product in enumerate(query_products[start : start + 256]):
            if product in column_of:
                ranks[start + row] = (best[row] >= best[row, column_of[product]]).sum()
    return ranks


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927), 209.

    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), with p = hits / n and z = 1.96.
    """
    share, z_squared = hits / n, _Z_95**2
    middle = share + z_squared / (2 * n)
    spread = _Z_95 * math.sqrt(share * (1 - share) / n + z_squared / (4 * n * n))
    scale = 1 + z_squared / n
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


def _embed(
    pictures: Sequence[LabelledPicture],
    embedder: Embedder,
    crop: Callable[[Frame], ByteImage],
    progress: Callable[[int], None],
) -> tuple[Embeddings, float]:
    """Return N embeddings and the milliseconds the embedder took for all of them."""
    found: list[Embeddings] = []
    took_ms = 0.0
    for done, batch in _batches(pictures):
        crops = Crops(tuple(crop(read_picture(each.file)) for each in batch))
        start = time.perf_counter()
        found.append(embedder.embed(crops))
        took_ms += 1000 * (time.perf_counter() - start)
        progress(done)
    return join_embeddings(found), took_ms


def _embed_best(
    pictures: Sequence[LabelledPicture],
    embedder: Embedder,
    looks: Looks,
    known: Embeddings,
    progress: Callable[[int], None],
) -> tuple[Embeddings, list[int]]:
    """Return N embeddings, each of the look that is most like any known one, and which it was."""
    found: list[Embeddings] = []
    chosen: list[int] = []
    for done, batch in _batches(pictures):
        for each in batch:
            seen = embedder.embed(Crops(looks(read_picture(each.file))))
            chosen.append(most_alike(seen, known))
            found.append(seen.take(chosen[-1:]))
        progress(done)
    return join_embeddings(found), chosen


def _only_whole(frame: Frame) -> tuple[ByteImage, ...]:
    return (whole_picture(frame),)


def _batches(
    pictures: Sequence[LabelledPicture],
) -> Iterator[tuple[int, Sequence[LabelledPicture]]]:
    """Pictures in batches, with how many are done after each."""
    for start in range(0, len(pictures), _BATCH):
        batch = pictures[start : start + _BATCH]
        yield start + len(batch), batch


def _labelled(table: Path, line: int, row: Mapping[str, str | None]) -> LabelledPicture:
    cells = [(row[name] or "").strip() for name in _COLUMNS]
    if not all(cells):
        raise AnnotationError(f"{table}, line {line}: file or product_id is empty")
    file = table.parent / cells[0]
    if not file.is_file():
        raise AnnotationError(
            f"{table}, line {line}: there is no picture {file}",
            hint="files are relative to the CSV's own folder",
        )
    return LabelledPicture(file, cells[1])

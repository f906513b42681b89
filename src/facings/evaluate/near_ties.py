"""Near ties told apart as in a scan, where nothing is known of products but their pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facings.compare import PICTURE_WEIGHTS, Comparison, PictureId, contenders
from facings.evidence.artwork import near_pictures, weigh_artwork
from facings.evidence.words import PrintReader, fold_print, lines_on, weigh_words
from facings.rerank import deciding, rerank, standings
from facings.types import ByteImage, Candidates, Clues, Crops, Embeddings, Evidence

ReadPicture = Callable[[int], ByteImage]
Progress = Callable[[int, int], None]


def compare_artwork(
    candidates: Candidates, asked: Embeddings, known: Embeddings, products: Sequence[str]
) -> Clues:
    """What the artwork says of each query's candidates; nothing where the embedder gives none.

    Args:
        candidates: of each query; `picture_id` is a row of `known`.
        asked: of the queries.
        known: of the gallery.
        products: of each of the gallery; a product's first picture speaks for the others, as in
            `facings.catalogue.records.Records.artwork`.
    """
    if known.artwork is None:
        return ({},) * len(candidates)
    first = {product: row for row, product in reversed(list(enumerate(products)))}
    gallery = {
        each: known.artwork[first[products[each]]].reshape(-1) for each in near_pictures(candidates)
    }
    return weigh_artwork(asked, candidates, gallery)


def compare_pictures(
    candidates: Candidates,
    evidence: Evidence,
    thresholds: Mapping[str, float],
    query: ReadPicture,
    comparison: Comparison[PictureId],
) -> Evidence:
    """Hold the queries that are undecided against the pictures of what they may be.

    Args:
        candidates: of each query.
        evidence: of the same queries.
        thresholds: as `rerank` takes them; without a weight of pictures nothing is compared.
        query: gives the crop of a query, by its number.
        comparison: with the gallery's pictures.

    Returns:
        The evidence, with what the pictures say.
    """
    if not any(map(thresholds.get, PICTURE_WEIGHTS)):
        return evidence
    nothing: Mapping[str, float] = {}
    geometry, detail = [nothing] * len(candidates), [nothing] * len(candidates)
    for row, match in enumerate(rerank(candidates, evidence, thresholds)):
        among = [each.gtin for each in contenders(match)]
        if among:
            geometry[row], detail[row] = comparison.weigh(query(row), among)
    return replace(evidence, geometry=tuple(geometry), detail=tuple(detail))


def read_print(
    candidates: Candidates,
    evidence: Evidence,
    thresholds: Mapping[str, float],
    query: ReadPicture,
    label: Callable[[str], ByteImage],
    reader: PrintReader | None,
    progress: Progress,
) -> Clues:
    """Read the queries that are still ambiguous, and the labels of what they may be.

    A scan knows a label's words from the product's record; here they are read off its picture.

    Args:
        candidates: of each query.
        evidence: of the same queries, but for words.
        thresholds: as `rerank` takes them.
        query: gives the crop of a query, by its number.
        label: gives the picture of a product's label.
        reader: None reads nothing.
        progress: told how many queries of how many are read.

    Returns:
        For each query, product to the share of its own words that was read, in [0, 1].
    """
    nothing: Clues = ({},) * len(candidates)
    matches = rerank(candidates, evidence, thresholds)
    unsure = [row for row, match in enumerate(matches) if match.state == "ambiguous"]
    if reader is None or not unsure:
        return nothing
    words: dict[str, frozenset[str]] = {}
    said: list[Mapping[str, float]] = list(nothing)
    for done, row in enumerate(unsure):
        for each in matches[row].alternatives:
            if each.gtin not in words:
                words[each.gtin] = printed_words(label(each.gtin), reader)
        [said[row]] = weigh_words([matches[row]], words, lines_on(Crops((query(row),)), reader))
        progress(done + 1, len(unsure))
    return tuple(said)


def printed_words(picture: ByteImage, reader: PrintReader) -> frozenset[str]:
    """Words of two characters and more that are read on a picture."""
    words = (fold_print(word) for line in reader.read(picture) for word in line.split())
    return frozenset(word for word in words if len(word) > 1)


def rank_again(
    by_vector: NDArray[np.float64],
    query_products: Sequence[str],
    candidates: Candidates,
    evidence: Evidence,
    thresholds: Mapping[str, float],
) -> NDArray[np.float64]:
    """Rank the right product of each query (Q,) anew among the nearest, with the evidence.

    Args:
        by_vector: (Q,) what `true_ranks` found; it stays where nothing else is said.
        query_products: the right product of each.
        candidates: nearest products of each query.
        evidence: of the same queries.
        thresholds: as `rerank` takes them.
    """
    ranks = by_vector.copy()
    for row, nearest in enumerate(candidates.per_crop):
        names, clues = [each.gtin for each in nearest], evidence.of(row)
        if query_products[row] in names and any(clues.values()):
            standing = standings(nearest, clues, deciding(thresholds, clues))
            ranks[row] = (standing >= standing[names.index(query_products[row])]).sum()
    return ranks

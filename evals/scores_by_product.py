"""Shares and rankings with intervals drawn over products: photos of one product are no news.

A draw takes as many products as there are, with replacement, each with all its queries
(`facings.evaluate.bootstrap`); the middle 95 % of the draws is the interval. Over 20 products it is
two to three times as wide as one over 519 photos would be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facings.evaluate.bootstrap import Metric, Weights, compare_metrics, draw_pictures
from facings.evaluate.open_set import FALSE_ACCEPTS
from facings.evaluate.retrieval import HIT_RANKS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcomes:
    """What came of Q queries in one gallery, asked with and without their product in it."""

    products: tuple[str, ...]
    """The right one of each."""
    ranks: Floats
    """(Q,) of the right product, from 1."""
    known: Floats
    """(Q,) score of the first candidate."""
    unknown: Floats
    """(Q,) score of the first candidate where the right product is not in the gallery."""
    stranger: Floats
    """(Q,) the same where no product of its brand is."""

    def of(self, rows: Rows) -> Outcomes:
        """Some of the queries."""
        kept = np.flatnonzero(rows)
        arrays = ("ranks", "known", "unknown", "stranger")
        return replace(
            self,
            products=tuple(self.products[i] for i in kept),
            **{name: getattr(self, name)[rows] for name in arrays},
        )


def summarise(outcomes: Outcomes) -> dict[str, object]:
    """Every metric with its interval: [value, low, high]."""
    metrics = metrics_of(outcomes)
    count = len(set(outcomes.products))
    draws = draw_pictures(count, seed=0)
    once = np.ones((1, count), np.int64)
    found: dict[str, object] = {"n": len(outcomes.ranks), "products": count}
    for name, metric in metrics.items():
        interval = np.percentile(metric(draws), [2.5, 97.5])
        found[name] = [round(float(each), 4) for each in (metric(once)[0], *interval)]
    return found


def differences(ours: Outcomes, theirs: Outcomes) -> dict[str, object]:
    """What we score above a baseline on the same draws of products: [value, low, high]."""
    draws = draw_pictures(len(set(ours.products)), seed=0)
    compared = compare_metrics(metrics_of(theirs), metrics_of(ours), draws)
    return {
        name: [round(x, 4) for x in (each.difference, each.low, each.high)]
        for name, each in compared.items()
    }


def metrics_of(outcomes: Outcomes) -> dict[str, Metric]:
    """Hits, mean average precision, and how well products the gallery lacks are told apart."""
    names, owner = np.unique(outcomes.products, return_inverse=True)
    right = outcomes.ranks == 1
    return {
        **{f"hit@{k}": drawn_mean(outcomes.ranks <= k, owner) for k in HIT_RANKS},
        "mean average precision": drawn_mean(1 / outcomes.ranks, owner),
        "auroc": _auroc(outcomes.known, outcomes.unknown, owner, len(names)),
        "recognised at 1 % false accepts": _recognised(
            outcomes.known, right, outcomes.unknown, owner
        ),
        "auroc, brand unknown": _auroc(outcomes.known, outcomes.stranger, owner, len(names)),
        "recognised at 1 % false accepts, brand unknown": _recognised(
            outcomes.known, right, outcomes.stranger, owner
        ),
    }


def over_folds(outcomes: Outcomes, fold_of: Callable[[str], int]) -> dict[str, object]:
    """Mean, deviation and least of hit@1 and hit@10 over disjoint groups of products."""
    folds = np.array([fold_of(product) for product in outcomes.products])
    hits = {
        k: [float((outcomes.ranks[folds == f] <= k).mean()) for f in set(folds)] for k in (1, 10)
    }
    return {
        "folds": len(set(folds)),
        **{
            f"hit@{k}": {
                "mean": round(float(np.mean(shares)), 4),
                "deviation": round(float(np.std(shares, ddof=1)), 4),
                "least": round(min(shares), 4),
            }
            for k, shares in hits.items()
        },
    }


def folds_by_product(
    products: Sequence[str], brand_of: Mapping[str, str], count: int = 5
) -> dict[str, int]:
    """Deal products out to folds, each brand's evenly."""
    dealt = sorted(set(products), key=lambda product: (brand_of[product], product))
    return {product: place % count for place, product in enumerate(dealt)}


def folds_by_brand(
    products: Sequence[str], brand_of: Mapping[str, str], most: int = 5
) -> dict[str, int]:
    """Keep a brand's products together, in as many folds as there are brands, `most` at most."""
    brands = sorted({brand_of[product] for product in products})
    return {product: brands.index(brand_of[product]) % most for product in set(products)}


def drawn_mean(values: NDArray[np.generic], owner: Ints) -> Metric:
    """Mean over the queries of what is drawn: (Q,) values, and the number of each one's owner."""
    totals = np.bincount(owner, np.asarray(values, np.float64))
    counts = np.bincount(owner)
    return lambda draws: (draws @ totals) / (draws @ counts)


def _auroc(known: Floats, unknown: Floats, owner: Ints, products: int) -> Metric:
    """Share of pairs of a known and an unknown query in which the known one scores higher."""
    wins = (known[:, None] > unknown) + 0.5 * (known[:, None] == unknown)
    member = np.zeros((len(owner), products))
    member[np.arange(len(owner)), owner] = 1
    won, pairs = member.T @ wins @ member, member.sum(axis=0)

    def metric(draws: Weights) -> Floats:
        return np.asarray(
            np.einsum("rp,pq,rq->r", draws, won, draws, optimize=True) / (draws @ pairs) ** 2
        )

    return metric


def _recognised(known: Floats, right: Rows, unknown: Floats, owner: Ints) -> Metric:
    """Share of queries answered rightly above the score that 1 % of the unknown ones pass."""
    order = np.argsort(-unknown, kind="stable")

    def metric(draws: Weights) -> Floats:
        weights = draws[:, owner].astype(np.float64)
        passed = np.cumsum(weights[:, order], axis=1)
        total = passed[:, -1:]
        bar = unknown[order][np.argmax(passed > FALSE_ACCEPTS * total, axis=1)]
        told = right & (known > bar[:, None])
        return np.asarray((weights * told).sum(axis=1) / total[:, 0])

    return metric

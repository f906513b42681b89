"""Similar products that are surely better for a person, each with the reason.

Similar is the same category. Better is: fits the person where this one does not, or surely has the
better Nutri-Score (the worst it may be beats the best this one may be) and fits no worse.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from facings.catalogue.knowledge import Knowledge, know
from facings.catalogue.profile import Outcome, Profile, preference_key
from facings.catalogue.records import Records
from facings.catalogue.tables import ProductRow
from facings.product import Product

LOOKED_AT = 200
"""Products of the category that are held against the person: what one answer may take."""
_RANK: dict[Outcome, int] = {"fits": 0, "unknown": 1, "does_not_fit": 2}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A product to take instead."""

    product: Product
    why: str
    """One sentence for a person."""


def alternatives(
    known: Knowledge, records: Records, profile: Profile | None = None, *, limit: int = 3
) -> tuple[Alternative, ...]:
    """Find similar products that are better, the best first; none without a category.

    Args:
        known: the product, as `know` gives it for the same profile.
    """
    product = known.product
    if product.category is None:
        return ()
    same = (
        select(ProductRow.gtin)
        .where(ProductRow.category == product.category, ProductRow.active.is_(True))
        .where(ProductRow.gtin != product.gtin)
        .order_by(ProductRow.gtin)
        .limit(LOOKED_AT)
    )
    with records.database.read() as connection:
        gtins = list(connection.scalars(same))
    candidates = [know(each, profile) for each in records.products(gtins).values()]
    better = [(each, why) for each in candidates if (why := _better(each, known))]
    better.sort(key=lambda pair: _preference(pair[0]))
    return tuple(Alternative(each.product, why) for each, why in better[:limit])


def _better(candidate: Knowledge, known: Knowledge) -> str | None:
    """Say why a product is better; None where it is not, or not surely."""
    gain = _outcome_rank(known) - _outcome_rank(candidate)
    if gain < 0:
        return None
    graded = _better_grade(candidate, known)
    if gain > 0 and candidate.verdict and candidate.verdict.outcome == "fits":
        reason = known.verdict.reasons[0].words if known.verdict else ""
        return f"it fits you ({reason} in the other)" + (f"; {graded}" if graded else "")
    return graded


def _better_grade(candidate: Knowledge, known: Knowledge) -> str | None:
    worst, best = candidate.nutri_score.worst_grade, known.nutri_score.best_grade
    if worst is None or best is None or worst >= best:
        return None
    surely = candidate.nutri_score.grade or f"{worst} or better"
    return f"Nutri-Score {surely} instead of {known.nutri_score.grade or f'{best} or worse'}"


def _outcome_rank(known: Knowledge) -> int:
    return _RANK[known.verdict.outcome] if known.verdict else 0


def _preference(known: Knowledge) -> tuple[int, str, str, int, int]:
    if known.verdict is None:
        return 0, known.nutri_score.worst_grade or "F", known.product.gtin, 0, 0
    fit, grade, open_grade, points = preference_key(known.verdict, known.nutri_score)
    return fit, grade, known.product.gtin, open_grade, points

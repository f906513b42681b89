"""Reviews: sent by shoppers, shown when somebody has approved them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from facings.catalogue.reviews import KeptReview, Reviews
from facings.server.deps import AuditDep, MayContribute, MayModerate, MayRead, ServiceDep
from facings.server.problems import not_found
from facings.server.routes.products import GtinPath, find
from facings.server.schemas.product import (
    ModerationIn,
    ReviewIn,
    ReviewOut,
    ReviewPage,
    SummaryOut,
)

router = APIRouter(prefix="/v1", tags=["reviews"])
_MAX_ID = 2**31 - 1
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,9}$")]


@router.get("/products/{gtin}/reviews")
def list_reviews(
    gtin: GtinPath,
    service: ServiceDep,
    _caller: MayRead,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReviewPage:
    """List approved reviews, the oldest first, and what all of them say together."""
    product = find(service, gtin)
    reviews = Reviews(service.recognizer.records.database)
    found = reviews.of(product.gtin, after_id=int(cursor or 0), limit=limit + 1)
    summary = SummaryOut.model_validate(reviews.summary(product.gtin))
    return _page(found, limit, summary)


@router.post("/products/{gtin}/reviews", status_code=201)
def review(
    gtin: GtinPath,
    request: ReviewIn,
    service: ServiceDep,
    caller: MayContribute,
    audit: AuditDep,
) -> ReviewOut:
    """Send a review: it waits for a moderator."""
    product = find(service, gtin)
    kept = Reviews(service.recognizer.records.database).submit(
        product.gtin, request.rating, request.text, request.author, tenant=caller.tenant
    )
    audit.write("review.submit", str(kept.id), {"gtin": product.gtin})
    return ReviewOut.model_validate(kept)


@router.get("/reviews")
def list_by_state(
    service: ServiceDep,
    _caller: MayModerate,
    state: Literal["pending", "approved", "rejected"] = "pending",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReviewPage:
    """List the reviews that wait, are shown or are not, the oldest first."""
    reviews = Reviews(service.recognizer.records.database)
    return _page(reviews.in_state(state, after_id=int(cursor or 0), limit=limit + 1), limit, None)


@router.patch("/reviews/{review_id}")
def moderate(
    review_id: Annotated[int, Path(ge=1, le=_MAX_ID)],
    request: ModerationIn,
    service: ServiceDep,
    _caller: MayModerate,
    audit: AuditDep,
) -> ReviewOut:
    """Show a review, or do not."""
    decided = Reviews(service.recognizer.records.database).moderate(review_id, request.state)
    if decided is None:
        raise not_found(f"review {review_id}")
    audit.write("review.moderate", str(review_id), {"state": request.state})
    return ReviewOut.model_validate(decided)


def _page(found: tuple[KeptReview, ...], limit: int, summary: SummaryOut | None) -> ReviewPage:
    page = found[:limit]
    return ReviewPage(
        reviews=tuple(ReviewOut.model_validate(each) for each in page),
        summary=summary,
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )

"""Reviews: what shoppers thought, shown once somebody has approved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, func, insert, select, update

from facings.catalogue.database import Database
from facings.catalogue.tables_retail import ReviewRow

ReviewState = Literal["pending", "approved", "rejected"]
RATINGS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class KeptReview:
    """A review as the records keep it."""

    id: int
    gtin: str
    """GTIN-14."""
    rating: int
    """1 to 5."""
    text: str
    author: str
    state: ReviewState
    created_at: datetime | None
    """In UTC; None where it came with a record that does not tell."""


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """Approved reviews of one product taken together."""

    count: int
    mean: float | None
    """1 to 5; None without any."""
    by_rating: dict[int, int]
    """How many of each rating from 1 to 5."""


class Reviews:
    """The reviews of all products, those of their records too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(
        self,
        gtin: str,
        rating: int,
        text: str,
        author: str,
        *,
        tenant: str | None = None,
        at: datetime | None = None,
    ) -> KeptReview:
        """Keep a review, pending until somebody has looked at it.

        Args:
            gtin: GTIN-14.
            rating: 1 to 5.
            tenant: whose application sent it.
            at: now where None.

        Raises:
            ValueError: the rating is none.
            CatalogueError: there is no record of the product.
        """
        if rating not in RATINGS:
            raise ValueError(f"a rating is 1 to 5, got {rating}")
        created_at = at or datetime.now(UTC)
        values = {
            "gtin": gtin,
            "rating": rating,
            "text": text,
            "author": author,
            "state": "pending",
            "created_at": created_at,
            "tenant": tenant,
        }
        with self._database.write() as connection:
            done = connection.execute(insert(ReviewRow).values(values))
            assert done.inserted_primary_key is not None
            review_id = int(done.inserted_primary_key[0])
        return KeptReview(review_id, gtin, rating, text, author, "pending", created_at)

    def moderate(self, review_id: int, state: Literal["approved", "rejected"]) -> KeptReview | None:
        """Show a review or not; None where there is none of that id."""
        same = ReviewRow.id == review_id
        with self._database.write() as connection:
            connection.execute(update(ReviewRow).where(same).values(state=state))
            found = connection.execute(_SELECT.where(same)).first()
        return None if found is None else _review(found)

    def of(self, gtin: str, *, after_id: int = 0, limit: int = 50) -> tuple[KeptReview, ...]:
        """List approved reviews of a product, the oldest first, after one of them."""
        query = _SELECT.where(ReviewRow.gtin == gtin, ReviewRow.state == "approved")
        return self._page(query, after_id, limit)

    def in_state(
        self, state: ReviewState, *, after_id: int = 0, limit: int = 50
    ) -> tuple[KeptReview, ...]:
        """List the reviews that wait, are shown or are not, the oldest first."""
        return self._page(_SELECT.where(ReviewRow.state == state), after_id, limit)

    def summary(self, gtin: str) -> ReviewSummary:
        """Take the approved reviews of a product together."""
        query = (
            select(ReviewRow.rating, func.count())
            .where(ReviewRow.gtin == gtin, ReviewRow.state == "approved")
            .group_by(ReviewRow.rating)
        )
        with self._database.read() as connection:
            found = {rating: int(n) for rating, n in connection.execute(query)}
        count = sum(found.values())
        mean = sum(rating * n for rating, n in found.items()) / count if count else None
        return ReviewSummary(count, mean, {rating: found.get(rating, 0) for rating in RATINGS})

    def _page(self, query: Any, after_id: int, limit: int) -> tuple[KeptReview, ...]:  # noqa: ANN401
        page = query.where(ReviewRow.id > after_id).order_by(ReviewRow.id).limit(limit)
        with self._database.read() as connection:
            return tuple(map(_review, connection.execute(page)))


_SELECT = select(
    ReviewRow.id,
    ReviewRow.gtin,
    ReviewRow.rating,
    ReviewRow.text,
    ReviewRow.author,
    ReviewRow.state,
    ReviewRow.created_at,
)


def _review(row: Row[*tuple[Any, ...]]) -> KeptReview:
    return KeptReview(*row)

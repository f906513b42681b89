"""Offers apply or not, with the reason; limits and budgets hold; reviews wait for approval."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from facings.catalogue.offer_rules import (
    Bought,
    Deal,
    Judged,
    Purchase,
    Shopper,
    Used,
    judge_deals,
    saving_cents,
)
from facings.catalogue.offers import Offers
from facings.catalogue.prices import Price, Retailer, Shops, Store
from facings.catalogue.records import Records
from facings.catalogue.reviews import Reviews, ReviewSummary
from facings.errors import CatalogueError
from test_records import BARE, MILK

GTIN = MILK.gtin
BACK = Deal(GTIN, "0.50 back", "cash_back", 50, "EUR", "2026-12-31")
CHEAPER = Deal(GTIN, "now 0.99", "price", 99, "EUR", "2026-12-31")
THREE = Deal(GTIN, "3 for 3.00", "multi_buy", 300, "EUR", "2026-12-31", quantity=3)
ADA = Shopper("2026-06-01", "ada", frozenset({"families"}), "corner", "corner-1")


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    """Two products, a chain with two shops."""
    with Records.open(database_url) as opened:
        opened.upsert([replace(MILK, offers=(), reviews=()), BARE])
        shops = Shops(opened.database)
        shops.record_retailer(Retailer("corner", "SE"))
        for number in (1, 2):
            shops.record_store(Store(f"corner-{number}", "corner", f"Street {number}"))
        yield opened


def judge(deal: Deal, shopper: Shopper = ADA, price: int | None = 139, used: Used | None = None):
    """Hold one offer to a shopper."""
    (judged,) = judge_deals([deal], shopper, price, lambda _: used or Used())
    return judged


def test_without_offers_there_is_nothing_to_judge() -> None:
    """And an offer without conditions applies to anybody."""
    assert judge_deals([], ADA, 139) == ()
    assert judge(BACK, Shopper("2026-06-01")).applies


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_from": "2026-06-02"}, "begins on 2026-06-02"),
        ({"valid_until": "2026-05-31"}, "ended on 2026-05-31"),
        ({"retailers": ("mart",)}, "for mart, this is corner"),
        ({"stores": ("corner-2",)}, "for the store corner-2, this is corner-1"),
        ({"segments": ("students", "seniors")}, "for students or seniors"),
        ({"bought": Bought((GTIN,), 2, 30)}, "bought 2 in the last 30 days, you bought 0"),
        ({"value_cents": 0}, "saves nothing"),
    ],
)
def test_an_offer_that_does_not_apply_says_why(changes: dict[str, object], words: str) -> None:
    """Everything that speaks against it, each in words."""
    judged = judge(replace(BACK, **changes))
    assert not judged.applies
    assert not judged.counts
    assert words in judged.why


def test_all_reasons_are_given_at_once() -> None:
    """So that nobody mends one to find the next."""
    deal = replace(BACK, segments=("students",), retailers=("mart",), valid_until="2026-05-31")
    assert judge(deal).why.count(";") == 2


def test_an_offer_that_applies_says_for_whom_and_until_when() -> None:
    """The first and the last day count."""
    deal = replace(BACK, valid_from="2026-06-01", valid_until="2026-06-01", segments=("families",))
    judged = judge(replace(deal, stores=("corner-1",)))
    assert judged.applies
    assert judged.why == "it applies for families at corner-1 until 2026-06-01"


def test_who_or_where_is_not_known_is_not_taken_for_granted() -> None:
    """A limit needs a person, a store needs a place, a budget needs a price."""
    nobody = Shopper("2026-06-01")
    assert "who you are is not known" in judge(replace(BACK, limit_per_person=1), nobody).why
    assert "where you are is not known" in judge(replace(BACK, stores=("corner-1",)), nobody).why
    assert "not known without a price" in judge(replace(CHEAPER, budget_cents=9), ADA, None).why


def test_purchases_count_within_their_days() -> None:
    """Packs of any of the products named; an offer for newcomers asks for none."""
    rule = replace(BACK, bought=Bought((GTIN, BARE.gtin), 3, 30))
    bought = (Purchase(GTIN, "2026-05-02", 2), Purchase(BARE.gtin, "2026-06-01"))
    assert judge(rule, replace(ADA, purchases=bought)).applies
    late = (Purchase(GTIN, "2026-05-01", 2), Purchase(BARE.gtin, "2026-06-01"))
    assert not judge(rule, replace(ADA, purchases=late)).applies
    newcomers = replace(BACK, bought=Bought((GTIN,), 0, 30))
    assert judge(newcomers).applies
    assert "you have" in judge(newcomers, replace(ADA, purchases=bought)).why


def test_limits_and_budgets_are_used_up() -> None:
    """The last use and the last cent still go."""
    limited = replace(BACK, limit_per_person=2, budget_cents=100)
    assert judge(limited, used=Used(1, 50)).applies
    assert "the limit is 2" in judge(limited, used=Used(2, 0)).why
    assert "budget is used up" in judge(limited, used=Used(0, 51)).why


def test_savings_are_of_all_packs_together_and_never_above_the_price() -> None:
    """A price, three for the price of two, cash back."""
    assert saving_cents(CHEAPER, 139) == 40
    assert saving_cents(THREE, 139) == 3 * 139 - 300
    assert saving_cents(BACK, 139) == saving_cents(BACK, None) == 50
    assert saving_cents(BACK, 30) == 30
    assert saving_cents(CHEAPER, None) is None
    assert saving_cents(CHEAPER, 50) == 0
    assert saving_cents(replace(THREE, quantity=1, id=7), 139) is None


def counting(deals: list[Deal], price: int | None = 139) -> list[str]:
    """Name the offers that count."""
    return sorted(each.deal.headline for each in judge_deals(deals, ADA, price) if each.counts)


def test_one_price_is_paid_and_cash_back_comes_on_top() -> None:
    """Of price and multi-buy the better one, with the best cash-back of its kind."""
    small = replace(BACK, headline="0.20 back", value_cents=20)
    assert counting([BACK, CHEAPER, THREE, small]) == ["0.50 back", "now 0.99"]
    with_all = replace(small, stacking="with_all")
    assert counting([BACK, CHEAPER, with_all]) == ["0.20 back", "0.50 back", "now 0.99"]
    passed_over = judge_deals([BACK, small], ADA, 139)[1]
    assert (passed_over.applies, passed_over.counts) == (True, False)
    assert "others save more" in passed_over.why


def test_an_offer_that_stands_alone_must_beat_the_others_together() -> None:
    """50 + 40 cents beat 60, 100 beat them."""
    alone = replace(BACK, headline="alone", value_cents=60, stacking="alone")
    assert counting([alone, BACK, CHEAPER]) == ["0.50 back", "now 0.99"]
    assert counting([replace(alone, value_cents=100), BACK, CHEAPER]) == ["alone"]
    assert counting([alone]) == ["alone"]


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": "2027-01-01"},
        {"valid_until": "soon"},
        {"value_cents": -1},
        {"quantity": 0},
        {"limit_per_person": 0},
        {"kind": "multi_buy", "quantity": 1},
    ],
)
def test_an_offer_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    """Where it is born."""
    with pytest.raises(ValueError, match=r"an offer|isoformat"):
        replace(BACK, **changes)


def test_an_offer_comes_back_from_the_records_as_it_went_in(records: Records) -> None:
    """With every condition; removing it forgets it."""
    offers = Offers(records.database)
    full = replace(
        BACK,
        valid_from="2026-01-01",
        segments=("families",),
        retailers=("corner",),
        stores=("corner-1",),
        bought=Bought((GTIN,), 1, 30),
        limit_per_person=1,
        budget_cents=10**10,
        campaign="spring",
        stacking="with_all",
    )
    kept = offers.add(full)
    assert kept.id is not None
    assert offers.of(GTIN) == (kept,)
    assert offers.of_many([GTIN, BARE.gtin]) == {GTIN: (kept,)}
    assert offers.remove(kept.id)
    assert not offers.remove(kept.id)
    assert offers.of(GTIN) == ()
    with pytest.raises(CatalogueError):
        offers.add(replace(BACK, gtin="00000000000017"))


def test_offers_of_a_record_are_judged_beside_those_of_campaigns(records: Records) -> None:
    """And writing the record again leaves the campaign's alone."""
    offers = Offers(records.database)
    kept = offers.add(BACK)
    records.upsert([replace(MILK, offers=MILK.offers[:1])])
    found = offers.judge([GTIN, BARE.gtin], ADA)
    assert set(found) == {GTIN}
    assert {each.deal.headline for each in found[GTIN]} == {"0.50 back", "2 for 2"}
    records.upsert([replace(MILK, offers=())])
    assert offers.of(GTIN) == (kept,)


def test_a_campaign_shares_limit_and_budget(records: Records) -> None:
    """Used on one product, it is used up on the other."""
    offers = Offers(records.database)
    spring = replace(BACK, campaign="spring", limit_per_person=1, budget_cents=100)
    first = offers.add(spring)
    second = offers.add(replace(spring, gtin=BARE.gtin))
    assert offers.use(first.id or 0, ADA).applies
    assert "the limit is 1" in offers.use(second.id or 0, ADA).why
    assert offers.use(second.id or 0, replace(ADA, person="bob")).applies
    assert "budget is used up" in offers.use(second.id or 0, replace(ADA, person="eve")).why


def test_a_use_needs_an_offer_and_a_person(records: Records) -> None:
    """Else nothing could be counted."""
    with pytest.raises(CatalogueError, match="no offer 99"):
        Offers(records.database).use(99, ADA)
    with pytest.raises(CatalogueError, match="none was named"):
        Offers(records.database).use(1, replace(ADA, person=None))


def test_a_budget_holds_when_many_use_it_at_once(records: Records) -> None:
    """Ten people, money for three."""
    offers = Offers(records.database)
    deal = offers.add(replace(BACK, budget_cents=150))
    judged: list[Judged] = []

    def use(number: int) -> None:
        judged.append(offers.use(deal.id or 0, replace(ADA, person=f"person {number}")))

    threads = [threading.Thread(target=use, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.applies for each in judged) == 3
    assert len(judged) == 10


def test_the_nearest_and_newest_price_is_the_one(records: Records) -> None:
    """Of the shop before the chain's, the chain's before the record's, within their days."""
    shops = Shops(records.database)
    assert shops.price(BARE.gtin, "2026-06-01") is None
    assert shops.price(GTIN, "2026-06-01", retailer="corner") == Price(GTIN, 139, "EUR")
    chain = Price(GTIN, 129, "EUR", "corner", valid_from="2026-01-01")
    later = replace(chain, price_cents=119, valid_from="2026-05-01")
    week = replace(chain, store="corner-1", price_cents=99, valid_from="2026-06-01")
    week = replace(week, valid_until="2026-06-07")
    for price in (chain, later, week, week):
        shops.record_price(price)
    assert shops.price(GTIN, "2026-04-30", store="corner-1") == chain
    assert shops.price(GTIN, "2026-06-01", store="corner-1") == week
    assert shops.price(GTIN, "2026-06-08", store="corner-1") == later
    assert shops.price(GTIN, "2026-06-01", store="corner-2") == later
    assert shops.history(GTIN, "corner") == (week, later, chain)
    with pytest.raises(CatalogueError):
        shops.record_price(replace(chain, retailer="nobody"))
    with pytest.raises(ValueError, match="before it begins"):
        replace(week, valid_until="2026-05-31")


def test_chains_and_shops_are_brought_up_to_date(records: Records) -> None:
    """By name and by id."""
    shops = Shops(records.database)
    shops.record_retailer(Retailer("corner", "NO"))
    shops.record_store(Store("corner-2", "corner", "Moved", "Elsewhere 3", "NO"))
    assert shops.retailers() == (Retailer("corner", "NO"),)
    assert [each.name for each in shops.stores("corner")] == ["Street 1", "Moved"]
    assert shops.stores("mart") == ()


def test_a_review_is_shown_once_it_is_approved(records: Records) -> None:
    """Pending and rejected ones count for nothing; the record's own are approved."""
    reviews = Reviews(records.database)
    assert reviews.summary(GTIN) == ReviewSummary(0, None, dict.fromkeys(range(1, 6), 0))
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    first = reviews.submit(GTIN, 5, "fresh", "Ada", tenant="shop", at=moment)
    second = reviews.submit(GTIN, 1, "spam", "Eve")
    assert (first.state, first.created_at) == ("pending", moment)
    assert reviews.of(GTIN) == ()
    assert reviews.in_state("pending") == (first, second)
    assert reviews.in_state("pending", limit=1) == (first,)
    assert reviews.in_state("pending", after_id=first.id) == (second,)
    assert reviews.moderate(first.id, "approved") == replace(first, state="approved")
    reviews.moderate(second.id, "rejected")
    assert reviews.moderate(999, "approved") is None
    records.upsert([replace(MILK, offers=())])
    assert [each.rating for each in reviews.of(GTIN)] == [5, 5, 2]
    summary = reviews.summary(GTIN)
    assert (summary.count, summary.mean) == (3, 4.0)
    assert summary.by_rating == {1: 0, 2: 1, 3: 0, 4: 0, 5: 2}


def test_a_review_of_nothing_or_with_six_stars_is_refused(records: Records) -> None:
    """Nothing is kept of it."""
    reviews = Reviews(records.database)
    with pytest.raises(ValueError, match="1 to 5"):
        reviews.submit(GTIN, 6, "", "Ada")
    with pytest.raises(CatalogueError):
        reviews.submit("00000000000017", 5, "", "Ada")
    assert reviews.in_state("pending") == ()

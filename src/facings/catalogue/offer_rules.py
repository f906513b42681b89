"""Whether an offer applies to a shopper, what it saves, and why or why not.

Nothing here knows the database. Rules of stacking: one price is paid, so of price and multi-buy
offers the one that saves most counts; cash-back comes on top, of those that allow one of a kind the
best, of those that stack with all every one; an offer that stands alone counts instead of all
others where it saves more than they do together. Nothing saves more than the price.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

OfferKind = Literal["price", "cash_back", "multi_buy"]
Stacking = Literal["alone", "one_of_kind", "with_all"]


@dataclass(frozen=True, slots=True)
class Bought:
    """What a shopper must have bought, or must not have bought, before."""

    gtins: tuple[str, ...]
    """GTIN-14 of any of which."""
    at_least: int = 1
    """Packs; 0 asks that none was bought."""
    within_days: int = 365

    def __post_init__(self) -> None:
        if not self.gtins or self.at_least < 0 or self.within_days < 1:
            raise ValueError(f"a purchase rule names products, packs from 0 and days, got {self}")


@dataclass(frozen=True, slots=True)
class Deal:
    """An offer on one product with all its conditions. What is empty does not matter."""

    gtin: str
    """GTIN-14."""
    headline: str
    kind: OfferKind
    value_cents: int
    """price: what one costs instead; multi_buy: what `quantity` cost together; cash_back: what
    comes back for `quantity`."""
    currency: str
    valid_until: str
    """ISO date, last day included."""
    valid_from: str | None = None
    quantity: int = 1
    segments: tuple[str, ...] = ()
    """The shopper is in any of them."""
    retailers: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    bought: Bought | None = None
    limit_per_person: int | None = None
    budget_cents: int | None = None
    campaign: str | None = None
    """Offers of one campaign share limit and budget."""
    stacking: Stacking = "one_of_kind"
    id: int | None = None
    """None until it is kept."""

    def __post_init__(self) -> None:
        last = date.fromisoformat(self.valid_until)
        if self.valid_from and date.fromisoformat(self.valid_from) > last:
            raise ValueError(f"an offer ends on {last}, before it begins on {self.valid_from}")
        limit = 1 if self.limit_per_person is None else self.limit_per_person
        if min(self.value_cents, self.budget_cents or 0) < 0 or min(limit, self.quantity) < 1:
            raise ValueError(f"an offer has amounts from 0 and limits from 1 on, got {self}")
        if self.kind == "multi_buy" and self.quantity < 2 and self.id is None:
            raise ValueError("an offer of several packs together is on two or more")


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a shopper bought."""

    gtin: str
    day: str
    """ISO date."""
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Shopper:
    """To whom, where and when an offer is held. What is None or empty is not known."""

    day: str
    """ISO date."""
    person: str | None = None
    """Opaque: whose uses are counted."""
    segments: frozenset[str] = frozenset()
    retailer: str | None = None
    store: str | None = None
    purchases: tuple[Purchase, ...] = ()


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a campaign is used up."""

    by_person: int = 0
    spent_cents: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """An offer held to a shopper."""

    deal: Deal
    applies: bool
    counts: bool
    """Whether it applies and is in the combination that saves most."""
    why: str
    """One sentence for a person: why it applies, or everything that speaks against it."""
    saving_cents: int | None
    """For `quantity` packs; None where the price is not known."""


def judge_deals(
    deals: Iterable[Deal],
    shopper: Shopper,
    price_cents: int | None,
    used: Callable[[Deal], Used] = lambda _deal: Used(),
) -> tuple[Judged, ...]:
    """Hold the offers on one product to a shopper; those that count come first.

    Args:
        price_cents: of one pack here and now; None where it is not known.
        used: how much of each offer, or of its campaign, is used up.
    """
    judged = [_judged(each, shopper, price_cents, used(each)) for each in deals]
    best = _best([each for each in judged if each.applies], price_cents)
    found = [_combined(each, best) for each in judged]
    return tuple(sorted(found, key=lambda each: (not each.counts, not each.applies)))


def saving_cents(deal: Deal, price_cents: int | None) -> int | None:
    """Give what an offer saves on `quantity` packs.

    Returns:
        None where the price is not known, or not how many must be bought.
    """
    if deal.kind == "cash_back":
        whole = deal.value_cents
        return whole if price_cents is None else min(whole, price_cents * deal.quantity)
    if price_cents is None or (deal.kind == "multi_buy" and deal.quantity < 2):
        return None
    paid = deal.value_cents * (deal.quantity if deal.kind == "price" else 1)
    return max(0, price_cents * deal.quantity - paid)


def _judged(deal: Deal, shopper: Shopper, price_cents: int | None, used: Used) -> Judged:
    saving = saving_cents(deal, price_cents)
    against = tuple(_against(deal, shopper, saving, used))
    why = "; ".join(against) if against else _in_favour(deal)
    return Judged(deal, not against, counts=False, why=why, saving_cents=saving)


def _against(deal: Deal, shopper: Shopper, saving: int | None, used: Used) -> Iterable[str]:
    """Say everything that speaks against an offer; what is not known does."""
    yield from _not_here_and_now(deal, shopper)
    if deal.segments and not shopper.segments & set(deal.segments):
        yield f"it is for {_listed(deal.segments)}"
    if deal.bought and (words := _not_bought(deal.bought, shopper)):
        yield words
    yield from _used_up(deal, shopper, saving, used)
    if saving == 0:
        yield "it saves nothing at this price"


def _not_here_and_now(deal: Deal, shopper: Shopper) -> Iterable[str]:
    if deal.valid_from and shopper.day < deal.valid_from:
        yield f"it begins on {deal.valid_from}"
    if shopper.day > deal.valid_until:
        yield f"it ended on {deal.valid_until}"
    if deal.retailers and shopper.retailer not in deal.retailers:
        yield f"it is for {_listed(deal.retailers)}, {_here(shopper.retailer)}"
    if deal.stores and shopper.store not in deal.stores:
        yield f"it is for the store {_listed(deal.stores)}, {_here(shopper.store)}"


def _used_up(deal: Deal, shopper: Shopper, saving: int | None, used: Used) -> Iterable[str]:
    if deal.limit_per_person is not None:
        if shopper.person is None:
            yield "it is limited for each person, and who you are is not known"
        elif used.by_person >= deal.limit_per_person:
            yield f"you have used it {used.by_person} times, the limit is {deal.limit_per_person}"
    if deal.budget_cents is not None:
        if saving is None:
            yield "it has a budget, and what it would cost is not known without a price"
        elif used.spent_cents + saving > deal.budget_cents:
            yield "its budget is used up"


def _not_bought(rule: Bought, shopper: Shopper) -> str | None:
    since = (date.fromisoformat(shopper.day) - timedelta(days=rule.within_days)).isoformat()
    packs = sum(
        each.quantity
        for each in shopper.purchases
        if each.gtin in rule.gtins and since <= each.day <= shopper.day
    )
    period = f"in the last {rule.within_days} days"
    if rule.at_least == 0:
        return f"it is for those who have not bought it {period}, you have" if packs else None
    if packs >= rule.at_least:
        return None
    return f"it is for those who bought {rule.at_least} {period}, you bought {packs}"


def _in_favour(deal: Deal) -> str:
    where = _listed(deal.stores or deal.retailers)
    parts = [
        f"for {_listed(deal.segments)}" if deal.segments else "",
        f"at {where}" if where else "",
        f"for {deal.quantity} together" if deal.quantity > 1 else "",
        "for what you bought before" if deal.bought and deal.bought.at_least else "",
        f"until {deal.valid_until}",
    ]
    return f"it applies {' '.join(part for part in parts if part)}"


def _best(applying: Sequence[Judged], price_cents: int | None) -> frozenset[int]:
    """Choose what counts together; by identity, two offers may be equal."""
    together = _together([each for each in applying if each.deal.stacking != "alone"])
    alone = [each for each in applying if each.deal.stacking == "alone"]
    best_alone = max(alone, key=_saves, default=None)
    if best_alone and _saves(best_alone) > _total(together, price_cents):
        together = [best_alone]
    return frozenset(id(each.deal) for each in together)


def _together(stackable: Sequence[Judged]) -> list[Judged]:
    prices = [each for each in stackable if each.deal.kind != "cash_back"]
    backs = [each for each in stackable if each.deal.kind == "cash_back"]
    one = [each for each in backs if each.deal.stacking == "one_of_kind"]
    chosen = [each for each in backs if each.deal.stacking == "with_all"]
    return [*chosen, *(max(group, key=_saves) for group in (prices, one) if group)]


def _total(chosen: Sequence[Judged], price_cents: int | None) -> float:
    whole = sum(_saves(each) for each in chosen)
    return whole if price_cents is None else min(whole, price_cents)


def _saves(judged: Judged) -> float:
    """What it saves on one pack."""
    return (judged.saving_cents or 0) / judged.deal.quantity


def _combined(judged: Judged, best: frozenset[int]) -> Judged:
    if not judged.applies or id(judged.deal) in best:
        return replace(judged, counts=judged.applies)
    return replace(judged, why=f"{judged.why}, but others save more and it does not add to them")


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names)


def _here(name: str | None) -> str:
    return "where you are is not known" if name is None else f"this is {name}"

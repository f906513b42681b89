"""Invent the products of a store: families of packs that differ in flavour, amount or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facings.product import AllergenLevel, Offer, Review
from facings_train.synthetic.facts import declare_allergens, ingredient_text, nutrition_per_100
from facings_train.synthetic.look import Look, make_look
from facings_train.synthetic.vocabulary import (
    ASPECTS,
    BRAND_ENDS,
    BRAND_MIDDLES,
    BRAND_STARTS,
    BRAND_SUFFIXES,
    CATEGORIES,
    OPINIONS,
    REVIEWERS,
    Category,
    Flavour,
    PackageKind,
    Size,
)

DEMO_PREFIX = "952"
"""GS1 prefix reserved for demonstrations: https://www.gs1.org/standards/id-keys/company-prefix."""
HARD_SHARE = 0.15
STRETCH = (0.88, 1.14)
"""Least and most by which a size's proportions differ from its kind's."""


@dataclass(frozen=True, slots=True)
class SyntheticProduct:
    """One invented product: what is known about it and how it looks."""

    gtin: str
    """GTIN-14: a demonstration GTIN-13 with a leading zero."""
    name: str
    brand: str
    variant: str
    net_content: str
    category: str
    ingredients: str
    allergens: Mapping[str, AllergenLevel]
    nutrition_per_100: Mapping[str, float]
    price_cents: int
    currency: str
    offers: tuple[Offer, ...]
    reviews: tuple[Review, ...]
    width_mm: float
    height_mm: float
    depth_mm: float
    family: int
    """Number of the family within its store."""
    hard: bool
    """Members of its family share art and shape, all but a word or an amount."""
    noun: str
    """What it is: "Oat Drink"."""
    package: PackageKind
    flavour: Flavour
    look: Look
    """Shared by the family."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What the members of a family share."""

    family: int
    category: Category
    brand: str
    noun: str
    package: PackageKind
    look: Look
    hard: bool
    base_cents: int
    scale: float
    stretch: Mapping[str, float]
    """Net content to how much slimmer than its kind that pack is; a line's sizes differ in it."""


def check_digit(digits: str) -> str:
    """GS1 mod-10 check digit of all digits before it.

    https://www.gs1.org/services/how-calculate-check-digit-manually
    """
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def make_products(seed: int, families: int) -> tuple[SyntheticProduct, ...]:
    """Invent a store's products, family by family.

    Args:
        seed: same seed, same store.
        families: how many lines of 2 to 6 products.

    Returns:
        The products, members of a family next to each other. GTINs are unique.
    """
    rng = np.random.default_rng([seed, 0xFAC1])
    taken: set[str] = set()
    brands = _brands(rng, max(families * 2 // 3, 1))
    products: list[SyntheticProduct] = []
    for family in range(families):
        category = (
            CATEGORIES[family % len(CATEGORIES)]
            if families >= len(CATEGORIES)
            else (CATEGORIES[int(rng.integers(len(CATEGORIES)))])
        )
        brand = brands[int(rng.integers(len(brands)))]
        products.extend(_make_family(rng, family, category, brand, taken))
    return tuple(products)


def _brands(rng: np.random.Generator, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        stem = str(rng.choice(BRAND_STARTS)) + str(rng.choice(BRAND_MIDDLES))
        names[stem + str(rng.choice(BRAND_ENDS)) + str(rng.choice(BRAND_SUFFIXES))] = None
    return list(names)


def _make_family(
    rng: np.random.Generator, family: int, category: Category, brand: str, taken: set[str]
) -> list[SyntheticProduct]:
    hard = bool(rng.random() < HARD_SHARE)
    # Sizes of a line are seldom scaled copies of one another: a litre is slimmer than a quarter.
    slimness = rng.permutation(np.linspace(*STRETCH, len(category.sizes)))
    line = _Line(
        family=family,
        category=category,
        brand=brand,
        noun=str(rng.choice(category.nouns)),
        package=category.kinds[int(rng.integers(len(category.kinds)))],
        look=make_look(int(rng.integers(2**31))),
        hard=hard,
        base_cents=int(rng.integers(*category.price_cents)),
        scale=float(rng.uniform(0.92, 1.08)),
        stretch={
            size.net_content: 1.0 if hard else float(slim)
            for size, slim in zip(category.sizes, slimness, strict=True)
        },
    )
    return [
        _make_member(rng, line, flavour, size, _new_gtin(rng, taken))
        for flavour, size in _members(rng, category, line.hard)
    ]


def _members(
    rng: np.random.Generator, category: Category, hard: bool
) -> list[tuple[Flavour, Size]]:
    """Pick the flavours and sizes of a family; a hard one varies only one of the two."""
    flavours = [category.flavours[i] for i in rng.permutation(len(category.flavours))]
    sizes = [category.sizes[i] for i in rng.permutation(len(category.sizes))]
    count = int(rng.integers(2, 7))
    if hard and rng.random() < 0.35:
        # Amount only: one label, on packs as large as their content needs.
        return [(flavours[0], size) for size in sizes[:count]]
    if hard:
        return [(flavour, sizes[0]) for flavour in flavours[: min(count, 4)]]
    pairs = [(flavour, size) for size in sizes[:2] for flavour in flavours[:4]]
    first = int(rng.integers(2)) * 2 if rng.random() < 0.5 else 0
    if rng.random() < 0.6:
        return pairs[first : first + count]
    return [pairs[i] for i in sorted(rng.permutation(len(pairs))[:count])]


def _new_gtin(rng: np.random.Generator, taken: set[str]) -> str:
    while True:
        body = DEMO_PREFIX + "".join(str(digit) for digit in rng.integers(0, 10, size=9))
        gtin = "0" + body + check_digit(body)
        if gtin not in taken:
            taken.add(gtin)
            return gtin


def _make_member(
    rng: np.random.Generator, line: _Line, flavour: Flavour, size: Size, gtin: str
) -> SyntheticProduct:
    category = line.category
    ingredients = ingredient_text(category, line.noun, flavour)
    allergens: dict[str, AllergenLevel] = {}
    if category.nutrition is not None:
        ingredients, allergens = declare_allergens(rng, ingredients)
    stretch = line.stretch[size.net_content]
    width_mm, depth_mm, height_mm = _pack_wdh_mm(line.package, size, line.scale, stretch)
    price_cents = max(int(line.base_cents * size.price_factor) // 10 * 10 + 9, 19)
    return SyntheticProduct(
        gtin=gtin,
        name=f"{line.brand} {line.noun} {flavour.word} {size.net_content}",
        brand=line.brand,
        variant=flavour.word,
        net_content=size.net_content,
        category=category.name,
        ingredients=ingredients,
        allergens=allergens,
        nutrition_per_100=nutrition_per_100(rng, category),
        price_cents=price_cents,
        currency="EUR",
        offers=_offers(rng, price_cents),
        reviews=_reviews(rng),
        width_mm=width_mm,
        height_mm=height_mm,
        depth_mm=depth_mm,
        family=line.family,
        hard=line.hard,
        noun=line.noun,
        package=line.package,
        flavour=flavour,
        look=line.look,
    )


def _pack_wdh_mm(
    kind: PackageKind, size: Size, scale: float, stretch: float
) -> tuple[float, float, float]:
    """Measures of a pack: the size's, with the proportions that its kind can have."""
    width, depth, height = (side * scale for side in size.wdh_mm)
    lowest, highest = ASPECTS[kind]
    aspect = min(max(height / width, lowest), highest) * stretch
    width, height = (width * height / aspect) ** 0.5, (width * height * aspect) ** 0.5
    if kind in ("can", "jar", "tub"):
        depth = width
    return round(width, 1), round(depth, 1), round(height, 1)


def _offers(rng: np.random.Generator, price_cents: int) -> tuple[Offer, ...]:
    if rng.random() > 0.18:
        return ()
    until = f"2027-{int(rng.integers(1, 13)):02d}-{int(rng.integers(1, 29)):02d}"
    match int(rng.integers(3)):
        case 0:
            cents = int(price_cents * 0.75)
            return (Offer(f"Now {cents / 100:.2f} EUR", "price", cents, "EUR", until),)
        case 1:
            cents = max(price_cents // 4, 10)
            return (Offer(f"{cents / 100:.2f} EUR back", "cash_back", cents, "EUR", until),)
        case _:
            return (Offer("2 for the price of 1", "multi_buy", price_cents, "EUR", until),)


def _reviews(rng: np.random.Generator) -> tuple[Review, ...]:
    count = int(rng.choice([0, 0, 1, 2, 3]))
    authors = rng.permutation(len(REVIEWERS))[:count]
    ratings = rng.choice([5, 4, 3, 2, 1], p=[0.35, 0.33, 0.16, 0.1, 0.06], size=count)
    return tuple(
        Review(int(rating), str(rng.choice(OPINIONS[int(rating)])), REVIEWERS[author])
        for author, rating in zip(authors, ratings, strict=True)
    )

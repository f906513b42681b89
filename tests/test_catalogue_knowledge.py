"""What is known about a product is put together from all its evidence, the worst winning."""

from __future__ import annotations

import pytest

from facings.catalogue.ingredients import Finding
from facings.catalogue.knowledge import know
from facings.catalogue.net_content import (
    NetContent,
    UnitPrice,
    net_content_from_text,
    unit_price,
)
from facings.catalogue.nutri_score_category import category_from_tags, fruit_percent_from_tags
from facings.catalogue.nutri_score_tables import NutriScoreCategory
from facings.catalogue.profile import Avoided, Limit, Profile
from facings.product import Declared, Product

GTIN = "04006381333931"
BISCUIT = Product(
    GTIN,
    "Butter biscuit",
    net_content="2 x 100 g",
    ingredients="Wheat flour, butter (milk), sugar, palm oil, emulsifier: E322 (soy)",
    nutrition_per_100={
        "energy_kj": 2050.0,
        "fat": 22.0,
        "saturated_fat": 14.0,
        "sugars": 24.0,
        "salt": 0.8,
        "fiber": 2.0,
        "proteins": 6.0,
        "fruits_vegetables_legumes": 0.0,
    },
    price_cents=250,
    currency="EUR",
    declared=Declared(
        serving="2 biscuits (25 g)",
        category_tags=("en:snacks", "en:biscuits"),
        trace_tags=("en:nuts",),
        additive_tags=("en:e500ii",),
        nova=4,
    ),
)


def test_of_a_bare_record_everything_is_unknown() -> None:
    """Nothing is guessed from a name, and a profile is not met."""
    known = know(Product(GTIN, "Vegan organic milk-free water"), Profile((Avoided("AM"),)))
    assert known.allergens.level("AM") == "unknown"
    assert known.nutri_score.grade is None
    assert {known.vegan.value, known.vegetarian.value, known.palm_oil.value} == {"unknown"}
    assert known.additives == ()
    assert known.nova is known.per_serving is known.unit_price is None
    assert known.verdict is not None
    assert known.verdict.outcome == "unknown"
    assert know(Product(GTIN, "Water")).verdict is None


def test_a_full_record_answers_every_question() -> None:
    """Allergens, diets, additives, NOVA, Nutri-Score, a serving, and the price of a kilogram."""
    known = know(BISCUIT, Profile((Avoided("AM"),), ("vegan",), (Limit("sugars_g", 30.0),)))
    assert known.allergens.level("AM") == known.allergens.level("UW") == "contains"
    assert known.allergens.level("AN") == "may_contain"
    assert known.vegan.value == "no"
    assert known.palm_oil.value == "yes"
    assert [each.number for each in known.additives] == ["E322", "E500"]
    assert known.nova == 4
    assert known.nutri_score.grade == "E"
    assert known.per_serving is not None
    assert known.per_serving["sugars"] == pytest.approx(6.0)
    assert known.unit_price == UnitPrice(1250.0, "kg", "EUR")
    assert known.verdict is not None
    assert [(each.about, each.outcome) for each in known.verdict.reasons] == [
        ("AM", "does_not_fit"),
        ("vegan", "does_not_fit"),
        ("sugars_g", "fits"),
    ]


@pytest.mark.parametrize(
    ("product", "level"),
    [
        (Product(GTIN, "Soup", declared=Declared(label_tags=("en:gluten-free",))), "free_from"),
        (Product(GTIN, "Soup", allergens={"AW": "free_from"}), "free_from"),
        (
            Product(
                GTIN,
                "Soup",
                allergens={"AW": "free_from"},
                declared=Declared(trace_tags=("en:gluten",)),
            ),
            "may_contain",
        ),
        (
            Product(
                GTIN,
                "Soup",
                declared=Declared(
                    label_tags=("en:gluten-free",), statements=("May contain gluten.",)
                ),
            ),
            "may_contain",
        ),
        (
            Product(
                GTIN,
                "Soup",
                ingredients="water, barley",
                allergens={"AW": "free_from"},
                declared=Declared(trace_tags=("en:gluten",)),
            ),
            "contains",
        ),
    ],
)
def test_the_worst_that_anything_says_wins(product: Product, level: str) -> None:
    """Ingredients over traces over claims, wherever each of them stands."""
    assert know(product).allergens.level("AW") == level


def test_tags_answer_what_a_list_leaves_open_and_never_soften_it() -> None:
    """A label makes an unknown list vegan; butter stays butter."""
    vegan = Declared(label_tags=("en:vegan", "en:palm-oil-free"))
    unreadable = Product(GTIN, "Loaf", ingredients="xyzzy", declared=vegan)
    assert know(unreadable).vegan == Finding("yes", ("declared vegan",))
    assert know(unreadable).vegetarian.value == "yes"
    assert know(unreadable).palm_oil.value == "no"
    buttered = Product(GTIN, "Loaf", ingredients="wheat flour, butter", declared=vegan)
    assert know(buttered).vegan.value == "no"
    not_vegan = Declared(analysis_tags=("en:non-vegan",))
    water = Product(GTIN, "Loaf", ingredients="water, sugar", declared=not_vegan)
    assert know(water).vegan == Finding("no", ("declared not vegan",))


def test_a_drink_is_graded_as_a_drink_and_juice_is_fruit() -> None:
    """The category decides the tables, and here the share of fruit."""
    juice = Product(
        GTIN,
        "Orange juice",
        ingredients="orange juice",
        nutrition_per_100={
            "energy_kj": 190.0,
            "fat": 0.0,
            "saturated_fat": 0.0,
            "sugars": 9.0,
            "salt": 0.0,
            "fiber": 0.3,
            "proteins": 0.7,
        },
        declared=Declared(category_tags=("en:beverages", "en:fruit-juices")),
    )
    score = know(juice).nutri_score
    assert (score.category, score.grade) == ("beverage", "C")
    assert (score.negative_points, score.positive_points) == (3 + 7, 6)  # energy, sugars; fruit


@pytest.mark.parametrize(
    ("words", "category"),
    [
        ("", None),
        ("plant-based-foods-and-beverages", None),
        ("snacks biscuits", "general"),
        ("dairies cheeses", "cheese"),
        ("beverages waters spring-waters", "water"),
        ("beverages waters flavored-waters", "beverage"),
        ("beverages alcoholic-beverages beers", "not_covered"),
        ("beverages hot-beverages teas", None),
        ("beverages teas iced-teas", "beverage"),
        ("dairies milks", "beverage"),
        ("fats vegetable-oils olive-oils", "fats_oils_nuts_seeds"),
        ("fats nut-butters", None),
        ("meats", None),
        ("meats beef", "red_meat"),
        ("meats poultries chickens", "general"),
    ],
)
def test_tags_that_are_too_broad_give_no_category(
    words: str, category: NutriScoreCategory | None
) -> None:
    """A grade by the wrong table would be worse than none."""
    assert category_from_tags([f"en:{word}" for word in words.split()]) == category


def test_the_share_of_fruit_is_known_of_juices_and_potatoes_alone() -> None:
    """Nectars are diluted, everything else is not told by its category."""
    assert fruit_percent_from_tags(["en:fruit-juices"]) == 100.0
    assert fruit_percent_from_tags(["en:fruit-juices", "en:fruit-nectars"]) is None
    assert fruit_percent_from_tags(["en:potatoes"]) == 0.0
    assert fruit_percent_from_tags(["en:jams"]) is None


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (None, None),
        ("", None),
        ("a bottle", None),
        ("0 g", None),
        ("500 g", NetContent(500, "g")),
        ("75cl", NetContent(750, "ml")),
        ("6 x 330 ml", NetContent(1980, "ml")),
        ("6x1,5L", NetContent(9000, "ml")),
        ("200 g x 4", NetContent(800, "g")),
        ("12 oz (340 g)", NetContent(340, "g")),
        ("10 pieces", NetContent(10, "piece")),
    ],
)
def test_net_content_is_read_as_printed(text: str | None, content: NetContent | None) -> None:
    """Weights, volumes, multipacks and pieces."""
    assert net_content_from_text(text) == content


def test_the_unit_price_is_of_a_kilogram_a_litre_or_a_piece() -> None:
    """Nothing is known of a pack without a content."""
    assert unit_price(199, "EUR", None) is None
    assert unit_price(199, "EUR", NetContent(500, "g")) == UnitPrice(398.0, "kg", "EUR")
    assert unit_price(99, "EUR", NetContent(330, "ml")) == UnitPrice(300.0, "l", "EUR")
    assert unit_price(250, "EUR", NetContent(10, "piece")) == UnitPrice(25.0, "piece", "EUR")

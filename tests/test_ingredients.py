"""Ingredient lists taken apart, and what they say to vegans and the like."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from facings.catalogue.additives import additive, additives_in
from facings.catalogue.ingredients import Ingredient, analyse, nova_group, parse_ingredients

CATALOGUE = Path(__file__).parents[2] / "shared" / "data" / "catalogue"


def names(text: str) -> list[str]:
    """List the names of the outer ingredients."""
    return [each.name for each in parse_ingredients(text)]


@pytest.mark.parametrize("text", [None, "", " ", "Ingredients:", "May contain nuts."])
def test_without_a_list_everything_is_unknown(text: str | None):
    """No list is not a list of nothing."""
    found = analyse(text)
    assert found.ingredients == ()
    assert {found.vegan.value, found.vegetarian.value, found.palm_oil.value} == {"unknown"}
    assert found.sweeteners is None


def test_a_list_is_cut_at_commas_outside_of_brackets():
    """With shares and parts."""
    assert parse_ingredients(
        "Ingrédients : Farine de BLÉ 60,5 %, chocolat (12%) (sucre, pâte de cacao [cacao,"
        " sel]), sel."
    ) == (
        Ingredient("Farine de BLÉ", 60.5),
        Ingredient(
            "chocolat",
            12,
            (
                Ingredient("sucre"),
                Ingredient("pâte de cacao", None, (Ingredient("cacao"), Ingredient("sel"))),
            ),
        ),
        Ingredient("sel"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("water; salt, sugar", ["water", "salt", "sugar"]),
        ("Zutaten: Wasser, Salz. Kann Spuren von Milch, Nüssen enthalten.", ["Wasser", "Salz"]),
        ("Sugar, salt. CONTAINS: MILK, SOY. Store in a cool, dry place.", ["Sugar", "salt"]),
        ("FLOUR, CONTAINS 2% OR LESS OF: SALT, YEAST", ["FLOUR", "SALT", "YEAST"]),
        ("Less than 2% of the following: salt", ["salt"]),
        ("water (unclosed, bracket", ["water"]),
        ("a), b", ["a", "b"]),
        ("<b>Milk</b>, *oats*", ["Milk", "oats"]),
        ("emulsifier: soy lecithin, salt", ["emulsifier", "salt"]),
        ("1,5 % salt", ["salt"]),
    ],
)
def test_lists_are_read_as_they_are_printed(text: str, expected: list[str]):
    """Statements are no ingredients; broken brackets do no harm."""
    assert names(text) == expected


def test_what_stands_after_a_colon_or_in_brackets_is_a_part():
    """A colon reaches to the comma."""
    (emulsifier,) = parse_ingredients("emulsifier: soy lecithin")
    assert [each.name for each in emulsifier.leaves()] == ["soy lecithin"]


def test_a_share_is_read_before_and_after_the_name_and_its_brackets():
    """But not out of them."""
    found = parse_ingredients("1,5 % salt, oats (rolled) 10%, tomatoes 20% (water, salt 1%)")
    assert [(each.name, each.percent) for each in found] == [
        ("salt", 1.5), ("oats", 10), ("tomatoes", 20),
    ]  # fmt: skip


def test_an_impossible_share_is_none():
    """120 % of anything is a typing error."""
    assert parse_ingredients("juice 120 %") == (Ingredient("juice"),)
    with pytest.raises(ValueError, match="between 0 and 100"):
        Ingredient("juice", 120)
    with pytest.raises(ValueError, match="has a name"):
        Ingredient("")


@pytest.mark.parametrize(
    ("text", "vegan", "vegetarian", "palm_oil"),
    [
        ("Tomates 85%, oignons, huile d'olive vierge extra, sel, basilic", "yes", "yes", "no"),
        ("Weizenmehl, Wasser, Salz, Hefe", "yes", "yes", "no"),
        ("Vatten, havre 10%, rapsolja, salt", "yes", "yes", "no"),
        ("Garbanzos, agua, sal", "yes", "yes", "no"),
        ("sugar, cocoa butter, cocoa mass, emulsifier: soy lecithin (E322)", "yes", "yes", "no"),
        ("coconut milk, water, guar gum", "yes", "yes", "no"),
        ("sugar, skimmed milk powder", "no", "yes", "no"),
        ("sugar, honey", "no", "yes", "no"),
        ("Sugar, salt. Contains: milk.", "no", "yes", "no"),
        ("Sugar, salt. May contain traces of milk.", "yes", "yes", "no"),
        ("Sugar, salt. Contains: fish.", "no", "no", "no"),
        ("egg, wheat flour", "no", "yes", "no"),
        ("milk, cheese", "no", "unknown", "no"),
        ("wheat, cheddar", "no", "unknown", "no"),
        ("Cured with: water, salt, sodium nitrite", "unknown", "unknown", "no"),
        ("sugar, gelatin", "no", "no", "no"),
        ("wheat flour, pork", "no", "no", "no"),
        ("wheat, anchovies", "no", "no", "no"),
        ("sugar, E120", "no", "no", "no"),
        ("sugar, E471", "unknown", "unknown", "unknown"),
        ("sugar, natural flavouring", "unknown", "unknown", "unknown"),
        ("sugar, vegetable oil", "yes", "yes", "unknown"),
        ("sugar, vegetable oil (sunflower, palm)", "yes", "yes", "yes"),
        ("Zucker, Palmöl", "yes", "yes", "yes"),
        ("sucre, huile de palme", "yes", "yes", "yes"),
        ("soy sausage (soy protein, water)", "yes", "yes", "no"),
        ("vegan cheese", "unknown", "unknown", "unknown"),
        ("buckwheat, soy flour", "yes", "yes", "no"),
        ("fat free milk", "no", "yes", "no"),
        ("sodium benzoate (preservative), cocoa (processed with alkali)", "yes", "yes", "no"),
        ("lecithin, sugar", "unknown", "yes", "no"),
        ("water, vitamins (B12, D2)", "yes", "yes", "no"),
        ("water, vitamins (D3)", "unknown", "unknown", "unknown"),
    ],
)
def test_an_analysis_is_as_by_hand(text: str, vegan: str, vegetarian: str, palm_oil: str):
    """Yes needs every ingredient known."""
    found = analyse(text)
    assert found.vegan.value == vegan, found.vegan
    assert found.vegetarian.value == vegetarian, found.vegetarian
    assert found.palm_oil.value == palm_oil, found.palm_oil


def test_an_analysis_names_the_ingredients_that_decided():
    """As printed."""
    found = analyse("Wheat flour, Gelatine, milk chocolate (sugar, whole MILK), mystery powder")
    assert found.vegan.because == ("Gelatine", "milk chocolate", "whole MILK")
    assert found.vegetarian.because == ("Gelatine",)
    assert analyse("sugar, mystery powder").vegan.because == ("mystery powder",)


def test_one_unknown_ingredient_is_enough_for_unknown():
    """Whatever stands around it."""
    for text in ("xyzzy", "sugar, xyzzy", "sugar (xyzzy), salt", "xyzzy: sugar, plugh"):
        assert analyse(text).vegan.value != "yes", text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("colour: E150d", ["E150d"]),
        ("E 322", ["E322"]),
        ("e-330", ["E330"]),
        ("E160a(ii)", ["E160a"]),
        ("guar gum", ["E412"]),
        ("Guarkernmehl", ["E412"]),
        ("emulsifier (soy lecithin)", ["E322"]),
        ("Sojalecithin", ["E322"]),
        ("acide citrique", ["E330"]),
        ("mono- and diglycerides", ["E471"]),
        ("E1442", ["E1442"]),
        ("E99, E1999, recipe 500, size 330", []),
        ("citric acid cycle", []),
    ],
)
def test_additives_are_found_by_number_and_by_name(text: str, numbers: list[str]):
    """Each once."""
    assert [each.number for each in additives_in(text)] == numbers


def test_an_additive_says_what_it_is_made_of():
    """Carmine is of insects, lecithin of soy or eggs, citric acid of neither."""
    assert (additive("E120").vegan, additive("E120").vegetarian) == ("no", "no")
    assert (additive("E322").vegan, additive("E322").vegetarian) == ("unknown", "yes")
    assert (additive("E330").vegan, additive("E330").maybe_palm) == ("yes", False)
    assert additive("E471").maybe_palm
    assert additive("E999").name is None


@pytest.mark.parametrize(
    ("text", "sweetened"),
    [
        ("water, sugar", False),
        ("water, sweeteners (aspartame, acesulfame K)", True),
        ("Wasser, Süßungsmittel: E960a", True),
        ("water, erythritol, sorbitol", False),
    ],
)
def test_sweeteners_of_the_nutri_score_are_found(text: str, sweetened: bool):
    """Sugar alcohols are none."""
    assert analyse(text).sweeteners is sweetened


@pytest.mark.parametrize(
    ("given", "group"),
    [(None, None), ("", None), ("4", 4), (1, 1), ("3.0", 3), ("5", None), ("unknown", None)],
)
def test_nova_is_taken_where_given_and_never_guessed(given: str | int | None, group: int | None):
    """1 to 4."""
    assert nova_group(given) == group


def test_every_real_list_can_be_read():
    """Nothing in a sample of American labels stops the reader, and names have no brackets left."""
    file = CATALOGUE / "usda_branded_food_sample.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here: reading real lists needs the catalogue sample")
    with file.open(encoding="utf-8", newline="") as lines:
        texts = [row["ingredients"] for row in csv.DictReader(lines)][::40]
    read = [analyse(text) for text in texts]
    assert sum(bool(each.ingredients) for each in read) > 0.98 * len(texts)
    assert {each.vegan.value for each in read} == {"yes", "no", "unknown"}

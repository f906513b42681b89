"""The Nutri-Score of 2023 against its published tables, written out a second time here."""

from __future__ import annotations

import csv
import itertools
from dataclasses import fields, replace
from pathlib import Path

import pytest

from facings.catalogue import nutri_score_tables as tables
from facings.catalogue.nutri_score import NutriScore, nutri_score, points
from facings.catalogue.nutri_score_tables import Scale
from facings.catalogue.nutrition import Nutrients

CATALOGUE = Path(__file__).parents[2] / "shared" / "data" / "catalogue"

# The published tables: points to the highest value that earns no more. The last one is "above".
PUBLISHED = {
    "energy": (tables.ENERGY, "335 670 1005 1340 1675 2010 2345 2680 3015 3350"),
    "sugars": (tables.SUGARS, "3.4 6.8 10 14 17 20 24 27 31 34 37 41 44 48 51"),
    "saturated fat": (tables.SATURATED_FAT, "1 2 3 4 5 6 7 8 9 10"),
    "salt": (
        tables.SALT,
        "0.2 0.4 0.6 0.8 1 1.2 1.4 1.6 1.8 2 2.2 2.4 2.6 2.8 3 3.2 3.4 3.6 3.8 4",
    ),
    "fiber": (tables.FIBER, "3.0 4.1 5.2 6.3 7.4"),
    "proteins": (tables.PROTEINS, "2.4 4.8 7.2 9.6 12 14 17"),
    "energy from saturates": (
        tables.ENERGY_FROM_SATURATES,
        "120 240 360 480 600 720 840 960 1080 1200",
    ),
    "energy of drinks": (tables.ENERGY_OF_DRINK, "30 90 150 210 240 270 300 330 360 390"),
    "sugars of drinks": (tables.SUGARS_OF_DRINK, "0.5 2 3.5 5 6 7 8 9 10 11"),
    "proteins of drinks": (tables.PROTEINS_OF_DRINK, "1.2 1.5 1.8 2.1 2.4 2.7 3.0"),
}
EDGES = [
    pytest.param(scale, float(edge), earned, id=f"{name} {edge}")
    for name, (scale, text) in PUBLISHED.items()
    for earned, edge in enumerate(text.split())
]
STEP = 1e-6
PLAIN = Nutrients(
    energy_kj=0,
    fat_g=0,
    saturated_fat_g=0,
    sugars_g=0,
    salt_g=0,
    fiber_g=0,
    proteins_g=0,
    fruits_vegetables_legumes_percent=0,
    sweeteners=False,
)


@pytest.mark.parametrize(("scale", "edge", "earned"), EDGES)
def test_a_point_comes_above_every_published_threshold(scale: Scale, edge: float, earned: int):
    """Not at it."""
    assert points(edge - STEP, scale) == earned
    assert points(edge, scale) == earned
    assert points(edge + STEP, scale) == earned + 1


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_the_tables_end_where_the_published_ones_do(name: str, published: tuple[Scale, str]):
    """As many points as thresholds, none at zero, no more far above the last."""
    scale, text = published
    assert scale.most == len(text.split()), name
    assert points(0, scale) == 0
    assert points(1e6, scale) == scale.most


@pytest.mark.parametrize(
    ("edge", "earned"),
    list(zip((10, 16, 22, 28, 34, 40, 46, 52, 58, 64), range(10), strict=True)),
)
def test_the_share_of_saturates_in_fat_earns_its_point_at_the_threshold(edge: int, earned: int):
    """The one table that says "less than" and not "up to"."""
    assert points(edge - STEP, tables.SATURATES_IN_FAT) == earned
    assert points(edge, tables.SATURATES_IN_FAT) == earned + 1
    assert points(edge + STEP, tables.SATURATES_IN_FAT) == earned + 1


@pytest.mark.parametrize(
    ("scale", "steps"),
    [
        (tables.FRUITS, {0: 0, 40: 0, 40.01: 1, 60: 1, 60.01: 2, 80: 2, 80.01: 5, 100: 5}),
        (tables.FRUITS_OF_DRINK, {0: 0, 40: 0, 40.01: 2, 60: 2, 60.01: 4, 80: 4, 80.01: 6, 100: 6}),
    ],
)
def test_fruits_earn_points_in_jumps(scale: Scale, steps: dict[float, int]):
    """0, 1, 2, 5 in foods; 0, 2, 4, 6 in drinks."""
    assert {share: points(share, scale) for share in steps} == steps


def test_the_noise_of_a_conversion_earns_no_point():
    """0.24 g sodium are 0.6 g salt, whatever binary fractions make of it."""
    assert points(0.1 + 0.2 + 0.3, tables.SALT) == points(0.6, tables.SALT) == 2
    assert points(100 * 0.07 / 0.7 * 1.0, tables.SATURATES_IN_FAT) == 1


@pytest.mark.parametrize(
    ("category", "highest"),
    [
        ("general", {"A": 0, "B": 2, "C": 10, "D": 18}),
        ("red_meat", {"A": 0, "B": 2, "C": 10, "D": 18}),
        ("cheese", {"A": 0, "B": 2, "C": 10, "D": 18}),
        ("fats_oils_nuts_seeds", {"A": -6, "B": 2, "C": 10, "D": 18}),
        ("beverage", {"B": 2, "C": 6, "D": 9}),
    ],
)
def test_every_grade_ends_at_its_published_score(category, highest: dict[str, int]):
    """Every score a product can have, built from salt points and fibre, fruit, protein points."""
    grades = {}
    for salt, fiber, fruit in itertools.product(range(21), range(6), (0, 100)):
        given = replace(
            PLAIN,
            salt_g=salt / 5 + 0.1,
            fiber_g=(0, 3.1, 4.2, 5.3, 6.4, 7.5)[fiber],
            fruits_vegetables_legumes_percent=fruit,
        )
        found = nutri_score(given, category)
        grades.setdefault(found.score, set()).add(found.grade)
    assert set(range(-10, 21)) <= set(grades)
    for score, seen in grades.items():
        expected = next((grade for grade, most in highest.items() if score <= most), "E")
        assert seen == {expected}, score


def scored(category, **contents: float | bool) -> NutriScore:
    """Grade a product whose other contents are zero."""
    return nutri_score(replace(PLAIN, **contents), category)


def test_bread_is_graded_as_by_hand():
    """Wholemeal: energy 1000 -> 2, sugars 4 -> 1, salt 1.0 -> 4; fibre 7 -> 4, protein 9 -> 3."""
    bread = scored(
        "general", energy_kj=1000, sugars_g=4, salt_g=1.0, fiber_g=7, proteins_g=9, fat_g=2
    )
    assert (bread.negative_points, bread.positive_points, bread.score) == (7, 7, 0)
    assert bread.grade == "A"
    assert bread.reason == "A: 7 negative - 7 positive points = 0"


def test_chocolate_spread_is_graded_as_by_hand():
    """2252 kJ -> 6, sugars 56.3 -> 15, saturates 10.6 -> 10, salt 0.107 -> 0; protein is out."""
    spread = scored(
        "general",
        energy_kj=2252,
        sugars_g=56.3,
        saturated_fat_g=10.6,
        fat_g=30.9,
        salt_g=0.107,
        proteins_g=6.3,
    )
    assert (spread.negative_points, spread.positive_points, spread.grade) == (31, 0, "E")


def test_proteins_count_in_food_below_11_negative_points_only():
    """Ten points of salt: seven protein points help; eleven: none do."""
    ten = scored("general", salt_g=2.1, proteins_g=20)
    eleven = scored("general", salt_g=2.3, proteins_g=20)
    assert (ten.negative_points, ten.score, ten.grade) == (10, 3, "C")
    assert (eleven.negative_points, eleven.score, eleven.grade) == (11, 11, "D")
    protein = next(each for each in eleven.components if each.name == "proteins")
    assert not protein.counted
    assert protein.note == "not counted: 11 negative points, the limit is below 11"


def test_proteins_always_count_in_cheese():
    """Emmental: 1590 kJ -> 4, saturates 18 -> 10, salt 0.6 -> 2; protein 28 -> 7: 9, not 16."""
    contents = {
        "energy_kj": 1590,
        "saturated_fat_g": 18,
        "fat_g": 29,
        "salt_g": 0.6,
        "proteins_g": 28,
    }
    assert (scored("cheese", **contents).score, scored("cheese", **contents).grade) == (9, "C")
    assert (scored("general", **contents).score, scored("general", **contents).grade) == (16, "D")


def test_red_meat_gets_two_protein_points_at_the_most():
    """Minced beef 5 % fat: 556 kJ -> 1, saturates 2.1 -> 2; protein 21 -> 2 of 7: 1, not -4."""
    contents = {"energy_kj": 556, "saturated_fat_g": 2.1, "fat_g": 5, "proteins_g": 21}
    beef, poultry = scored("red_meat", **contents), scored("general", **contents)
    assert (beef.score, beef.grade) == (1, "B")
    assert (poultry.score, poultry.grade) == (-4, "A")
    assert "red meat gets 2 at the most" in str(beef.components[-1])


def test_red_meat_with_one_protein_point_keeps_it():
    """The limit is no gift."""
    assert scored("red_meat", proteins_g=3).positive_points == 1


def test_olive_oil_is_graded_as_by_hand():
    """Saturates 14 of 100 g fat: 518 kJ -> 4, 14 % -> 1; olives are fruit, the oil counts: 5."""
    contents = {"energy_kj": 3700, "fat_g": 100, "saturated_fat_g": 14}
    oil = scored("fats_oils_nuts_seeds", **contents, fruits_vegetables_legumes_percent=100)
    assert (oil.negative_points, oil.positive_points, oil.score, oil.grade) == (5, 5, 0, "B")
    assert scored("general", **contents).grade == "E", "the rules of foods would be wrong here"


def test_butter_is_graded_as_by_hand():
    """Saturates 55 of 82 g: 2035 kJ -> 10, 67 % -> 10, sugars and salt none: 20."""
    butter = scored("fats_oils_nuts_seeds", energy_kj=3060, fat_g=82, saturated_fat_g=55)
    assert (butter.score, butter.grade) == (20, "E")


def test_proteins_count_in_fats_below_7_negative_points_only():
    """Walnuts: saturates 6 of 65 g: 222 kJ -> 1, 9 % -> 0; fibre 6.7 -> 4, protein 15 -> 6: -9."""
    walnuts = scored(
        "fats_oils_nuts_seeds",
        fat_g=65,
        saturated_fat_g=6,
        sugars_g=2.6,
        fiber_g=6.7,
        proteins_g=15,
    )
    assert (walnuts.score, walnuts.grade) == (-9, "A")
    six = scored("fats_oils_nuts_seeds", salt_g=1.3, proteins_g=20)
    seven = scored("fats_oils_nuts_seeds", salt_g=1.5, proteins_g=20)
    assert (six.negative_points, six.score) == (6, -1)
    assert (seven.negative_points, seven.score) == (7, 7)


def test_a_food_without_fat_has_no_share_of_saturates():
    """Division by nothing is no point."""
    assert scored("fats_oils_nuts_seeds", fat_g=0, saturated_fat_g=0).negative_points == 0


def test_cola_and_its_sweetened_sister_are_graded_as_by_hand():
    """Cola: 180 kJ -> 3, sugars 10.6 -> 9: 12, E. Light: nothing but sweeteners: 4, C."""
    cola = scored("beverage", energy_kj=180, sugars_g=10.6)
    light = scored("beverage", energy_kj=1, sweeteners=True)
    assert (cola.score, cola.grade) == (12, "E")
    assert (light.score, light.grade) == (4, "C")
    assert "sweeteners: yes, +4 of 4" in [str(each) for each in light.components]


def test_sweeteners_cost_nothing_in_food():
    """The rule is for drinks."""
    assert scored("general", sweeteners=True).score == 0


def test_orange_juice_and_milk_are_graded_as_by_hand():
    """Juice: 180 kJ -> 3, sugars 8.9 -> 7, all fruit -> 6: 4. Milk: 195 kJ -> 3, 4.8 g -> 3,
    saturates 1.0 -> 0; protein 3.3 -> 7: -1."""
    juice = scored("beverage", energy_kj=180, sugars_g=8.9, fruits_vegetables_legumes_percent=100)
    milk = scored(
        "beverage", energy_kj=195, sugars_g=4.8, saturated_fat_g=1.0, fat_g=1.6, proteins_g=3.3
    )
    assert (juice.score, juice.grade) == (4, "C")
    assert (milk.score, milk.grade) == (-1, "B"), "A is for water"


def test_proteins_always_count_in_drinks():
    """However many negative points there are."""
    assert scored("beverage", energy_kj=400, sugars_g=12, proteins_g=3.1).score == 20 - 7


def test_plain_water_is_a_and_nothing_else_a_drink_is():
    """The best drink there can be is a B."""
    assert nutri_score(Nutrients(), "water").grade == "A"
    best = scored("beverage", fiber_g=10, proteins_g=10, fruits_vegetables_legumes_percent=100)
    assert (best.score, best.grade) == (-18, "B")


def test_without_a_category_there_is_no_grade():
    """Which rules apply decides too much to be guessed."""
    found = nutri_score(PLAIN, None)
    assert (found.grade, found.missing) == (None, ("category",))
    assert found.reason == "unknown: the category is not known"


def test_what_bears_no_nutri_score_gets_none():
    """Baby food, wine."""
    found = nutri_score(PLAIN, "not_covered")
    assert (found.grade, found.best_grade, found.missing) == (None, None, ())


def test_nothing_known_is_unknown_from_a_to_e():
    """Zero would have been an A."""
    found = nutri_score(Nutrients(), "general")
    assert (found.grade, found.score, found.best_grade, found.worst_grade) == (None, None, "A", "E")
    assert len(found.missing) == 7
    assert found.reason.startswith("unknown, A to E: not known: energy, sugars")


def test_a_missing_fibre_that_could_change_the_grade_makes_it_unknown():
    """Score 1 without fibre points, A with one."""
    known = replace(PLAIN, salt_g=0.3, fiber_g=None)
    found = nutri_score(known, "general")
    assert (found.grade, found.missing) == (None, ("fiber",))
    assert (found.best_grade, found.worst_grade) == ("A", "B")


def test_a_missing_fibre_that_changes_nothing_leaves_the_grade():
    """Thirty negative points stay an E."""
    known = replace(PLAIN, energy_kj=2300, sugars_g=60, saturated_fat_g=11, fiber_g=None)
    found = nutri_score(known, "general")
    assert (found.grade, found.score) == ("E", None)
    assert found.reason == "E, whatever the missing values are: fiber"


LEVELS = {
    "energy_kj": (0, 700, 4000),
    "fat_g": (10, 60, 100),
    "saturated_fat_g": (0, 5.5, 10),
    "sugars_g": (0, 9, 60),
    "salt_g": (0, 1.1, 5),
    "fiber_g": (0, 4, 9),
    "proteins_g": (0, 6, 20),
    "fruits_vegetables_legumes_percent": (0, 50, 100),
    "sweeteners": (False, True, True),
}


@pytest.mark.parametrize(
    "category", ["general", "red_meat", "cheese", "fats_oils_nuts_seeds", "beverage"]
)
@pytest.mark.parametrize("missing", list(itertools.combinations(LEVELS, 2)))
def test_bounds_hold_for_whatever_the_missing_values_turn_out_to_be(category, missing):
    """A slow look at every level of two missing values, at three levels of the others."""
    for level in range(3):
        contents = {name: values[level] for name, values in LEVELS.items()}
        found = nutri_score(Nutrients(**{**contents, **dict.fromkeys(missing)}), category)
        for first, second in itertools.product(*(LEVELS[name] for name in missing)):
            filled = Nutrients(**{**contents, missing[0]: first, missing[1]: second})
            grade = nutri_score(filled, category).grade
            assert found.best_grade <= grade <= found.worst_grade
            assert found.grade in {None, grade}


def test_saturates_not_known_are_no_more_than_the_fat():
    """A food without fat has none."""
    lean = nutri_score(replace(PLAIN, fat_g=0, saturated_fat_g=None), "general")
    assert (lean.grade, lean.score, lean.missing) == ("A", None, ("saturated_fat",))
    fat = nutri_score(replace(PLAIN, fat_g=3.5, saturated_fat_g=None), "general")
    assert (fat.best_grade, fat.worst_grade) == ("A", "C")


def test_every_input_is_used_somewhere():
    """A field of the nutrients that no table reads would be forgotten."""
    assert {field.name for field in fields(Nutrients)} == set(LEVELS)


def test_the_2017_grades_of_open_food_facts_are_near():
    """Every fifth product: nine grades in ten are among those it may have today. The file has
    neither saturates nor fruit shares, so there is seldom one grade only."""
    file = CATALOGUE / "off_products_fr_2017.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here: the comparison needs the catalogue sample")
    inside = total = 0
    with file.open(encoding="utf-8", newline="") as lines:
        for row in itertools.islice(csv.DictReader(lines, delimiter=";"), 0, None, 5):
            grade = (row["nutrition_grade_fr"] or "").upper()
            juice = (row["main_category_fr"] or "").startswith("Jus")
            if grade not in set("ABCDE"):
                continue
            found = nutri_score(off_nutrients(row), "beverage" if juice else "general")
            total += 1
            inside += found.best_grade <= grade <= found.worst_grade
    assert total > 1000
    assert inside / total > 0.9


def off_nutrients(row: dict[str, str | None]) -> Nutrients:
    """Read a row of the sample."""
    names = {
        "energy_kj": "energy_100g",
        "fat": "fat_100g",
        "sugars": "sugars_100g",
        "fiber": "fiber_100g",
        "proteins": "proteins_100g",
        "salt": "salt_100g",
    }
    given = {}
    for name, column in names.items():
        try:
            given[name] = float(row[column] or "")
        except ValueError:
            continue
    return Nutrients.from_per_100(given)

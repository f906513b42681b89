"""Contents of 100 g and of a serving."""

from __future__ import annotations

import pytest

from facings.catalogue.nutrition import Nutrients, Serving, per_serving, serving_from_text


def test_nothing_given_is_nothing_known():
    """Not zero."""
    assert Nutrients.from_per_100({}) == Nutrients()
    assert Nutrients().sugars_g is None


def test_contents_are_read_by_their_open_food_facts_names():
    """Energy in kilojoules, the rest in grams."""
    given = {"energy_kj": 1500, "fat": 10, "saturated_fat": 4, "sugars": 30, "salt": 0.5}
    read = Nutrients.from_per_100(given | {"fiber": 3, "proteins": 6})
    assert read == Nutrients(1500, 10, 4, 30, 0.5, 3, 6)


def test_sodium_and_kilocalories_stand_in_for_salt_and_kilojoules():
    """2.5 g of salt hold 1 g of sodium; 100 kcal are 418.4 kJ."""
    read = Nutrients.from_per_100({"sodium": 0.4, "energy_kcal": 100})
    assert read.salt_g == pytest.approx(1.0)
    assert read.energy_kj == pytest.approx(418.4)
    assert Nutrients.from_per_100({"sodium": 0.4, "salt": 3}).salt_g == 3


@pytest.mark.parametrize("amount", [-0.1, 151, float("nan"), float("inf")])
def test_amounts_no_food_has_are_not_known(amount: float):
    """A typing error in a catalogue is no reason to stop, and no reason to believe it."""
    assert Nutrients.from_per_100({"sugars": amount, "salt": 1}) == Nutrients(salt_g=1)


@pytest.mark.parametrize(
    ("field", "amount"),
    [("sugars_g", -1), ("energy_kj", 5001), ("fruits_vegetables_legumes_percent", 101)],
)
def test_impossible_amounts_are_refused_where_they_are_made(field: str, amount: float):
    """A value is checked where it is born."""
    with pytest.raises(ValueError, match=f"{field} lies between 0 and"):
        Nutrients(**{field: amount})


@pytest.mark.parametrize(
    ("text", "serving"),
    [
        (None, None),
        ("", None),
        ("1 biscuit", None),
        ("0 g", None),
        ("30 g", Serving(30, "g")),
        ("30g", Serving(30, "g")),
        ("12,5 g", Serving(12.5, "g")),
        ("1 bar (1.4 oz, 40 g)", Serving(40, "g")),
        ("2 oz", Serving(56.69904625, "g")),
        ("8 fl oz (240 mL)", Serving(240, "ml")),
        ("33 cl", Serving(330, "ml")),
        ("1 L", Serving(1000, "ml")),
        ("85.0 GRM", Serving(85, "g")),
        ("1 portion = 2 dl", Serving(200, "ml")),
    ],
)
def test_a_serving_is_read_as_it_is_printed(text: str | None, serving: Serving | None):
    """Metric before ounces."""
    assert serving_from_text(text) == serving


def test_a_serving_holds_its_share_of_100_g():
    """45 g of something with 20 g sugars in 100 g hold 9 g."""
    assert per_serving({}, Serving(45, "g")) == {}
    assert per_serving({"sugars": 20, "energy_kj": 1000}, Serving(45, "g")) == {
        "sugars": pytest.approx(9),
        "energy_kj": pytest.approx(450),
    }


@pytest.mark.parametrize("amount", [0, -1, float("nan")])
def test_a_serving_of_nothing_is_refused(amount: float):
    """It would make every content zero."""
    with pytest.raises(ValueError, match="more than nothing"):
        Serving(amount, "g")

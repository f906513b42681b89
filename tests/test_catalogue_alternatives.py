"""An alternative is similar, surely better, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from facings.catalogue.alternatives import alternatives
from facings.catalogue.knowledge import know
from facings.catalogue.profile import Avoided, Profile
from facings.catalogue.records import Records
from facings.product import Declared, Product
from test_catalogue_knowledge import BISCUIT

SWEET = replace(BISCUIT, category="biscuits")
BETTER = replace(
    SWEET,
    gtin="00000096385074",
    name="Oat biscuit",
    nutrition_per_100=dict(SWEET.nutrition_per_100) | {"saturated_fat": 1.0, "sugars": 3.0},
)
UNGRADED = Product("00036000291452", "Mystery biscuit", category="biscuits")
NO_MILK = replace(
    SWEET,
    gtin="10614141000415",
    name="Milk-free biscuit",
    ingredients="Wheat flour, sugar",
    allergens={"AM": "free_from"},
    declared=replace(SWEET.declared, trace_tags=()),
)
MILK_FREE = Profile((Avoided("AM"),))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Biscuits, and a better product of another category."""
    with Records.open(f"sqlite:///{tmp_path}/facings.db") as opened:
        other = replace(BETTER, gtin="09506000134352", category="apples")
        gone = replace(BETTER, gtin="09577283844672", active=False)
        opened.upsert([SWEET, BETTER, UNGRADED, NO_MILK, other, gone])
        yield opened


def named(records: Records, product: Product, profile: Profile | None = None) -> dict[str, str]:
    """Give the alternatives' names and reasons."""
    found = alternatives(know(product, profile), records, profile)
    return {each.product.name: each.why for each in found}


def test_without_a_category_nothing_is_similar(records: Records) -> None:
    """And the best of its category has no better."""
    assert named(records, replace(SWEET, category=None)) == {}
    assert named(records, BETTER) == {}


def test_a_surely_better_grade_is_a_reason(records: Records) -> None:
    """What is not graded is not offered, nor what is no longer sold."""
    grade = know(BETTER).nutri_score.grade
    assert named(records, SWEET) == {"Oat biscuit": f"Nutri-Score {grade} instead of E"}


def test_what_fits_is_offered_instead_of_what_does_not(records: Records) -> None:
    """A better grade is none for a person whom the product does not fit any better."""
    found = named(records, SWEET, MILK_FREE)
    assert list(found) == ["Milk-free biscuit", "Oat biscuit"]
    assert "it fits you (contains milk" in found["Milk-free biscuit"]
    assert "Oat biscuit" not in named(records, NO_MILK, MILK_FREE)


def test_what_is_unknown_is_no_alternative(records: Records) -> None:
    """Not knowing of milk is no better than milk for who avoids it."""
    assert "Mystery biscuit" not in named(records, SWEET, MILK_FREE)
    assert named(records, replace(UNGRADED, declared=Declared())) == {}

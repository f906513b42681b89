"""Verdicts on products: never "fits" on what is not known, and always with reasons."""

from __future__ import annotations

import itertools

import pytest

from facings.catalogue.allergens import AllergenEvidence, Allergens, allergens_from_text
from facings.catalogue.ingredients import Analysis, Finding, analyse
from facings.catalogue.nutri_score import nutri_score
from facings.catalogue.nutrition import Nutrients
from facings.catalogue.profile import (
    Avoided,
    Facts,
    Limit,
    Profile,
    Reason,
    Verdict,
    judge,
    preference_key,
)

NOTHING = Facts()
PLAIN = Nutrients(400, 1, 0.2, 2, 0.1, 4, 5, 0, False)


def labelled(text: str) -> Facts:
    """Know what a text says."""
    return Facts(Allergens(allergens_from_text(text)), analyse(text))


def test_a_profile_that_asks_nothing_fits_everything():
    """Even what is not known at all: nothing was asked."""
    assert judge(Profile(), NOTHING) == Verdict("fits", ())


@pytest.mark.parametrize(
    "profile",
    [
        Profile(avoid=(Avoided("AM"),)),
        Profile(avoid=(Avoided("AM", traces="accept"),)),
        Profile(diets=("vegan",)),
        Profile(diets=("vegetarian",)),
        Profile(diets=("no_palm_oil",)),
        Profile(diets=("gluten_free",)),
        Profile(limits=(Limit("sugars_g", 5),)),
        Profile(worst_grade="E"),
    ],
)
def test_of_a_product_nothing_is_known_of_the_verdict_is_unknown(profile: Profile):
    """Whatever is asked, and with a reason."""
    verdict = judge(profile, NOTHING)
    assert verdict.outcome == "unknown"
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0].words


LEVELS = ("contains", "may_contain", "free_from", "unknown")
OUTCOMES = {"contains": "does_not_fit", "free_from": "fits", "unknown": "unknown"}


def with_levels(milk: str, egg: str) -> Allergens:
    """Know these levels of milk and eggs."""
    given = (("AM", milk), ("AE", egg))
    return Allergens(
        tuple(AllergenEvidence(c, level, "tag", c, c) for c, level in given if level != "unknown")
    )


@pytest.mark.parametrize("traces", ["avoid", "accept"])
@pytest.mark.parametrize(("milk", "egg"), list(itertools.product(LEVELS, repeat=2)))
def test_every_combination_of_two_allergens(milk: str, egg: str, traces: str):
    """Against the table written out: the worse of the two."""
    expected = {
        OUTCOMES.get(level, "does_not_fit" if traces == "avoid" else "fits")
        for level in (milk, egg)
    }
    worst = next(each for each in ("does_not_fit", "unknown", "fits") if each in expected)
    profile = Profile(avoid=(Avoided("AM", traces), Avoided("AE", traces)))
    verdict = judge(profile, Facts(with_levels(milk, egg)))
    assert verdict.outcome == worst
    assert [each.outcome for each in verdict.reasons] == sorted(
        (each.outcome for each in verdict.reasons),
        key=("does_not_fit", "unknown", "fits").index,
    )


TERNARY = ("yes", "no", "unknown")
SCORES = {
    None: nutri_score(Nutrients(), "general"),
    "A": nutri_score(PLAIN, "general"),
    "E": nutri_score(Nutrients(3700, 90, 60, 80, 5, 0, 0, 0), "general"),
}
WISHES = ("milk", "vegan", "vegetarian", "no_palm_oil", "gluten_free", "sugars", "grade")


def test_no_combination_with_an_unknown_the_profile_asks_about_fits():
    """All 127 sets of wishes, each with some fifty of the 3,888 states of knowledge in turn."""
    products = list(
        itertools.product(LEVELS, TERNARY, TERNARY, TERNARY, LEVELS, (None, 1, 9), (None, "A", "E"))
    )[::7]
    for count in range(1, len(WISHES) + 1):
        for wishes in itertools.combinations(WISHES, count):
            profile = profile_of(wishes)
            for product in products[count::11]:
                known = knowledge_of(product)
                verdict = judge(profile, known)
                states = dict(zip(WISHES, product, strict=True))
                asked = [states[wish] for wish in wishes]
                if verdict.outcome == "fits":
                    assert "unknown" not in asked
                    assert None not in asked
                assert len(verdict.reasons) == count
                assert all(each.words for each in verdict.reasons)


def profile_of(wishes: tuple[str, ...]) -> Profile:
    """Ask for these."""
    return Profile(
        avoid=(Avoided("AM"),) if "milk" in wishes else (),
        diets=tuple(
            each for each in ("vegan", "vegetarian", "no_palm_oil", "gluten_free") if each in wishes
        ),
        limits=(Limit("sugars_g", 5),) if "sugars" in wishes else (),
        worst_grade="C" if "grade" in wishes else None,
    )


def knowledge_of(states: tuple) -> Facts:
    """Know these, in the order of WISHES; a grade of None is one that fibre leaves open."""
    milk, vegan, vegetarian, palm_oil, gluten, sugars, grade = states
    evidence = tuple(
        AllergenEvidence(code, level, "tag", code, code)
        for code, level in (("AM", milk), ("AW", gluten))
        if level != "unknown"
    )
    return Facts(
        Allergens(evidence),
        Analysis((), Finding(vegan), Finding(vegetarian), Finding(palm_oil), ()),
        Nutrients(sugars_g=sugars),
        SCORES[grade],
    )


def test_the_reason_quotes_the_label():
    """What said so, in its own words."""
    known = labelled("Zutaten: Weizenmehl, Butter. Kann Spuren von Haselnüssen enthalten.")
    verdict = judge(Profile(avoid=(Avoided("AM"), Avoided("AN"), Avoided("AE"))), known)
    assert verdict.outcome == "does_not_fit"
    words = {each.about: each.words for each in verdict.reasons}
    assert words["AM"].startswith('contains milk: "Zutaten: Weizenmehl, Butter.')
    assert words["AN"].startswith("may contain nuts: ")
    assert "Haselnüssen" in words["AN"]
    assert words["AE"] == "nothing says whether it has eggs"


def test_accepted_traces_fit_and_avoided_ones_do_not():
    """The person decides."""
    known = labelled("Sugar. May contain milk.")
    assert judge(Profile(avoid=(Avoided("AM", "accept"),)), known).outcome == "fits"
    assert judge(Profile(avoid=(Avoided("AM", "avoid"),)), known).outcome == "does_not_fit"


def test_a_list_without_milk_is_no_claim_that_there_is_none():
    """Only a claim is."""
    profile = Profile(avoid=(Avoided("AM"),))
    assert judge(profile, labelled("Sugar, salt.")).outcome == "unknown"
    assert judge(profile, labelled("Sugar, salt. Milk free.")).outcome == "fits"


def test_gluten_does_not_tell_whether_there_is_wheat():
    """But the reason says that it may be."""
    (reason,) = judge(Profile(avoid=(Avoided("UW"),)), labelled("gluten")).reasons
    assert reason.outcome == "unknown"
    assert reason.words.endswith("it has cereals with gluten, of which wheat may be one")


@pytest.mark.parametrize(
    ("diet", "text", "outcome"),
    [
        ("vegan", "Tomatoes, salt", "fits"),
        ("vegan", "Tomatoes, honey", "does_not_fit"),
        ("vegan", "Tomatoes, flavouring", "unknown"),
        ("vegetarian", "Tomatoes, honey", "fits"),
        ("vegetarian", "Tomatoes, ham", "does_not_fit"),
        ("no_palm_oil", "Tomatoes, sunflower oil", "fits"),
        ("no_palm_oil", "Tomatoes, palm oil", "does_not_fit"),
        ("no_palm_oil", "Tomatoes, vegetable oil", "unknown"),
        ("gluten_free", "Corn. Gluten free.", "fits"),
        ("gluten_free", "Wheat", "does_not_fit"),
        ("gluten_free", "Corn", "unknown"),
    ],
)
def test_a_diet_is_judged_by_the_ingredients(diet, text: str, outcome: str):
    """With the ingredient that decided."""
    (reason,) = judge(Profile(diets=(diet,)), labelled(text)).reasons
    assert reason.outcome == outcome
    if outcome == "does_not_fit":
        decided = text.split(", ")[-1]
        assert decided in reason.words


@pytest.mark.parametrize(
    ("amount", "outcome"), [(None, "unknown"), (0, "fits"), (5, "fits"), (5.01, "does_not_fit")]
)
def test_a_limit_includes_itself(amount: float | None, outcome: str):
    """5 g fit who takes 5 g."""
    known = Facts(nutrients=Nutrients(saturated_fat_g=amount))
    (reason,) = judge(Profile(limits=(Limit("saturated_fat_g", 5),)), known).reasons
    assert reason.outcome == outcome
    if amount == 5:
        assert reason.words == "5 g saturated fat in 100, your limit is 5 g"


def test_an_open_grade_fits_where_its_worst_does():
    """A or B fits who takes a B; who takes an A does not know."""
    known = Facts(nutri_score=nutri_score(Nutrients(0, 0, 0, 0, 0.3, None, 0, 0), "general"))
    assert known.nutri_score is not None
    assert (known.nutri_score.best_grade, known.nutri_score.worst_grade) == ("A", "B")
    outcomes = [judge(Profile(worst_grade=grade), known).outcome for grade in "ABE"]
    assert outcomes == ["unknown", "fits", "fits"]


def test_what_suits_best_comes_first():
    """Fitting before unknown before not fitting, then by grade; an unknown one after its worst."""
    fits, unknown, bad = (
        Verdict(outcome, (Reason(outcome, "x", "x"),))
        for outcome in ("fits", "unknown", "does_not_fit")
    )
    a = nutri_score(PLAIN, "general")
    e = nutri_score(Nutrients(3700, 90, 60, 80, 5, 0, 0, 0), "general")
    open_ = nutri_score(Nutrients(), "general")
    expected = [(fits, a), (fits, e), (fits, open_), (fits, None), (unknown, a), (bad, a)]
    shuffled = [expected[place] for place in (3, 5, 0, 2, 4, 1)]
    assert sorted(shuffled, key=lambda each: preference_key(*each)) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: Avoided("ZZ"),
        lambda: Limit("salt_g", -1),
        lambda: Limit("salt_g", float("nan")),
        lambda: Profile(avoid=(Avoided("AM"), Avoided("AM", "accept"))),
        lambda: Profile(diets=("vegan", "vegan")),
        lambda: Profile(limits=(Limit("salt_g", 1), Limit("salt_g", 2))),
        lambda: Verdict("fits", (Reason("unknown", "AM", "x"),)),
    ],
)
def test_values_that_make_no_sense_are_refused_where_they_are_made(make):
    """A verdict that contradicts its reasons among them."""
    with pytest.raises(ValueError, match=r"got|no allergen code"):
        make()

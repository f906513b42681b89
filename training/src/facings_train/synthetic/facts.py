"""Facts of an invented product: ingredients, allergens that follow from them, nutrition."""

from __future__ import annotations

import numpy as np

from facings.product import AllergenLevel
from facings_train.synthetic.vocabulary import Category, Flavour

# Word in an ingredient list -> GS1 allergen code. Looked up as a substring, so no word here
# may be part of a harmless one ("nut" is in "coconut" and "nutmeg").
ALLERGEN_WORDS: dict[str, str] = {
    "oat": "AW",
    "wheat": "AW",
    "barley": "AW",
    "rye": "AW",
    "spelt": "AW",
    "milk": "AM",
    "butter (": "AM",
    "butter,": "AM",
    "cheese": "AM",
    "egg": "AE",
    "fish": "AF",
    "peanut": "AP",
    "soy": "AY",
    "hazelnut": "AN",
    "almond": "AN",
    "walnut": "AN",
    "cashew": "AN",
    "celery": "BC",
    "mustard": "BM",
    "sesame": "AS",
    "sulphite": "AU",
    "lupin": "NL",
    "mussel": "UM",
    "shrimp": "AC",
}
TRACE_WORDS: dict[str, str] = {
    "AW": "wheat",
    "AM": "milk",
    "AN": "hazelnuts",
    "AP": "peanuts",
    "AY": "soya",
    "AE": "egg",
    "AS": "sesame",
    "BC": "celery",
    "BM": "mustard",
}
FREE_FROM_TEXT: dict[str, str] = {
    "AW": "Gluten free.",
    "AM": "Dairy free.",
    "AY": "Free from soya.",
}
NUTRIENTS = ("fat", "saturated_fat", "carbohydrates", "sugars", "fiber", "proteins", "salt")


def ingredient_text(category: Category, noun: str, flavour: Flavour) -> str:
    """List what is inside, the noun's own ingredient (oat drink: oats) and the flavour's too."""
    own = {
        "Oat Drink": "oats",
        "Soy Drink": "soy beans",
        "Almond Drink": "almonds",
        "Rice Drink": "rice",
        "Mayonnaise": "egg yolk, mustard",
        "Pesto": "cheese (milk), cashews",
        "Tortilla Chips": "maize",
        "Lentil Chips": "lentil flour",
        "Wafers": "soy lecithin",
        "Nut Mix": "peanuts, almonds",
        "Toffees": "butter (milk)",
        "Baking Mix": "egg powder",
        "Curry Sauce": "coconut milk powder, celery",
        "Crackers": "sesame",
        "Sandwich Biscuits": "milk powder",
    }.get(noun, "")
    base = tuple("butter (milk)" if word == "butter" else word for word in category.ingredients)
    if noun in ("Rice", "Sugar"):
        base = (noun.lower(),)
    words = [word for word in (*base[:1], own, flavour.ingredient, *base[1:]) if word]
    text = ", ".join(dict.fromkeys(words))
    return text[0].upper() + text[1:] + "."


def allergens_of(text: str) -> dict[str, AllergenLevel]:
    """Read the allergens that an ingredient text names."""
    # Coconut milk is no milk; the word list above would take it for one.
    lowered = text.lower().replace("coconut milk", "coconut")
    return {code: "contains" for word, code in ALLERGEN_WORDS.items() if word in lowered}


def declare_allergens(
    rng: np.random.Generator, ingredients: str
) -> tuple[str, dict[str, AllergenLevel]]:
    """Add traces and free-from claims, in the text and in the record alike.

    Returns:
        The ingredient text as printed and {GS1 code: level}.
    """
    levels = allergens_of(ingredients)
    text = ingredients
    absent = [code for code in TRACE_WORDS if code not in levels]
    if rng.random() < 0.45 and absent:
        chosen = sorted(rng.choice(absent, size=min(len(absent), 2), replace=False).tolist())
        text += " May contain " + " and ".join(TRACE_WORDS[code] for code in chosen) + "."
        levels |= dict.fromkeys(chosen, "may_contain")
    for code, claim in FREE_FROM_TEXT.items():
        if code not in levels and rng.random() < 0.2:
            text += " " + claim
            levels[code] = "free_from"
    return text, dict(sorted(levels.items()))


def nutrition_per_100(rng: np.random.Generator, category: Category) -> dict[str, float]:
    """Vary the category's typical values, keeping parts below their wholes.

    Energy follows EU Regulation 1169/2011, annex XIV: 37 kJ a gram of fat, 17 of carbohydrate
    or protein, 8 of fibre.
    """
    if category.nutrition is None:
        return {}
    grams = np.array(category.nutrition) * rng.uniform(0.82, 1.18, size=len(NUTRIENTS))
    facts = {name: round(float(value), 2) for name, value in zip(NUTRIENTS, grams, strict=True)}
    facts["saturated_fat"] = min(facts["saturated_fat"], facts["fat"])
    facts["sugars"] = min(facts["sugars"], facts["carbohydrates"])
    mass = facts["fat"] + facts["carbohydrates"] + facts["fiber"] + facts["proteins"]
    if mass > 98:
        facts["carbohydrates"] = round(facts["carbohydrates"] - (mass - 98), 2)
        facts["sugars"] = min(facts["sugars"], facts["carbohydrates"])
    energy_kj = (
        37 * facts["fat"] + 17 * (facts["carbohydrates"] + facts["proteins"]) + 8 * facts["fiber"]
    )
    return {"energy_kj": float(round(energy_kj)), **facts}

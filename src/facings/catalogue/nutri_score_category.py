"""Whose rules of the Nutri-Score apply, by Open Food Facts' category tags.

The kinds are those of the published rules (see `nutri_score_tables`); which tags fall under which
kind was read off the customs headings they name: red meat 0201 to 0206, 0208, 0210, 1601 and 1602
of beef, pork and lamb, as Open Food Facts does (`Food.pm`). Where tags are too broad to tell, there
is no kind: "meats" may be red or not, a powder is drunk diluted.
"""

from __future__ import annotations

from collections.abc import Collection

from facings.catalogue.nutri_score_tables import NutriScoreCategory


def _tags(words: str) -> frozenset[str]:
    return frozenset(f"en:{word}" for word in words.split())


_NOT_COVERED = _tags(
    """
    baby-foods baby-milks infant-formulas alcoholic-beverages dietary-supplements
    meal-replacements food-additives salts spices vinegars chewing-gum yeasts
    bodybuilding-supplements food-for-special-medical-purposes
    """
)
_WATERS = _tags("waters spring-waters mineral-waters natural-mineral-waters")
_FLAVOURED = _tags("flavored-waters flavoured-waters sweetened-waters")
_NEEDS_PREPARING = _tags(
    """
    beverage-preparations dehydrated-beverages syrups flavoured-syrups instant-beverages
    cocoa-and-chocolate-powders teas tea-bags herbal-teas coffees ground-coffees
    instant-coffees coffee-beans dried-products-to-be-rehydrated beverages-concentrates
    """
)
_READY_TO_DRINK = _tags("iced-teas tea-based-beverages coffee-drinks")
_DRINKS = _tags(
    """
    beverages milks dairy-drinks flavoured-milks plant-based-milk-alternatives plant-milks
    """
)
_NO_DRINKS = _tags("soups fermented-creams condensed-milks powdered-milks")
_FATS = _tags(
    """
    fats vegetable-oils olive-oils butters margarines vegetable-fats animal-fats
    spreadable-fats nuts seeds almonds hazelnuts walnuts cashew-nuts pistachios peanuts
    sunflower-seeds sesame-seeds
    """
)
_FAT_OR_NOT = _tags("creams nut-butters peanut-butters mixed-nuts-and-fruits")
_RED_MEAT = _tags(
    """
    beef veal-meat pork lamb-meat mutton horse-meats ground-beef hams cured-hams white-hams
    bacon pork-sausages beef-steaks rillettes-de-porc
    """
)
_RED_OR_NOT = _tags("meats prepared-meats sausages meats-and-their-products charcuteries")
_WHITE_MEAT = _tags("poultries chickens turkeys rabbits chicken-breasts")
_TOO_BROAD = _tags(
    """
    plant-based-foods-and-beverages plant-based-foods groceries dairies fermented-foods
    fermented-milk-products undefined frozen-foods canned-foods
    """
)


def category_from_tags(tags: Collection[str]) -> NutriScoreCategory | None:
    """Give the kind whose rules apply; None where the tags do not tell.

    Args:
        tags: `en:...` category tags, parents included, as Open Food Facts gives them.
    """
    given = frozenset(tags)
    if given & _NOT_COVERED:
        return "not_covered"
    if given & _NEEDS_PREPARING and not given & _READY_TO_DRINK:
        return None
    if given & _DRINKS and not given & _NO_DRINKS:
        return "water" if given & _WATERS and not given & _FLAVOURED else "beverage"
    if "en:cheeses" in given:
        return "cheese"
    if given & _FATS or given & _FAT_OR_NOT:
        return None if given & _FAT_OR_NOT else "fats_oils_nuts_seeds"
    if given & _RED_MEAT:
        return "red_meat"
    if given & _RED_OR_NOT and not given & _WHITE_MEAT:
        return None
    return "general" if given - _TOO_BROAD else None


def fruit_percent_from_tags(tags: Collection[str]) -> float | None:
    """Give the share of fruits, vegetables and legumes where the category alone decides it.

    Juices are all fruit; potatoes do not count. Nothing else is assumed.
    """
    given = frozenset(tags)
    if given & {"en:potatoes", "en:sweet-potatoes", "en:crisps", "en:potato-crisps"}:
        return 0.0
    nectar = given & {"en:fruit-nectars", "en:juices-and-nectars-mixes"}
    juice = given & {"en:fruit-juices", "en:vegetable-juices", "en:squeezed-juices"}
    return 100.0 if juice and not nectar else None

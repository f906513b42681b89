"""All that is known about one product, put together from its record for one person.

Evidence that says worse wins over evidence that says better: a pack's statement over its tags,
an ingredient over a label. What nobody says stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from facings.catalogue.additives import Additive, Ternary, additive
from facings.catalogue.allergens import (
    AllergenEvidence,
    Allergens,
    allergens_from_levels,
    allergens_from_tags,
    allergens_from_text,
)
from facings.catalogue.ingredients import Analysis, Finding, analyse
from facings.catalogue.net_content import UnitPrice, net_content_from_text, unit_price
from facings.catalogue.nutri_score import NutriScore, nutri_score
from facings.catalogue.nutri_score_category import category_from_tags, fruit_percent_from_tags
from facings.catalogue.nutrition import Nutrients, Serving, per_serving, serving_from_text
from facings.catalogue.profile import Facts, Profile, Verdict, judge
from facings.product import Declared, Product

_GLUTEN_FREE = frozenset({"en:gluten-free", "en:no-gluten"})
_ADDITIVE_TAG = re.compile(r"en:e(\d{3,4}[a-h]?)[ivx]*")
_Tags = Mapping[str, tuple[Ternary, str]]
_VEGAN: _Tags = {
    "en:vegan": ("yes", "declared vegan"),
    "en:non-vegan": ("no", "declared not vegan"),
    "en:non-vegetarian": ("no", "declared not vegetarian"),
}
_VEGETARIAN: _Tags = {
    "en:vegetarian": ("yes", "declared vegetarian"),
    "en:vegan": ("yes", "declared vegan"),
    "en:non-vegetarian": ("no", "declared not vegetarian"),
}
_PALM_OIL: _Tags = {
    "en:palm-oil-free": ("no", "declared free from palm oil"),
    "en:palm-oil": ("yes", "declared to hold palm oil"),
}
_TEXTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a shopper wants to know about a product."""

    product: Product
    facts: Facts
    """Allergens with their evidence, the ingredient list taken apart, nutrients, Nutri-Score."""
    vegan: Finding
    vegetarian: Finding
    palm_oil: Finding
    """Whether it holds palm oil: yes is bad news here."""
    additives: tuple[Additive, ...]
    nova: int | None
    """NOVA group, 1 to 4, where the record gives one."""
    serving: Serving | None
    per_serving: Mapping[str, float] | None
    """As `nutrition_per_100`; None where the serving's size is not known."""
    unit_price: UnitPrice | None
    """Of the record's price."""
    verdict: Verdict | None
    """Whether it suits the person; None where no profile was given."""

    @property
    def allergens(self) -> Allergens:
        """What is known about its allergens."""
        return self.facts.allergens

    @property
    def nutri_score(self) -> NutriScore:
        """Its grade, or what lacks to tell."""
        assert self.facts.nutri_score is not None
        return self.facts.nutri_score


def know(product: Product, profile: Profile | None = None) -> Knowledge:
    """Put together what a product's record tells, and hold it against a profile.

    Args:
        profile: what a person asks; None gives no verdict.
    """
    declared = product.declared
    text_evidence, analysis = _read(product.ingredients)
    allergens = Allergens(
        (
            *allergens_from_levels(product.allergens),
            *allergens_from_tags(declared.allergen_tags, declared.trace_tags),
            *_gluten_free(declared),
            *allergens_from_text(*declared.statements),
            *text_evidence,
        )
    )
    tags = (*declared.label_tags, *declared.analysis_tags)
    judged = Analysis(
        analysis.ingredients,
        _with_tags(analysis.vegan, tags, _VEGAN, worse="no"),
        _with_tags(analysis.vegetarian, tags, _VEGETARIAN, worse="no"),
        _with_tags(analysis.palm_oil, tags, _PALM_OIL, worse="yes"),
        _additives(analysis, declared),
    )
    nutrients = Nutrients.from_per_100(
        product.nutrition_per_100,
        fruits_vegetables_legumes_percent=fruit_percent_from_tags(declared.category_tags),
        sweeteners=judged.sweeteners,
    )
    score = nutri_score(nutrients, category_from_tags(declared.category_tags))
    facts = Facts(allergens, judged, nutrients, score)
    serving = serving_from_text(declared.serving)
    return Knowledge(
        product,
        facts,
        vegan=judged.vegan,
        vegetarian=judged.vegetarian,
        palm_oil=judged.palm_oil,
        additives=judged.additives,
        nova=declared.nova,
        serving=serving,
        per_serving=per_serving(product.nutrition_per_100, serving)
        if serving and product.nutrition_per_100
        else None,
        unit_price=_unit_price(product),
        verdict=None if profile is None else judge(profile, facts),
    )


@lru_cache(maxsize=_TEXTS_KEPT)
def _read(ingredients: str | None) -> tuple[tuple[AllergenEvidence, ...], Analysis]:
    """Read an ingredient list: a few milliseconds that the next person need not wait for."""
    return allergens_from_text(ingredients), analyse(ingredients)


def _gluten_free(declared: Declared) -> Iterable[AllergenEvidence]:
    for tag in declared.label_tags:
        if tag in _GLUTEN_FREE:
            yield AllergenEvidence("AW", "free_from", "claim", tag, tag)


def _with_tags(found: Finding, tags: Iterable[str], meaning: _Tags, *, worse: Ternary) -> Finding:
    """Let tags say worse than the list, or what the list leaves open."""
    said = [meaning[tag] for tag in tags if tag in meaning]
    bad = tuple(dict.fromkeys(words for value, words in said if value == worse))
    if found.value == worse:
        return found
    if bad:
        return Finding(worse, bad)
    if said and found.value == "unknown":
        return Finding(said[0][0], (said[0][1],))
    return found


def _additives(analysis: Analysis, declared: Declared) -> tuple[Additive, ...]:
    found = {each.number: each for each in analysis.additives}
    for tag in declared.additive_tags:
        if read := _ADDITIVE_TAG.fullmatch(tag):
            number = f"E{read[1]}"
            found.setdefault(number, additive(number))
    return tuple(found.values())


def _unit_price(product: Product) -> UnitPrice | None:
    if product.price_cents is None or product.currency is None:
        return None
    content = net_content_from_text(product.net_content)
    return unit_price(product.price_cents, product.currency, content)

"""What a person must and would rather not eat, and whether a product fits: always with reasons.

A product fits only where everything the profile asks about is known to be well. What is not
known makes the verdict unknown, never "fits".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from facings.catalogue.additives import Ternary
from facings.catalogue.allergen_codes import ALLERGENS
from facings.catalogue.allergens import AllergenEvidence, Allergens
from facings.catalogue.ingredients import Analysis, Finding
from facings.catalogue.nutri_score import NutriScore
from facings.catalogue.nutri_score_tables import Grade
from facings.catalogue.nutrition import Nutrients

Diet = Literal["vegan", "vegetarian", "no_palm_oil", "gluten_free"]
Traces = Literal["avoid", "accept"]
LimitedNutrient = Literal["sugars_g", "salt_g", "saturated_fat_g", "fat_g", "energy_kj"]
Outcome = Literal["fits", "does_not_fit", "unknown"]
_WORST_FIRST: tuple[Outcome, ...] = ("does_not_fit", "unknown", "fits")
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Avoided:
    """One allergen to avoid."""

    code: str
    """GS1 AllergenTypeCode, see `allergen_codes.ALLERGENS`."""
    traces: Traces = "avoid"
    """Whether "may contain" is too much."""

    def __post_init__(self) -> None:
        if self.code not in ALLERGENS:
            raise ValueError(
                f'"{self.code}" is no allergen code we know: choose among {", ".join(ALLERGENS)}'
            )


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of a nutrient that 100 g or 100 ml may hold."""

    nutrient: LimitedNutrient
    most: float
    """In the nutrient's unit, in 100 g or 100 ml; this much still fits."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.most) and self.most >= 0):
            raise ValueError(f"a limit is a number from 0 on, got {self.most} for {self.nutrient}")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person asks of a product. Empty asks nothing, and everything fits."""

    avoid: tuple[Avoided, ...] = ()
    diets: tuple[Diet, ...] = ()
    limits: tuple[Limit, ...] = ()
    worst_grade: Grade | None = None
    """Worst Nutri-Score that fits; None where it does not matter."""

    def __post_init__(self) -> None:
        wishes: tuple[tuple[str, list[str]], ...] = (
            ("allergen", [each.code for each in self.avoid]),
            ("diet", list(self.diets)),
            ("limit", [each.nutrient for each in self.limits]),
        )
        for kind, given in wishes:
            twice = sorted({each for each in given if given.count(each) > 1})
            if twice:
                raise ValueError(f"each {kind} once, got {', '.join(twice)} more than once")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one product. The defaults know nothing."""

    allergens: Allergens = field(default_factory=Allergens)
    analysis: Analysis | None = None
    nutrients: Nutrients = field(default_factory=Nutrients)
    nutri_score: NutriScore | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What one wish of the profile came to."""

    outcome: Outcome
    about: str
    """The wish: an allergen code, a diet, a nutrient, or `nutri_score`."""
    words: str
    """One sentence for a person, with what said so."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a product fits, and why."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    """One for each wish, the worst first; empty where the profile asks nothing."""

    def __post_init__(self) -> None:
        if self.outcome != _worst(each.outcome for each in self.reasons):
            raise ValueError(f"a verdict is its worst reason, got {self.outcome}: {self.reasons}")


def judge(profile: Profile, known: Facts) -> Verdict:
    """Hold a product against a profile."""
    reasons = [_of_allergen(each, known.allergens) for each in profile.avoid]
    reasons += [_of_diet(each, known) for each in profile.diets]
    reasons += [_of_limit(each, known.nutrients) for each in profile.limits]
    if profile.worst_grade is not None:
        reasons.append(_of_grade(profile.worst_grade, known.nutri_score))
    reasons.sort(key=lambda each: _WORST_FIRST.index(each.outcome))
    return Verdict(_worst(each.outcome for each in reasons), tuple(reasons))


def preference_key(verdict: Verdict, score: NutriScore | None) -> tuple[int, str, int, int]:
    """Give a key that sorts what suits best first.

    Fitting before unknown before not fitting; then by Nutri-Score, known before unknown, an
    unknown one by the worst it may be; then by points.
    """
    fit = len(_WORST_FIRST) - 1 - _WORST_FIRST.index(verdict.outcome)
    if score is None or score.worst_grade is None:
        return fit, "F", 1, 0
    points = 0 if score.score is None else score.score
    return fit, score.worst_grade, int(score.grade is None), points


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    found = set(outcomes)
    return next((each for each in _WORST_FIRST if each in found), "fits")


def _of_allergen(avoided: Avoided, allergens: Allergens) -> Reason:
    name, level = ALLERGENS[avoided.code].name, allergens.level(avoided.code)
    because = _said(allergens.because(avoided.code))
    match level:
        case "contains":
            return Reason("does_not_fit", avoided.code, f"contains {name}: {because}")
        case "may_contain" if avoided.traces == "avoid":
            return Reason("does_not_fit", avoided.code, f"may contain {name}: {because}")
        case "may_contain":
            words = f"may contain traces of {name}, which you accept: {because}"
            return Reason("fits", avoided.code, words)
        case "free_from":
            return Reason("fits", avoided.code, f"free from {name}: {because}")
        case _:
            words = f"nothing says whether it has {name}"
            group = next(
                (g for g in ALLERGENS[avoided.code].part_of if g in allergens.levels), None
            )
            if group and allergens.level(group) != "free_from":
                words += f"; it has {ALLERGENS[group].name}, of which {name} may be one"
            return Reason("unknown", avoided.code, words)


def _said(evidence: Sequence[AllergenEvidence]) -> str:
    quotes = list(dict.fromkeys(f'"{each.quote}"' for each in evidence))
    shown = ", ".join(quotes[:_NAMES_SHOWN])
    return (
        shown if len(quotes) <= _NAMES_SHOWN else f"{shown} and {len(quotes) - _NAMES_SHOWN} more"
    )


def _of_diet(diet: Diet, known: Facts) -> Reason:
    match diet:
        case "gluten_free":
            found = _of_allergen(Avoided("AW"), known.allergens)
            return Reason(found.outcome, diet, found.words)
        case "no_palm_oil":
            finding = known.analysis.palm_oil if known.analysis else Finding("unknown")
            said = {"yes": "holds palm oil", "no": "holds no palm oil"}
            good: Ternary = "no"
        case _:
            finding = Finding("unknown")
            if known.analysis:
                vegan = diet == "vegan"
                finding = known.analysis.vegan if vegan else known.analysis.vegetarian
            said, good = {"yes": f"{diet}", "no": f"not {diet}"}, "yes"
    because = ", ".join(finding.because[:_NAMES_SHOWN])
    if finding.value == "unknown":
        why = f"not known of {because}" if because else "there is no ingredient list"
        return Reason("unknown", diet, f"{diet.replace('_', ' ')}: {why}")
    words = said[finding.value] + (f": {because}" if because else ", by its ingredient list")
    return Reason("fits" if finding.value == good else "does_not_fit", diet, words)


def _of_limit(limit: Limit, nutrients: Nutrients) -> Reason:
    amount: float | None = getattr(nutrients, limit.nutrient)
    name, _, unit = limit.nutrient.rpartition("_")
    unit, name = ("kJ" if unit == "kj" else unit), name.replace("_", " ")
    if amount is None:
        return Reason("unknown", limit.nutrient, f"its {name} are not known")
    held = f"{amount:g} {unit} {name} in 100, your limit is {limit.most:g} {unit}"
    return Reason("fits" if amount <= limit.most else "does_not_fit", limit.nutrient, held)


def _of_grade(worst: Grade, score: NutriScore | None) -> Reason:
    """Judge by the bounds: a product from A to B fits who takes a B, though its grade is open."""
    if score is None or score.best_grade is None or score.worst_grade is None:
        why = score.reason if score else "not computed"
        return Reason("unknown", "nutri_score", f"Nutri-Score {why}")
    if score.worst_grade <= worst:
        return Reason("fits", "nutri_score", f"Nutri-Score {score.reason}")
    if score.best_grade > worst:
        return Reason("does_not_fit", "nutri_score", f"Nutri-Score {score.reason}, you ask {worst}")
    return Reason("unknown", "nutri_score", f"Nutri-Score {score.reason}")

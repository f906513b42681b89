"""The Nutri-Score of 2023, from A to E, with every point explained.

What is not known is not guessed: where an input lacks, the score is worked out for the best and
for the worst it could be, and there is a grade only where both are the same.
Rules and tables: `nutri_score_tables`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from facings.catalogue import nutri_score_tables as tables
from facings.catalogue.nutri_score_tables import Grade, NutriScoreCategory, Scale, Side
from facings.catalogue.nutrition import Nutrients

_NOISE = 1e-9
"""Binary fractions of a conversion (0.24 g sodium x 2.5), far below any label's last digit."""


@dataclass(frozen=True, slots=True)
class Component:
    """One line of the calculation."""

    name: str
    side: Side
    """Negative points make the grade worse, positive ones better."""
    value: float | None
    """In `unit`, in 100 g or 100 ml; None where it is not known."""
    unit: str
    points: int | None
    """None where the value is not known."""
    points_max: int
    threshold: float | None
    """Highest threshold passed; None at 0 points."""
    next_threshold: float | None
    """Where the next point would come; None at the most points."""
    counted: bool = True
    """Whether the points are in the sum: proteins sometimes are not."""
    note: str = ""
    """Why it is not counted or is capped, in words."""

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name}: not known (0 to {self.points_max} points)"
        if self.name == "sweeteners":
            value = "yes" if self.value else "no"
        else:
            value = f"{self.value:g} {self.unit}"
        sign = "-" if self.side == "positive" else "+"
        said = f"{self.name}: {value}, {sign}{self.points} of {self.points_max}"
        return f"{said} ({self.note})" if self.note else said


@dataclass(frozen=True, slots=True)
class NutriScore:
    """A grade, or None with what is missing, and how it came about."""

    category: NutriScoreCategory | None
    grade: Grade | None
    """None is unknown, never a middle grade."""
    score: int | None
    """Negative minus positive points, lower is better; None where an input lacks."""
    negative_points: int | None
    positive_points: int | None
    components: tuple[Component, ...]
    """In the order of the published table; empty for water and where no rule applies."""
    missing: tuple[str, ...]
    """Names of components whose value is not known, or `category`."""
    best_grade: Grade | None
    """Grade if everything missing were as good as it can be."""
    worst_grade: Grade | None
    reason: str
    """One sentence for a person."""


def nutri_score(nutrients: Nutrients, category: NutriScoreCategory | None) -> NutriScore:
    """Grade 100 g of a food or 100 ml of a drink.

    Args:
        nutrients: contents of 100 g; of 100 ml for `beverage`.
        category: whose rules apply; None where it is not known, and then there is no grade.
    """
    if category is None:
        return _without_points(None, None, ("category",), "unknown: the category is not known")
    if category == "not_covered":
        return _without_points(category, None, (), "products of this kind bear no Nutri-Score")
    if category == "water":
        return _without_points(category, "A", (), "A: plain water, the only drink graded A")
    values = _values(nutrients)
    lines = [_component(scale, values[scale.name]) for scale in _scales(category)]
    missing = tuple(each.name for each in lines if each.value is None)
    negative, positive = _sums(lines, [_at_best(each) for each in lines], category)
    worst = _sums(lines, [_at_worst(each, nutrients.fat_g) for each in lines], category)
    best_grade = _grade(negative - positive, category)
    worst_grade = _grade(worst[0] - worst[1], category)
    lines[-1] = _ruled(lines[-1], category, negative)
    complete = not missing
    grade = best_grade if best_grade == worst_grade else None
    return NutriScore(
        category=category,
        grade=grade,
        score=negative - positive if complete else None,
        negative_points=negative if complete else None,
        positive_points=positive if complete else None,
        components=tuple(lines),
        missing=missing,
        best_grade=best_grade,
        worst_grade=worst_grade,
        reason=_reason(negative, positive, missing, best_grade, worst_grade),
    )


def points(value: float, scale: Scale) -> int:
    """Count the points a value earns: one for each threshold it is above (or at, see `Scale`)."""
    if scale.at_threshold:
        return bisect_right(scale.thresholds, value + _NOISE)
    return bisect_left(scale.thresholds, value - _NOISE)


def _scales(category: NutriScoreCategory) -> tuple[Scale, ...]:
    match category:
        case "fats_oils_nuts_seeds":
            return tables.FAT_SCALES
        case "beverage":
            return tables.DRINK_SCALES
        case _:
            return tables.FOOD_SCALES


def _values(nutrients: Nutrients) -> dict[str, float | None]:
    """Give the value of every component there is, by name."""
    saturates_g, fat_g, sweet = nutrients.saturated_fat_g, nutrients.fat_g, nutrients.sweeteners
    energy_of_saturates = saturates_in_fat = None
    if saturates_g is not None:
        energy_of_saturates = saturates_g * tables.KJ_PER_G_SATURATES
        if fat_g is not None:
            saturates_in_fat = 100 * saturates_g / fat_g if fat_g else 0.0
    return {
        "energy": nutrients.energy_kj,
        "energy_from_saturates": energy_of_saturates,
        "sugars": nutrients.sugars_g,
        "saturated_fat": saturates_g,
        "saturates_in_fat": saturates_in_fat,
        "salt": nutrients.salt_g,
        "sweeteners": None if sweet is None else float(sweet),
        "fruits_vegetables_legumes": nutrients.fruits_vegetables_legumes_percent,
        "fiber": nutrients.fiber_g,
        "proteins": nutrients.proteins_g,
    }


def _component(scale: Scale, value: float | None) -> Component:
    earned = None if value is None else points(value, scale)
    return Component(
        name=scale.name,
        side=scale.side,
        value=value,
        unit=scale.unit,
        points=earned,
        points_max=scale.most,
        threshold=scale.thresholds[earned - 1] if earned else None,
        next_threshold=None if earned is None or earned == scale.most else scale.thresholds[earned],
    )


def _at_best(component: Component) -> int:
    if component.points is not None:
        return component.points
    return component.points_max if component.side == "positive" else 0


def _at_worst(component: Component, fat_g: float | None) -> int:
    """Give the most points against it; saturates not known are all of the fat at the most."""
    if component.points is not None:
        return component.points
    if component.side == "positive":
        return 0
    if fat_g is not None and component.name == "saturated_fat":
        return points(fat_g, tables.SATURATED_FAT)
    return component.points_max


def _sums(
    components: Sequence[Component], earned: Sequence[int], category: NutriScoreCategory
) -> tuple[int, int]:
    """Add up (negative, positive) points, one in `earned` for each component."""
    negative = positive = protein_points = 0
    for component, each in zip(components, earned, strict=True):
        if component.name == "proteins":
            protein_points = each
        elif component.side == "positive":
            positive += each
        else:
            negative += each
    if category == "red_meat":
        protein_points = min(protein_points, tables.RED_MEAT_PROTEIN_POINTS)
    if _proteins_count(category, negative):
        positive += protein_points
    return negative, positive


def _proteins_count(category: NutriScoreCategory, negative: int) -> bool:
    return category in {"beverage", "cheese"} or negative < _protein_limit(category)


def _protein_limit(category: NutriScoreCategory) -> int:
    if category == "fats_oils_nuts_seeds":
        return tables.PROTEIN_LIMIT_OF_FAT
    return tables.PROTEIN_LIMIT_OF_FOOD


def _ruled(proteins: Component, category: NutriScoreCategory, negative: int) -> Component:
    """Write into the line of the proteins what the rules make of them."""
    earned, note = proteins.points, ""
    if category == "red_meat" and earned is not None and earned > tables.RED_MEAT_PROTEIN_POINTS:
        note = f"{earned} points, red meat gets {tables.RED_MEAT_PROTEIN_POINTS} at the most"
        earned = tables.RED_MEAT_PROTEIN_POINTS
    counted = _proteins_count(category, negative)
    if not counted:
        limit = _protein_limit(category)
        note = f"not counted: {negative} negative points, the limit is below {limit}"
    return replace(proteins, points=earned, counted=counted, note=note)


def _grade(score: int, category: NutriScoreCategory) -> Grade:
    match category:
        case "fats_oils_nuts_seeds":
            grades = tables.FAT_GRADES
        case "beverage":
            grades = tables.DRINK_GRADES
        case _:
            grades = tables.FOOD_GRADES
    return next((grade for grade, highest in grades if score <= highest), "E")


def _reason(
    negative: int, positive: int, missing: tuple[str, ...], best: Grade, worst: Grade
) -> str:
    if not missing:
        total = negative - positive
        return f"{best}: {negative} negative - {positive} positive points = {total}"
    named = ", ".join(name.replace("_", " ") for name in missing)
    if best == worst:
        return f"{best}, whatever the missing values are: {named}"
    return f"unknown, {best} to {worst}: not known: {named}"


def _without_points(
    category: NutriScoreCategory | None, grade: Grade | None, missing: tuple[str, ...], reason: str
) -> NutriScore:
    return NutriScore(category, grade, None, None, None, (), missing, grade, grade, reason)

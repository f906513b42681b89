"""A profile from the words of a command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, get_args

from facings.catalogue.nutri_score_tables import Grade
from facings.catalogue.profile import Avoided, Diet, Limit, LimitedNutrient, Profile

Word = TypeVar("Word", bound=str)


def profile_from_words(
    avoid: Sequence[str], diets: Sequence[str], limits: Sequence[str], worst_grade: str | None
) -> Profile | None:
    """Read what a person asks; None where nothing is asked.

    Args:
        avoid: allergen codes; `AM:accept` accepts traces.
        diets: names of diets.
        limits: such as `sugars_g=10`.
        worst_grade: A to E.

    Raises:
        ValueError: a word is none that there is.
    """
    if not (avoid or diets or limits or worst_grade):
        return None
    return Profile(
        tuple(_avoided(each) for each in avoid),
        tuple(_one_of(each, get_args(Diet), "diet") for each in diets),
        tuple(_limit(each) for each in limits),
        _one_of(worst_grade.upper(), get_args(Grade), "grade") if worst_grade else None,
    )


def _avoided(word: str) -> Avoided:
    code, _, traces = word.partition(":")
    if traces not in {"", "accept"}:
        raise ValueError(f'an allergen is written AM or AM:accept, got "{word}"')
    return Avoided(code.upper(), "accept" if traces else "avoid")


def _limit(word: str) -> Limit:
    name, _, most = word.partition("=")
    nutrient = _one_of(name, get_args(LimitedNutrient), "nutrient")
    try:
        return Limit(nutrient, float(most))
    except ValueError as error:
        raise ValueError(f'a limit is written sugars_g=10, got "{word}"') from error


def _one_of(word: str, words: tuple[Word, ...], kind: str) -> Word:
    for known in words:
        if word == known:
            return known
    raise ValueError(f'there is no {kind} "{word}": choose among {", ".join(words)}')

"""An ingredient list taken apart, and what follows for vegans, vegetarians and palm oil.

Three values with the ingredients that decided. "Yes" needs every ingredient known; what is not
known stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from facings.catalogue import ingredient_words as words
from facings.catalogue.additives import (
    NON_NUTRITIVE_SWEETENERS,
    Additive,
    Ternary,
    additives_in,
)
from facings.catalogue.allergens import allergens_from_text, without_harmless
from facings.catalogue.label_text import fold

_DEEPEST = 8
"""Brackets within brackets; deeper text is part of the name it stands in."""
_OF_ANIMALS_DEAD = frozenset({"AF", "AC", "UM"})
_OF_ANIMALS = _OF_ANIMALS_DEAD | {"AM", "AE"}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One ingredient with what it is made of."""

    name: str
    """As printed, without its share."""
    percent: float | None = None
    """Share of the whole product in [0, 100], where it is printed."""
    parts: tuple[Ingredient, ...] = ()
    """What stands in its brackets, or after its colon."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("an ingredient has a name")
        if self.percent is not None and not 0 <= self.percent <= 100:
            raise ValueError(f"a share lies between 0 and 100 %, got {self.percent} of {self.name}")

    def leaves(self) -> Iterator[Ingredient]:
        """Walk through what it is finally made of: itself where it has no parts."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def everything(self) -> Iterator[Ingredient]:
        """Walk through it and all its parts."""
        yield self
        for part in self.parts:
            yield from part.everything()


@dataclass(frozen=True, slots=True)
class Finding:
    """A value with the ingredients that decided it."""

    value: Ternary
    because: tuple[str, ...] = ()
    """Names as printed: those that forbid it, or those not known."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an ingredient list says."""

    ingredients: tuple[Ingredient, ...]
    vegan: Finding
    vegetarian: Finding
    palm_oil: Finding
    """Whether it holds palm oil: yes is bad news here."""
    additives: tuple[Additive, ...]

    @property
    def sweeteners(self) -> bool | None:
        """Whether there are non-nutritive sweeteners; None without an ingredient list."""
        if not self.ingredients:
            return None
        return any(
            each.number.rstrip("abcd") in NON_NUTRITIVE_SWEETENERS for each in self.additives
        )


def analyse(text: str | None) -> Analysis:
    """Take an ingredient list apart and judge it; without a list everything is unknown."""
    ingredients = parse_ingredients(text or "")
    named = list(dict.fromkeys(e for each in ingredients for e in each.everything()))
    additives = {found.number: found for each in named for found in additives_in(each.name)}
    return Analysis(
        ingredients,
        vegan=_with_declared(_diet(ingredients, "vegan"), text, _OF_ANIMALS),
        vegetarian=_with_declared(_diet(ingredients, "vegetarian"), text, _OF_ANIMALS_DEAD),
        palm_oil=_palm_oil(ingredients),
        additives=tuple(additives.values()),
    )


def nova_group(given: str | int | None) -> int | None:
    """Read a NOVA group, 1 to 4, where a record gives one; it is never guessed from ingredients."""
    text = str(given if given is not None else "").strip().removesuffix(".0")
    return int(text) if text in {"1", "2", "3", "4"} else None


_HEADING = re.compile(
    r"^\W*(?:(?:other |active |list of )?ingr[eé]d[ií]ent[a-zé]*|zutaten(?:verzeichnis)?|innehåll)"
    r"\s*:\s*",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^\W*(?:contains?\s*:|contains? (?:milk|wheat|soy|egg|fish|nuts|tree|peanut)"
    r"|may (?:also )?contain|traces?\b|allergen|allergy|peut contenir|contient\s*:"
    r"|kann (?:auch )?(?:spuren|enthalten)|enthält\s*:|puede contener|contiene\s*:|kan innehålla"
    r"|innehåller\s*:|manufactured|produced|made in|made on|processed in|packed|store |keep "
    r"|gluten[ -]free|free from|sans gluten|glutenfrei)",
    re.IGNORECASE,
)
_LESS_THAN = re.compile(
    r"^\W*(?:and )?(?:contains?\s+)?(?:(?:less than|up to)\s+(?=\d)|(?=\d+(?:[.,]\d+)?\s*% or less)"
    r"|(?<=contains )|(?<=contain ))\d+(?:[.,]\d+)?\s*(?:%|percent)\s*(?:or less)?\s*(?:of)?"
    r"(?:\s+(?:each of\s+)?the following)?\s*(?:ingredients)?\s*:?\s*(?=\S)"
    r"|^\W*(?:may )?contains? one or more of(?: the following)?\s*:?\s*",
    re.IGNORECASE,
)
_SHARE = r"\s*(?:<|>|~|min\.?|max\.?)?\s*(\d+(?:[.,]\d+)?)\s*%\s*(?:min\.?|mini)?\s*"
_PERCENT, _PERCENT_ALONE = re.compile(_SHARE), re.compile(rf"[(\[]{_SHARE}[)\]]")
_PURPOSE = re.compile(
    r"(?:an? |added )?(?:natural )?(?:preservatives?|emulsifiers?|stabili[sz]ers?|thickeners?"
    r"|antioxidants?|leavening|acidity regulators?|anti-?caking agents?|firming agents?|colou?r"
    r"|dough conditioners?|sweeteners?|flavou?r enhancers?|mold inhibitors?|conservateurs?"
    r"|emulsifiants?|antioxydants?|emulgator|konserveringsmedel)"
    r"|(?:used )?(?:for|to|as) .*|(?:dutch )?processed with alkali|added .*"
)
_BARE_NUMBER = re.compile(r"[Ee] ?-?\d{3,4}[a-j]?")
_OPEN, _CLOSE = "([{", ")]}"


def parse_ingredients(text: str) -> tuple[Ingredient, ...]:
    """Split a list into ingredients with shares and parts.

    Commas and semicolons split, brackets and colons nest; a comma or point within a number does
    neither. Statements about allergens, traces and storage after the list are left out.
    """
    clean = _HEADING.sub("", fold(text).clean)
    sentences = _pieces(clean, _ends_sentence)
    kept = (each for each in sentences if not _STATEMENT.match(each))
    return tuple(each for sentence in kept for each in _listed(sentence, depth=0))


def _listed(text: str, depth: int) -> tuple[Ingredient, ...]:
    found = (_ingredient(piece, depth) for piece in _pieces(text, _ends_item))
    return tuple(each for each in found if each is not None)


def _pieces(text: str, ends: Callable[[str, str, str], bool]) -> list[str]:
    """Cut outside of brackets; brackets that never close end with the text.

    Args:
        text: without markup.
        ends: whether a mark separates, by the character before it, itself, and the one after.
    """
    pieces, depth = [""], 0
    for place, mark in enumerate(text):
        depth = max(0, depth + (mark in _OPEN) - (mark in _CLOSE))
        if depth == 0 and ends(text[place - 1 : place], mark, text[place + 1 : place + 2]):
            pieces.append("")
        else:
            pieces[-1] += mark
    return [piece.strip() for piece in pieces if piece.strip()]


def _ends_sentence(_before: str, mark: str, after: str) -> bool:
    return mark == "." and not after.isdigit()


def _ends_item(before: str, mark: str, after: str) -> bool:
    return _ends_sentence(before, mark, after) or (
        mark in ",;•" and not (before.isdigit() and after.isdigit())
    )


def _ingredient(piece: str, depth: int) -> Ingredient | None:
    piece = _HEADING.sub("", _LESS_THAN.sub("", piece, count=1))
    percent, piece = _own_share(piece)
    opened = min((piece.find(mark) for mark in _OPEN if mark in piece), default=-1)
    colon = piece.find(":")
    head, inside = piece, ""
    if colon >= 0 and not 0 <= opened < colon:
        head, inside = piece[:colon], piece[colon + 1 :]
    elif opened >= 0 and depth < _DEEPEST:
        head, inside, tail = _bracketed(piece, opened)
        head = f"{head} {tail}"
    name = " ".join(head.split()).strip(" .-*()[]{}:/+&")
    parts = _listed(inside, depth + 1) if inside.strip() else ()
    if not name:
        return parts[0] if parts else None
    return Ingredient(name, percent, () if _only_explained(name, parts) else parts)


def _only_explained(name: str, parts: tuple[Ingredient, ...]) -> bool:
    """Say whether brackets hold no parts but a number or a purpose.

    "Soy lecithin (E322)" is of soy, "sodium benzoate (preservative)" is one thing.
    """
    if all(_PURPOSE.fullmatch(each.name.lower()) for each in parts):
        return True
    numbers = {found.number for each in parts for found in additives_in(each.name)}
    bare = all(_BARE_NUMBER.fullmatch(each.name) for each in parts)
    return bare and numbers <= {found.number for found in additives_in(name)}


def _bracketed(piece: str, opened: int) -> tuple[str, str, str]:
    """Give what stands before, in and after the first brackets."""
    depth = 0
    for place in range(opened, len(piece)):
        depth += (piece[place] in _OPEN) - (piece[place] in _CLOSE)
        if depth == 0:
            return piece[:opened], piece[opened + 1 : place], piece[place + 1 :]
    return piece[:opened], piece[opened + 1 :], ""


def _own_share(piece: str) -> tuple[float | None, str]:
    """Take out the share of the ingredient itself: before its brackets, or alone in some."""
    opened = min((piece.find(mark) for mark in _OPEN if mark in piece), default=len(piece))
    found = _PERCENT_ALONE.search(piece) or _PERCENT.search(piece, 0, opened)
    found = found or _PERCENT.search(piece, piece.rfind(")") + 1)
    if found is None:
        return None, piece
    percent = float(found[1].replace(",", "."))
    rest = f"{piece[: found.start()]} {piece[found.end() :]}"
    return (percent if percent <= 100 else None), rest


def _words(alternatives: str) -> re.Pattern[str]:
    parts = (part.strip() for line in alternatives.splitlines() for part in line.split(" | "))
    return re.compile(rf"\b(?:{'|'.join(part for part in parts if part)})(?!\w)")


_NOT_VEGETARIAN, _NOT_VEGAN = _words(words.NOT_VEGETARIAN), _words(words.NOT_VEGAN)
_MAYBE_PALM, _PALM = _words(words.MAYBE_PALM), _words(words.PALM)
_IMITATION = re.compile(
    r"\b(?:vegan|vegetarian|plant[ -]based|meatless|soya?|soja|tofu) (?=\w)"
    r"|\b(?:dairy|milk|egg|meat)[ -]free\b"
)
_VITAMIN = re.compile(r"(?:vitamine?s? )?(?:b ?(?:1|2|3|5|6|9|12)|c|d ?2|e|k ?1?)")
_CHEESE = re.compile(
    r"\b(?:\w*cheeses?|fromages?|\w*kase|quesos?|\w*ost|parmesan\w*|parmigiano|cheddar|mozzarella"
    r"|romano|pecorino|feta|gouda|emmental\w*|gruyere|brie|camembert|provolone|asiago|gorgonzola)\b"
)


@lru_cache(maxsize=32768)
def _suits(name: str, diet: str) -> Ternary:
    """Say whether one ingredient suits a diet: `vegan` or `vegetarian`."""
    folded = fold(name).folded
    codes = {each.code for each in allergens_from_text(name) if each.level == "contains"}
    dead = bool(_NOT_VEGETARIAN.search(folded) or codes & _OF_ANIMALS_DEAD)
    of_animals = dead or bool(codes & _OF_ANIMALS or _NOT_VEGAN.search(folded))
    if of_animals and _IMITATION.search(folded):
        return "unknown"
    if dead or (diet == "vegan" and of_animals):
        return "no"
    found = additives_in(name)
    if found:
        values = {each.vegan if diet == "vegan" else each.vegetarian for each in found}
        if "no" in values:
            return "no"
        return "unknown" if "unknown" in values and not _of_plants(folded) else "yes"
    if of_animals and not _CHEESE.search(folded):
        return "yes"
    return "yes" if _of_plants(folded) else "unknown"


def _of_plants(folded: str) -> bool:
    """Say whether every word is known; "cocoa butter" counts with its butter blanked out."""
    if _VITAMIN.fullmatch(folded):
        return True
    for text in (folded, without_harmless(folded)):
        tokens = {token for token in re.findall(r"[a-z]+", text) if len(token) > 1}
        if tokens & words.PLANT and tokens <= words.PLANT | words.DESCRIPTION:
            return True
    return False


def _diet(ingredients: Iterable[Ingredient], diet: str) -> Finding:
    """Judge by what ingredients are finally made of, and by their own names for a "no"."""
    listed = list(ingredients)
    bad = _names(e for each in listed for e in each.everything() if _suits(e.name, diet) == "no")
    if bad:
        return Finding("no", bad)
    leaves = [leaf for each in listed for leaf in each.leaves()]
    open_ = _names(leaf for leaf in leaves if _suits(leaf.name, diet) == "unknown")
    return Finding("unknown", open_) if open_ or not leaves else Finding("yes")


def _with_declared(found: Finding, text: str | None, codes: frozenset[str]) -> Finding:
    """Heed what a statement beside the list says: "salt, flavouring. Contains: milk"."""
    if found.value == "no":
        return found
    said = (e.word for e in allergens_from_text(text) if e.level == "contains" and e.code in codes)
    declared = tuple(dict.fromkeys(said))
    return Finding("no", declared) if declared else found


def _palm_oil(ingredients: Iterable[Ingredient]) -> Finding:
    listed = list(ingredients)
    everything = [e for each in listed for e in each.everything()]
    found = _names(each for each in everything if _PALM.search(fold(each.name).folded))
    if found:
        return Finding("yes", found)
    open_ = _names(leaf for each in listed for leaf in each.leaves() if _may_be_palm(leaf.name))
    return Finding("unknown", open_) if open_ or not listed else Finding("no")


@lru_cache(maxsize=32768)
def _may_be_palm(name: str) -> bool:
    """Say whether an ingredient may be made of palm oil: oils of no name, and what is not known."""
    folded = fold(name).folded
    found = additives_in(name)
    if _MAYBE_PALM.search(folded) or any(each.maybe_palm for each in found):
        return True
    known_animal = _suits(name, "vegan") == "no"
    return not (found or known_animal or _of_plants(folded))


def _names(ingredients: Iterable[Ingredient]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in ingredients))

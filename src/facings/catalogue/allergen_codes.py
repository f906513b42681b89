"""The allergens that labels must name, by the codes of GS1.

European Union: the fourteen of Regulation (EU) 1169/2011, Annex II. United States: the nine of
FALCPA (2004) and the FASTER Act (2021). Codes: GS1 code list AllergenTypeCode, also in the GS1
Web Vocabulary (https://ref.gs1.org/voc/AllergenTypeCode).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Allergen:
    """One allergen, or one kind of it."""

    code: str
    """GS1 AllergenTypeCode."""
    name: str
    """In English, for a sentence: "contains milk"."""
    part_of: tuple[str, ...] = ()
    """Codes that are contained where this one is: wheat is a cereal with gluten."""
    eu: bool = False
    """Whether it is one of the fourteen."""
    fda: bool = False
    """Whether it is one of the nine."""
    tag: str | None = None
    """Name in the allergen tags of Open Food Facts."""


_ALL = (
    Allergen("AW", "cereals with gluten", eu=True, tag="en:gluten"),
    Allergen("UW", "wheat", ("AW",), fda=True, tag="en:wheat"),
    Allergen("NR", "rye", ("AW",), tag="en:rye"),
    Allergen("GB", "barley", ("AW",), tag="en:barley"),
    Allergen("GO", "oats", ("AW",), tag="en:oats"),
    Allergen("GS", "spelt", ("UW", "AW"), tag="en:spelt"),
    Allergen("GK", "kamut", ("UW", "AW"), tag="en:kamut"),
    Allergen("TR", "triticale", ("UW", "NR", "AW")),
    Allergen("AC", "crustaceans", eu=True, fda=True, tag="en:crustaceans"),
    Allergen("AE", "eggs", eu=True, fda=True, tag="en:eggs"),
    Allergen("AF", "fish", eu=True, fda=True, tag="en:fish"),
    Allergen("AP", "peanuts", eu=True, fda=True, tag="en:peanuts"),
    Allergen("AY", "soybeans", eu=True, fda=True, tag="en:soybeans"),
    Allergen("AM", "milk", eu=True, fda=True, tag="en:milk"),
    Allergen("AN", "nuts", eu=True, fda=True, tag="en:nuts"),
    Allergen("SA", "almonds", ("AN",), tag="en:almonds"),
    Allergen("SH", "hazelnuts", ("AN",), tag="en:hazelnuts"),
    Allergen("SW", "walnuts", ("AN",), tag="en:walnuts"),
    Allergen("SC", "cashew nuts", ("AN",), tag="en:cashew-nuts"),
    Allergen("SP", "pecan nuts", ("AN",), tag="en:pecan-nuts"),
    Allergen("SR", "Brazil nuts", ("AN",), tag="en:brazil-nuts"),
    Allergen("ST", "pistachios", ("AN",), tag="en:pistachio-nuts"),
    Allergen("SM", "macadamia nuts", ("AN",), tag="en:macadamia-nuts"),
    Allergen("PN", "pine nuts", ("AN",)),
    Allergen("BC", "celery", eu=True, tag="en:celery"),
    Allergen("BM", "mustard", eu=True, tag="en:mustard"),
    Allergen("AS", "sesame", eu=True, fda=True, tag="en:sesame-seeds"),
    Allergen("AU", "sulphites", eu=True, tag="en:sulphur-dioxide-and-sulphites"),
    Allergen("NL", "lupin", eu=True, tag="en:lupin"),
    Allergen("UM", "molluscs", eu=True, tag="en:molluscs"),
)

ALLERGENS: Mapping[str, Allergen] = MappingProxyType({each.code: each for each in _ALL})
"""Code to allergen."""
EU_14 = tuple(each.code for each in _ALL if each.eu)
FDA_9 = tuple(each.code for each in _ALL if each.fda)
CODE_OF_TAG: Mapping[str, str] = MappingProxyType(
    {each.tag: each.code for each in _ALL if each.tag}
)
"""Open Food Facts tag, such as `en:milk`, to code."""

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {code: tuple(each.code for each in _ALL if code in each.part_of) for code in ALLERGENS}
)
"""Code to the codes that are part of it; empty where it has none."""


def codes_met(code: str) -> tuple[str, ...]:
    """Give the code and those that are contained with it: GS (spelt) gives GS, UW, AW."""
    return (code, *ALLERGENS[code].part_of)

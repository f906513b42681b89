"""Write shopper.json anew: GTINs as they are read, and verdicts on a few products.

    .venv/bin/python tests/golden/make_shopper.py

Read by tests/test_shopper_golden.py and web/tests/{gtin,judge}.test.ts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from facings.catalogue.gtin import gtin14, natural_form, upc_e_to_upc_a
from facings.catalogue.knowledge import know
from facings.catalogue.profile import Avoided, Limit, Profile
from facings.catalogue.records import Records
from facings.errors import InvalidGtin
from facings.product import Declared, Product
from facings.server.details import Details
from facings.server.schemas.product import ProductOut
from facings.server.schemas.profile import ProfileIn, VerdictOut

FILE = Path(__file__).parent / "shopper.json"
NUMBERS = ("", "12a", "123", "00000000", "4006381333931", "4006381333932", "036000291452",
           "96385074", "4-006381 333931", "14006381333938", "99999999999999", "0")  # fmt: skip
UPC_ES = ("04252614", "01234565", "01234558", "12345670", "0425261", "94252614", "01200003")
PROFILES = (
    Profile(),
    Profile((Avoided("AM"), Avoided("AN", "accept"), Avoided("AP"))),
    Profile((), ("vegan", "gluten_free", "no_palm_oil", "vegetarian")),
    Profile((), (), (Limit("sugars_g", 5), Limit("salt_g", 0.3), Limit("energy_kj", 1000),
                     Limit("fat_g", 3.5), Limit("saturated_fat_g", 1)), "B"),
)  # fmt: skip
STRANGE = (
    Product("04006381333931", "Nothing known"),
    Product("04006381333931", "Sodium and calories", nutrition_per_100={
        "sodium": 0.4, "energy_kcal": 250, "fat": 250}),
    Product("04006381333931", "Yogurt", nutrition_per_100={
        "energy_kj": 250, "sugars": 4.5, "salt": 0.1, "saturated_fat": 0.9, "proteins": 4},
        declared=Declared(category_tags=("en:yogurts",), label_tags=("en:gluten-free",))),
    Product("04006381333931", "Bar", ingredients="Oats, milk, butter, cream, whey, palm oil."
            " May contain nuts, hazelnuts and peanuts."),
)  # fmt: skip


def read_number(text: str) -> str | None:
    """GTIN-14, or None where it is refused."""
    try:
        return gtin14(text)
    except InvalidGtin:
        return None


def expand(text: str) -> str | None:
    """UPC-A, or None where it is refused."""
    try:
        return upc_e_to_upc_a(text)
    except InvalidGtin:
        return None


def verdicts(product: Product) -> list[dict[str, Any]]:
    """Hold a product against each of PROFILES."""
    return [
        VerdictOut.model_validate(know(product, each).verdict).model_dump(mode="json")
        for each in PROFILES
    ]


def profile_json(profile: Profile) -> dict[str, Any]:
    """Give a profile as it goes over the wire."""
    return ProfileIn.model_validate(
        {
            "avoid": [{"code": each.code, "traces": each.traces} for each in profile.avoid],
            "diets": profile.diets,
            "limits": [{"nutrient": e.nutrient, "most": e.most} for e in profile.limits],
            "worst_grade": profile.worst_grade,
        }
    ).model_dump(mode="json")


def main() -> None:
    """Write what Python says."""
    with Records.open("sqlite://") as nowhere:
        details = Details(nowhere, frozenset({"knowledge"}))
        told: list[ProductOut] = [details.of([each])[each.gtin] for each in STRANGE]
    document = {
        "numbers": {each: read_number(each) for each in NUMBERS},
        "natural": {each: natural_form(each) for each in map(read_number, NUMBERS) if each},
        "upc_e": {each: expand(each) for each in UPC_ES},
        "profiles": [profile_json(each) for each in PROFILES],
        "products": [
            {"product": out.model_dump(mode="json"), "verdicts": verdicts(each)}
            for out, each in zip(told, STRANGE, strict=True)
        ],
    }
    FILE.write_text(json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
